"""Areas with their loads and readings, for people of the company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.readiness.judging import JudgedArea, judged_areas
from engine.calendar import local_date
from engine.errors import not_found
from workflows.readiness import shown, shown_down

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from app.clock import Clock
    from app.ports.readiness import GridDatabase, Reading
    from app.readiness.meter import Meter
    from engine.ticket import Actor
    from workflows.readiness import ReadinessRules


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaView:
    """An area as it is shown; numbers with one decimal, None where nothing is known.

    `rule` and `finding` are empty where no rule holds; `gap` says what is missing.
    """

    area_id: str
    name: str
    feeder: str
    cell: str
    cell_name: str
    branch: str
    rated_kva: str | None
    peak_kva: str | None
    peak_percent: str | None
    free_kva: str | None
    measured_on: date | None
    rule: str
    finding: str
    gap: str
    project_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaQueries:
    """Reads of areas."""

    database: GridDatabase
    meter: Meter
    clock: Clock

    def listing(self, *, actor: Actor, branch: str = "") -> tuple[AreaView, ...]:
        """Every area the actor may see, by id."""
        authorize(actor, Action.READ)
        at = self.clock()
        with self.database.reading() as work:
            judged = judged_areas(work, self.meter, at, actor.branch or branch)
        rules = self.meter.rules(at)
        return tuple(_view(each, rules) for each in judged)

    def readings(self, area_id: str, limit: int, *, actor: Actor) -> Sequence[Reading]:
        """The last readings of an area, the newest first.

        Raises:
            NotFoundError: no such area, or another branch's.
        """
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            area = work.grid_areas.area_at(area_id)
            known = area is not None and area.id == area_id
            if not known or (actor.branch and area and area.branch not in {"", actor.branch}):
                what = "台区"
                raise not_found(what, area_id)
            return work.load_readings.latest(area_id, limit)


def _view(judged: JudgedArea, rules: ReadinessRules) -> AreaView:
    area, load, until = judged.area, judged.measured.load, judged.measured.measured_until
    finding, project = judged.finding, judged.project
    return AreaView(
        area_id=area.id,
        name=area.name,
        feeder=area.feeder_name,
        cell=area.cell,
        cell_name=area.cell_name,
        branch=area.branch,
        rated_kva=shown(area.rated_kva) if area.rated_kva else None,
        peak_kva=None if load is None else shown_down(load.peak_kva),
        peak_percent=None if load is None else shown_down(load.percent),
        free_kva=None if load is None else shown_down(load.free_kva(rules)),
        measured_on=None if until is None else local_date(until),
        rule="" if finding is None else finding.rule,
        finding="" if finding is None else finding.message,
        gap=judged.measured.gap,
        project_no="" if project is None else project.ticket.ticket_no,
    )
