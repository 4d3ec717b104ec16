"""Whatever people try on a shipped definition: no completed ticket lacks a paper or runs a clock.

The proof says so of every path; here the machine itself is walked at random (R-3.5, R-10.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.application import InvestmentBoundary
from engine.calendar import local_date
from engine.clocks import running_clocks
from engine.definition import Ending
from engine.documents import requirements, satisfying
from engine.errors import HuodianError
from tests.builders import PAIR, a_business, a_service_request, a_ticket, an_act, an_application
from tests.filled_in import filled_in
from tests.unit.engine.trip import Trip
from workflows.caps import shipped_caps
from workflows.catalog import load_shipped

if TYPE_CHECKING:
    from datetime import datetime

    from engine.definition import Transition, WorkflowDefinition
    from engine.ticket import Ticket

DEFINITIONS = tuple(definition for definition, _ in load_shipped())
CONNECTIONS = {each.id for each in shipped_caps().definitions if each.requirements}
START = an_act("2021-09-06 09:00").at


@dataclass(frozen=True)
class Step:
    """One act: what, which of the possible ones, and how long after the one before."""

    what: str
    which: int
    hours: int


steps = st.builds(
    Step,
    what=st.sampled_from(
        ["move"] * 8 + ["supply"] * 6 + ["expiring", "reject", "suspend", "resume", "extend"]
    ),
    which=st.integers(0, 7),
    hours=st.integers(0, 60),
)


def a_walker(definition: WorkflowDefinition, *, extended: bool) -> Trip:
    request = a_business() if definition.id in CONNECTIONS else a_service_request()
    if definition.id == "lv_resident":
        request = an_application()
    boundary = InvestmentBoundary.EXTENDED if extended else InvestmentBoundary.STANDARD
    ticket = a_ticket(definition=definition, request=request, boundary=boundary, managers=PAIR)
    given = filled_in(definition.opening, definition)
    return Trip(definition=definition, ticket=ticket).submit(START.isoformat(), **given)


def take(trip: Trip, step: Step, at: datetime) -> None:
    """One act; what a rule refuses changes nothing."""
    try:
        attempt(trip, step, at)
    except HuodianError:
        return


def attempt(trip: Trip, step: Step, at: datetime) -> None:
    when, kinds = at.isoformat(), sorted(trip.definition.document_names)
    match step.what:
        case "move":
            moves = trip.definition.offered[trip.ticket.state]
            onward = [each for each in moves if not is_abort(each, trip.definition)]
            move(trip, onward[step.which % len(onward)], when)
        case "supply" if kinds:
            trip.supply(kinds[step.which % len(kinds)], when)
        case "expiring" if kinds:
            until = local_date(at) + timedelta(days=1)
            trip.supply(kinds[step.which % len(kinds)], when, expires_on=until)
        case "reject":
            trip.reject(1 + step.which)
        case "suspend":
            causes = trip.definition.state_by_id[trip.ticket.state].suspendable
            trip.suspend(when, *causes[:1])
        case "resume":
            trip.resume(when)
        case "extend":
            trip.extend()
        case _:
            pass


def is_abort(transition: Transition, definition: WorkflowDefinition) -> bool:
    return definition.state_by_id[transition.target].ending is Ending.ABORTED


def move(trip: Trip, transition: Transition, when: str) -> None:
    """Fire a transition with everything that it asks for."""
    given = filled_in(transition, trip.definition)
    trip.fire(transition.trigger, when, reason="说明", **given)


def way_to_completion(definition: WorkflowDefinition) -> list[Transition]:
    """A way from the initial state to a completed end without turning round."""
    ways: dict[str, list[Transition]] = {definition.initial: []}
    for state in (waiting := [definition.initial]):
        for each in definition.offered[state]:
            if each.target not in ways:
                ways[each.target] = [*ways[state], each]
                waiting.append(each.target)
    done = (each.id for each in definition.states if each.ending is Ending.COMPLETED)
    return ways[next(done)]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(DEFINITIONS), st.booleans(), st.lists(steps, min_size=30, max_size=80))
def test_no_walk_completes_with_a_paper_missing_or_a_clock_running(
    definition: WorkflowDefinition, extended: bool, walk: list[Step]
) -> None:
    trip, at = a_walker(definition, extended=extended), START
    for step in walk:
        at += timedelta(hours=step.hours)
        take(trip, step, at)
        if definition.state_by_id[trip.ticket.state].ending is Ending.COMPLETED:
            assert_complete(trip.ticket, definition)
            break


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda each: each.id)
def test_the_walks_do_reach_a_completed_end(definition: WorkflowDefinition) -> None:
    trip, at = a_walker(definition, extended=True), START
    for kind in sorted(definition.document_names):
        trip.supply(kind, at.isoformat())
    for transition in way_to_completion(definition):
        at += timedelta(hours=1)
        move(trip, transition, at.isoformat())
    assert definition.state_by_id[trip.ticket.state].ending is Ending.COMPLETED
    assert_complete(trip.ticket, definition)


def assert_complete(ticket: Ticket, definition: WorkflowDefinition) -> None:
    assert ticket.ended_at is not None
    ended_on = local_date(ticket.ended_at)
    for requirement in requirements(definition, ticket):
        assert satisfying(requirement, ticket, ended_on) is not None
    assert running_clocks(ticket, definition) == ()
    assert ticket.end_to_end_started_at is not None
    for run in ticket.stage_runs:
        assert run.started_at is not None
        assert run.ended_at is not None
        assert all(pause.resumed_at is not None for pause in run.pauses)
    passed = [run.stage_id for run in ticket.stage_runs]
    assert passed == [each.id for each in definition.stages if each.id in passed]
    if definition.id in CONNECTIONS:
        assert len(passed) == len(definition.stages)
