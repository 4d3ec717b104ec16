"""Working-day arithmetic: every limit of the plan is a number of working days (R-1, R-2).

Days are days of Asia/Shanghai; instants are aware and in UTC. Where the years come from (State
Council notice, an administrator's file, a projection by law) is the business of
`workflows.calendar_sources`; here they are values, so a due date can be recomputed years later.

Due dates are computed for every open ticket in every sweep. So each year keeps the list of its
working days and a running count of them, and no question walks through the days one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from engine.calendar_year import (
    CalendarDay,
    CalendarYear,
    CountedYear,
    DayKind,
    DayOverride,
    YearStatus,
    YearSummary,
    refuse_repetition,
)
from engine.errors import Reason, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "SHANGHAI",
    "CalendarDay",
    "CalendarExhaustedError",
    "CalendarYear",
    "DayKind",
    "DayOverride",
    "OfficeHours",
    "WorkCalendar",
    "YearStatus",
    "YearSummary",
    "local_date",
    "start_of_day",
]

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The time zone in which days begin and end (R-2.1)."""

ONE_DAY = timedelta(days=1)
REMEMBERED = 4096
"""Conversions that are kept: a use case asks for the same few instants again and again."""


class CalendarExhaustedError(RefusedError):
    """A day lies in a year of which the calendar knows nothing, not even provisionally.

    Attributes:
        year: the year that is missing.
    """

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(
            Reason(
                code="calendar_exhausted",
                message=f"工作日历中没有{year}年，无法计算涉及该年的办理时限",
                clause="R-2.3",
                remedy=f"请由管理员导入{year}年的节假日安排",
            )
        )


