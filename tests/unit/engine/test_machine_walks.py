"""Whatever people try, in whatever order: what a ticket can never become.

Each walk takes one ticket through fifty random acts of every kind at random times. Refusals are
expected, any other error is a fault, and the laws hold after every act.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.application import InvestmentBoundary
from engine.calendar import local_date
from engine.clocks import elapsed_days, handling_clock, running_clocks, stage_clock, standing
from engine.definition import Ending
from engine.documents import requirements, satisfying
from engine.errors import HuodianError
from engine.standing import standing_of
from engine.ticket import ManagerPair, PauseCause, Ticket
from tests.builders import (
    CALENDAR,
    HOURS,
    PAIR,
    a_business,
    a_service_request,
    a_ticket,
    an_act,
    an_application,
    instant,
)
from tests.unit.engine import oracle
from tests.unit.engine.definitions import ASSET_TRANSFER, CONNECTIONS, EVERY, NAMES
from tests.unit.engine.trip import Trip

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.clocks import Clock
    from engine.definition import WorkflowDefinition
    from engine.errors import Reason

KINDS = sorted(NAMES)
ABORTING = 11
OTHER_PAIR = ManagerPair(project_manager="u-3", account_manager="u-4")


@dataclass(frozen=True)
class Step:
    """One act: what, which of the possible ones, and how long after the one before."""

    what: str
    which: int
    wait: timedelta


steps = st.builds(
    Step,
    what=st.sampled_from(
        ["offer"] * 6
        + ["any", "supply", "supply", "supply", "expiring", "verify", "reject"]
        + ["suspend"] * 4
        + ["resume", "resume", "assign", "extend"]
    ),
    which=st.integers(0, 11),
    wait=st.one_of(
        st.timedeltas(timedelta(), timedelta(minutes=10)),
        st.timedeltas(timedelta(), timedelta(days=4)),
    ),
)
walks = st.lists(steps, min_size=20, max_size=50)
starts = st.datetimes(datetime(2021, 1, 5), datetime(2025, 6, 1)).map(  # noqa: DTZ001
    lambda drawn: instant(drawn.isoformat())
)
boundaries = st.sampled_from(InvestmentBoundary)


def a_walker(definition: WorkflowDefinition, boundary: InvestmentBoundary, at: datetime) -> Trip:
    requests = {"lv_resident": an_application(), "asset_transfer": a_service_request()}
    request = requests.get(definition.id, a_business())
    ticket = replace(
        a_ticket(definition=definition, request=request, boundary=boundary, managers=None),
        entered_at=at,
        submitted_at=at,
    )
    return Trip(definition=definition, ticket=ticket).submit(at.isoformat())


def take(trip: Trip, step: Step, at: datetime) -> tuple[Reason, ...]:
    """One act; the reasons where a rule says no."""
    try:
        ACTS[step.what](trip, step.which, at)
    except HuodianError as refused:
        return refused.reasons
    return ()


def fire_offered(trip: Trip, which: int, at: datetime) -> None:
    offers = trip.machine.offers(trip.ticket, an_act(at, reason="说明"))
    allowed = [each.transition.trigger for each in offers if each.is_allowed]
    onward = [trigger for trigger in allowed if trigger != "abort"]
    chosen = allowed if which == ABORTING else onward
    if chosen:
        trip.fire(chosen[which % len(chosen)], at.isoformat(), reason="说明")


def fire_any(trip: Trip, which: int, at: datetime) -> None:
    triggers = sorted(trip.definition.triggers)
    reason = "说明" if which % 2 else ""
    trip.fire(triggers[which % len(triggers)], at.isoformat(), reason=reason)


def supply_expiring(trip: Trip, which: int, at: datetime) -> None:
    until = local_date(at) + timedelta(days=which - 1)
    trip.supply(KINDS[which % len(KINDS)], at.isoformat(), expires_on=until)


def suspend_if_declared(trip: Trip, which: int, at: datetime) -> None:
    declared = trip.definition.state_by_id[trip.ticket.state].suspendable
    causes = declared or tuple(PauseCause)
    trip.suspend(at.isoformat(), causes[which % len(causes)])


ACTS: dict[str, Callable[[Trip, int, datetime], object]] = {
    "offer": fire_offered,
    "any": fire_any,
    "supply": lambda trip, which, at: trip.supply(KINDS[which % len(KINDS)], at.isoformat()),
    "expiring": supply_expiring,
    "verify": lambda trip, which, _: trip.verify(which),
    "reject": lambda trip, which, _: trip.reject(which),
    "suspend": suspend_if_declared,
    "resume": lambda trip, _, at: trip.resume(at.isoformat()),
    "assign": lambda trip, which, _: trip.assign(PAIR if which % 2 else OTHER_PAIR, "调整"),
    "extend": lambda trip, *_: trip.extend(),
}


def straight_on(trip: Trip, at: datetime, moves: int) -> None:
    """With every paper and both managers, so many moves along the main way."""
    trip.assign(PAIR)
    for kind in KINDS if trip.definition is not ASSET_TRANSFER else ():
        trip.supply(kind, at.isoformat())
    for _ in range(moves):
        offers = trip.machine.offers(trip.ticket, an_act(at))
        if offers:
            trip.fire(offers[0].transition.trigger, at.isoformat())


@settings(max_examples=150)
@given(st.sampled_from(EVERY), boundaries, starts, st.integers(0, 5), walks)
def test_no_walk_breaks_a_law(
    definition: WorkflowDefinition,
    boundary: InvestmentBoundary,
    at: datetime,
    moved_on: int,
    walk: list[Step],
) -> None:
    trip = a_walker(definition, boundary, at)
    if moved_on:
        straight_on(trip, at, moves=moved_on)
    for step in walk:
        at += step.wait
        before = trip.ticket
        refused = take(trip, step, at)
        assert not refused or trip.ticket is before
        assert_state_moves_only_by_firing(before, trip.ticket, step)
        assert_clocks_never_restart(before, trip.ticket)
        assert_clocks_agree(trip, at)
        assert_an_end_is_an_end(trip, at)
        if before.ended_at is not None:
            assert trip.ticket is before  # whatever was tried
            break


@settings(max_examples=30)
@given(st.sampled_from(CONNECTIONS), boundaries, starts, st.integers(0, 5))
def test_a_ticket_with_all_its_papers_reaches_its_end(
    definition: WorkflowDefinition, boundary: InvestmentBoundary, at: datetime, wait: int
) -> None:
    trip = a_walker(definition, boundary, at)
    straight_on(trip, at, moves=0)
    while trip.ticket.ended_at is None:
        at += timedelta(days=wait, minutes=1)
        first = trip.machine.offers(trip.ticket, an_act(at))[0]
        trip.fire(first.transition.trigger, at.isoformat())
        assert_clocks_agree(trip, at)
    assert trip.definition.state_by_id[trip.ticket.state].ending is Ending.COMPLETED
    assert_an_end_is_an_end(trip, at)


def assert_state_moves_only_by_firing(before: Ticket, after: Ticket, step: Step) -> None:
    fired = step.what in {"offer", "any"}
    assert fired or (after.state, after.entered_at) == (before.state, before.entered_at)
    assert after.passed_checkpoints[: len(before.passed_checkpoints)] == before.passed_checkpoints


def assert_clocks_never_restart(before: Ticket, after: Ticket) -> None:
    assert before.end_to_end_started_at in {None, after.end_to_end_started_at}
    assert len(after.stage_runs) >= len(before.stage_runs)
    for was, now in zip(before.stage_runs, after.stage_runs, strict=False):
        assert now.stage_id == was.stage_id
        assert was.started_at in {None, now.started_at}
        assert was.ended_at in {None, now.ended_at}
        assert len(now.pauses) >= len(was.pauses)
        assert now.promises[: len(was.promises)] == was.promises


def assert_clocks_agree(trip: Trip, at: datetime) -> None:
    ticket, definition = trip.ticket, trip.definition
    on = local_date(at)
    stages = [stage_clock(run, definition) for run in ticket.stage_runs]
    for clock in stages:
        assert_agrees_with_the_oracle(clock, on)
    handling = handling_clock(ticket, definition)
    assert elapsed_days(handling, CALENDAR, on) == sum(
        elapsed_days(clock, CALENDAR, on) for clock in stages
    )
    for clock in (*stages, handling, *running_clocks(ticket, definition)):
        now = standing(clock, CALENDAR, at)
        if now.remaining_days is not None:
            assert not (now.is_overdue and now.remaining_days > 0)
            assert now.is_overdue or now.remaining_days >= 0
    derived = standing_of(ticket, definition, CALENDAR, HOURS, at)
    assert (derived.ending is None) == (ticket.ended_at is None)
    assert derived.next_rung_at is None or derived.next_rung_at > at


def assert_agrees_with_the_oracle(clock: Clock, on: date) -> None:
    if clock.started_on is None:
        return
    stops = [oracle.Stop(pause.from_at, pause.to_on) for pause in clock.pauses]
    until = min(on, clock.ended_on or on)
    assert elapsed_days(clock, CALENDAR, on) == oracle.elapsed(clock.started_on, stops, until)


def assert_an_end_is_an_end(trip: Trip, at: datetime) -> None:
    ticket = trip.ticket
    ending = trip.definition.state_by_id[ticket.state].ending
    if ending is None:
        assert ticket.ended_at is None
        assert ticket.current_run is not None
        return
    assert ticket.ended_at is not None
    assert ticket.ended_at <= at
    assert ticket.current_run is None
    assert ticket.open_pause is None
    assert running_clocks(ticket, trip.definition) == ()
    for run in ticket.stage_runs:
        assert run.ended_at is not None
        assert run.ended_by
        assert all(pause.resumed_at is not None for pause in run.pauses)
    if ending is Ending.COMPLETED:
        ended_on = local_date(ticket.ended_at)
        for requirement in requirements(trip.definition, ticket):
            assert satisfying(requirement, ticket, ended_on) is not None
