"""The sweep `readiness`: opens the projects that must be opened, forecasts, reminds (R-9.1).

What must be opened is decided anew from the readings in each round; a project is numbered by its
area, and the number is taken in the transaction that opens its ticket, so any number of daemons
open one. Tickets are looked at when they have changed; nothing here stands in their way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.readiness.forecasting import forecast_of
from app.readiness.judging import forecast_finding, judged_area, judged_areas
from app.streams import READINESS
from app.sweeping import SweepReport, sweep_each
from engine.definition import Checkpoint
from engine.ledger import LedgerDraft
from engine.ticket import SYSTEM

if TYPE_CHECKING:
    from app.ports.readiness import Area, GridDatabase, GridWork
    from app.readiness.forecasting import TicketForecast
    from app.readiness.meter import Meter
    from app.readiness.projects import Projects
    from app.readiness.promises import Promises
    from app.trip.desk import Desk
    from engine.ticket import Act, Ticket

NAME = "readiness"
BATCH = 500
"""Tickets looked at in one round; the rest comes with the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One round over areas, tickets and promises."""

    desk: Desk
    database: GridDatabase
    meter: Meter
    projects: Projects
    promises: Promises

    def sweep(self) -> SweepReport:
        """Open what must be opened, forecast what was accepted, remind of what was promised."""
        act = self.desk.act(SYSTEM)
        with self.database.reading() as work:
            unknown = self.projects.unknown(work)
        report = sweep_each(NAME, unknown, self.projects.adopt)
        with self.database.reading() as work:
            judged = judged_areas(work, self.meter, act.at)
            unseen = work.readiness.unseen_tickets(BATCH)
        due = [each.area.id for each in judged if each.must_be_opened and each.area.branch]
        report.add(sweep_each(NAME, due, lambda area_id: self._open(area_id, act)))
        report.add(sweep_each(NAME, unseen, lambda ticket_no: self._look(ticket_no, act)))
        report.add(self.promises.sweep())
        return report

    def _open(self, area_id: str, act: Act) -> bool:
        with self.database.writing() as work:
            area = work.grid_areas.area_at(area_id)
            judged = None if area is None else judged_area(work, self.meter, area, act.at)
            if judged is None or not judged.must_be_opened:
                return False
            self.projects.open_in(work, judged, judged.strongest, act)
            work.commit()
        return True

    def _look(self, ticket_no: str, act: Act) -> bool:
        """Forecast the ticket if it has passed a border since, or asks for something else."""
        with self.database.writing() as work:
            ticket = self.desk.load(work, ticket_no, act).ticket
            occasion = _occasion(ticket)
            found = forecast_of(work, self.meter, ticket, act.at) if occasion else None
            before = work.readiness.forecast(ticket_no)
            told = (
                None if before is None else (before.occasion, before.area_id, before.requested_kw)
            )
            if found is None or told == (occasion, _area_id(found), found.requested_kw):
                work.readiness.saw(ticket_no, ticket.revision)
                work.commit()
                return False
            self._keep(work, ticket, occasion, found, act)
            work.commit()
        return True

    def _keep(
        self, work: GridWork, ticket: Ticket, occasion: str, found: TicketForecast, act: Act
    ) -> None:
        work.readiness.put_forecast(
            ticket.ticket_no,
            seen_revision=ticket.revision,
            occasion=occasion,
            area_id=_area_id(found),
            requested_kw=found.requested_kw,
            exceeds=found.exceeds,
            sentence=found.sentence,
            assessed_at=act.at,
        )
        details = {
            "ticket_no": ticket.ticket_no,
            "occasion": occasion,
            "area": _area_id(found),
            "exceeds": found.exceeds,
            "sentence": found.sentence,
        }
        draft = LedgerDraft(action="forecast_load", details=details)
        work.ledger.append(READINESS, draft, act.actor, act.at)
        if found.exceeds and found.area is not None and found.area.branch:
            self._open_early(work, ticket, found.area, found.sentence, act)

    def _open_early(
        self, work: GridWork, ticket: Ticket, area: Area, sentence: str, act: Act
    ) -> None:
        """Open a project for what the ticket will do to its area, unless one is open."""
        judged = judged_area(work, self.meter, area, act.at)
        if judged.project is not None:
            return
        finding = forecast_finding(sentence, ticket.ticket_no, self.meter.rules(act.at).clause)
        self.projects.open_in(work, judged, finding, act)


def _occasion(ticket: Ticket) -> str:
    """The last border passed at which a connection is forecast; empty before acceptance."""
    borders = (Checkpoint.PLAN_CONFIRMATION, Checkpoint.INTAKE)
    return next((each for each in borders if each in ticket.passed_checkpoints), "")


def _area_id(found: TicketForecast) -> str:
    return "" if found.area is None else found.area.id
