"""Who does something when: the timeline on which operators, customers and the daemon take turns.

Each of them is a course: a generator that acts, then yields the instant at which it wants to go on.
The agenda resumes whoever is next. Two at the same instant go by name, so that the outcome never
depends on the order in which courses were begun.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.simulate.clock import SimulatedClock

Course = Iterator[datetime]
"""Yields the instant at which it wants to go on; one in the past means at once."""


class Agenda:
    """The courses that wait for their instant. Only the agenda moves the clock."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._waiting: list[tuple[datetime, str, int, Course]] = []
        self._begun = 0

    def begin(self, name: str, course: Course) -> None:
        """Let a course run until it wants to wait for the first time."""
        self._begun += 1
        self._resume(name, self._begun, course)

    def run_until(self, end: datetime) -> None:
        """Resume everybody whose instant comes before `end`, then let the clock reach it."""
        while self._waiting and self._waiting[0][0] < end:
            at, name, number, course = heapq.heappop(self._waiting)
            self._clock.advance_to(at)
            self._resume(name, number, course)
        self._clock.advance_to(end)

    def _resume(self, name: str, number: int, course: Course) -> None:
        wanted = next(course, None)
        if wanted is not None:
            heapq.heappush(self._waiting, (max(wanted, self._clock()), name, number, course))
