"""A branch's own target for a stage: a clock beside the others that moves none of them (T3d)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clocks import ClockKind, due_on, running_clocks, standing, target_clock
from engine.reminders import due_rungs, next_rung_at
from engine.standing import standing_after_change, standing_of
from tests.builders import CALENDAR, HOURS, instant
from tests.unit.engine.clock_strategies import MINUTES, NEAR_A_BREAK, STARTS
from tests.unit.engine.definitions import HV_SINGLE
from tests.unit.engine.trip import Trip, a_trip

if TYPE_CHECKING:
    from datetime import date

LICENCE, PROOF, APPROVAL = "business_licence", "property_proof", "project_approval"
MONDAY = "2021-09-06 09:00"
REPLY = "supply_plan_reply"
TARGET = f"target:{REPLY}"


def in_reply(when: str = MONDAY) -> Trip:
    """A factory whose supply plan is due in 4 working days."""
    return a_trip(HV_SINGLE, when, LICENCE, PROOF, APPROVAL).fire("complete_intake", when)


def rungs(trip: Trip, when: str, days: int) -> dict[str, str]:
    """The rung that is due on each clock."""
    found = due_rungs(trip.ticket, HV_SINGLE, CALENDAR, HOURS, instant(when), targets={REPLY: days})
    return {rung.clock.id: rung.rung_id for rung in found}


@pytest.mark.parametrize(("days", "is_a_target"), [(1, True), (3, True), (4, False), (5, False)])
def test_only_what_is_shorter_than_the_limit_is_a_target(days: int, is_a_target: bool) -> None:
    trip = in_reply()
    run = trip.ticket.current_run
    assert run is not None
    found = target_clock(run, HV_SINGLE, {REPLY: days})
    assert (found is not None) is is_a_target
    assert target_clock(run, HV_SINGLE, {"intake": days}) is None
    assert [clock.id for clock in running_clocks(trip.ticket, HV_SINGLE, {REPLY: days})] == [
        f"stage:{REPLY}",
        "handling",
        "end_to_end",
        *([TARGET] if is_a_target else []),
    ]


def test_a_target_reminds_before_it_is_due_and_once_when_it_was_missed() -> None:
    trip = in_reply()  # due on Friday the 10th, by the target on Thursday the 9th
    assert rungs(trip, "2021-09-09 08:29", 3) == {}
    half = {f"stage:{REPLY}": "half_left"}
    assert rungs(trip, "2021-09-09 08:30", 3) == {**half, TARGET: "last_day"}
    assert rungs(trip, "2021-09-09 15:30", 3) == {**half, TARGET: "before_close"}
    assert rungs(trip, "2021-09-09 23:59", 3) == {**half, TARGET: "before_close"}
    assert rungs(trip, "2021-09-10 00:00", 3) == {**half, TARGET: "overdue"}
    late = due_rungs(
        trip.ticket, HV_SINGLE, CALENDAR, HOURS, instant("2021-09-14 12:00"), targets={REPLY: 3}
    )
    by_clock = {rung.clock.id: rung for rung in late}
    assert by_clock[TARGET].overdue_days is None
    assert by_clock[TARGET].is_past
    assert by_clock[TARGET].key == (TARGET, "2021-09-09", "overdue")
    assert by_clock[f"stage:{REPLY}"].overdue_days == 2


def test_a_target_of_one_day_has_no_half() -> None:
    assert rungs(in_reply(), "2021-09-07 08:29", 1) == {}
    assert rungs(in_reply(), "2021-09-07 08:30", 1) == {TARGET: "last_day"}


def test_the_worklist_is_pressed_by_the_target_and_overdue_by_the_limit_only() -> None:
    trip = in_reply()
    at = instant(MONDAY)
    plain = standing_of(trip.ticket, HV_SINGLE, CALENDAR, HOURS, at)
    own = standing_of(trip.ticket, HV_SINGLE, CALENDAR, HOURS, at, targets={REPLY: 3})
    assert plain.due_at == plain.pressing_at == own.due_at == instant("2021-09-11 00:00")
    assert own.pressing_at == instant("2021-09-10 00:00")
    assert own.next_rung_at == instant("2021-09-09 08:30")


def test_a_paused_target_presses_nobody() -> None:
    trip = in_reply().fire("finish_site_visit", MONDAY).fire("reply_supply_plan", MONDAY)
    found = standing_of(
        trip.ticket,
        HV_SINGLE,
        CALENDAR,
        HOURS,
        instant(MONDAY),
        targets={"inspection_and_energization": 5},
    )
    assert found.pressing_at == found.due_at


@given(STARTS | NEAR_A_BREAK, MINUTES, st.integers(1, 3), st.integers(0, 15), st.booleans())
def test_a_target_never_moves_what_is_promised(
    start: date, minute: int, days: int, later: int, has_moved: bool
) -> None:
    begun = f"{start} {minute // 60:02}:{minute % 60:02}"
    trip = in_reply(begun)
    if has_moved:
        trip.fire("finish_site_visit", begun)
    at = trip.ticket.entered_at.astimezone(instant(MONDAY).tzinfo)
    seen_at = at.replace(hour=12) if later == 0 else at
    clocks = {c.id: c for c in running_clocks(trip.ticket, HV_SINGLE, {REPLY: days})}
    target = due_on(clocks.pop(TARGET), CALENDAR)
    promised = due_on(clocks[f"stage:{REPLY}"], CALENDAR)
    assert target is not None
    assert promised is not None
    assert target < promised
    assert tuple(clocks.values()) == running_clocks(trip.ticket, HV_SINGLE)
    assert all(clock.kind is not ClockKind.TARGET for clock in clocks.values())
    for derive in (standing_of, standing_after_change):
        with_target = derive(
            trip.ticket, HV_SINGLE, CALENDAR, HOURS, seen_at, targets={REPLY: days}
        )
        without = derive(trip.ticket, HV_SINGLE, CALENDAR, HOURS, seen_at)
        assert with_target.due_at == without.due_at
        assert with_target.pressing_at == CALENDAR.end_of_period(target)
        assert with_target.next_rung_at is not None
        assert without.next_rung_at is not None
        assert with_target.next_rung_at <= without.next_rung_at


def test_a_missed_target_is_shown_as_late_and_as_nothing_else() -> None:
    trip = in_reply()
    run = trip.ticket.current_run
    assert run is not None
    clock = target_clock(run, HV_SINGLE, {REPLY: 3})
    assert clock is not None
    assert not standing(clock, CALENDAR, instant("2021-09-09 23:59")).is_overdue
    assert standing(clock, CALENDAR, instant("2021-09-10 00:00")).is_overdue
    assert next_rung_at(
        trip.ticket, HV_SINGLE, CALENDAR, HOURS, instant("2021-09-10 00:00"), targets={REPLY: 3}
    ) == instant("2021-09-10 08:30")
