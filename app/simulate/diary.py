"""Office time: when people of the company are at their desks, and how long their work takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.calendar import local_date, start_of_day

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.calendar import OfficeHours, WorkCalendar

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """Places work into office hours of working days."""

    calendar: WorkCalendar
    hours: OfficeHours

    @property
    def day_length(self) -> timedelta:
        """Office time of one working day."""
        opens, closes = self.hours.opens, self.hours.closes
        minutes = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
        return timedelta(minutes=minutes)

    def after_work(self, at: datetime, work: timedelta) -> datetime:
        """When that much office time has passed since `at`; always within office hours."""
        on = local_date(at)
        left = work
        while True:
            if self.calendar.is_working_day(on):
                begins = max(at, self.hours.opening(on))
                there = self.hours.closing(on) - begins
                if left < there:
                    return _to_the_second(begins + left)
                left -= max(there, timedelta())
            on += ONE_DAY

    def next_opening(self, at: datetime) -> datetime:
        """When the office next opens, on a later day than `at`."""
        return self.hours.opening(self.calendar.next_working_day(local_date(at)))

    def around(self, on: date, share: float) -> datetime:
        """On that day, or the next that is worked, with `share` (0 to 1) of office hours passed."""
        day = on if self.calendar.is_working_day(on) else self.calendar.next_working_day(on)
        return _to_the_second(self.hours.opening(day) + self.day_length * min(share, 0.99))


def awake(on: date, share: float) -> datetime:
    """Some time between 07:00 and 23:00 of a day: when people write from home."""
    return _to_the_second(start_of_day(on) + timedelta(hours=7) + timedelta(hours=16) * share)


def _to_the_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
