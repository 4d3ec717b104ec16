"""Reinforcement projects (立项): opened by themselves where they must be, by people where they may.

The project is a ticket of the definition `reinforcement_project`. What it records in the course of
its life, the number of its opening (立项) and of the issue of its materials (出库), decides whether
the duty is done (R-9.1a).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.readiness.judging import JudgedArea, judged_area, judged_areas, judged_cells
from engine.application import Contact, ServiceRequest
from engine.errors import ConflictError, Reason, RefusedError, not_found
from workflows.readiness import ReadinessRule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.ports.readiness import Area, GridDatabase, GridWork, StoredProject
    from app.ports.work import Work
    from app.readiness.meter import Meter
    from app.trip.desk import Desk
    from engine.ticket import Act, Actor, Ticket
    from workflows.readiness import Finding

DEFINITION = "reinforcement_project"
OPENED, ISSUED = "project_number", "materials_issue_number"
"""The fields of the definition that record 立项 and 出库."""

OCCASIONS = {
    ReadinessRule.MAY_OPEN: "load_from_50",
    ReadinessRule.MUST_OPEN: "load_from_70",
    ReadinessRule.EARLY_CONTROL: "cell_below_160",
    ReadinessRule.FORECAST: "predicted_above_80",
}
"""How the definition calls what a project is opened for; anything else is `other`."""
RULES = {occasion: rule for rule, occasion in OCCASIONS.items()}
OTHER = "other"
AREA = "台区"


class Opening(Protocol):
    """Opens a ticket inside a caller's transaction."""

    def open_in(  # noqa: PLR0913, D102  (as `TicketService` has it)
        self,
        work: Work,
        definition_id: str,
        request: ServiceRequest,
        *,
        branch: str,
        act: Act,
        given: Mapping[str, str] | None = None,
    ) -> Ticket: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Projects:
    """Opens reinforcement projects, one at a time for an area."""

    desk: Desk
    database: GridDatabase
    meter: Meter
    tickets: Opening

    def open(self, area_id: str, *, reason: str, actor: Actor) -> str:
        """Open a project for an area; returns the number of its ticket.

        Raises:
            NotFoundError: no such area.
            RefusedError: one is open already, no rule speaks for it and no reason is given, or the
                actor may not.
        """
        act = self.desk.act(actor, reason)
        with self.database.writing() as work:
            area = work.grid_areas.area_at(area_id)
            if area is None or area.id != area_id:
                raise not_found(AREA, area_id)
            judged = judged_area(work, self.meter, area, act.at)
            finding = judged.strongest or self._of_cell(work, area, act.at)
            _refuse_unfit(judged, finding, act)
            ticket_no = self.open_in(work, judged, finding, act)
            work.commit()
        return ticket_no

    def open_in(self, work: GridWork, judged: JudgedArea, finding: Finding | None, act: Act) -> str:
        """The same inside a caller's transaction, for what a rule found, or for a reason.

        Raises:
            ConflictError: somebody else opened one at the same moment.
        """
        area = judged.area
        told = [each for each in (finding.message if finding else "", act.reason) if each]
        given = {
            "duty": "must" if finding is not None and finding.rule.is_duty else "may",
            "occasion": OCCASIONS[finding.rule] if finding else OTHER,
            "explanation": "；".join(told),
        }
        title = f"{area.name}增容改造"
        request = ServiceRequest(title=title, contact=Contact(name=title), node_id=area.id)
        ticket = self.tickets.open_in(
            work,
            DEFINITION,
            request,
            branch=area.branch or act.actor.branch,
            act=act,
            given=given,
        )
        if not work.readiness.add_project(area.id, judged.next_number, ticket.ticket_no):
            raise ConflictError(
                Reason(code="opened_meanwhile", message=f"{area.name}的项目刚由他人发起")
            )
        return ticket.ticket_no

    def unknown(self, work: GridWork) -> list[str]:
        """Open tickets of the definition that were opened like any other, and not here."""
        known = {each.ticket.ticket_no for each in work.readiness.projects(open_only=True)}
        return [each for each in work.tickets.open_numbers(DEFINITION) if each not in known]

    def adopt(self, ticket_no: str) -> bool:
        """Count in such a ticket as a project of its area; False if it names none."""
        with self.database.writing() as work:
            area = work.grid_areas.area_at(work.tickets.get(ticket_no).request.node_id)
            if area is None:
                return False
            number = len(work.readiness.projects(node_id=area.id)) + 1
            added = work.readiness.add_project(area.id, number, ticket_no)
            work.commit()
        return added

    def _of_cell(self, work: GridWork, area: Area, at: datetime) -> Finding | None:
        """What speaks for a project in the area's cell."""
        if not area.cell:
            return None
        judged = judged_areas(work, self.meter, at, area.branch)
        cells = judged_cells(
            [each for each in judged if each.area.cell == area.cell], self.meter, at
        )
        return cells[0].finding if cells else None


def open_project(work: GridWork, area_id: str) -> StoredProject | None:
    """The project of the area that has not ended."""
    return next(iter(work.readiness.projects(open_only=True, node_id=area_id)), None)


def _refuse_unfit(judged: JudgedArea, finding: Finding | None, act: Act) -> None:
    area, project = judged.area, judged.project
    reasons = []
    if project is not None:
        reasons.append(
            Reason(
                code="open_already",
                message=f"{area.name}已有在办项目 {project.ticket.ticket_no}",
                clause="R-9.1",
                remedy="请在该项目上办理",
            )
        )
    if finding is None and not act.reason:
        reasons.append(
            Reason(
                code="reason_missing",
                field="reason",
                message=f"{area.name}的负载未达到立项标准，发起项目须说明原因",
                clause="R-9.1, 四(一)4",
                remedy="请填写原因",
            )
        )
    if not (area.branch or act.actor.branch):
        reasons.append(
            Reason(
                code="no_cell",
                message=f"{area.name}未划入任何网格，无法确定承办单位",
                remedy="请先划入网格（huodian grid set --node）",
            )
        )
    if reasons:
        raise RefusedError(reasons)
