"""Working days: the clock table, the borders, and the laws of the arithmetic (R-2.1 to R-2.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from engine.calendar import (
    CalendarDay,
    CalendarExhaustedError,
    CalendarYear,
    DayKind,
    DayOverride,
    WorkCalendar,
    YearStatus,
)
from tests.official_calendar import (
    OFFICIAL,
    all_days,
    is_worked,
    official_calendar_years,
    official_year,
)

CALENDAR = WorkCalendar(official_calendar_years())

# T and the working days T+1 … T+30, reckoned by hand from the notices.
CLOCK_TABLE = """
T          +1    +2    +4    +5    +10   +14   +15   +30
2021-07-27 07-28 07-29 08-02 08-03 08-10 08-16 08-17 09-07
2021-08-02 08-03 08-04 08-06 08-09 08-16 08-20 08-23 09-13
2021-09-06 09-07 09-08 09-10 09-13 09-18 09-26 09-27 10-22
2021-09-17 09-18 09-22 09-24 09-26 10-08 10-13 10-14 11-04
2021-09-25 09-26 09-27 09-29 09-30 10-13 10-19 10-20 11-10
2021-09-30 10-08 10-09 10-12 10-13 10-20 10-26 10-27 11-17
2021-12-31 01-04 01-05 01-07 01-10 01-17 01-21 01-24 02-17
2022-01-28 01-29 01-30 02-08 02-09 02-16 02-22 02-23 03-16
2022-09-30 10-08 10-09 10-11 10-12 10-19 10-25 10-26 11-16
2025-01-24 01-26 01-27 02-06 02-07 02-13 02-19 02-20 03-13
2025-09-30 10-09 10-10 10-13 10-14 10-21 10-27 10-28 11-18
2026-02-13 02-14 02-24 02-26 02-27 03-05 03-11 03-12 04-02
2026-04-30 05-06 05-07 05-09 05-11 05-18 05-22 05-25 06-15
2026-09-30 10-08 10-09 10-12 10-13 10-20 10-26 10-27 11-17
"""


def clock_table() -> list[tuple[date, int, date]]:
    header, *rows = (line.split() for line in CLOCK_TABLE.strip().splitlines())
    cases = []
    for start_text, *dues in rows:
        start = date.fromisoformat(start_text)
        for days, due_text in zip(header[1:], dues, strict=True):
            due = date.fromisoformat(f"{start.year}-{due_text}")
            if due < start:
                due = due.replace(year=start.year + 1)
            cases.append((start, int(days), due))
    return cases


@pytest.mark.parametrize(("start", "days", "due"), clock_table())
def test_a_limit_falls_due_as_the_clock_table_says(start: date, days: int, due: date) -> None:
    assert CALENDAR.add_working_days(start, days) == due
    assert CALENDAR.working_days_between(start, due) == days


# ------------------------------------------------------------------ single days


@pytest.mark.parametrize("year", OFFICIAL)
def test_a_year_has_the_working_days_of_its_notice(year: int) -> None:
    assert len(CALENDAR.year(year).working_days) == OFFICIAL[year][2]


def test_every_day_of_six_years_is_worked_or_not_as_the_notices_say() -> None:
    wrong = [on for on in all_days() if CALENDAR.is_working_day(on) != is_worked(on)]
    assert wrong == []


@pytest.mark.parametrize(
    ("on", "kind", "note", "is_working"),
    [
        (date(2021, 9, 17), DayKind.WORKDAY, "星期五", True),
        (date(2021, 9, 18), DayKind.MAKE_UP_WORKDAY, "调休上班", True),
        (date(2021, 9, 19), DayKind.HOLIDAY, "放假", False),
        (date(2021, 9, 25), DayKind.WEEKEND, "星期六", False),
        (date(2021, 10, 24), DayKind.WEEKEND, "星期日", False),
        (date(2021, 10, 1), DayKind.HOLIDAY, "放假", False),
        (date(2021, 11, 1), DayKind.WORKDAY, "星期一", True),
    ],
)
def test_a_day_says_why_it_is_worked_or_not(
    on: date, kind: DayKind, note: str, is_working: bool
) -> None:
    day = CALENDAR.day(on)
    assert day == CalendarDay(on=on, kind=kind, note=note)
    assert day.is_working is is_working
    assert CALENDAR.is_working_day(on) is is_working


# ------------------------------------------------------------------ adding


def test_zero_days_is_the_day_itself_when_it_is_worked() -> None:
    assert CALENDAR.add_working_days(date(2021, 9, 18), 0) == date(2021, 9, 18)


@pytest.mark.parametrize(
    ("start", "last_worked"),
    [
        (date(2021, 10, 7), date(2021, 9, 30)),
        (date(2021, 9, 25), date(2021, 9, 24)),
        (date(2022, 1, 3), date(2021, 12, 31)),
        (date(2023, 1, 1), date(2022, 12, 30)),
    ],
)
def test_zero_days_from_a_day_off_is_the_last_working_day_before(
    start: date, last_worked: date
) -> None:
    assert CALENDAR.add_working_days(start, 0) == last_worked


def test_negative_days_are_refused() -> None:
    with pytest.raises(ValueError, match="got -1"):
        CALENDAR.add_working_days(date(2021, 9, 6), -1)


def test_a_limit_runs_over_more_than_one_year_end() -> None:
    one_day_past_2023 = OFFICIAL[2022][2] + OFFICIAL[2023][2] + 1
    assert CALENDAR.add_working_days(date(2021, 12, 31), one_day_past_2023) == date(2024, 1, 2)
    assert CALENDAR.working_days_between(date(2021, 12, 31), date(2024, 1, 2)) == one_day_past_2023


def test_the_last_working_day_of_a_year_is_still_in_it() -> None:
    assert CALENDAR.add_working_days(date(2021, 12, 30), 1) == date(2021, 12, 31)
    assert CALENDAR.add_working_days(date(2021, 12, 30), 2) == date(2022, 1, 4)


@pytest.mark.parametrize(
    ("on", "following"),
    [
        (date(2021, 9, 17), date(2021, 9, 18)),
        (date(2021, 9, 18), date(2021, 9, 22)),
        (date(2021, 9, 19), date(2021, 9, 22)),
        (date(2025, 12, 31), date(2026, 1, 4)),
    ],
)
def test_the_next_working_day_is_strictly_later(on: date, following: date) -> None:
    assert CALENDAR.next_working_day(on) == following


# ------------------------------------------------------------------ counting


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2021, 9, 6), date(2021, 9, 6), 0),
        (date(2021, 9, 7), date(2021, 9, 6), 0),
        (date(2022, 1, 4), date(2021, 12, 31), 0),
        (date(2021, 9, 6), date(2021, 9, 7), 1),
        (date(2021, 9, 30), date(2021, 10, 7), 0),
        (date(2021, 9, 30), date(2021, 10, 9), 2),
        (date(2021, 12, 31), date(2022, 1, 3), 0),
        (date(2021, 12, 31), date(2022, 1, 4), 1),
        (date(2021, 12, 31), date(2022, 12, 31), 249),
    ],
)
def test_counting_leaves_out_the_first_day_and_takes_in_the_last(
    start: date, end: date, days: int
) -> None:
    assert CALENDAR.working_days_between(start, end) == days


# ------------------------------------------------------------------ years that are not known


def test_a_limit_that_leaves_the_known_years_names_the_missing_one() -> None:
    with pytest.raises(CalendarExhaustedError, match="2027年") as refusal:
        CALENDAR.add_working_days(date(2026, 11, 23), 30)
    assert refusal.value.year == 2027
    assert refusal.value.reasons[0].code == "calendar_exhausted"


def test_the_search_for_the_last_working_day_stops_at_the_first_known_year() -> None:
    with pytest.raises(CalendarExhaustedError) as refusal:
        CALENDAR.add_working_days(date(2021, 1, 3), 0)
    assert refusal.value.year == 2020


def test_a_gap_between_known_years_is_not_jumped() -> None:
    gappy = WorkCalendar([official_year(2021), official_year(2023)])
    with pytest.raises(CalendarExhaustedError) as adding:
        gappy.add_working_days(date(2021, 12, 31), 1)
    with pytest.raises(CalendarExhaustedError) as counting:
        gappy.working_days_between(date(2021, 12, 31), date(2023, 1, 3))
    with pytest.raises(CalendarExhaustedError) as asking:
        gappy.is_provisional(date(2021, 12, 1), date(2023, 1, 3))
    assert (adding.value.year, counting.value.year, asking.value.year) == (2022, 2022, 2022)
    assert gappy.years == (2021, 2023)


@pytest.mark.parametrize("unknown", [date(2020, 12, 31), date(2027, 1, 1)])
def test_every_question_about_an_unknown_year_is_refused(unknown: date) -> None:
    known = date(2024, 6, 3)
    with pytest.raises(CalendarExhaustedError):
        CALENDAR.is_working_day(unknown)
    with pytest.raises(CalendarExhaustedError):
        CALENDAR.day(unknown)
    with pytest.raises(CalendarExhaustedError):
        CALENDAR.working_days_between(unknown, known)
    with pytest.raises(CalendarExhaustedError):
        CALENDAR.working_days_between(known, unknown)
    with pytest.raises(CalendarExhaustedError):
        CALENDAR.is_provisional(known, unknown)
    with pytest.raises(CalendarExhaustedError):
        CALENDAR.year(unknown.year)


def test_an_instant_is_no_day() -> None:
    with pytest.raises(TypeError, match="local_date"):
        CALENDAR.is_working_day(datetime(2021, 9, 6, tzinfo=UTC))


# ------------------------------------------------------------------ provisional years


def provisional_year(year: int) -> CalendarYear:
    return CalendarYear(year=year, status=YearStatus.PROVISIONAL, source="推算", days=())


@pytest.mark.parametrize(
    ("start", "end", "provisional"),
    [
        (date(2026, 11, 23), date(2026, 12, 31), False),
        (date(2026, 11, 23), date(2027, 1, 1), True),
        (date(2026, 12, 31), date(2027, 1, 1), True),
        (date(2026, 12, 31), date(2026, 12, 31), False),
        (date(2027, 3, 1), date(2027, 3, 2), True),
        (date(2027, 3, 2), date(2027, 3, 2), False),
        (date(2027, 3, 2), date(2026, 3, 2), False),
        (date(2027, 12, 30), date(2028, 1, 5), True),
        (date(2027, 12, 31), date(2028, 1, 5), False),
        (date(2026, 12, 1), date(2028, 1, 5), True),
    ],
)
def test_a_period_is_provisional_when_a_day_of_it_is(
    start: date, end: date, provisional: bool
) -> None:
    imported = replace(provisional_year(2028), status=YearStatus.IMPORTED)
    calendar = WorkCalendar([official_year(2026), provisional_year(2027), imported])
    assert calendar.is_provisional(start, end) is provisional


# ------------------------------------------------------------------ overrides


def overridden(on: date, *, is_working: bool) -> WorkCalendar:
    override = DayOverride(on=on, is_working=is_working, note="县政府通知")
    return WorkCalendar(official_calendar_years(), [override])


def test_an_override_takes_a_working_day_away() -> None:
    calendar = overridden(date(2021, 9, 7), is_working=False)
    assert calendar.add_working_days(date(2021, 9, 6), 1) == date(2021, 9, 8)
    assert calendar.working_days_between(date(2021, 9, 6), date(2021, 9, 8)) == 1
    assert calendar.day(date(2021, 9, 7)) == CalendarDay(
        on=date(2021, 9, 7), kind=DayKind.HOLIDAY, note="县政府通知"
    )


@pytest.mark.parametrize(
    ("on", "kind"),
    [
        (date(2021, 10, 1), DayKind.WORKDAY),
        (date(2021, 10, 2), DayKind.MAKE_UP_WORKDAY),
        (date(2021, 10, 3), DayKind.MAKE_UP_WORKDAY),
    ],
)
def test_an_override_makes_a_day_off_a_working_day(on: date, kind: DayKind) -> None:
    calendar = overridden(on, is_working=True)
    assert calendar.add_working_days(date(2021, 9, 30), 1) == on
    assert calendar.day(on) == CalendarDay(on=on, kind=kind, note="县政府通知")


def test_an_override_takes_back_a_make_up_day() -> None:
    calendar = overridden(date(2021, 9, 18), is_working=False)
    assert calendar.add_working_days(date(2021, 9, 17), 1) == date(2021, 9, 22)


def test_an_override_of_a_year_not_known_yet_waits_for_it() -> None:
    override = DayOverride(on=date(2027, 1, 4), is_working=False, note="县政府通知")
    assert WorkCalendar([official_year(2026)], [override]).years == (2026,)
    known = WorkCalendar([official_year(2026), provisional_year(2027)], [override])
    assert not known.is_working_day(date(2027, 1, 4))


def test_two_words_on_one_day_are_refused() -> None:
    override = DayOverride(on=date(2021, 9, 7), is_working=False, note="县政府通知")
    with pytest.raises(ValueError, match="2021-09-07 is given twice"):
        WorkCalendar([official_year(2021)], [override, replace(override, is_working=True)])


def test_a_year_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="2021 is given twice"):
        WorkCalendar([official_year(2021), provisional_year(2021)])
