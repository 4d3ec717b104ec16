"""What people wrote back, each reply once.

add(uplink facts) -> bool                   whether it is new
listing(limit) -> list[StoredUplink]        newest first
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from storage.tables.receiving import UPLINKS
from storage.upserts import insert_or_skip

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUplink:
    """One reply; `effect` says what followed from it, empty if nothing did."""

    provider: str
    address: str
    sequence: str
    text: str
    received_at: datetime
    effect: str


_ADD = insert_or_skip(UPLINKS, "provider", "address", "sequence")
_LISTING = select(UPLINKS).order_by(UPLINKS.c.id.desc()).limit(bindparam("limit"))


class Uplinks:
    """The replies of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(  # noqa: PLR0913  (the columns of a reply)
        self,
        provider: str,
        address: str,
        sequence: str,
        *,
        text: str,
        at: datetime,
        effect: str,
    ) -> bool:
        """Keep a reply; False if it was reported before."""
        row = {
            "provider": provider,
            "address": address,
            "sequence": sequence,
            "text": text,
            "received_at": at,
            "effect": effect,
        }
        add = _ADD[self._connection.dialect.name]
        return self._connection.execute(add, row).rowcount == 1

    def listing(self, limit: int) -> list[StoredUplink]:
        """Replies, the newest first."""
        return [
            StoredUplink(
                provider=row.provider,
                address=row.address,
                sequence=row.sequence,
                text=row.text,
                received_at=row.received_at,
                effect=row.effect,
            )
            for row in self._connection.execute(_LISTING, {"limit": limit})
        ]
