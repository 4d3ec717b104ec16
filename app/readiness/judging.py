"""What the rules say of every area and cell now, beside the projects that are open (R-9.1).

Once a project of an area has ended, only what is measured afterwards speaks for another one: the
peaks that it was opened for do not open it again.
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

    `next_number` is that of the area's next project: who has judged by older facts takes a number
    that is gone.
    """

    measured: MeasuredArea
    finding: Finding | None
    project: StoredProject | None
    next_number: int

    @property
    def area(self) -> Area:
        """The area itself."""
        return self.measured.area

    @property
    def must_be_opened(self) -> bool:
        """Whether its load demands a project that nobody has opened."""
        demanded = self.finding is not None and self.finding.rule is ReadinessRule.MUST_OPEN
        return demanded and self.project is None


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
    return [
        _judged(work, meter, measured, projects.get(measured.area.id, ()), at)
        for measured in meter.areas(work, at, branch)
    ]


def judged_area(work: GridWork, meter: Meter, area: Area, at: datetime) -> JudgedArea:
    """One area."""
    projects = work.readiness.projects(node_id=area.id)
    return _judged(work, meter, meter.area(work, area, at), projects, at)


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


def excesses_by_area(work: GridWork) -> Mapping[str, StoredForecast]:
    """Of each area the last open ticket that was found to overload it."""
    return {each.area_id: each for each in work.readiness.open_excesses()}


def _by_cell(judged: JudgedArea) -> str:
    return judged.area.cell


def _judged(
    work: GridWork,
    meter: Meter,
    measured: MeasuredArea,
    projects: Sequence[StoredProject],
    at: datetime,
) -> JudgedArea:
    ended = [each.ticket.ended_at for each in projects if each.ticket.ended_at is not None]
    evidence = meter.since(work, measured.area, max(ended), at) if ended else measured
    return JudgedArea(
        measured=measured,
        finding=None if evidence.load is None else judge_area(evidence.load, meter.rules(at)),
        project=next((each for each in projects if each.ticket.ended_at is None), None),
        next_number=len(projects) + 1,
    )