class WorkCalendar:
    """Answers which days are worked, and counts them.

    Args:
        years: at most one value per year; they need not be consecutive.
        overrides: at most one per day; those of a year not known take effect once it is.
        closes: the local time at which a period ends on its last day; None is 24:00 (R-2.1).

    Raises:
        ValueError: a year or an override is given twice.

    Every method raises `CalendarExhaustedError` when it needs a year that is not known, and
    `TypeError` for a datetime: which day an instant belongs to is `local_date`'s decision.
    """

    def __init__(
        self,
        years: Iterable[CalendarYear],
        overrides: Iterable[DayOverride] = (),
        *,
        closes: time | None = None,
    ) -> None:
        self._closes = closes
        self._sources = tuple(sorted(years, key=lambda source: source.year))
        self._overrides = tuple(sorted(overrides, key=lambda override: override.on))
        refuse_repetition(source.year for source in self._sources)
        refuse_repetition(override.on for override in self._overrides)
        self._years = {
            source.year: CountedYear(source, self._overrides) for source in self._sources
        }

    @property
    def years(self) -> tuple[int, ...]:
        """The years it knows, provisional ones included, in order."""
        return tuple(self._years)

    @cached_property
    def version(self) -> str:
        """Fingerprint of all that a due date or its explanation can depend on.

        Equal versions give equal answers; a changed one is the sign to recompute (R-2.3).
        """
        facts = [f"{source.year} {source.status}" for source in self._sources]
        listed = [day for source in self._sources for day in source.days]
        listed += [override.as_day() for override in self._overrides]
        facts += [f"{day.on} {day.kind} {day.note}" for day in listed]
        facts += [] if self._closes is None else [f"closes {self._closes}"]
        return sha256("\n".join(facts).encode()).hexdigest()

    def is_working_day(self, on: date) -> bool:
        """Whether `on` counts towards a limit."""
        return self._counted(on).is_working(on)

    def day(self, on: date) -> CalendarDay:
        """The day with its reason, for the explanation of a due date."""
        return self._counted(on).day(on)

    def add_working_days(self, start: date, days: int) -> date:
        """The `days`-th working day after `start`, which is itself not counted (民法典 201, R-2.1).

        With `days` 0: `start` if it is worked, else the last working day before it.

        Raises:
            ValueError: `days` is negative.
        """
        if days < 0:
            msg = f"expected days >= 0, got {days}"
            raise ValueError(msg)
        counted = self._counted(start)
        rank = counted.worked_until(start) + days
        while rank < 1:
            counted = self._get(counted.year - 1)
            rank += len(counted.working_days)
        while rank > len(counted.working_days):
            rank -= len(counted.working_days)
            counted = self._get(counted.year + 1)
        return counted.working_days[rank - 1]

    def subtract_working_days(self, end: date, days: int) -> date:
        """The latest working day from which `days` working days are left until `end`.

        `add_working_days` of it gives `end` again, or the last working day before it.

        Raises:
            ValueError: `days` is negative.
        """
        if days < 0:
            msg = f"expected days >= 0, got {days}"
            raise ValueError(msg)
        counted = self._counted(end)
        rank = counted.worked_until(end) - days
        while rank < 1:
            counted = self._get(counted.year - 1)
            rank += len(counted.working_days)
        return counted.working_days[rank - 1]

    def working_days_between(self, start: date, end: date) -> int:
        """The working days after `start` up to and including `end`; 0 if `end` is not later."""
        first, last = self._counted(start), self._counted(end)
        if end <= start:
            return 0
        years_before = range(first.year, last.year)
        whole = sum(len(self._get(year).working_days) for year in years_before)
        return whole + last.worked_until(end) - first.worked_until(start)

    def next_working_day(self, on: date) -> date:
        """The first working day strictly after `on`."""
        return self.add_working_days(on, 1)

    def is_provisional(self, start: date, end: date) -> bool:
        """Whether a day after `start` up to and including `end` lies in a provisional year."""
        if self._counted(end).year == self._counted(start).year:
            return end > start and self._get(end.year).status is YearStatus.PROVISIONAL
        first = (start + ONE_DAY).year
        reached = [self._get(year).status for year in range(first, end.year + 1)]
        return YearStatus.PROVISIONAL in reached

    def end_of_period(self, on: date) -> datetime:
        """The UTC instant at which a period whose last day is `on` has run out (民法典 203).

        Anything done at this instant is late (R-2.4: overdue means `at >= due`).
        """
        closes = self._closes
        return start_of_day(on + ONE_DAY) if closes is None else _instant(on, closes)

    def year(self, year: int) -> YearSummary:
        """The year in force, for screens and for the warning of R-2.3."""
        counted = self._get(year)
        days = [counted.day(on) for on in counted.dates()]
        return YearSummary(
            year=year,
            status=counted.status,
            source=counted.source,
            working_days=counted.working_days,
            off_days=tuple(day.on for day in days if not day.is_working),
            holidays=tuple(day.on for day in days if day.kind is DayKind.HOLIDAY),
            make_up_days=tuple(day.on for day in days if day.kind is DayKind.MAKE_UP_WORKDAY),
        )

    def _counted(self, on: date) -> CountedYear:
        if isinstance(on, datetime):
            msg = "expected a date, got a datetime: take its local_date first"
            raise TypeError(msg)
        return self._get(on.year)

    def _get(self, year: int) -> CountedYear:
        try:
            return self._years[year]
        except KeyError:
            raise CalendarExhaustedError(year) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """When the office opens and closes: places reminders (R-6.3a), measures work (R-5.3).

    Args:
        opens: local time of opening.
        closes: local time of closing, later than `opens`.
    """

    opens: time = time(8, 30)
    closes: time = time(17, 30)

    def __post_init__(self) -> None:
        if self.opens.tzinfo or self.closes.tzinfo or self.opens >= self.closes:
            msg = f"expected opens < closes in local time, got {self.opens} and {self.closes}"
            raise ValueError(msg)

    def opening(self, on: date) -> datetime:
        """The UTC instant at which the office opens on `on`."""
        return _instant(on, self.opens)

    def closing(self, on: date) -> datetime:
        """The UTC instant at which the office closes on `on`."""
        return _instant(on, self.closes)


@lru_cache(maxsize=REMEMBERED)
def local_date(at: datetime) -> date:
    """The Shanghai day of an instant.

    Raises:
        ValueError: the instant is naive, so it names no moment.
    """
    if at.utcoffset() is None:
        msg = f"expected an aware instant, got the naive {at.isoformat()}"
        raise ValueError(msg)
    return at.astimezone(SHANGHAI).date()


def start_of_day(on: date) -> datetime:
    """The UTC instant of 00:00 in Shanghai on `on`."""
    return _instant(on, time.min)


@lru_cache(maxsize=REMEMBERED)
def _instant(on: date, local: time) -> datetime:
    return datetime.combine(on, local, tzinfo=SHANGHAI).astimezone(UTC)
