"""The State Council's arrangements of 2021 to 2026, copied from its notices and from nowhere else.

An oracle: it shares no code and no source with the calendar library it is compared with.
"""

from __future__ import annotations

from datetime import date, timedelta

from engine.calendar import CalendarDay, CalendarYear, DayKind, YearStatus

LAW_2027 = """\
2027-02-05,off,农历除夕
2027-02-06,off,春节
2027-02-07,off,春节
2027-02-08,off,春节
2027-04-05,off,清明节
2027-05-01,off,劳动节
2027-05-02,off,劳动节
2027-06-09,off,端午节
2027-09-15,off,中秋节
2027-10-01,off,国庆节
2027-10-02,off,国庆节
2027-10-03,off,国庆节
"""
"""What the law fixes of 2027 after January, as lines of a file: no notice is without it."""

# year: (days off as month/day or month/day-month/day, make-up working days, working days)
OFFICIAL = {
    2021: (
        "1/1-1/3 2/11-2/17 4/3-4/5 5/1-5/5 6/12-6/14 9/19-9/21 10/1-10/7",
        "2/7 2/20 4/25 5/8 9/18 9/26 10/9",
        250,
    ),
    2022: (
        "1/1-1/3 1/31-2/6 4/3-4/5 4/30-5/4 6/3-6/5 9/10-9/12 10/1-10/7 12/31",
        "1/29 1/30 4/2 4/24 5/7 10/8 10/9",
        249,
    ),
    2023: (
        "1/1-1/2 1/21-1/27 4/5 4/29-5/3 6/22-6/24 9/29-10/6",
        "1/28 1/29 4/23 5/6 6/25 10/7 10/8",
        249,
    ),
    2024: (
        "1/1 2/10-2/17 4/4-4/6 5/1-5/5 6/10 9/15-9/17 10/1-10/7",
        "2/4 2/18 4/7 4/28 5/11 9/14 9/29 10/12",
        251,
    ),
    2025: (
        "1/1 1/28-2/4 4/4-4/6 5/1-5/5 5/31-6/2 10/1-10/8",
        "1/26 2/8 4/27 9/28 10/11",
        248,
    ),
    2026: (
        "1/1-1/3 2/15-2/23 4/4-4/6 5/1-5/5 6/19-6/21 9/25-9/27 10/1-10/7",
        "1/4 2/14 2/28 5/9 9/20 10/10",
        248,
    ),
}


def days_off(year: int) -> set[date]:
    """Every day off that the notices name for `year`."""
    found: set[date] = set()
    for span in OFFICIAL[year][0].split():
        first, _, last = span.partition("-")
        on, end = _date(year, first), _date(year, last or first)
        while on <= end:
            found.add(on)
            on += timedelta(days=1)
    return found


def make_up_days(year: int) -> set[date]:
    """Every weekend day that the notices make a working day."""
    return {_date(year, day) for day in OFFICIAL[year][1].split()}


def all_days() -> list[date]:
    """Every day of the six years."""
    first, last = date(min(OFFICIAL), 1, 1), date(max(OFFICIAL), 12, 31)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def is_worked(on: date) -> bool:
    """Whether the notices have people work on `on`."""
    if on in make_up_days(on.year):
        return True
    return on.weekday() < 5 and on not in days_off(on.year)


def official_year(year: int) -> CalendarYear:
    """One of the six years as a calendar source would give it."""
    off = [CalendarDay(on=on, kind=DayKind.HOLIDAY, note="放假") for on in days_off(year)]
    made_up = [
        CalendarDay(on=on, kind=DayKind.MAKE_UP_WORKDAY, note="调休上班")
        for on in make_up_days(year)
    ]
    return CalendarYear(
        year=year, status=YearStatus.OFFICIAL, source="国务院办公厅", days=(*off, *made_up)
    )


def official_calendar_years() -> list[CalendarYear]:
    """All six years."""
    return [official_year(year) for year in OFFICIAL]


def _date(year: int, month_and_day: str) -> date:
    month, day = month_and_day.split("/")
    return date(year, int(month), int(day))
