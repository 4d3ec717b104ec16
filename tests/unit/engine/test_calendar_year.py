"""A year as a value, its summary, and the fingerprint of a whole calendar (R-2.2, R-2.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.calendar import (
    CalendarDay,
    CalendarYear,
    DayKind,
    DayOverride,
    WorkCalendar,
    YearStatus,
)
from tests.official_calendar import (
    all_days,
    official_calendar_years,
    official_year,
)

A_DAY_OFF = DayOverride(on=date(2021, 9, 7), is_working=False, note="县政府通知")


def holiday(on: date) -> CalendarDay:
    return CalendarDay(on=on, kind=DayKind.HOLIDAY, note="放假")


@pytest.mark.parametrize(
    ("days", "complaint"),
    [
        ((holiday(date(2021, 1, 1)),), "2021-01-01 is no day of 2022"),
        ((holiday(date(2022, 1, 1)), holiday(date(2022, 1, 1))), "2022-01-01 is given twice"),
        (
            (CalendarDay(on=date(2022, 1, 8), kind=DayKind.WEEKEND, note="星期六"),),
            "2022-01-08 is a plain weekend",
        ),
    ],
)
def test_a_year_refuses_days_that_do_not_belong_in_it(
    days: tuple[CalendarDay, ...], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        CalendarYear(year=2022, status=YearStatus.IMPORTED, source="", days=days)


def test_a_summary_divides_the_year_into_worked_and_off() -> None:
    summary = WorkCalendar(official_calendar_years(), [A_DAY_OFF]).year(2021)
    whole_year = [on for on in all_days() if on.year == 2021]
    assert sorted(summary.working_days + summary.off_days) == whole_year
    assert set(summary.holidays) < set(summary.off_days)
    assert set(summary.make_up_days) < set(summary.working_days)
    assert date(2021, 9, 7) in summary.holidays
    assert len(summary.holidays) == 32
    assert len(summary.make_up_days) == 7
    assert (summary.year, summary.status) == (2021, YearStatus.OFFICIAL)
    assert summary.source == "国务院办公厅"


def test_a_leap_year_has_its_29th_of_february() -> None:
    calendar = WorkCalendar([official_year(2024)])
    assert calendar.day(date(2024, 2, 29)).kind is DayKind.WORKDAY
    assert calendar.working_days_between(date(2024, 2, 28), date(2024, 3, 1)) == 2


# ------------------------------------------------------------------ version


def test_the_version_does_not_depend_on_the_order_of_its_sources() -> None:
    first, second = official_year(2021), official_year(2022)
    turned = replace(first, days=first.days[::-1])
    assert WorkCalendar([first, second]).version == WorkCalendar([second, turned]).version


@pytest.mark.parametrize(
    "changed",
    [
        WorkCalendar([official_year(2022)]),
        WorkCalendar([official_year(2021), official_year(2022)]),
        WorkCalendar([replace(official_year(2021), status=YearStatus.PROVISIONAL)]),
        WorkCalendar([replace(official_year(2021), days=official_year(2021).days[1:])]),
        WorkCalendar([official_year(2021)], [A_DAY_OFF]),
        WorkCalendar(
            [official_year(2021)],
            [replace(A_DAY_OFF, note="市政府通知")],
        ),
    ],
    ids=["other year", "one more year", "status", "one day less", "override", "override's note"],
)
def test_the_version_changes_with_whatever_a_due_date_can_depend_on(changed: WorkCalendar) -> None:
    before = WorkCalendar([official_year(2021)])
    noted = WorkCalendar(
        [official_year(2021)],
        [replace(A_DAY_OFF, note="州政府通知")],
    )
    assert len({before.version, noted.version, changed.version}) == 3
