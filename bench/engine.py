"""Goal 3: a move of the engine without storage, against a bare trigger of the library it uses.

The bare trigger moves an object that holds nothing but a state, on the same machine as one would
write it with the library alone: no condition, no callback, no event data handed around.
The product's *machine part* finds the transition, collects every reason against it and fires. The
rest of a move is its *clock part*: stage runs, promises to the customer, and what has happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from transitions import Machine

from bench.company import BEGINS, OPERATOR
from bench.report import Finding, Report
from bench.rounds import Contender, ratio, side_by_side
from engine.guards import Attempt
from engine.machine import TicketMachine
from engine.ticket import Act
from tests.builders import CALENDAR, a_classification, a_ticket
from workflows.catalog import load_shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.rounds import Operation
    from engine.ticket import Ticket

DEFINITION = "lv_business_three_zero"
PAPERS = ("business_licence",)
ACT = Act(actor=OPERATOR, at=BEGINS)
REPEAT = 200
"""Moves that are timed at once, because one is too short."""
GOAL = 2.0


@dataclass(slots=True)
class Subject:
    """What the library moves: a state and nothing else."""

    state: str


def measure(*, quick: bool) -> Iterator[Report]:
    """A plain move inside a stage, and the move that ends the intake."""
    (definition,) = (each for each, _ in load_shipped() if each.id == DEFINITION)
    machine = TicketMachine(definition)
    entered = a_ticket(definition=definition, papers=PAPERS, classification=a_classification())
    submitted = machine.submit(entered, ACT, CALENDAR).ticket
    accepted = machine.fire(submitted, "complete_intake", ACT, CALENDAR).ticket
    yield _compared("plain move", machine, accepted, "finish_site_visit", quick=quick)
    yield _compared("end of intake", machine, submitted, "complete_intake", quick=quick)
    if machine.machine.models:
        msg = "a ticket was registered as a model"
        raise RuntimeError(msg)


def _compared(
    name: str, machine: TicketMachine, ticket: Ticket, trigger: str, *, quick: bool
) -> Report:
    bare = _bare(machine)
    contenders: dict[str, Operation] = {
        "bare trigger": lambda: bare.events[trigger].trigger(Subject(ticket.state)),
        "machine part": partial(_machine_part, machine, ticket, trigger),
        "whole move": partial(machine.fire, ticket, trigger, ACT, CALENDAR),
    }
    library, machine_part, whole = timings = side_by_side(
        [
            Contender(name=each, turn=partial(_turn, run), repeat=REPEAT)
            for each, run in contenders.items()
        ],
        rounds=5 if quick else 21,
    )
    return Report(
        title=f"Engine, {name}",
        timings=tuple(timings),
        findings=(
            Finding(
                what=f"{name}: machine part to bare trigger",
                value=ratio(machine_part, library),
                goal=GOAL,
                at_most=True,
            ),
            Finding(
                what=f"{name}: whole move to bare trigger",
                value=ratio(whole, library),
                goal=GOAL,
                at_most=True,
            ),
        ),
    )


def _bare(machine: TicketMachine) -> Machine:
    """The same machine as one would write it with the library alone."""
    definition = machine.definition
    bare = Machine(
        model=None,
        states=[state.id for state in definition.states],
        initial=definition.initial,
        auto_transitions=False,
    )
    for each in definition.transitions:
        bare.add_transition(each.trigger, each.source, each.target)
    return bare


def _machine_part(machine: TicketMachine, ticket: Ticket, trigger: str) -> None:
    """What `TicketMachine.fire` does before it looks at clocks."""
    transition = machine.definition.edges[ticket.state, trigger]
    attempt = Attempt(ticket=ticket, definition=machine.definition, transition=transition, act=ACT)
    machine.machine.events[trigger].trigger(Subject(ticket.state), attempt=attempt)


def _turn(run: Callable[[], object]) -> list[Callable[[], None]]:
    """Ten operations of many moves each."""

    def operation() -> None:
        for _ in range(REPEAT):
            run()

    return [operation] * 10
