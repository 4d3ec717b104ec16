"""Open capacity by transformer area, as the public may see it (R-9.2, 四(五)1, I1b).

Nothing here names a customer or a single connection; an area of which nothing was measured says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.calendar import local_date
from workflows.readiness import CapacityClass, capacity_class, shown, shown_down

if TYPE_CHECKING:
    from datetime import date

    from app.clock import Clock
    from app.ports.readiness import GridDatabase
    from app.readiness.meter import MeasuredArea, Meter

CLASS_NAMES = {
    CapacityClass.GREEN: "绿（充裕）",
    CapacityClass.YELLOW: "黄（偏紧）",
    CapacityClass.RED: "红（受限）",
    CapacityClass.UNKNOWN: "暂无数据",
}
"""The word belongs to the colour: nobody has to tell colours apart (WCAG 1.4.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaCapacity:
    """What an area can still take, in kVA with one decimal; None where nothing is known."""

    area_id: str
    name: str
    feeder: str
    rated_kva: str | None
    peak_percent: str | None
    open_kva: str | None
    colour: CapacityClass
    is_restricted: bool | None
    measured_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityQueries:
    """Reads that need no sign-in."""

    database: GridDatabase
    meter: Meter
    clock: Clock

    def open_capacity(self, *, branch: str = "", text: str = "") -> tuple[AreaCapacity, ...]:
        """Every area by id, or those of a branch, or with that text in area or feeder."""
        at = self.clock()
        with self.database.reading() as work:
            measured = self.meter.areas(work, at, branch)
        return tuple(
            self._public(each, local_date(at))
            for each in measured
            if text in f"{each.area.id} {each.area.name} {each.area.feeder_name}"
        )

    def _public(self, measured: MeasuredArea, on: date) -> AreaCapacity:
        area, load, policy = measured.area, measured.load, self.meter.policy()
        free = None if load is None else load.free_kva(policy.in_force(on))
        until = measured.measured_until
        return AreaCapacity(
            area_id=area.id,
            name=area.name,
            feeder=area.feeder_name,
            rated_kva=shown(area.rated_kva) if area.rated_kva else None,
            peak_percent=None if load is None else shown_down(load.percent),
            open_kva=None if free is None else shown_down(free),
            colour=capacity_class(load, policy.capacity_classes),
            is_restricted=None if free is None else free == 0,
            measured_on=None if until is None else local_date(until),
        )
