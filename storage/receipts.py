"""What providers reported of messages, kept word for word before anything is concluded from it.

add(provider, body, at, *, problem="") -> int
listing(limit=100) -> list[StoredReceipt]                newest first
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select

from storage.tables.messages import RECEIPTS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReceipt:
    """One receipt as it came; `problem` is empty if it was believed."""

    id: int
    provider: str
    received_at: datetime
    body: str
    problem: str


_ADD = insert(RECEIPTS).returning(RECEIPTS.c.id)
_LISTING = select(RECEIPTS).order_by(RECEIPTS.c.id.desc()).limit(bindparam("limit"))


class Receipts:
    """The receipts of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, provider: str, body: str, at: datetime, *, problem: str = "") -> int:
        """Keep a receipt; returns its number."""
        row = {"provider": provider, "received_at": at, "body": body, "problem": problem}
        number: int = self._connection.execute(_ADD, row).scalar_one()
        return number

    def listing(self, limit: int = 100) -> list[StoredReceipt]:
        """Receipts, the newest first."""
        return [
            StoredReceipt(
                id=row.id,
                provider=row.provider,
                received_at=row.received_at,
                body=row.body,
                problem=row.problem,
            )
            for row in self._connection.execute(_LISTING, {"limit": limit})
        ]
