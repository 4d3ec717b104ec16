"""The list of sweeps with their rhythm, and the heartbeat that shows that they ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.clock import Clock
    from app.ports.work import Database
    from app.readiness.watch import Watch
    from app.rules.calendar_service import CalendarService
    from app.sending.service import Sending
    from app.settings import Settings
    from app.sweeping import SweepReport
    from app.tickets.amendments import AmendmentService
    from app.tickets.reminders import Reminders

HOUR = 3600
QUARTER_OF_AN_HOUR = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A sweep and how often it is worth running."""

    name: str
    every_seconds: int
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
    sending: Sending

    def all(self) -> tuple[Sweep, ...]:
        """In the order in which one feeds the next: dates, then reminders, then sending."""
        often, dispatch = self.settings.sweep_seconds, self.settings.dispatch_seconds
        return (
            Sweep(name="calendar", every_seconds=often, run=self.calendars.recompute),
            Sweep(name="reclassification", every_seconds=HOUR, run=self.amendments.reevaluate),
            Sweep(name="reminders", every_seconds=often, run=self.reminders.sweep),
            Sweep(name="readiness", every_seconds=QUARTER_OF_AN_HOUR, run=self.readiness.sweep),
            Sweep(name="dispatch", every_seconds=dispatch, run=self.sending.dispatch),
        )

    def run(self, sweep: Sweep) -> SweepReport:
        """Run one sweep and leave its heartbeat, which `huodian doctor` looks at."""
        started_at = self.clock()
        report = sweep.run()
        with self.database.writing() as work:
            work.sweeps.beat(sweep.name, started_at, self.clock(), report.counts())
            work.commit()
        return report
