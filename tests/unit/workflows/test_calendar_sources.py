"""Which source of the calendar says what, and which beats which (R-2.2, R-2.3)."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from holidays.countries import China

import workflows
from engine.calendar import (
    CalendarDay,
    CalendarExhaustedError,
    CalendarYear,
    DayKind,
    DayOverride,
    YearStatus,
)
from tests.official_calendar import OFFICIAL, all_days, days_off, is_worked, make_up_days
from workflows.calendar_sources import (
    build_calendar,
    official_years,
    projected_year,
    projected_years,
    statutory_days_missing,
)

CALENDAR = build_calendar()


# ------------------------------------------------------------------ official years


def test_the_library_agrees_with_the_notices_on_every_day_of_six_years() -> None:
    wrong = [on for on in all_days() if CALENDAR.is_working_day(on) != is_worked(on)]
    assert wrong == []


@pytest.mark.parametrize("year", OFFICIAL)
def test_an_official_year_lists_the_days_of_its_notice(year: int) -> None:
    summary = CALENDAR.year(year)
    assert summary.status is YearStatus.OFFICIAL
    assert str(year) in summary.source
    # the library also names plain weekends that join a holiday, such as 2023-12-30
    assert {on for on in summary.holidays if on.weekday() < 5 or on in days_off(year)} == days_off(
        year
    )
    assert set(summary.make_up_days) == make_up_days(year)
    assert len(summary.working_days) == OFFICIAL[year][2]


@pytest.mark.parametrize(
    ("on", "kind", "note"),
    [
        (date(2021, 2, 7), DayKind.MAKE_UP_WORKDAY, "调休上班"),
        (date(2021, 2, 12), DayKind.HOLIDAY, "春节"),
        (date(2021, 4, 4), DayKind.HOLIDAY, "清明节"),
        (date(2021, 6, 14), DayKind.HOLIDAY, "端午节"),
        (date(2021, 9, 21), DayKind.HOLIDAY, "中秋节"),
        (date(2022, 12, 31), DayKind.HOLIDAY, "元旦"),
        (date(2025, 5, 5), DayKind.HOLIDAY, "劳动节"),
        (date(2026, 10, 7), DayKind.HOLIDAY, "国庆节"),
    ],
)
def test_an_official_day_bears_its_chinese_name(on: date, kind: DayKind, note: str) -> None:
    assert CALENDAR.day(on) == CalendarDay(on=on, kind=kind, note=note)


def test_a_choice_of_official_years() -> None:
    assert [year.year for year in official_years(2021, 2023)] == [2021, 2022, 2023]
    assert [year.year for year in official_years(2004, 2004)] == [2004]
    assert official_years()[0].year == 2019


@pytest.mark.parametrize(("first", "last", "missing"), [(2003, 2005, 2003), (2019, 2999, None)])
def test_a_year_without_a_known_notice_is_not_official(
    first: int, last: int, missing: int | None
) -> None:
    with pytest.raises(CalendarExhaustedError) as refusal:
        official_years(first, last)
    assert refusal.value.year == (missing or official_years()[-1].year + 1)


# ------------------------------------------------------------------ projected years

SPRING_FESTIVALS = [
    "2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11",
    "2033-01-31 2034-02-19 2035-02-08 2036-01-28 2037-02-15 2038-02-04 2039-01-24 2040-02-12",
]
MID_AUTUMNS = [
    "2025-10-06 2026-09-25 2027-09-15 2028-10-03 2029-09-22 2030-09-12 2031-10-01 2032-09-19",
    "2033-09-08 2034-09-27 2035-09-16 2036-10-04 2037-09-24 2038-09-13 2039-10-02 2040-09-20",
]


def lunar(lines: list[str]) -> list[date]:
    return [date.fromisoformat(text) for line in lines for text in line.split()]


def notes(year: int) -> dict[date, str]:
    return {day.on: day.note for day in projected_year(year).days}


@pytest.mark.parametrize("first_day", lunar(SPRING_FESTIVALS))
def test_spring_festival_takes_four_days_from_new_years_eve(first_day: date) -> None:
    named = notes(first_day.year)
    assert named[first_day - timedelta(days=1)] == "农历除夕"
    assert [named[first_day + timedelta(days=n)] for n in range(3)] == ["春节"] * 3


@pytest.mark.parametrize("on", lunar(MID_AUTUMNS))
def test_mid_autumn_follows_the_moon(on: date) -> None:
    assert "中秋节" in notes(on.year)[on]


@pytest.mark.parametrize("year", projected_years(), ids=lambda year: str(year.year))
def test_a_projected_year_has_the_thirteen_days_of_the_law(year: CalendarYear) -> None:
    named = Counter(
        name
        for day in year.days
        for name in day.note.split("、")
        if not day.note.endswith("（补假）")
    )
    assert named == {
        "元旦": 1,
        "农历除夕": 1,
        "春节": 3,
        "清明节": 1,
        "劳动节": 2,
        "端午节": 1,
        "中秋节": 1,
        "国庆节": 3,
    }


@pytest.mark.parametrize("year", projected_years(), ids=lambda year: str(year.year))
def test_a_projected_year_guesses_no_make_up_day_and_no_bridge_day(year: CalendarYear) -> None:
    assert year.status is YearStatus.PROVISIONAL
    assert {day.kind for day in year.days} == {DayKind.HOLIDAY}
    in_lieu = [day for day in year.days if day.note.endswith("（补假）")]
    lost_to_weekends = sum(len(day.note.split("、")) for day in year.days if day.on.weekday() >= 5)
    assert all(day.on.weekday() < 5 for day in in_lieu)
    assert len(in_lieu) == lost_to_weekends


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_projection_of_a_past_year_came_true(year: int) -> None:
    assert {day.on for day in projected_year(year).days} <= days_off(year)


def test_the_projection_is_what_the_library_computes_from_the_law() -> None:
    years = [year.year for year in projected_years()]
    computed = China(years=years, language="zh_CN")
    lines = [
        f"{on},{name.replace('; ', '、')}"
        for on, name in sorted(computed.items())
        if not name.startswith("休息日")  # swapped by a notice, hence not fixed by law
    ]
    shipped = Path(workflows.__path__[0], "calendars", "statutory-holidays.csv")
    assert shipped.read_text(encoding="utf-8").splitlines() == ["date,note", *lines]


def test_a_year_beyond_the_projection_is_refused() -> None:
    beyond = projected_years()[-1].year + 1
    with pytest.raises(CalendarExhaustedError) as refusal:
        projected_year(beyond)
    assert refusal.value.year == beyond


def test_the_first_year_without_a_notice_is_projected() -> None:
    known_until = official_years()[-1].year
    assert CALENDAR.year(known_until).status is YearStatus.OFFICIAL
    assert CALENDAR.year(known_until + 1).status is YearStatus.PROVISIONAL
    assert CALENDAR.years[-1] >= known_until + 9


# ------------------------------------------------------------------ together

OFFICIAL_UNTIL_2026 = official_years()[-1].year == 2026
knows_2026_as_last = pytest.mark.skipif(
    not OFFICIAL_UNTIL_2026, reason="the library has learnt the notice for 2027"
)


@knows_2026_as_last
def test_a_long_limit_opened_before_the_notice_is_provisional() -> None:
    opened_on = date(2026, 11, 23)
    due = CALENDAR.add_working_days(opened_on, 30)
    assert due == date(2027, 1, 5)
    assert CALENDAR.is_provisional(opened_on, due)
    assert not CALENDAR.is_provisional(opened_on, CALENDAR.add_working_days(opened_on, 28))


@knows_2026_as_last
def test_a_provisional_limit_skips_spring_festival_and_its_days_in_lieu() -> None:
    assert CALENDAR.add_working_days(date(2027, 2, 4), 1) == date(2027, 2, 11)
    assert CALENDAR.day(date(2027, 2, 9)).note == "春节（补假）"


def imported_2027() -> CalendarYear:
    new_year = CalendarDay(on=date(2027, 1, 1), kind=DayKind.HOLIDAY, note="元旦")
    bridge = CalendarDay(on=date(2027, 1, 4), kind=DayKind.HOLIDAY, note="元旦")
    return CalendarYear(
        year=2027, status=YearStatus.IMPORTED, source="国办发明电", days=(new_year, bridge)
    )


def test_an_imported_year_beats_the_projection_and_settles_the_due_date() -> None:
    calendar = build_calendar([imported_2027()])
    due = calendar.add_working_days(date(2026, 11, 23), 30)
    assert due == date(2027, 1, 6)
    assert not calendar.is_provisional(date(2026, 11, 23), due)
    assert calendar.year(2027).source == "国办发明电"
    assert calendar.version != CALENDAR.version


def test_an_imported_year_beats_the_library() -> None:
    worked_through = CalendarYear(year=2026, status=YearStatus.IMPORTED, source="测试", days=())
    calendar = build_calendar([worked_through])
    assert calendar.is_working_day(date(2026, 10, 1))
    assert calendar.year(2026).status is YearStatus.IMPORTED
    assert calendar.year(2025).status is YearStatus.OFFICIAL


def test_of_a_year_imported_twice_the_later_one_counts() -> None:
    empty = CalendarYear(year=2027, status=YearStatus.IMPORTED, source="更正", days=())
    assert build_calendar([imported_2027(), empty]).year(2027).source == "更正"


def test_an_override_beats_an_imported_year() -> None:
    override = DayOverride(on=date(2027, 1, 4), is_working=True, note="照常上班")
    calendar = build_calendar([imported_2027()], [override])
    assert calendar.is_working_day(date(2027, 1, 4))
    assert calendar.day(date(2027, 1, 4)).note == "照常上班"


# ------------------------------------------------------------------ a check for the importer


def test_an_import_shows_the_holidays_it_would_take_away() -> None:
    missing = {day.on.isoformat(): day.note for day in statutory_days_missing(imported_2027())}
    assert missing == {
        "2027-02-05": "农历除夕",
        "2027-02-08": "春节",
        "2027-04-05": "清明节",
        "2027-06-09": "端午节",
        "2027-09-15": "中秋节",
        "2027-10-01": "国庆节",
    }


@pytest.mark.parametrize("year", official_years(2025, 2026), ids=lambda year: str(year.year))
def test_a_whole_notice_takes_no_holiday_away(year: CalendarYear) -> None:
    assert statutory_days_missing(year) == ()


def test_nothing_is_known_to_be_missing_outside_the_projection() -> None:
    empty = CalendarYear(year=2019, status=YearStatus.IMPORTED, source="测试", days=())
    assert statutory_days_missing(empty) == ()
