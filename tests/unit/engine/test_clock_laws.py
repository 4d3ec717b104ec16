"""The clocks against an oracle that walks day by day, and laws that bind them together (R-2.4)."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import start_of_day
from engine.clocks import due_on, elapsed_days, explain, standing
from tests.builders import CALENDAR, HOURS
from tests.official_calendar import is_worked
from tests.unit.engine import oracle
from tests.unit.engine.clock_strategies import a_clock, cases

Case = tuple[date, int, list[oracle.Stop]]
after_days = st.integers(0, 120)
minutes = st.integers(0, 24 * 60 - 1)


@given(cases(), after_days)
def test_elapsed_and_remaining_agree_with_counting_day_by_day(case: Case, later: int) -> None:
    start, limit, stops = case
    on = start + timedelta(days=later)
    clock = a_clock(start, limit, stops)
    counted = oracle.elapsed(start, stops, on)
    now = standing(clock, CALENDAR, HOURS, start_of_day(on))
    assert elapsed_days(clock, CALENDAR, on) == now.elapsed_days == counted
    assert now.remaining_days == limit - counted


@given(cases())
def test_the_due_date_agrees_with_running_the_budget_down(case: Case) -> None:
    start, limit, stops = case
    assert due_on(a_clock(start, limit, stops), CALENDAR) == oracle.due(start, limit, stops)


@given(cases(), after_days, minutes)
def test_overdue_agrees_with_the_day_being_over(case: Case, later: int, minute: int) -> None:
    start, limit, stops = case
    at = start_of_day(start + timedelta(days=later)) + timedelta(minutes=minute)
    now = standing(a_clock(start, limit, stops), CALENDAR, HOURS, at)
    assert now.is_overdue == oracle.is_overdue(oracle.due(start, limit, stops), at)


@given(cases(), after_days, minutes)
def test_what_a_screen_shows_never_contradicts_itself(case: Case, later: int, minute: int) -> None:
    start, limit, stops = case
    at = start_of_day(start + timedelta(days=later)) + timedelta(minutes=minute)
    now = standing(a_clock(start, limit, stops), CALENDAR, HOURS, at)
    assert now.remaining_days is not None
    assert not (now.remaining_days > 0 and now.is_overdue)
    assert now.remaining_days >= 0 or now.is_overdue
    assert (now.due_on is None) == (now.due_at is None)
    assert now.due_on is not None or not now.is_overdue


@given(cases(may_be_open=False))
def test_on_the_due_date_exactly_the_limit_has_been_used(case: Case) -> None:
    start, limit, stops = case
    clock = a_clock(start, limit, stops)
    due = due_on(clock, CALENDAR)
    assert due is not None
    assert is_worked(due)
    assert elapsed_days(clock, CALENDAR, due) == limit


@given(cases())
def test_a_pause_never_brings_the_due_date_forward(case: Case) -> None:
    start, limit, stops = case
    dues = [due_on(a_clock(start, limit, stops[:n]), CALENDAR) for n in range(len(stops) + 1)]
    known = [due for due in dues if due is not None]
    assert known == sorted(known)
    assert known
    assert None not in dues[:-1]


@given(cases())
def test_time_only_ever_adds_to_what_has_elapsed(case: Case) -> None:
    start, limit, stops = case
    clock = a_clock(start, limit, stops)
    counts = [elapsed_days(clock, CALENDAR, start + timedelta(days=n)) for n in range(60)]
    assert counts[0] == 0
    assert all(after - before in {0, 1} for before, after in pairwise(counts))


@given(cases())
def test_the_explanation_counts_the_limit_and_ends_at_the_due_date(case: Case) -> None:
    start, limit, stops = case
    clock = a_clock(start, limit, stops)
    steps = list(explain(clock, CALENDAR))
    due = due_on(clock, CALENDAR)
    if due is None:
        assert not steps
        return
    assert [step.on for step in steps] == oracle.days(start + timedelta(days=1), due)
    assert sum(step.counted for step in steps) == limit
    assert all(step.why for step in steps)


@given(cases(), after_days)
def test_an_ended_clock_is_judged_at_its_end_for_ever(case: Case, later: int) -> None:
    start, limit, stops = case
    ended_at = start_of_day(start + timedelta(days=later)) + timedelta(hours=11)
    closed = [each for each in stops if each.to_on and each.to_on <= ended_at.date()]
    at_its_end = standing(a_clock(start, limit, closed), CALENDAR, HOURS, ended_at)
    clock = a_clock(start, limit, closed, ended_at=ended_at)
    much_later = standing(clock, CALENDAR, HOURS, ended_at + timedelta(days=40))
    assert much_later.is_overdue == at_its_end.is_overdue
    assert much_later.elapsed_days == at_its_end.elapsed_days
