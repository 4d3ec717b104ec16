"""Hands the outbox over to jobs (R-6.4).

The sweep only marks messages and enqueues jobs; `app.sending.send_chunk` sends them, and
`app.sending.loose_ends` looks after what nobody answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.sending.fail_points import Point, passing
from app.sweeping import SweepReport

if TYPE_CHECKING:
    from app.clock import Clock
    from app.ports.jobs import JobEngine
    from app.ports.sending import SendingDatabase
    from app.sending.handover import Handover

NAME = "dispatch"
PAGE = 2000
"""Messages that are looked at in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Dispatches the outbox."""

    database: SendingDatabase
    clock: Clock
    handover: Handover
    jobs: JobEngine

    def dispatch(self) -> SweepReport:
        """One round: end what is worthless, hand over what is due.

        `done` counts messages that were given to jobs, `unchanged` those that wait or ended.
        """
        report = SweepReport(name=NAME)
        at = self.clock()
        with self.database.writing() as work:
            report.unchanged += work.queue.expire(at) + work.queue.overtake(at)
            work.commit()
        looked_at = PAGE
        while looked_at == PAGE:
            with self.database.writing() as work:
                looked_at, handed_over = self.handover.page(work, at, PAGE)
                passing(Point.HANDED_OVER)
                work.commit()
            report.done += handed_over
            report.unchanged += looked_at - handed_over
        self.jobs.work_off()
        return report
