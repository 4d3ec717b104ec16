"""What the grid has to say about one ticket, for its page and for `ticket show`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.readiness.forecasting import forecast_of
from app.readiness.projects import open_project
from app.readiness.restricted_register import RestrictedEntry, restricted_entry
from app.readiness.works import scheduled
from engine.application import ConnectionApplication
from workflows.readiness import shown_down, shown_up

if TYPE_CHECKING:
    from app.ports.readiness import GridDatabase, GridWork
    from app.readiness.meter import Meter
    from app.readiness.points import ConnectionPoints, PointView
    from app.trip.case import Case
    from app.trip.desk import Desk
    from engine.ticket import Actor
    from workflows.matching_works import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastView:
    """What the connection will do to its area; percentages with one decimal, None if unknown.

    `project_no` is the reinforcement project that is open for the area, if one is.
    """

    area_id: str
    area_name: str
    percent_now: str | None
    percent_expected: str | None
    exceeds: bool
    sentence: str
    project_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketGrid:
    """Everything about the grid that concerns a ticket; None and empty where nothing does."""

    forecast: ForecastView | None
    works: Schedule | None
    restricted: RestrictedEntry | None
    points: tuple[PointView, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.forecast or self.works or self.restricted or self.points)


NOTHING = TicketGrid(forecast=None, works=None, restricted=None, points=())


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketGridQueries:
    """Reads for the ticket's page."""

    desk: Desk
    database: GridDatabase
    meter: Meter
    points: ConnectionPoints

    def of_ticket(self, ticket_no: str, *, actor: Actor) -> TicketGrid:
        """What concerns the ticket, as it stands now.

        Raises:
            NotFoundError: no such ticket, or another branch's.
        """
        authorize(actor, Action.READ)
        act = self.desk.act(actor)
        with self.database.reading() as work:
            case = self.desk.load(work, ticket_no, act)
            if not isinstance(case.ticket.request, ConnectionApplication):
                return NOTHING
            supply = work.supply_plans.restricted(ticket_no)
            return TicketGrid(
                forecast=self._forecast(work, case),
                works=scheduled(work, case),
                restricted=None if supply is None else restricted_entry(case, supply),
                points=self.points.views(work, case),
            )

    def _forecast(self, work: GridWork, case: Case) -> ForecastView | None:
        """Of an open low-voltage ticket; what is connected shows in the readings."""
        if case.ticket.ended_at is not None:
            return None
        found = forecast_of(work, self.meter, case.ticket, case.act.at)
        if found is None:
            return None
        load = found.forecast
        area_id = found.area.id if found.area else ""
        project = open_project(work, area_id) if area_id else None
        return ForecastView(
            area_id=area_id,
            area_name=found.area.name if found.area else "",
            percent_now=None if load is None else shown_down(load.load.percent),
            percent_expected=None if load is None else shown_up(load.expected.percent),
            exceeds=found.exceeds,
            sentence=found.sentence,
            project_no=project.ticket.ticket_no if project else "",
        )
