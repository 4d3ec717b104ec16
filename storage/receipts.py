"""What providers reported of messages, kept word for word before anything is concluded from it.

add(provider, body, at, *, query, problem, next_try_at) -> int
due(at, limit) -> list[StoredReceipt]                    the oldest first
finish(number, at, *, problem) -> None; postpone(number, until) -> None
message_of(provider, *, message_id, provider_id, address) -> str | None
unreported(after, before, at, *, channels, providers, limit) -> list[str]
inquired(message_id, next_at) -> None
listing(limit=100) -> list[StoredReceipt]                newest first
forget(before, limit) -> int
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, literal_column, or_, select, update

from notifications.message import MessageState
from storage.tables.messages import MESSAGES, RECEIPTS
from storage.tables.receiving import INQUIRIES
from storage.upserts import insert_or_set

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReceipt:
    """One receipt as it came; `problem` is empty if it was believed and found its messages.

    It waits to be applied until `next_try_at`, and is done with when that is None.
    """

    id: int
    provider: str
    received_at: datetime
    query: dict[str, str]
    body: str
    problem: str
    tries: int
    next_try_at: datetime | None


_COLUMNS = (
    "id",
    "provider",
    "received_at",
    "query",
    "body",
    "problem",
    "tries",
    "next_try_at",
)
_R, _M = RECEIPTS.c, MESSAGES.c
_ADD = insert(RECEIPTS).returning(_R.id)
_LISTING = select(RECEIPTS).order_by(_R.id.desc()).limit(bindparam("limit"))
_DUE = (
    select(RECEIPTS)
    .where(_R.next_try_at.is_not(None), _R.next_try_at <= bindparam("at"))
    .order_by(_R.next_try_at, _R.id)
    .limit(bindparam("limit"))
)
_GET = select(RECEIPTS).where(_R.id == bindparam("number"))
_IS_IT = _R.id == bindparam("number")
_FINISH = (
    update(RECEIPTS)
    .where(_IS_IT)
    .values(applied_at=bindparam("at"), next_try_at=None, problem=bindparam("new_problem"))
)
_POSTPONE = (
    update(RECEIPTS).where(_IS_IT).values(next_try_at=bindparam("until"), tries=_R.tries + 1)
)
# The newest one stays: SQLite would give its number away again, and replies are told apart by it.
_FORGET = delete(RECEIPTS).where(
    _R.id.in_(
        select(_R.id)
        .where(
            _R.received_at < bindparam("before"),
            _R.next_try_at.is_(None),
            _R.id < select(func.max(_R.id)).scalar_subquery(),
        )
        .order_by(_R.received_at)
        .limit(bindparam("limit"))
    )
)
_OF_PROVIDER = _M.provider.in_([bindparam("provider"), literal_column("''")])
_BY_ID = select(_M.id).where(_M.id == bindparam("message_id"), _OF_PROVIDER)
_BY_PROVIDER = (
    select(_M.id)
    .where(
        _M.provider_id == bindparam("sought"),
        _M.provider_id != literal_column("''"),
        or_(bindparam("address") == "", _M.address == bindparam("address")),
        _OF_PROVIDER,
    )
    .limit(2)
)
_UNREPORTED = (
    select(_M.id)
    .select_from(MESSAGES)
    .outerjoin(INQUIRIES, INQUIRIES.c.message_id == _M.id)
    .where(
        _M.state == literal_column(f"'{MessageState.ACCEPTED}'"),
        _M.settled_at > bindparam("after"),
        _M.settled_at <= bindparam("before"),
        or_(INQUIRIES.c.next_at.is_(None), INQUIRIES.c.next_at <= bindparam("at")),
        or_(_M.provider.in_(bindparam("providers", expanding=True)), _M.provider == ""),
        _M.channel.in_(bindparam("channels", expanding=True)),
    )
    .order_by(_M.settled_at, _M.id)
    .limit(bindparam("limit"))
)
_INQUIRED = insert_or_set(
    INQUIRIES,
    "message_id",
    values={"asked": INQUIRIES.c.asked + 1, "next_at": bindparam("new_next_at")},
)


class Receipts:
    """The receipts of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(  # noqa: PLR0913  (the columns of a receipt)
        self,
        provider: str,
        body: str,
        at: datetime,
        *,
        query: Mapping[str, str] | None = None,
        problem: str = "",
        next_try_at: datetime | None = None,
    ) -> int:
        """Keep a receipt; returns its number."""
        row = {
            "provider": provider,
            "received_at": at,
            "query": dict(query or {}),
            "body": body,
            "problem": problem,
            "tries": 0,
            "next_try_at": next_try_at,
        }
        number: int = self._connection.execute(_ADD, row).scalar_one()
        return number

    def due(self, at: datetime, limit: int) -> list[StoredReceipt]:
        """Receipts that are to be applied now."""
        return [_stored(row) for row in self._connection.execute(_DUE, {"at": at, "limit": limit})]

    def find(self, number: int) -> StoredReceipt | None:
        """The receipt of that number."""
        row = self._connection.execute(_GET, {"number": number}).first()
        return None if row is None else _stored(row)

    def finish(self, number: int, at: datetime, *, problem: str = "") -> None:
        """Be done with a receipt."""
        values = {"number": number, "at": at, "new_problem": problem}
        self._connection.execute(_FINISH, values)

    def postpone(self, number: int, until: datetime) -> None:
        """Try to apply a receipt again later."""
        self._connection.execute(_POSTPONE, {"number": number, "until": until})

    def message_of(
        self, provider: str, *, message_id: str, provider_id: str, address: str
    ) -> str | None:
        """The id of the message that a report is about; None if there is none, or not one only.

        A provider reports on what it was given itself, never on another one's messages.
        """
        if message_id:
            sought = {"provider": provider, "message_id": message_id}
            found = self._connection.execute(_BY_ID, sought).all()
        else:
            sought = {"provider": provider, "sought": provider_id, "address": address}
            found = self._connection.execute(_BY_PROVIDER, sought).all()
        return found[0].id if len(found) == 1 else None

    def unreported(  # noqa: PLR0913  (what bounds the question)
        self,
        after: datetime,
        before: datetime,
        at: datetime,
        *,
        channels: Sequence[str],
        providers: Sequence[str],
        limit: int,
    ) -> list[str]:
        """Ids of messages accepted between two instants, of which nothing was heard since.

        Those about which a provider was asked lately are left out.
        """
        values = {
            "after": after,
            "before": before,
            "at": at,
            "channels": list(channels),
            "providers": list(providers),
            "limit": limit,
        }
        return list(self._connection.execute(_UNREPORTED, values).scalars())

    def inquired(self, message_id: str, next_at: datetime) -> None:
        """The provider was asked about the message; ask again then."""
        row = {
            "message_id": message_id,
            "asked": 1,
            "next_at": next_at,
            "new_next_at": next_at,
        }
        self._connection.execute(_INQUIRED[self._connection.dialect.name], row)

    def listing(self, limit: int = 100) -> list[StoredReceipt]:
        """Receipts, the newest first."""
        return [_stored(row) for row in self._connection.execute(_LISTING, {"limit": limit})]

    def forget(self, before: datetime, limit: int) -> int:
        """Remove receipts that came before that instant and are done with; returns how many."""
        return self._connection.execute(_FORGET, {"before": before, "limit": limit}).rowcount


def _stored(row: Row[*tuple[object, ...]]) -> StoredReceipt:
    return StoredReceipt(**{name: getattr(row, name) for name in _COLUMNS})
