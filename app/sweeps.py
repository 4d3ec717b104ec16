"""The list of sweeps with their rhythm, and the heartbeat that shows that they ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.clock import Clock
    from app.outages.sweep import OutageSweep
    from app.ports.work import Database
    from app.readiness.watch import Watch
    from app.receiving.service import Receiving
    from app.rules.calendar_service import CalendarService
    from app.settings import Settings
    from app.summaries import Summaries
    from app.sweeping import SweepReport
    from app.tickets.amendments import AmendmentService
    from app.tickets.reminders import Reminders
    from app.transport import Transport

MINUTE, QUARTER_OF_AN_HOUR, HOUR = 60, 900, 3600
LOOKS_WITHIN_GRACE = 3
"""A daemon looks so often for others before it takes one for dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A sweep and how often it is worth running."""

    name: str
    every_seconds: float
    run: Callable[[], SweepReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeps:
    """Everything that happens by itself."""

    database: Database
    clock: Clock
    settings: Settings
    calendars: CalendarService
    amendments: AmendmentService
    reminders: Reminders
    readiness: Watch
    outages: OutageSweep
    transport: Transport
    receiving: Receiving
    summaries: Summaries

    def all(self) -> tuple[Sweep, ...]:
        """In the order in which one feeds the next: dates, then reminders, then sending."""
        often, dispatch = self.settings.sweep_seconds, self.settings.dispatch_seconds
        nodes = self.settings.node_grace_seconds / LOOKS_WITHIN_GRACE
        transport = self.transport
        return (
            Sweep(name="calendar", every_seconds=often, run=self.calendars.recompute),
            Sweep(name="reclassification", every_seconds=HOUR, run=self.amendments.reevaluate),
            Sweep(name="reminders", every_seconds=often, run=self.reminders.sweep),
            Sweep(name="readiness", every_seconds=QUARTER_OF_AN_HOUR, run=self.readiness.sweep),
            Sweep(name="outages", every_seconds=often, run=self.outages.sweep),
            Sweep(name="summaries", every_seconds=often, run=self.summaries.sweep),
            Sweep(name="loose_ends", every_seconds=often, run=transport.loose_ends.sweep),
            Sweep(name="dispatch", every_seconds=dispatch, run=transport.sending.dispatch),
            Sweep(name="receipts", every_seconds=dispatch, run=self.receiving.applying.sweep),
            Sweep(name="inquiries", every_seconds=MINUTE, run=self.receiving.inquiries.sweep),
            Sweep(name="providers", every_seconds=MINUTE, run=transport.tending.tend_providers),
            Sweep(name="cluster", every_seconds=nodes, run=transport.cluster.sweep),
            Sweep(name="housekeeping", every_seconds=HOUR, run=transport.tending.keep_house),
            Sweep(name="old_receipts", every_seconds=HOUR, run=self.receiving.keeping.sweep),
        )

    def run(self, sweep: Sweep) -> SweepReport:
        """Run one sweep and leave its heartbeat, which `huodian doctor` looks at."""
        started_at = self.clock()
        report = sweep.run()
        with self.database.writing() as work:
            work.sweeps.beat(sweep.name, started_at, self.clock(), report.counts())
            work.commit()
        return report
