"""What many people are told in equal words: the words once, and how far telling has come.

add(notice) -> bool                                  False: it is there already
get(notice_id) -> SharedNotice                       NotFoundError
find(notice_ids) -> dict[str, SharedNotice]
take(notice_id) -> SharedNotice | None               locked; None if nothing is left to write
advance(notice_id, after, at) -> None                an empty `after`: everything is written
unfinished() -> list[str]
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from engine.errors import not_found
from notifications.message import MessageKind, SharedNotice
from storage.among import among
from storage.tables.messages import NOTICES
from storage.upserts import insert_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.engine import Connection

FIELDS = tuple(field.name for field in fields(SharedNotice))
NOTICE = "通知"

_N = NOTICES.c
_ADD = insert_or_skip(NOTICES, "id")
_GET = select(NOTICES).where(_N.id == bindparam("notice_id"))
_TAKE = _GET.where(_N.fanned_out_at.is_(None), _N.superseded_at.is_(None)).with_for_update()
_FIND = select(NOTICES).where(among(_N.id, "notice_ids"))
_ADVANCE = (
    update(NOTICES)
    .where(_N.id == bindparam("notice_id"))
    .values(fan_out_after=bindparam("new_after"), fanned_out_at=bindparam("new_fanned_out_at"))
)
_UNFINISHED = (
    select(_N.id)
    .where(_N.fanned_out_at.is_(None), _N.superseded_at.is_(None))
    .order_by(_N.created_at, _N.id)
)


class Notices:
    """The shared notices of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, notice: SharedNotice) -> bool:
        """Store a notice; one of that id that is there already is left as it is."""
        added = self._connection.execute(_ADD[self._connection.dialect.name], asdict(notice))
        return added.rowcount == 1

    def get(self, notice_id: str) -> SharedNotice:
        """The notice.

        Raises:
            NotFoundError: there is none of that id.
        """
        row = self._connection.execute(_GET, {"notice_id": notice_id}).first()
        if row is None:
            raise not_found(NOTICE, notice_id)
        return _notice(row)

    def find(self, notice_ids: Iterable[str]) -> dict[str, SharedNotice]:
        """The notices of those ids."""
        wanted = sorted(set(notice_ids))
        if not wanted:
            return {}
        rows = self._connection.execute(_FIND, {"notice_ids": wanted})
        return {row.id: _notice(row) for row in rows}

    def take(self, notice_id: str) -> SharedNotice | None:
        """The notice if messages of it are still to be written, locked until the commit.

        Whoever supersedes it meanwhile waits, and then finds the messages that were written.
        """
        row = self._connection.execute(_TAKE, {"notice_id": notice_id}).first()
        return None if row is None else _notice(row)

    def advance(self, notice_id: str, after: str, at: datetime) -> None:
        """Note where writing its messages goes on; an empty `after` ends it."""
        parameters = {
            "notice_id": notice_id,
            "new_after": after,
            "new_fanned_out_at": None if after else at,
        }
        self._connection.execute(_ADVANCE, parameters)

    def unfinished(self) -> list[str]:
        """The notices of which messages are still to be written, the oldest first."""
        return list(self._connection.execute(_UNFINISHED).scalars())


def _notice(row: Row[*tuple[Any, ...]]) -> SharedNotice:
    values = {name: getattr(row, name) for name in FIELDS}
    return SharedNotice(**values | {"kind": MessageKind(row.kind)})
