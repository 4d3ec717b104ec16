"""Stepping from rung to rung visits every rung once, and sees what a sweep would see."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar import start_of_day
from engine.clocks import due_on, running_clocks
from engine.reminders import attention_at, due_rungs, latest_rung, next_rung_at
from engine.ticket import Pause, PauseCause, StageRun, Ticket
from tests.builders import CALENDAR, HOURS, a_definition, a_ticket
from tests.unit.engine.clock_strategies import NEAR_A_BREAK, a_clock, cases, stops
from tests.unit.engine.definitions import LADDER, LV_THREE_ZERO, stage

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition
    from engine.reminders import DueRung
    from tests.unit.engine.oracle import Stop

SWEEP = timedelta(hours=2)
"""Often enough to see every rung: there are never two within two hours."""
HALF_HOUR = timedelta(minutes=30)
"""Every rung of the usual ladder and hours lies on a half hour."""


def under_way(start: date, paused: list[Stop]) -> Ticket:
    """A ticket whose intake began on that day and was paused like this, always at 10 o'clock."""
    ten = timedelta(hours=10)
    pauses = tuple(
        Pause(
            suspended_at=start_of_day(each.from_on) + ten,
            resumed_at=None if each.to_on is None else start_of_day(each.to_on) + ten,
            cause=PauseCause.EXTERNAL_LINE,
            explicit=True,
        )
        for each in paused
    )
    started_at = start_of_day(start) + timedelta(hours=9)
    run = StageRun(stage_id="intake", started_at=started_at, pauses=pauses)
    return a_ticket(stage_runs=(run,), end_to_end_started_at=started_at)


def with_limit(limit: int) -> WorkflowDefinition:
    last = LV_THREE_ZERO.stages[1]
    return a_definition(stages=(stage("intake", limit), last))


def at_rungs(
    ticket: Ticket, definition: WorkflowDefinition, after: datetime, until: datetime
) -> dict[datetime, tuple[DueRung, ...]]:
    """What is due at each instant that `next_rung_at` leads to."""
    found: dict[datetime, tuple[DueRung, ...]] = {}
    while (
        at := next_rung_at(ticket, definition, CALENDAR, HOURS, after)
    ) is not None and at <= until:
        assert at > after
        found[at] = due_rungs(ticket, definition, CALENDAR, HOURS, at)
        after = at
    return found


@settings(max_examples=40)
@given(st.data(), NEAR_A_BREAK, st.sampled_from([1, 2, 4, 5, 14]))
def test_stepping_visits_every_rung_once(data: st.DataObject, start: date, limit: int) -> None:
    paused = data.draw(stops(start))
    ticket, definition = under_way(start, paused), with_limit(limit)
    begin, end = start_of_day(start), start_of_day(start) + timedelta(days=40)

    visited = at_rungs(ticket, definition, begin, end)
    stepped = [rung.key for at, rungs in visited.items() for rung in rungs if rung.at == at]
    assert len(stepped) == len(set(stepped))
    assert all(any(rung.at == at for rung in rungs) for at, rungs in visited.items())

    swept = {
        rung.key
        for n in range((end - begin) // SWEEP + 1)
        for rung in due_rungs(ticket, definition, CALENDAR, HOURS, begin + n * SWEEP)
    }
    assert swept == set(stepped)


@given(cases(), st.integers(0, 60 * 48))
def test_a_rung_that_is_due_was_announced_and_stays_until_the_next(
    case: tuple[date, int, list[Stop]], later: int
) -> None:
    start, limit, paused = case
    clock = a_clock(start, limit, paused)
    at = start_of_day(start) + later * HALF_HOUR
    found = latest_rung(clock, LADDER, CALENDAR, HOURS, at)
    if found is None:
        return
    assert found.at <= at
    assert found.due_on == due_on(clock, CALENDAR)
    assert latest_rung(clock, LADDER, CALENDAR, HOURS, found.at) == found
    assert (found.overdue_days is not None) == (found.at >= CALENDAR.end_of_period(found.due_on))
    before = latest_rung(clock, LADDER, CALENDAR, HOURS, found.at - HALF_HOUR)
    assert before is None or before.key != found.key


@given(cases(), st.integers(0, 60 * 48))
def test_a_changed_ticket_is_looked_at_now_if_anything_is_due_else_at_the_next_rung(
    case: tuple[date, int, list[Stop]], later: int
) -> None:
    start, limit, paused = case
    ticket, definition = under_way(start, paused), with_limit(limit)
    at = start_of_day(start) + later * HALF_HOUR
    coming = next_rung_at(ticket, definition, CALENDAR, HOURS, at)
    expected = at if due_rungs(ticket, definition, CALENDAR, HOURS, at) else coming
    clocks = running_clocks(ticket, definition)
    assert attention_at(clocks, definition, CALENDAR, HOURS, at) == expected


@given(cases())
def test_a_running_clock_that_is_overdue_always_has_a_next_rung(
    case: tuple[date, int, list[Stop]],
) -> None:
    start, limit, paused = case
    closed = [each for each in paused if each.to_on is not None]
    ticket, definition = under_way(start, closed), with_limit(limit)
    at = start_of_day(start) + timedelta(days=200)
    coming = next_rung_at(ticket, definition, CALENDAR, HOURS, at)
    assert coming is not None
    assert at < coming <= at + timedelta(days=11)
