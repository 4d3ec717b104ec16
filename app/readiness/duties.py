"""What must follow from the rules, and how far it is (R-9.1a, N2b).

A duty stays on the list until both the opening of its project (立项) and the issue of its materials
(出库) are recorded, also when the load has gone down meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.readiness.judging import (
    JudgedArea,
    JudgedCell,
    judged_areas,
    judged_cells,
)
from app.readiness.projects import ISSUED, OPENED, RULES
from engine.application import ServiceRequest
from engine.clocks import due_on, stage_clock
from engine.ticket import SYSTEM
from workflows.readiness import Finding, ReadinessRule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from app.ports.readiness import Area, GridDatabase, GridWork, StoredProject
    from app.readiness.meter import Meter
    from app.trip.desk import Desk
    from engine.ticket import Act, Actor

RULE_NAMES = {
    ReadinessRule.MAY_OPEN: "可以立项",
    ReadinessRule.MUST_OPEN: "必须立项并出库",
    ReadinessRule.EARLY_CONTROL: "预管控，提前立项",
    ReadinessRule.FORECAST: "提前立项",
}
CLAUSE = "R-9.1, 四(一)4"
AREA, CELL = "area", "cell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One line of the list; `subject_kind` is area or cell, `is_duty` False where it only may.

    `due_on` is the limit of the project's present stage, None where nothing runs.
    """

    subject_kind: str
    subject_id: str
    subject_name: str
    branch: str
    cell: str
    rule: ReadinessRule
    rule_name: str
    is_duty: bool
    message: str
    clause: str
    project_no: str
    project_state: str
    is_opened: bool
    is_issued: bool
    is_settled: bool
    due_on: date | None
    is_overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What a duty is about: an area, or a whole cell."""

    kind: str
    id: str
    name: str
    branch: str
    cell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Progress:
    """How far a project is."""

    number: str = ""
    state: str = ""
    is_opened: bool = False
    is_issued: bool = False
    due_on: date | None = None
    is_overdue: bool = False


NO_PROJECT = _Progress()


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """The list."""

    desk: Desk
    database: GridDatabase
    meter: Meter

    def listing(
        self,
        *,
        actor: Actor,
        branch: str = "",
        overdue: bool = False,
        everything: bool = False,
    ) -> tuple[Duty, ...]:
        """What is still to be done, the overdue first.

        With `everything` also what may be opened and what is settled; with `overdue` only what is.
        """
        authorize(actor, Action.READ)
        act = self.desk.act(SYSTEM)
        with self.database.reading() as work:
            areas = judged_areas(work, self.meter, act.at, actor.branch or branch)
            found = [
                *self._of_areas(work, areas, act),
                *self._of_cells(work, judged_cells(areas, self.meter, act.at), act),
            ]
        wanted = [
            each
            for each in found
            if (everything or (each.is_duty and not each.is_settled))
            and (each.is_overdue or not overdue)
        ]
        wanted.sort(key=lambda each: (not each.is_overdue, not each.is_duty, each.subject_id))
        return tuple(wanted)

    def _of_areas(self, work: GridWork, areas: list[JudgedArea], act: Act) -> Iterator[Duty]:
        for judged in areas:
            finding = _strongest(judged)
            if finding is not None:
                progress = self._progress(work, judged.project, act)
                yield _of_area(judged.area, finding, progress)

    def _of_cells(self, work: GridWork, cells: list[JudgedCell], act: Act) -> Iterator[Duty]:
        for judged in cells:
            progresses = [self._progress(work, each, act) for each in judged.projects]
            furthest = max(
                progresses, key=lambda each: (each.is_issued, each.is_opened), default=NO_PROJECT
            )
            yield _of_cell(judged, furthest)

    def _progress(self, work: GridWork, project: StoredProject | None, act: Act) -> _Progress:
        if project is None:
            return NO_PROJECT
        case = self.desk.load(work, project.ticket.ticket_no, act)
        run, details = case.ticket.current_run, _details(project)
        due = None
        if run is not None:
            due = due_on(stage_clock(run, case.definition), case.calendar)
        return _Progress(
            number=case.ticket.ticket_no,
            state=case.definition.state_by_id[case.ticket.state].name,
            is_opened=bool(details.get(OPENED)),
            is_issued=bool(details.get(ISSUED)),
            due_on=due,
            is_overdue=due is not None and case.calendar.end_of_period(due) <= act.at,
        )


def _strongest(judged: JudgedArea) -> Finding | None:
    """What weighs most now; what a project had to be opened for outlives its load."""
    now = judged.strongest
    if now is not None and now.rule.is_duty:
        return now
    return _of_project(judged.project) or now


def _of_project(project: StoredProject | None) -> Finding | None:
    """What a project that had to be opened was opened for, though its rule holds no more."""
    details = {} if project is None else _details(project)
    rule = RULES.get(details.get("occasion", ""))
    if rule is None or not rule.is_duty:
        return None
    return Finding(rule=rule, message=details.get("explanation", ""), clause=CLAUSE)


def _details(project: StoredProject) -> dict[str, str]:
    request = project.ticket.request
    return request.details if isinstance(request, ServiceRequest) else {}


def _of_area(area: Area, finding: Finding, progress: _Progress) -> Duty:
    subject = _Subject(kind=AREA, id=area.id, name=area.name, branch=area.branch, cell=area.cell)
    return _duty(subject, finding, progress, finding.message)


def _of_cell(judged: JudgedCell, progress: _Progress) -> Duty:
    subject = _Subject(
        kind=CELL, id=judged.cell, name=judged.name, branch=judged.branch, cell=judged.cell
    )
    left_out = f"（{judged.unmeasured} 个台区没有负载数据，未计入）" if judged.unmeasured else ""
    return _duty(subject, judged.finding, progress, f"{judged.finding.message}{left_out}")


def _duty(subject: _Subject, finding: Finding, progress: _Progress, message: str) -> Duty:
    return Duty(
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_name=subject.name,
        branch=subject.branch,
        cell=subject.cell,
        rule=finding.rule,
        rule_name=RULE_NAMES[finding.rule],
        is_duty=finding.rule.is_duty,
        message=message,
        clause=finding.clause,
        project_no=progress.number,
        project_state=progress.state,
        is_opened=progress.is_opened,
        is_issued=progress.is_issued,
        is_settled=progress.is_opened and progress.is_issued,
        due_on=progress.due_on,
        is_overdue=progress.is_overdue,
    )
