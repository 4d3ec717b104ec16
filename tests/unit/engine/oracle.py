"""An oracle for the clocks: R-2.4 told day by day, sharing no code with `engine`.

It knows the official list of working days and nothing else, and walks. `elapsed` counts the days
that count. `due` does not use that count: it runs a budget down by every working day, and a pause
that begins while there is budget left adds the working days strictly inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.official_calendar import is_worked

ONE_DAY = timedelta(days=1)
HERE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Stop:
    """A pause: since which instant and until which day; `to_on` None while it lasts."""

    from_at: datetime
    to_on: date | None

    @property
    def from_on(self) -> date:
        """The day on which it begins in Shanghai."""
        return self.from_at.astimezone(HERE).date()

    def stills(self, on: date) -> bool:
        """Whether `on` lies strictly between the two dates."""
        return self.from_on < on and (self.to_on is None or on < self.to_on)


def days(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def elapsed(start: date, stops: list[Stop], on: date) -> int:
    """Working days after the start day up to `on` on which no pause holds."""
    return sum(
        is_worked(day) and not any(stop.stills(day) for stop in stops)
        for day in days(start + ONE_DAY, on)
    )


def due(start: date, limit: int, stops: list[Stop], closes: time | None = None) -> date | None:
    """The day at whose end the budget is used up; None while an open pause holds it.

    Whoever stops after close of business, where that ends the day, comes too late on the last.
    """
    left, day = limit, start
    while True:
        for stop in stops:
            if stop.from_on != day or (left == 0 and has_ended(day, stop.from_at, closes)):
                continue
            if stop.to_on is None:
                return None
            left += sum(is_worked(inside) for inside in days(day + ONE_DAY, stop.to_on - ONE_DAY))
        if left == 0:
            return day
        day += ONE_DAY
        left -= is_worked(day)


def has_ended(day: date, at: datetime, closes: time | None) -> bool:
    """Whether the day is over in Shanghai at `at`: at 24:00, or at close of business."""
    there = at.astimezone(HERE)
    if closes is None or there.date() != day:
        return there.date() > day
    return (there.hour, there.minute) >= (closes.hour, closes.minute)


def is_overdue(due_on: date | None, at: datetime, closes: time | None = None) -> bool:
    """Whether the last day is over in Shanghai at `at`."""
    return due_on is not None and has_ended(due_on, at, closes)
