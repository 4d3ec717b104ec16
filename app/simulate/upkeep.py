"""The daemon of a simulation: it sweeps several times a day, and is down for a while once.

A real one sweeps every half minute. Here it comes just after the instants at which something may
fall due, and before the quiet hours. While it is down nothing is sent; then it catches up.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from engine.calendar import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from app.simulate.agenda import Course
    from app.simulate.trip import Scene

VISITS = (
    time(0, 5),
    time(8, 0),
    time(8, 35),
    time(15, 35),
    time(17, 35),
    time(20, 55),
)
"""Local times at which the daemon sweeps."""
DOWN_DAYS = 2


class Upkeep:
    """Runs the sweeps; `counts` adds up what each of them did."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.counts: dict[str, Counter[str]] = {}

    def course(
        self, start: date, days: int, down: Collection[date], told: Callable[[date], None]
    ) -> Course:
        """Every visit from `start` on, but for the days on which the daemon is down."""
        for day in (start + timedelta(days=n) for n in range(days)):
            told(day)
            for visit in VISITS if day not in down else ():
                yield datetime.combine(day, visit, tzinfo=SHANGHAI)
                self._sweep()

    def _sweep(self) -> None:
        """One round."""
        sweeps = self._scene.application.sweeps
        for sweep in sweeps.all():
            counts = sweeps.run(sweep).counts()
            self.counts.setdefault(sweep.name, Counter()).update(counts)


def down_days(start: date, days: int, place: float) -> tuple[date, ...]:
    """Two days in the middle of the time on which the daemon is down; none in a short time."""
    if days < 4 * DOWN_DAYS:
        return ()
    first = start + timedelta(days=int(days * (0.3 + 0.4 * place)))
    return tuple(first + timedelta(days=n) for n in range(DOWN_DAYS))
