"""Rules in the making: drafts of definitions and message templates, open and closed.

begin(*, subject, key, kind, ...) -> int | None    its number; None if one is open already
get(number) -> StoredDraft                       NotFoundError
find_open(subject, key, kind) -> StoredDraft | None
listing(subject, open_only=True) -> list[StoredDraft]            newest first
was_offered(subject, key, kind, fingerprint) -> bool
save(number, revision, source=, fingerprint=, base_version=, at=) -> bool
close(number, revision, outcome=, by=, at=, published_version=0) -> bool

`save` and `close` tell whether the draft was still open and at that revision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, select, update

from engine.errors import not_found
from storage.tables.drafts import DRAFTS
from storage.upserts import ByDialect

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

DRAFT = "草稿"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDraft:
    """A draft as it stands.

    Args:
        subject: what it is a draft of: `definition` or `template`.
        kind: several kinds of drafts of one thing may be open side by side, one of each.
        base_version: the version that it was begun from; 0 where there is none.
        restores: the old version that is to be published again; 0 for new content.
        fingerprint: hash of the content without its version number.
        outcome: empty while it is open.
    """

    number: int
    subject: str
    key: str
    kind: str
    base_version: int
    restores: int
    author: str
    source: str
    fingerprint: str
    revision: int
    begun_at: datetime
    saved_at: datetime
    closed_at: datetime | None
    closed_by: str
    outcome: str
    published_version: int


_D = DRAFTS.c
_BEGIN = ByDialect(DRAFTS, lambda insert: insert.on_conflict_do_nothing().returning(_D.number))
_GET = select(DRAFTS).where(_D.number == bindparam("sought"))
_LISTING = select(DRAFTS).where(_D.subject == bindparam("of_subject")).order_by(_D.number.desc())
_IS_OPEN = _D.closed_at.is_(None)
_OPEN_ONE = select(DRAFTS).where(
    _D.subject == bindparam("of_subject"),
    _D.key == bindparam("of_key"),
    _D.kind == bindparam("of_kind"),
    _IS_OPEN,
)
_OFFERED = select(
    exists().where(
        _D.subject == bindparam("of_subject"),
        _D.key == bindparam("of_key"),
        _D.kind == bindparam("of_kind"),
        _D.fingerprint == bindparam("offered"),
    )
)
_CHANGE = update(DRAFTS).where(
    _D.number == bindparam("of_number"), _D.revision == bindparam("seen_revision"), _IS_OPEN
)
_SAVE = _CHANGE.values(
    source=bindparam("new_source"),
    fingerprint=bindparam("new_fingerprint"),
    base_version=bindparam("new_base"),
    saved_at=bindparam("at"),
    revision=_D.revision + 1,
)
_CLOSE = _CHANGE.values(
    closed_at=bindparam("at"),
    closed_by=bindparam("by"),
    outcome=bindparam("new_outcome"),
    published_version=bindparam("new_version"),
)


class Drafts:
    """The drafts of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(  # noqa: PLR0913  (one argument a column)
        self,
        *,
        subject: str,
        key: str,
        kind: str,
        base_version: int,
        author: str,
        source: str,
        fingerprint: str,
        at: datetime,
        restores: int = 0,
    ) -> int | None:
        """Store a new draft at revision 1; None if one of its kind is open for that key."""
        row = {
            "subject": subject,
            "key": key,
            "kind": kind,
            "base_version": base_version,
            "restores": restores,
            "author": author,
            "source": source,
            "fingerprint": fingerprint,
            "revision": 1,
            "begun_at": at,
            "saved_at": at,
            "closed_at": None,
            "closed_by": "",
            "outcome": "",
            "published_version": 0,
        }
        statement = _BEGIN[self._connection.dialect.name]
        number: int | None = self._connection.execute(statement, row).scalar()
        return number

    def get(self, number: int) -> StoredDraft:
        """The draft of that number, open or closed.

        Raises:
            NotFoundError: there is none.
        """
        row = self._connection.execute(_GET, {"sought": number}).mappings().first()
        if row is None:
            raise not_found(DRAFT, str(number))
        return StoredDraft(**row)

    def find_open(self, subject: str, key: str, kind: str) -> StoredDraft | None:
        """The open draft of that kind, if there is one."""
        sought = {"of_subject": subject, "of_key": key, "of_kind": kind}
        row = self._connection.execute(_OPEN_ONE, sought).mappings().first()
        return None if row is None else StoredDraft(**row)

    def listing(self, subject: str, *, open_only: bool = True) -> list[StoredDraft]:
        """The drafts of one subject, the newest first."""
        statement = _LISTING.where(_IS_OPEN) if open_only else _LISTING
        rows = self._connection.execute(statement, {"of_subject": subject}).mappings()
        return [StoredDraft(**row) for row in rows]

    def was_offered(self, subject: str, key: str, kind: str, fingerprint: str) -> bool:
        """Whether a draft of that kind with that very content was ever begun."""
        sought = {"of_subject": subject, "of_key": key, "of_kind": kind, "offered": fingerprint}
        return bool(self._connection.execute(_OFFERED, sought).scalar())

    def save(  # noqa: PLR0913  (one argument a column)
        self,
        number: int,
        revision: int,
        *,
        source: str,
        fingerprint: str,
        base_version: int,
        at: datetime,
    ) -> bool:
        """Replace the content; the revision counts up."""
        values = {
            "of_number": number,
            "seen_revision": revision,
            "new_source": source,
            "new_fingerprint": fingerprint,
            "new_base": base_version,
            "at": at,
        }
        return self._connection.execute(_SAVE, values).rowcount == 1

    def close(  # noqa: PLR0913  (one argument a column)
        self,
        number: int,
        revision: int,
        *,
        outcome: str,
        by: str,
        at: datetime,
        published_version: int = 0,
    ) -> bool:
        """End the work on it; nothing of it is lost."""
        values = {
            "of_number": number,
            "seen_revision": revision,
            "new_outcome": outcome,
            "by": by,
            "at": at,
            "new_version": published_version,
        }
        return self._connection.execute(_CLOSE, values).rowcount == 1
