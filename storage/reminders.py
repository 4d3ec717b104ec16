"""Which rungs have been reminded of.

claim(ticket_no, clock_id, epoch, rung, at) -> bool
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.prepared import Prepared
from storage.tables.tickets import REMINDERS
from storage.upserts import insert_or_skip

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

_CLAIM = Prepared(insert_or_skip(REMINDERS, "ticket_no", "clock_id", "epoch", "rung"))


class Reminders:
    """Claims of rungs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, ticket_no: str, clock_id: str, epoch: str, rung: str, at: datetime) -> bool:
        """Claim a rung; whoever is told True reminds, everybody else leaves it (R-6.3)."""
        row = {
            "ticket_no": ticket_no,
            "clock_id": clock_id,
            "epoch": epoch,
            "rung": rung,
            "claimed_at": at,
        }
        return _CLAIM.run(self._connection, row) == 1
