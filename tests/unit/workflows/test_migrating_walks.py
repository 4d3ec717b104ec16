"""Tickets that change versions on the way: no promise broken, no paper missing, nothing forgotten.

The proof of a definition knows nothing of tickets that a migration puts into the middle of it. So
tickets are walked at random through the shipped definitions and stricter variants of them, and the
laws of a migration are held against each one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clocks import due_on, running_clocks
from engine.definition import Ending
from engine.machine import TicketMachine
from engine.migration import (
    Circumstances,
    MigrationPlan,
    MigrationVerdict,
    agree,
    examine,
)
from tests.builders import CALENDAR, an_act
from tests.unit.workflows.drafts import FILE
from tests.unit.workflows.stricter import STRICTER, stricter_text
from tests.unit.workflows.test_shipped_walks import (
    DEFINITIONS,
    START,
    Step,
    a_walker,
    assert_complete,
    steps,
    take,
)
from workflows.loader import load_definition

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.definition import WorkflowDefinition
    from engine.ticket import Ticket
    from tests.unit.engine.trip import Trip


@cache
def variant(definition_id: str, names: tuple[str, ...]) -> WorkflowDefinition:
    """The shipped definition with these things stricter for the company."""
    return load_definition(stricter_text(definition_id, names), path=FILE)


@st.composite
def courses(draw: st.DrawFn) -> tuple[list[WorkflowDefinition], list[Step | bool]]:
    """Versions of one definition, and acts; a truth value is a migration, with agreement or not.

    Every other version has the shipped content again, which a stricter one would be loosened to.
    """
    shipped = draw(st.sampled_from(DEFINITIONS))
    known = st.sampled_from(sorted(STRICTER[shipped.id]))
    stricter = [
        variant(shipped.id, tuple(sorted(names)))
        for names in draw(st.lists(st.sets(known, min_size=1, max_size=3), min_size=1, max_size=3))
    ]
    contents = [content for each in stricter for content in (shipped, each)]
    versions = [replace(each, version=n) for n, each in enumerate([*contents, shipped], start=1)]
    acts = st.one_of(steps, steps, steps, steps, steps, st.booleans())
    return versions, draw(st.lists(acts, min_size=30, max_size=80))


@settings(max_examples=200, deadline=None)
@given(courses(), st.booleans())
def test_no_way_through_versions_completes_with_a_paper_missing_or_a_promise_broken(
    course: tuple[list[WorkflowDefinition], list[Step | bool]], extended: bool
) -> None:
    (first, *later), acts = course
    trip, at = a_walker(first, extended=extended), START
    for act in acts:
        if isinstance(act, Step):
            at += timedelta(hours=act.hours)
            take(trip, act, at)
        elif later:
            migrate(trip, later.pop(0), at, is_agreeing=act)
        ending = trip.definition.state_by_id[trip.ticket.state].ending
        if ending is not None:
            assert ending is Ending.COMPLETED
            assert_complete(trip.ticket, trip.definition)
            break


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(DEFINITIONS), st.booleans(), st.lists(steps, min_size=20, max_size=60))
def test_an_equal_version_never_changes_anything(
    definition: WorkflowDefinition, extended: bool, walk: list[Step]
) -> None:
    trip, at = a_walker(definition, extended=extended), START
    equal = replace(definition, version=2)
    for step in walk:
        at += timedelta(hours=step.hours)
        take(trip, step, at)
        if trip.ticket.ended_at is not None:
            break
        examination = examine(trip.ticket, definition, MigrationPlan(to=equal), around(at))
        assert (examination.verdict, examination.reasons) == (MigrationVerdict.MOVES, ())
        assert examination.outcome is not None
        assert examination.outcome.ticket == replace(trip.ticket, definition_version=2)


def around(at: datetime) -> Circumstances:
    return Circumstances(calendar=CALENDAR, act=an_act(at))


def migrate(trip: Trip, to: WorkflowDefinition, at: datetime, *, is_agreeing: bool) -> None:
    """Move the ticket if it may be moved, and hold the laws against that."""
    before, plan = trip.ticket, MigrationPlan(to=to)
    examination = examine(before, trip.definition, plan, around(at))
    if examination.verdict is MigrationVerdict.NEEDS_AGREEMENT and is_agreeing:
        before = agree(examination, to, "客户同意书", an_act(at)).ticket
        examination = examine(before, trip.definition, plan, around(at))
        assert examination.verdict is MigrationVerdict.AGREED
    if examination.outcome is None:
        trip.ticket = before
        return
    after = examination.outcome.ticket
    if examination.verdict is not MigrationVerdict.AGREED:
        assert_no_later(dues(before, trip.definition), dues(after, to))
    assert_still_true(before, after)
    trip.ticket, trip.definition, trip.machine = after, to, TicketMachine(to)


def dues(ticket: Ticket, definition: WorkflowDefinition) -> dict[str, date | None]:
    return {each.id: due_on(each, CALENDAR) for each in running_clocks(ticket, definition)}


def assert_no_later(before: dict[str, date | None], after: dict[str, date | None]) -> None:
    for clock, due in before.items():
        if due is not None:
            now = after[clock]
            assert now is not None
            assert now <= due


def assert_still_true(before: Ticket, after: Ticket) -> None:
    """What has happened has happened: a clock may begin or go on by a migration, no more."""
    assert after.documents == before.documents
    assert after.passed_checkpoints == before.passed_checkpoints
    assert after.deferred == before.deferred
    assert after.boundary == before.boundary
    assert after.entered_at == before.entered_at
    assert len(after.stage_runs) == len(before.stage_runs)
    for was, now in zip(before.stage_runs, after.stage_runs, strict=True):
        assert (now.stage_id, now.ended_at) == (was.stage_id, was.ended_at)
        assert was.started_at in {None, now.started_at}
        assert now.promises[: len(was.promises)] == was.promises
        assert [pause.suspended_at for pause in now.pauses] == [
            pause.suspended_at for pause in was.pauses
        ]
