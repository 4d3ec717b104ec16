"""Laws of the arithmetic, whatever the administrator has overridden (R-2.1, R-2.2)."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import (
    DayOverride,
    WorkCalendar,
)
from tests.official_calendar import (
    official_calendar_years,
)

overrides = st.lists(
    st.builds(
        DayOverride,
        on=st.dates(date(2021, 1, 1), date(2026, 12, 31)),
        is_working=st.booleans(),
        note=st.just("县政府通知"),
    ),
    unique_by=lambda override: override.on,
    max_size=12,
)
calendars = overrides.map(lambda drawn: WorkCalendar(official_calendar_years(), drawn))
starts = st.dates(date(2021, 2, 1), date(2026, 6, 30))
limits = st.integers(0, 60)


@given(calendars, starts, limits)
def test_adding_agrees_with_walking_through_the_days(
    calendar: WorkCalendar, start: date, days: int
) -> None:
    on, left = start, days
    while left:
        on += timedelta(days=1)
        left -= calendar.is_working_day(on)
    while not calendar.is_working_day(on):
        on -= timedelta(days=1)
    assert calendar.add_working_days(start, days) == on


@given(calendars, starts, limits)
def test_adding_then_counting_gives_the_days_added(
    calendar: WorkCalendar, start: date, days: int
) -> None:
    due = calendar.add_working_days(start, days)
    assert calendar.is_working_day(due)
    assert calendar.working_days_between(start, due) == days


@given(calendars, starts, limits, limits)
def test_a_longer_limit_never_falls_due_earlier(
    calendar: WorkCalendar, start: date, days: int, more: int
) -> None:
    due = calendar.add_working_days(start, days)
    later = calendar.add_working_days(start, days + more)
    assert later > due if more else later == due
    assert calendar.add_working_days(due, more) == later


@given(calendars, starts, starts, limits)
def test_a_later_start_never_falls_due_earlier(
    calendar: WorkCalendar, one: date, other: date, days: int
) -> None:
    first, second = sorted((one, other))
    assert calendar.add_working_days(first, days) <= calendar.add_working_days(second, days)


@given(calendars, st.tuples(starts, starts, starts).map(sorted))
def test_counts_of_adjoining_periods_add_up(calendar: WorkCalendar, cuts: list[date]) -> None:
    start, middle, end = cuts
    whole = calendar.working_days_between(start, end)
    assert whole == calendar.working_days_between(start, middle) + calendar.working_days_between(
        middle, end
    )
