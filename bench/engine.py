"""Goal 3: an engine move without storage, against a bare trigger of `transitions`.

The bare trigger is the library's own work on the same shared machine with one condition that says
yes. Our move decides every guard, document and role, and keeps the clocks, on top of it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from transitions import Machine

from bench.company import BEGINS, OPERATOR
from bench.report import Finding, Report
from bench.rounds import Contender, ratio, side_by_side
from engine.application import Contact, ServiceRequest
from engine.machine import TicketMachine
from engine.ticket import Act, Ticket
from workflows.calendar_sources import build_calendar
from workflows.catalog import load_shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.rounds import Operation
    from engine.calendar import WorkCalendar
    from engine.definition import WorkflowDefinition

DEFINITION, FROM, TRIGGER = "lv_resident", "site_visit", "finish_site_visit"
REPEAT = 500
GOAL = 2.0


class _Bare:
    """What a bare machine moves."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = FROM


def measure(*, quick: bool) -> Iterator[Report]:
    """One move inside a stage, the commonest there is."""
    definition = next(each for each, _ in load_shipped() if each.id == DEFINITION)
    machine, calendar = TicketMachine(definition), build_calendar((), ())
    act = Act(actor=OPERATOR, at=BEGINS)
    ticket = _a_ticket(machine, act, calendar)
    bare = _bare_machine(definition)

    def move() -> None:
        for _ in range(REPEAT):
            machine.fire(ticket, TRIGGER, act, calendar)

    def guarded() -> None:
        for _ in range(REPEAT):
            machine.offers(ticket, act)

    def trigger() -> None:
        for _ in range(REPEAT):
            bare.events[TRIGGER].trigger(_Bare())

    contenders = {"engine move": move, "every offer of the state": guarded, "bare": trigger}
    timings = side_by_side(
        [
            Contender(name=name, turn=partial(_turn, one), repeat=REPEAT)
            for name, one in contenders.items()
        ],
        rounds=5 if quick else 21,
    )
    yield Report(
        title="Engine move without storage",
        timings=tuple(timings),
        findings=(
            Finding(
                what="engine move: times a bare trigger",
                value=ratio(timings[0], timings[2]),
                goal=GOAL,
                at_most=True,
            ),
            Finding(
                what="tickets that the machine keeps",
                value=len(machine.machine.models),
                goal=0,
                at_most=True,
            ),
        ),
    )


def _turn(one: Operation) -> Iterator[Operation]:
    yield one


def _bare_machine(definition: WorkflowDefinition) -> Machine:
    states = [state.id for state in definition.states]
    machine = Machine(
        model=None, states=states, initial=FROM, auto_transitions=False, send_event=True
    )
    for each in definition.transitions:
        machine.add_transition(each.trigger, each.source, each.target, conditions=[_yes])
    return machine


def _yes(_event: object) -> bool:
    return True


def _a_ticket(machine: TicketMachine, act: Act, calendar: WorkCalendar) -> Ticket:
    ticket = Ticket(
        ticket_no="TC-20210906-0001",
        branch="tengchong",
        definition_id=DEFINITION,
        definition_version=1,
        request=ServiceRequest(title="-", contact=Contact(name="-")),
        state="submitted",
        entered_at=act.at,
        submitted_at=act.at,
    )
    begun = machine.submit(replace(ticket, state=FROM), act, calendar)
    return begun.ticket
