"""What the rules say of every area and cell now, beside the projects that are open (R-9.1).

Once a project of an area was completed, only what is measured or forecast afterwards speaks for
another one: the peaks that it was opened for do not open it again. A project that was given up has
changed nothing, so what it was opened for still stands and opens the next one (R-9.1a).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from workflows.readiness import Finding, ReadinessRule, judge_area, judge_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.ports.readiness import Area, GridWork, StoredForecast, StoredProject
    from app.readiness.meter import MeasuredArea, Meter


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedArea:
    """An area, what its load calls for, and its open project if it has one.

    `forecast` is what an accepted connection will do to it. `next_number` is that of the area's
    next project: who has judged by older facts takes a number that is gone.
    """

    measured: MeasuredArea
    finding: Finding | None
    forecast: Finding | None
    project: StoredProject | None
    next_number: int

    @property
    def area(self) -> Area:
        """The area itself."""
        return self.measured.area

    @property
    def strongest(self) -> Finding | None:
        """The rule that weighs most: what must be opened, what must be early, then what may."""
        if self.finding is not None and self.finding.rule.is_duty:
            return self.finding
        return self.forecast or self.finding

    @property
    def must_be_opened(self) -> bool:
        """Whether a project is demanded that nobody has opened."""
        found = self.strongest
        return found is not None and found.rule.is_duty and self.project is None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCell:
    """A low-voltage cell that is to be controlled early; `unmeasured` areas were left out."""

    cell: str
    name: str
    branch: str
    finding: Finding
    unmeasured: int
    projects: tuple[StoredProject, ...]


def judged_areas(work: GridWork, meter: Meter, at: datetime, branch: str = "") -> list[JudgedArea]:
    """Every area, or those of a branch."""
    projects: dict[str, list[StoredProject]] = {}
    for each in work.readiness.projects():
        projects.setdefault(each.node_id, []).append(each)
    excesses = _by_area(work)
    return [
        _judged(
            work,
            meter,
            measured,
            projects=projects.get(measured.area.id, ()),
            excesses=excesses.get(measured.area.id, ()),
            at=at,
        )
        for measured in meter.areas(work, at, branch)
    ]


def judged_area(work: GridWork, meter: Meter, area: Area, at: datetime) -> JudgedArea:
    """One area."""
    return _judged(
        work,
        meter,
        meter.area(work, area, at),
        projects=work.readiness.projects(node_id=area.id),
        excesses=_by_area(work).get(area.id, ()),
        at=at,
    )


def judged_cells(areas: Sequence[JudgedArea], meter: Meter, at: datetime) -> list[JudgedCell]:
    """The cells that are to be controlled early; areas in no cell are in none."""
    rules = meter.rules(at)
    found = []
    for cell, group in groupby(sorted(areas, key=_by_cell), key=_by_cell):
        members = list(group)
        loads = [each.measured.load for each in members if each.measured.load is not None]
        finding = judge_cell(loads, rules)
        if cell and finding is not None:
            found.append(
                JudgedCell(
                    cell=cell,
                    name=members[0].area.cell_name,
                    branch=members[0].area.branch,
                    finding=finding,
                    unmeasured=len(members) - len(loads),
                    projects=tuple(each.project for each in members if each.project is not None),
                )
            )
    return found


def forecast_finding(sentence: str, ticket_no: str, clause: str) -> Finding:
    """What an accepted connection calls for that will overload its area."""
    message = f"{sentence}（工单 {ticket_no}）"
    return Finding(rule=ReadinessRule.FORECAST, message=message, clause=clause)


def _by_area(work: GridWork) -> Mapping[str, Sequence[StoredForecast]]:
    """Of each area the open tickets that were found to overload it."""
    found: dict[str, list[StoredForecast]] = {}
    for each in work.readiness.open_excesses():
        found.setdefault(each.area_id, []).append(each)
    return found


def _by_cell(judged: JudgedArea) -> str:
    return judged.area.cell


def _judged(  # noqa: PLR0913  (the area, its rules, and what was found of it)
    work: GridWork,
    meter: Meter,
    measured: MeasuredArea,
    *,
    projects: Sequence[StoredProject],
    excesses: Sequence[StoredForecast],
    at: datetime,
) -> JudgedArea:
    rules = meter.rules(at)
    rebuilt_at = max((each for each in map(_completed_at, projects) if each), default=None)
    evidence = meter.since(work, measured.area, rebuilt_at, at) if rebuilt_at else measured
    excess = next((each for each in reversed(excesses) if _is_later(each, rebuilt_at)), None)
    return JudgedArea(
        measured=measured,
        finding=None if evidence.load is None else judge_area(evidence.load, rules),
        forecast=(
            None
            if excess is None
            else forecast_finding(excess.sentence, excess.ticket_no, rules.clause)
        ),
        project=next((each for each in projects if each.ticket.ended_at is None), None),
        next_number=len(projects) + 1,
    )


def _completed_at(project: StoredProject) -> datetime | None:
    return project.ticket.ended_at if project.is_completed else None


def _is_later(excess: StoredForecast, rebuilt_at: datetime | None) -> bool:
    """Whether a forecast was made of the area as it is now."""
    return rebuilt_at is None or excess.assessed_at is None or excess.assessed_at > rebuilt_at
