"""Moves weight between providers by how they do, and throws away what is no longer looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.sending.carriers import record_all
from app.sweeping import SweepReport
from notifications.delivery.providers import tended

if TYPE_CHECKING:
    from app.clock import Clock
    from app.ports.jobs import JobEngine
    from app.ports.sending import SendingDatabase
    from app.sending.carriers import Carriers

PROVIDERS, HOUSEKEEPING = "providers", "housekeeping"
TRAFFIC_KEPT = timedelta(hours=1)
AT_A_TIME = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tending:
    """Looks after providers and after what the job engine keeps.

    Args:
        jobs_kept: how long a job that has ended can be looked up.
    """

    database: SendingDatabase
    jobs: JobEngine
    carriers: Carriers
    clock: Clock
    jobs_kept: timedelta

    def tend_providers(self) -> SweepReport:
        """One step of every channel with several providers; `done` counts changed ones."""
        report = SweepReport(name=PROVIDERS)
        for channel in sorted(self.carriers.channels):
            if not self.carriers.has_several(channel):
                continue
            at = self.clock()
            with self.database.writing() as work:
                standings = self.carriers.standings(work, channel, locked=True)
                traffic = work.providers.traffic(channel, at, self.carriers.reporting())
                changed = tended(standings, traffic, at)
                report.done += record_all(work, standings, changed, at)
                work.commit()
        return report

    def keep_house(self) -> SweepReport:
        """Remove ended jobs and old traffic; `done` counts jobs."""
        report = SweepReport(name=HOUSEKEEPING)
        at = self.clock()
        while True:
            removed = self.jobs.forget_ended(at - self.jobs_kept, AT_A_TIME)
            report.done += removed
            if removed < AT_A_TIME:
                break
        with self.database.writing() as work:
            work.providers.forget_traffic(at - TRAFFIC_KEPT)
            work.commit()
        return report
