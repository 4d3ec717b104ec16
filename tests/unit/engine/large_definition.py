"""A sound definition of sixty states and twelve documents: larger than any office would want."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definition import (
    Applicants,
    Checkpoint,
    DocumentRequirement,
    Ending,
    State,
    TimeLimit,
    Transition,
    WorkflowDefinition,
)
from tests.unit.engine.definitions import DESK, EXTERNAL_LINE, LADDER, aborts, move, stage, state

if TYPE_CHECKING:
    from collections.abc import Iterator

STAGES, STATES_EACH = 4, 15
BORDERS = (Checkpoint.INTAKE, Checkpoint.PLAN_CONFIRMATION, Checkpoint.COMPLETION)
OPEN = STAGES * STATES_EACH - 2


def large_definition() -> WorkflowDefinition:
    """Four stages with detours and returns inside each, held and suspendable states."""
    states = tuple(_state(number) for number in range(OPEN))
    last = f"stage{STAGES - 1}"
    every = (
        *states,
        state("done", last, ending=Ending.COMPLETED),
        state("aborted", last, ending=Ending.ABORTED),
    )
    documents = tuple(_documents())
    return WorkflowDefinition(
        id="large",
        version=1,
        name="大流程",
        basis="",
        stages=tuple(stage(f"stage{number}", 4) for number in range(STAGES)),
        states=every,
        initial="s0",
        transitions=(*_moves(), *aborts(every)),
        documents=documents,
        document_names={each.id: each.name for each in documents},
        handling_limit=TimeLimit(days=4 * STAGES, clause="附件"),
        end_to_end_limit=TimeLimit(days=None),
        deferral_clause="R-3.2, 四(二)4",
        reminders=LADDER,
    )


def _state(number: int) -> State:
    suspendable = (EXTERNAL_LINE,) if number % 5 == 3 else ()
    until = "key" if number == 0 else ""
    return state(
        f"s{number}", f"stage{_stage(number)}", until_received=until, suspendable=suspendable
    )


def _stage(number: int) -> int:
    return number // STATES_EACH


def _moves() -> Iterator[Transition]:
    for number in range(OPEN - 1):
        ends_stage = _stage(number + 1) != _stage(number)
        border = BORDERS[_stage(number)] if ends_stage else None
        yield move(f"go{number}", f"s{number}", f"s{number + 1}", DESK, checkpoint=border)
        if number % 3 == 1 and _stage(number + 2) == _stage(number):
            yield move("skip", f"s{number}", f"s{number + 2}", DESK)
        if number % 4 == 2 and _stage(number - 1) == _stage(number):
            yield move("redo", f"s{number}", f"s{number - 1}", DESK)
    yield move("finish", f"s{OPEN - 1}", "done", DESK, checkpoint=Checkpoint.ENERGIZATION)


def _documents() -> Iterator[DocumentRequirement]:
    """Two key documents, seven that may be deferred, three due later."""
    own = (Applicants.RESIDENT, Applicants.ORGANISATION)
    later = (Checkpoint.PLAN_CONFIRMATION, Checkpoint.COMPLETION, Checkpoint.ENERGIZATION)
    for number in range(12):
        yield DocumentRequirement(
            id=f"d{number}",
            name=f"资料{number}",
            any_of=(f"d{number}",),
            due_at=later[number - 9] if number >= 9 else Checkpoint.INTAKE,
            clause="R-3.1",
            applies_to=own[number] if number < 2 else Applicants.ALL,
            key=number < 2,
            deferrable=2 <= number < 9,
        )
