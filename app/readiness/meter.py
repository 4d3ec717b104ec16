"""What loads the transformer areas carry, as the rules look at them (R-9.1, Q22).

The highest reading of a window of months counts. Of an area without readings or without a rated
capacity nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.calendar import local_date, start_of_day
from workflows.readiness import AreaLoad, MeasuredPeak, window_start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from app.ports.readiness import Area, GridWork, Peak
    from workflows.readiness import ReadinessPolicy, ReadinessRules


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredArea:
    """An area with its load; `load` None where nothing can be said, and `gap` says why."""

    area: Area
    load: AreaLoad | None
    measured_until: datetime | None

    @property
    def gap(self) -> str:
        """What is missing, in Chinese; empty if nothing is."""
        if self.load is not None:
            return ""
        return "没有负载数据" if self.area.rated_kva else "没有额定容量"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """Reads loads by the policy in force; `window_months` is how far back a peak counts."""

    policy: Callable[[], ReadinessPolicy]
    window_months: int

    def rules(self, at: datetime) -> ReadinessRules:
        """The rules in force."""
        return self.policy().in_force(local_date(at))

    def areas(self, work: GridWork, at: datetime, branch: str = "") -> list[MeasuredArea]:
        """Every area, or those of a branch."""
        peaks = work.load_readings.peaks(self._since(at), at)
        return [
            self._measured(area, peaks, at)
            for area in work.grid_areas.areas()
            if branch in {"", area.branch}
        ]

    def area(self, work: GridWork, area: Area, at: datetime) -> MeasuredArea:
        """One area."""
        return self._measured(area, self._peaks_of(work, [area.id], self._since(at), at), at)

    def since(self, work: GridWork, area: Area, since: datetime, at: datetime) -> MeasuredArea:
        """One area, by what was measured after an instant only."""
        begin = max(since, self._since(at))
        return self._measured(area, self._peaks_of(work, [area.id], begin, at), at)

    def _since(self, at: datetime) -> datetime:
        return start_of_day(window_start(local_date(at), self.window_months))

    @staticmethod
    def _peaks_of(
        work: GridWork, area_ids: Sequence[str], since: datetime, at: datetime
    ) -> Mapping[str, Peak]:
        return work.load_readings.peaks(since, at, area_ids)

    def _measured(self, area: Area, peaks: Mapping[str, Peak], at: datetime) -> MeasuredArea:
        peak = peaks.get(area.id)
        if peak is None or not area.rated_kva:
            return MeasuredArea(area=area, load=None, measured_until=None)
        kva = self.rules(at).measured_kva(MeasuredPeak(kva=peak.kva, kw=peak.kw))
        load = None if kva is None else AreaLoad(rated_kva=area.rated_kva, peak_kva=kva)
        return MeasuredArea(area=area, load=load, measured_until=peak.measured_until)
