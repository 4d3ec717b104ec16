"""The services of outages, wired among themselves; each made when it is first asked for.

What changes an outage goes through one `OutageDesk`.
"""

# ruff: noqa: PLC0415  (a command waits for what it uses only)

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.outages.announcements import Announcements
    from app.outages.desk import OutageDesk
    from app.outages.in_step import InStep
    from app.outages.plans import OutagePlans
    from app.outages.reading import OutageReader
    from app.outages.reliability import ReliabilityService
    from app.outages.reliability_base import ReliabilityBase
    from app.outages.supply import SupplyService
    from app.outages.sweep import OutageSweep
    from app.outages.telling import OutageTelling
    from app.ports.jobs import Jobs
    from app.settings import Settings
    from app.trip.desk import Desk
    from app.trip.telling import Telling
    from storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Outages:
    """Who is without supply, and how reliable supply is. `database` is the desk's own.

    `jobs` gives the queue, which whoever only looks at outages does without; `by_wechat` tells
    whether customers can be told by WeChat.
    """

    database: Database
    desk: Desk
    telling: Telling
    jobs: Callable[[], Jobs]
    settings: Settings
    by_wechat: bool

    @cached_property
    def announcements(self) -> Announcements:
        """Outages announced, changed, called off."""
        from app.outages.announcements import Announcements

        return Announcements(outages=self._desk)

    @cached_property
    def supply(self) -> SupplyService:
        """Supply that goes out and comes back."""
        from app.outages.supply import SupplyService

        return SupplyService(outages=self._desk)

    @cached_property
    def sweep(self) -> OutageSweep:
        """What happens to outages by itself."""
        from app.outages.sweep import OutageSweep

        return OutageSweep(outages=self._desk)

    @cached_property
    def reader(self) -> OutageReader:
        """Outages to look at."""
        from app.outages.reading import OutageReader

        return OutageReader(
            desk=self.desk,
            database=self.database,
            nearby_days=self.settings.nearby_outage_days,
            by_wechat=self.by_wechat,
        )

    @cached_property
    def plans(self) -> OutagePlans:
        """Outages that might be."""
        from app.outages.plans import OutagePlans

        return OutagePlans(
            desk=self.desk,
            database=self.database,
            nearby_days=self.settings.nearby_outage_days,
        )

    @cached_property
    def reliability(self) -> ReliabilityService:
        """How reliable supply was."""
        from app.outages.reliability import ReliabilityService
        from workflows.outage_policy import shipped_outage_policy

        return ReliabilityService(
            database=self.database, clock=self.desk.clock, policy=shipped_outage_policy()
        )

    @cached_property
    def reliability_base(self) -> ReliabilityBase:
        """Figures of the years before the introduction."""
        from app.outages.reliability_base import ReliabilityBase

        return ReliabilityBase(database=self.database, clock=self.desk.clock)

    @cached_property
    def in_step(self) -> InStep:
        """Outages kept in step with the network."""
        from app.outages.in_step import InStep

        return InStep(desk=self.desk, telling=self._outage_telling)

    @cached_property
    def _outage_telling(self) -> OutageTelling:
        from app.outages.telling import OutageTelling

        return OutageTelling(telling=self.telling, jobs=self.jobs())

    @cached_property
    def _desk(self) -> OutageDesk:
        from app.outages.desk import OutageDesk
        from workflows.outage_policy import shipped_outage_policy

        return OutageDesk(
            desk=self.desk,
            database=self.database,
            telling=self._outage_telling,
            in_step=self.in_step,
            policy=shipped_outage_policy(),
            nearby_days=self.settings.nearby_outage_days,
        )
