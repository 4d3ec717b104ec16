"""Versions of a definition, and tickets on their way, as tests of migration need them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.definition import TimeLimit
from engine.migration import (
    Circumstances,
    Examination,
    MigrationPlan,
    MigrationVerdict,
    examine,
)
from tests.builders import CALENDAR, an_act
from tests.unit.engine.definitions import (
    LV_STANDARD,
    stage,
)
from tests.unit.engine.trip import Trip, a_trip

if TYPE_CHECKING:
    from engine.definition import State, Transition, WorkflowDefinition
    from engine.events import (
        TermChange,
    )
    from engine.ticket import Ticket


LAST = "metering_and_energization"


LICENCE, PROOF = "business_licence", "property_proof"


MOVES, EARLIER = MigrationVerdict.MOVES, MigrationVerdict.EARLIER


AGREED, ASKS = MigrationVerdict.AGREED, MigrationVerdict.NEEDS_AGREEMENT


REFUSED = MigrationVerdict.REFUSED


NOW = "2021-09-08 10:00"
"""Wednesday; tickets of these tests came in on Monday the 6th."""


def version(of: WorkflowDefinition, number: int = 2, **changes: Any) -> WorkflowDefinition:
    return replace(of, version=number, **changes)


def limited(of: WorkflowDefinition, days: int, **more: Any) -> WorkflowDefinition:
    """The last stage of a low-voltage definition in so many days."""
    stages = (stage("intake", 1), stage(LAST, days))
    return version(of, stages=stages, handling_limit=TimeLimit(days=1 + days), **more)


def with_state(of: WorkflowDefinition, state_id: str, **changes: Any) -> WorkflowDefinition:
    def changed(each: State) -> State:
        return replace(each, **changes) if each.id == state_id else each

    return version(of, states=tuple(changed(each) for each in of.states))


def renamed(of: WorkflowDefinition, old: str, new: str) -> WorkflowDefinition:
    """A state under another id, with the arrows to and from it."""

    def moved(each: Transition) -> Transition:
        ends = {"source": each.source, "target": each.target}
        return replace(each, **{end: new if at == old else at for end, at in ends.items()})

    changed = with_state(of, old, id=new, name=f"状态{new}")
    return replace(changed, transitions=tuple(moved(each) for each in of.transitions))


def in_works(definition: WorkflowDefinition = LV_STANDARD, *papers: str) -> Trip:
    """Accepted on Monday, on site on Tuesday, its plan confirmed and works released since."""
    trip = a_trip(definition, "2021-09-06 09:00", *(papers or (LICENCE, PROOF)))
    trip.fire("complete_intake", "2021-09-06 15:00")
    trip.fire("finish_site_visit", "2021-09-07 10:00")
    return trip.fire("release_works", "2021-09-07 11:00")


def on_site(definition: WorkflowDefinition = LV_STANDARD, *papers: str) -> Trip:
    trip = a_trip(definition, "2021-09-06 09:00", *(papers or (LICENCE, PROOF)))
    return trip.fire("complete_intake", "2021-09-06 15:00")


def examined(trip: Trip, to: WorkflowDefinition, when: str = NOW, **mapping: str) -> Examination:
    plan = MigrationPlan(to=to, mapping=mapping, number=7)
    around = Circumstances(calendar=CALENDAR, act=an_act(when))
    return examine(trip.ticket, trip.definition, plan, around)


def codes(examination: Examination) -> list[str]:
    return [reason.code for reason in examination.reasons]


def moved(examination: Examination) -> Ticket:
    assert examination.outcome is not None
    return examination.outcome.ticket


def events(examination: Examination) -> list[type]:
    assert examination.outcome is not None
    return [type(event) for event in examination.outcome.events]


def terms(examination: Examination) -> dict[str, TermChange]:
    assert examination.effects is not None
    return {each.clock: each for each in examination.effects.terms}


def refused(examination: Examination, code: str) -> str:
    """The message of the one reason of a refusal, from which nothing may come."""
    assert (examination.verdict, codes(examination)) == (REFUSED, [code])
    assert examination.outcome is None
    assert examination.reasons[0].clause
    assert examination.reasons[0].remedy
    return examination.reasons[0].message
