"""The services of grid readiness, wired among themselves; each made when it is first asked for.

Nearly all of them look at loads through one `Meter`.
"""

# ruff: noqa: PLC0415  (a command waits for what it uses only)

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ports.readiness import GridDatabase
    from app.readiness.areas import AreaQueries
    from app.readiness.capacity import CapacityQueries
    from app.readiness.demand import DemandQueries
    from app.readiness.duties import Duties
    from app.readiness.meter import Meter
    from app.readiness.points import ConnectionPoints
    from app.readiness.projects import Opening, Projects
    from app.readiness.promises import Promises
    from app.readiness.restricted import RestrictedSupplies
    from app.readiness.ticket_view import TicketGridQueries
    from app.readiness.watch import Watch
    from app.readiness.works import MatchingWorks
    from app.settings import Settings
    from app.trip.desk import Desk
    from app.trip.telling import Telling


@dataclass(frozen=True, kw_only=True)
class GridReadiness:
    """Whether the grid is ready for what is asked of it. `database` is the desk's own."""

    database: GridDatabase
    desk: Desk
    telling: Telling
    opening: Opening
    settings: Settings

    @cached_property
    def areas(self) -> AreaQueries:
        """Areas with their loads and readings."""
        from app.readiness.areas import AreaQueries

        return AreaQueries(database=self.database, meter=self._meter, clock=self.desk.clock)

    @cached_property
    def projects(self) -> Projects:
        """Reinforcement projects."""
        from app.readiness.projects import Projects

        return Projects(
            desk=self.desk, database=self.database, meter=self._meter, tickets=self.opening
        )

    @cached_property
    def duties(self) -> Duties:
        """What must follow from the rules, and how far it is."""
        from app.readiness.duties import Duties

        return Duties(desk=self.desk, database=self.database, meter=self._meter)

    @cached_property
    def watch(self) -> Watch:
        """The sweep."""
        from app.readiness.watch import Watch

        return Watch(
            desk=self.desk,
            database=self.database,
            meter=self._meter,
            projects=self.projects,
            promises=self._promises,
        )

    @cached_property
    def capacity(self) -> CapacityQueries:
        """What the grid can still take, for the public."""
        from app.readiness.capacity import CapacityQueries

        return CapacityQueries(database=self.database, meter=self._meter, clock=self.desk.clock)

    @cached_property
    def demand(self) -> DemandQueries:
        """What is asked of the grid, for planning."""
        from app.readiness.demand import DemandQueries

        return DemandQueries(database=self.database, clock=self.desk.clock)

    @cached_property
    def restricted(self) -> RestrictedSupplies:
        """Two-step supply where the grid is restricted."""
        from app.readiness.restricted import RestrictedSupplies

        return RestrictedSupplies(desk=self.desk, database=self.database)

    @cached_property
    def works(self) -> MatchingWorks:
        """What the grid owes an application by the customer's date."""
        from app.readiness.works import MatchingWorks

        return MatchingWorks(desk=self.desk, database=self.database)

    @cached_property
    def points(self) -> ConnectionPoints:
        """Where to connect a customer."""
        from app.readiness.points import ConnectionPoints

        return ConnectionPoints(desk=self.desk, database=self.database, meter=self._meter)

    @cached_property
    def tickets(self) -> TicketGridQueries:
        """What the grid has to say about a ticket."""
        from app.readiness.ticket_view import TicketGridQueries

        return TicketGridQueries(
            desk=self.desk, database=self.database, meter=self._meter, points=self.points
        )

    @cached_property
    def _promises(self) -> Promises:
        from app.readiness.promises import Promises
        from workflows.readiness_policy import shipped_readiness

        return Promises(
            desk=self.desk,
            database=self.database,
            telling=self.telling,
            policy=shipped_readiness,
            hours=self.settings.office_hours,
        )

    @cached_property
    def _meter(self) -> Meter:
        from app.readiness.meter import Meter
        from workflows.readiness_policy import shipped_readiness

        return Meter(policy=shipped_readiness, window_months=self.settings.load_window_months)
