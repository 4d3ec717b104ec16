"""One year of the working calendar, as a value: where it comes from and which days are exceptional.

A year knows nothing of its neighbours; `engine.calendar` strings years together and is the module
to import from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SATURDAY = 5
WEEKDAY_NAMES = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


class YearStatus(StrEnum):
    """How sure the calendar is of a year (R-2.3)."""

    OFFICIAL = "official"
    """The State Council's notice, as the calendar library has it."""
    IMPORTED = "imported"
    """Entered by an administrator; takes precedence over the library (R-2.2)."""
    PROVISIONAL = "provisional"
    """Notice not known yet: weekends and the holidays fixed by law, no make-up days."""


class DayKind(StrEnum):
    """Why a day is worked or not."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    """Off by notice or by an administrator's override, also when it falls on a weekend."""
    MAKE_UP_WORKDAY = "make_up_workday"
    """A Saturday or Sunday that is worked (调休)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """One day and why it is worked or not; `note` is Chinese, such as 国庆节 or 星期六."""

    on: date
    kind: DayKind
    note: str

    @property
    def is_working(self) -> bool:
        """Whether the day counts towards a limit."""
        return self.kind in {DayKind.WORKDAY, DayKind.MAKE_UP_WORKDAY}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOverride:
    """An administrator's word on one day; it beats every source (R-2.2).

    Args:
        on: the day.
        is_working: True makes it a working day, False a day off.
        note: the reason in Chinese, shown wherever a due date explains itself.
    """

    on: date
    is_working: bool
    note: str

    def as_day(self) -> CalendarDay:
        """The day as the calendar then shows it."""
        if not self.is_working:
            kind = DayKind.HOLIDAY
        elif self.on.weekday() >= SATURDAY:
            kind = DayKind.MAKE_UP_WORKDAY
        else:
            kind = DayKind.WORKDAY
        return CalendarDay(on=self.on, kind=kind, note=self.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarYear:
    """One year as a source gives it; days not listed follow the weekend rule.

    Args:
        year: the calendar year.
        status: how sure it is.
        source: who says so, in Chinese, for the administrator's screen.
        days: holidays and make-up days of that year, kept in order.

    Raises:
        ValueError: a day of another year, listed twice, or of a kind that is not exceptional.
    """

    year: int
    status: YearStatus
    source: str
    days: tuple[CalendarDay, ...]

    def __post_init__(self) -> None:
        exceptional = {DayKind.HOLIDAY, DayKind.MAKE_UP_WORKDAY}
        for day in self.days:
            if day.on.year != self.year:
                msg = f"{day.on} is no day of {self.year}"
                raise ValueError(msg)
            if day.kind not in exceptional:
                msg = f"{day.on} is a plain {day.kind}; list only holidays and make-up days"
                raise ValueError(msg)
        refuse_repetition(day.on for day in self.days)
        object.__setattr__(self, "days", tuple(sorted(self.days, key=lambda day: day.on)))


@dataclass(frozen=True, slots=True, kw_only=True)
class YearSummary:
    """A year in force, overrides applied: `working_days` and `off_days` make up the whole year.

    `holidays` are the days off by notice or override, weekends inside a holiday included;
    `make_up_days` the weekend days that are worked.
    """

    year: int
    status: YearStatus
    source: str
    working_days: tuple[date, ...]
    off_days: tuple[date, ...]
    holidays: tuple[date, ...]
    make_up_days: tuple[date, ...]


class CountedYear:
    """One year, overrides applied, laid out so that adding and counting need no loop over days."""

    __slots__ = (
        "_before_first",
        "_exceptions",
        "_worked",
        "source",
        "status",
        "working_days",
        "year",
    )

    def __init__(self, source: CalendarYear, overrides: Iterable[DayOverride]) -> None:
        self.year = source.year
        self.status = source.status
        self.source = source.source
        self._exceptions = {day.on: day for day in source.days} | {
            override.on: override.as_day()
            for override in overrides
            if override.on.year == self.year
        }
        self._before_first = date(self.year, 1, 1).toordinal() - 1
        dates = self.dates()
        worked = [
            self._exceptions[on].is_working if on in self._exceptions else on.weekday() < SATURDAY
            for on in dates
        ]
        self._worked = tuple(accumulate(worked, initial=0))
        self.working_days = tuple(
            on for on, is_worked in zip(dates, worked, strict=True) if is_worked
        )

    def dates(self) -> list[date]:
        """Every day of the year."""
        after_last = date(self.year, 12, 31).toordinal() + 1
        return [date.fromordinal(n) for n in range(self._before_first + 1, after_last)]

    def worked_until(self, on: date) -> int:
        """Working days of this year up to and including `on`."""
        return self._worked[on.toordinal() - self._before_first]

    def is_working(self, on: date) -> bool:
        """Whether `on`, a day of this year, is worked."""
        position = on.toordinal() - self._before_first
        return self._worked[position] > self._worked[position - 1]

    def day(self, on: date) -> CalendarDay:
        """The day `on` of this year with its reason."""
        exception = self._exceptions.get(on)
        if exception is not None:
            return exception
        kind = DayKind.WORKDAY if on.weekday() < SATURDAY else DayKind.WEEKEND
        return CalendarDay(on=on, kind=kind, note=WEEKDAY_NAMES[on.weekday()])


def refuse_repetition(keys: Iterable[date] | Iterable[int]) -> None:
    """Raise ValueError if a key is given twice."""
    seen: set[date | int] = set()
    for key in keys:
        if key in seen:
            msg = f"{key} is given twice"
            raise ValueError(msg)
        seen.add(key)
