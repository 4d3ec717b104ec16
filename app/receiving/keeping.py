"""Throws away what providers reported, word for word, once nobody needs the words any more.

What was concluded stays: the message keeps its state, its provider, that one's id and code, and
when it was settled; a reply stays with the replies, and what followed from it in the ledger. The
words hold phone numbers and openids, so they are kept no longer than somebody may ask for them:
half a year unless set otherwise, because proof of having sent a message is asked for after as much
as five months (通信短信息服务管理规定).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.sweeping import SweepReport

if TYPE_CHECKING:
    from datetime import timedelta

    from app.clock import Clock
    from app.ports.receiving import ReceivingDatabase

NAME = "old_receipts"
AT_A_TIME = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """The sweep that removes old reports; those that still wait to be applied are never old.

    Args:
        kept: for how long a report can be looked up.
    """

    database: ReceivingDatabase
    clock: Clock
    kept: timedelta

    def sweep(self) -> SweepReport:
        """Remove them, some at a time, so that nobody waits long for the database."""
        report = SweepReport(name=NAME)
        before = self.clock() - self.kept
        while True:
            with self.database.writing() as work:
                removed = work.receipts.forget(before, AT_A_TIME)
                work.commit()
            report.done += removed
            if removed < AT_A_TIME:
                return report
