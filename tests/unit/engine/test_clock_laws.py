"""The clocks against an oracle that walks day by day, and laws that bind them together (R-2.4).

Each holds in an office whose day ends at 24:00, and in one whose day ends at close of business.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import WorkCalendar, start_of_day
from engine.clocks import due_on, elapsed_days, explain, standing
from tests.builders import CALENDAR, CLOSING
from tests.official_calendar import is_worked
from tests.unit.engine import oracle
from tests.unit.engine.clock_strategies import MINUTES, a_clock, cases

Case = tuple[date, int, list[oracle.Stop]]
after_days = st.integers(0, 120)


class Office(NamedTuple):
    """A calendar, and when its days end."""

    calendar: WorkCalendar
    closes: time | None


OFFICES = {"24:00": Office(CALENDAR, None), "close of business": Office(CLOSING, time(17, 30))}
each_office = pytest.mark.parametrize("office", OFFICES.values(), ids=OFFICES)


@each_office
@given(cases(), after_days)
def test_elapsed_and_remaining_agree_with_counting_day_by_day(
    office: Office, case: Case, later: int
) -> None:
    start, limit, stops = case
    on = start + timedelta(days=later)
    clock = a_clock(start, limit, stops)
    counted = oracle.elapsed(start, stops, on)
    now = standing(clock, office.calendar, start_of_day(on))
    assert elapsed_days(clock, office.calendar, on) == now.elapsed_days == counted
    assert now.remaining_days == limit - counted


@each_office
@given(cases())
def test_the_due_date_agrees_with_running_the_budget_down(office: Office, case: Case) -> None:
    start, limit, stops = case
    found = due_on(a_clock(start, limit, stops), office.calendar)
    assert found == oracle.due(start, limit, stops, office.closes)


@each_office
@given(cases(), after_days, MINUTES)
def test_overdue_agrees_with_the_day_being_over(
    office: Office, case: Case, later: int, minute: int
) -> None:
    start, limit, stops = case
    at = start_of_day(start + timedelta(days=later)) + timedelta(minutes=minute)
    now = standing(a_clock(start, limit, stops), office.calendar, at)
    due = oracle.due(start, limit, stops, office.closes)
    assert now.is_overdue == oracle.is_overdue(due, at, office.closes)


@each_office
@given(cases(), after_days, MINUTES)
def test_what_a_screen_shows_never_contradicts_itself(
    office: Office, case: Case, later: int, minute: int
) -> None:
    start, limit, stops = case
    at = start_of_day(start + timedelta(days=later)) + timedelta(minutes=minute)
    now = standing(a_clock(start, limit, stops), office.calendar, at)
    assert now.remaining_days is not None
    assert not (now.remaining_days > 0 and now.is_overdue)
    assert now.remaining_days >= 0 or now.is_overdue
    assert (now.due_on is None) == (now.due_at is None)
    assert now.due_on is not None or not now.is_overdue
    assert now.is_overdue == (now.due_at is not None and at >= now.due_at)


@each_office
@given(cases(may_be_open=False), st.integers(0, 40 * 24 * 60), st.integers(0, 15), st.booleans())
def test_what_is_overdue_stays_overdue_whatever_is_paused_then(
    office: Office, case: Case, minutes_late: int, length: int, is_open: bool
) -> None:
    start, limit, stops = case
    due_at = standing(a_clock(start, limit, stops), office.calendar, start_of_day(start)).due_at
    assert due_at is not None
    from_at = due_at + timedelta(minutes=minutes_late)
    begun_in_time = [each for each in stops if each.from_at < due_at]
    pause = oracle.Stop(from_at, None)
    if not is_open:
        pause = oracle.Stop(from_at, pause.from_on + timedelta(days=length))
    clock = a_clock(start, limit, [*begun_in_time, pause])
    for at in (from_at, from_at + timedelta(days=1), from_at + timedelta(days=60)):
        now = standing(clock, office.calendar, at)
        assert now.is_overdue
        assert now.due_at == due_at


@each_office
@given(cases(may_be_open=False))
def test_on_the_due_date_exactly_the_limit_has_been_used(office: Office, case: Case) -> None:
    start, limit, stops = case
    clock = a_clock(start, limit, stops)
    due = due_on(clock, office.calendar)
    assert due is not None
    assert is_worked(due)
    assert elapsed_days(clock, office.calendar, due) == limit


@each_office
@given(cases())
def test_a_pause_never_brings_the_due_date_forward(office: Office, case: Case) -> None:
    start, limit, stops = case
    clocks = (a_clock(start, limit, stops[:n]) for n in range(len(stops) + 1))
    dues = [due_on(clock, office.calendar) for clock in clocks]
    known = [due for due in dues if due is not None]
    assert known == sorted(known)
    assert known
    assert None not in dues[:-1]


@given(cases())
def test_closing_early_never_gives_more_time(case: Case) -> None:
    start, limit, stops = case
    closing = due_on(a_clock(start, limit, stops), CLOSING)
    midnight = due_on(a_clock(start, limit, stops), CALENDAR)
    assert midnight is None or (closing is not None and closing <= midnight)


@given(cases())
def test_time_only_ever_adds_to_what_has_elapsed(case: Case) -> None:
    start, limit, stops = case
    clock = a_clock(start, limit, stops)
    counts = [elapsed_days(clock, CALENDAR, start + timedelta(days=n)) for n in range(60)]
    assert counts[0] == 0
    assert all(after - before in {0, 1} for before, after in pairwise(counts))


@each_office
@given(cases())
def test_the_explanation_counts_the_limit_and_ends_at_the_due_date(
    office: Office, case: Case
) -> None:
    start, limit, stops = case
    clock = a_clock(start, limit, stops)
    steps = list(explain(clock, office.calendar))
    due = due_on(clock, office.calendar)
    if due is None:
        assert not steps
        return
    assert [step.on for step in steps] == oracle.days(start + timedelta(days=1), due)
    assert sum(step.counted for step in steps) == limit
    assert all(step.why for step in steps)


@each_office
@given(cases(), after_days)
def test_an_ended_clock_is_judged_at_its_end_for_ever(
    office: Office, case: Case, later: int
) -> None:
    start, limit, stops = case
    ended_at = start_of_day(start + timedelta(days=later)) + timedelta(hours=11)
    closed = [each for each in stops if each.to_on and each.to_on <= ended_at.date()]
    at_its_end = standing(a_clock(start, limit, closed), office.calendar, ended_at)
    clock = a_clock(start, limit, closed, ended_at=ended_at)
    much_later = standing(clock, office.calendar, ended_at + timedelta(days=40))
    assert much_later.is_overdue == at_its_end.is_overdue
    assert much_later.elapsed_days == at_its_end.elapsed_days
