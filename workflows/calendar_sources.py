"""Where the years of the working calendar come from, and which source beats which (R-2.2, R-2.3).

An administrator's override beats an imported year, that beats the State Council's notice as the
calendar library has it, and that beats the projection by law.

The projection is a file and not a computation: weekends and the holidays that the law fixes
(《全国年节及纪念日放假办法》, 13 days since 2025), lunar ones included, each with the day in lieu
that the law grants when it falls on a weekend (补假), never a bridge day or a make-up day. It was
computed with the `holidays` library, and a test computes it again; kept as data, an upgrade of a
library cannot move a promised date unseen, and starting the program does not load 250 countries.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import chinese_calendar

from engine.calendar import (
    CalendarDay,
    CalendarExhaustedError,
    CalendarYear,
    DayKind,
    WorkCalendar,
    YearStatus,
)
from workflows.calendar_file import CalendarFileError, CalendarFileProblem, parse_year_csv

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import time

    from engine.calendar import DayOverride

__all__ = [
    "CalendarFileError",
    "CalendarFileProblem",
    "build_calendar",
    "official_years",
    "parse_year_csv",
    "projected_year",
    "projected_years",
    "statutory_days_missing",
]

FIRST_YEAR = 2019
"""The base year 2020 of the plan's goals (三(四)) and one before it."""

MAKE_UP_NOTE = "调休上班"

_PROJECTION_FILE = Path(__file__).parent / "calendars" / "statutory-holidays.csv"
_IN_LIEU = "（补假）"
_NATIONAL_DAY_MONTH = 10
_FULL_NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}


def build_calendar(
    imported: Iterable[CalendarYear] = (),
    overrides: Iterable[DayOverride] = (),
    *,
    closes: time | None = None,
) -> WorkCalendar:
    """The calendar in force, by the precedence above (R-2.2).

    Args:
        imported: years entered by administrators; of a year imported twice the later one counts.
        overrides: single days, at most one word on each.
        closes: the local time at which a period ends on its last day; None is 24:00 (R-2.1).
    """
    sources = {each.year: each for each in (*projected_years(), *official_years(), *imported)}
    return WorkCalendar(sources.values(), overrides, closes=closes)


@cache
def official_years(first: int = FIRST_YEAR, last: int | None = None) -> tuple[CalendarYear, ...]:
    """The years from `first` to `last` (default: the last one known) by official notice.

    Raises:
        CalendarExhaustedError: the library knows no notice for one of these years.
    """
    # Its functions search all its days on every call, its tables are public as well. A year counts
    # as known once its last holiday is listed: a notice may reach into a year next to its own.
    known_until = max(
        on.year for on in chinese_calendar.holidays if on.month == _NATIONAL_DAY_MONTH
    )
    known_from = min(chinese_calendar.holidays).year
    years = range(first, (known_until if last is None else last) + 1)
    for year in years:
        if not known_from <= year <= known_until:
            raise CalendarExhaustedError(year)
    return tuple(_official_year(year) for year in years)


def _official_year(year: int) -> CalendarYear:
    off = [
        CalendarDay(on=on, kind=DayKind.HOLIDAY, note=_holiday_name(name))
        for on, name in chinese_calendar.holidays.items()
        if on.year == year
    ]
    made_up = [
        CalendarDay(on=on, kind=DayKind.MAKE_UP_WORKDAY, note=MAKE_UP_NOTE)
        for on in chinese_calendar.workdays
        if on.year == year
    ]
    return CalendarYear(
        year=year,
        status=YearStatus.OFFICIAL,
        source=f"国务院办公厅关于{year}年部分节假日安排的通知",
        days=(*off, *made_up),
    )


def _holiday_name(english: str) -> str:
    chinese: str = chinese_calendar.Holiday(english).chinese
    return _FULL_NAMES.get(chinese, chinese)


def projected_years() -> tuple[CalendarYear, ...]:
    """Every year that the projection covers, those with a known notice included."""
    return tuple(_projection().values())


def projected_year(year: int) -> CalendarYear:
    """A year whose notice is not known, as the law fixes it; provisional (R-2.3).

    Raises:
        CalendarExhaustedError: the projection does not reach that year.
    """
    projected = _projection().get(year)
    if projected is None:
        raise CalendarExhaustedError(year)
    return projected


def statutory_days_missing(year: CalendarYear) -> tuple[CalendarDay, ...]:
    """Holidays fixed by law that `year` would have people work on.

    An import replaces the whole year, so a file with only the late change in it would turn
    National Day into a working day. Kept only with a reason, because the State Council may always
    decide otherwise. Days in lieu (补假) may be
    moved and are left out; empty for a year outside the projection.
    """
    projected = _projection().get(year.year)
    if projected is None:
        return ()
    calendar = WorkCalendar([year])
    fixed = (day for day in projected.days if not day.note.endswith(_IN_LIEU))
    return tuple(day for day in fixed if calendar.is_working_day(day.on))


@cache
def _projection() -> dict[int, CalendarYear]:
    with _PROJECTION_FILE.open(encoding="utf-8", newline="") as file:
        days = [
            CalendarDay(on=date.fromisoformat(row["date"]), kind=DayKind.HOLIDAY, note=row["note"])
            for row in csv.DictReader(file)
        ]
    return {
        year: CalendarYear(
            year=year,
            status=YearStatus.PROVISIONAL,
            source=f"{year}年放假安排尚未公布，依据《全国年节及纪念日放假办法》推算",
            days=tuple(day for day in days if day.on.year == year),
        )
        for year in sorted({day.on.year for day in days})
    }
