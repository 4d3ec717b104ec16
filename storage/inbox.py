"""Messages to staff as their own list in the console, and what of it they have read.

of(user_id, limit) -> list[InboxEntry]         newest first
unread(user_id) -> int
read(user_id, at, message_id=None) -> int      how many were unread; all of them without an id
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, func, literal_column, select

from notifications.message import Audience, MessageState
from storage.tables.messages import MESSAGES, NOTICES
from storage.tables.receiving import INBOX_READS
from storage.upserts import insert_or_skip

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """One message; `read_at` is None as long as it is unread."""

    id: str
    ticket_no: str
    kind: str
    text: str
    created_at: datetime
    read_at: datetime | None


_M, _N, _R = MESSAGES.c, NOTICES.c, INBOX_READS.c
# Written out, not a parameter: only so can the partial index be used.
_IS_OURS = (
    (_M.audience == literal_column(f"'{Audience.STAFF}'"))
    & (_M.recipient == bindparam("user_id"))
    & _M.state.not_in([MessageState.SUPERSEDED.value, MessageState.CANCELLED.value])
)
_IS_READ = (_R.message_id == _M.id) & (_R.user_id == bindparam("user_id"))
_ENTRIES = (
    select(
        _M.id,
        _M.ticket_no,
        _M.kind,
        case((_M.notice_id.is_not(None), _N.text), else_=_M.text).label("text"),
        _M.created_at,
        _R.read_at,
    )
    .select_from(
        MESSAGES.outerjoin(NOTICES, _N.id == _M.notice_id).outerjoin(INBOX_READS, _IS_READ)
    )
    .where(_IS_OURS)
    .order_by(_M.created_at.desc(), _M.id)
    .limit(bindparam("limit"))
)
_UNREAD = (
    select(_M.id)
    .select_from(MESSAGES.outerjoin(INBOX_READS, _IS_READ))
    .where(_IS_OURS, _R.read_at.is_(None))
)
_COUNT = select(func.count()).select_from(_UNREAD.subquery())
_READ = insert_or_skip(INBOX_READS, "message_id", "user_id")
_OF_THEM = _UNREAD.where(_M.id == bindparam("message_id"))


class Inbox:
    """The inboxes of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, user_id: str, limit: int) -> list[InboxEntry]:
        """The newest messages to a member of staff."""
        found = self._connection.execute(_ENTRIES, {"user_id": user_id, "limit": limit})
        return [InboxEntry(**row) for row in found.mappings()]

    def unread(self, user_id: str) -> int:
        """How many messages somebody has not read."""
        count: int = self._connection.execute(_COUNT, {"user_id": user_id}).scalar_one()
        return count

    def read(self, user_id: str, at: datetime, message_id: str | None = None) -> int:
        """Mark one message as read, or all; returns how many were unread.

        A message to somebody else is left alone.
        """
        values = {"user_id": user_id} | ({"message_id": message_id} if message_id else {})
        unread = self._connection.execute(_OF_THEM if message_id else _UNREAD, values)
        rows = [
            {"message_id": each, "user_id": user_id, "read_at": at} for each in unread.scalars()
        ]
        if rows:
            self._connection.execute(_READ[self._connection.dialect.name], rows)
        return len(rows)
