"""The whole product of states, papers and clocks, walked with the engine itself.

Slow and simple: real tickets, moved by the modules that move tickets in production, told apart by
everything that decides what they may do next. `engine.soundness` must reach the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from engine.amendments import extend_boundary
from engine.application import InvestmentBoundary
from engine.calendar import local_date
from engine.clock_keeping import keep_clocks
from engine.definition import Applicants, Checkpoint
from engine.documents import Paper, reject, requirements, satisfying, supply
from engine.errors import RefusedError
from engine.machine import TicketMachine
from engine.soundness.clock_walk import ClockConfiguration, Mode
from engine.soundness.paper_walk import Paper as Standing
from engine.soundness.paper_walk import PaperConfiguration
from engine.suspensions import resume, suspend
from engine.ticket import DocumentSource, DocumentStatus, Ticket
from tests.builders import CALENDAR, a_business, a_ticket, an_act, an_application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.definition import DocumentRequirement, WorkflowDefinition

ACT = an_act("2021-09-06 09:00", reason="说明")
TODAY = local_date(ACT.at)


class Whole(NamedTuple):
    """Everything about a ticket that decides what may happen to it next."""

    state: str
    mode: Mode
    whole: bool
    extended: bool
    crossed: frozenset[str]
    papers: tuple[Standing, ...]


@dataclass(frozen=True)
class Product:
    """Every ticket of one definition and kind of applicant, walked by the engine."""

    definition: WorkflowDefinition
    applicants: Applicants

    def explored(self) -> frozenset[Whole]:
        machine = TicketMachine(self.definition)
        found: dict[Whole, Ticket] = {}
        waiting: deque[Ticket] = deque()
        for ticket in self._submissions(machine):
            self._note(ticket, found, waiting)
        while waiting:
            ticket = waiting.popleft()
            for act in self._acts(machine, ticket):
                try:
                    after = act()
                except RefusedError:
                    continue
                self._note(after, found, waiting)
        return frozenset(found)

    def _note(self, ticket: Ticket, found: dict[Whole, Ticket], waiting: deque[Ticket]) -> None:
        whole = self._whole(ticket)
        if whole not in found:
            found[whole] = ticket
            waiting.append(ticket)

    def _submissions(self, machine: TicketMachine) -> Iterator[Ticket]:
        """With and without each paper, at both boundaries."""
        resident = self.applicants is Applicants.RESIDENT
        request = an_application() if resident else a_business()
        kinds = [each.any_of[0] for each in self.definition.documents]
        for boundary in InvestmentBoundary:
            for chosen in range(2 ** len(kinds)):
                papers = tuple(kind for n, kind in enumerate(kinds) if chosen >> n & 1)
                ticket = a_ticket(
                    definition=self.definition, request=request, boundary=boundary, papers=papers
                )
                yield machine.submit(ticket, ACT, CALENDAR).ticket

    def _acts(self, machine: TicketMachine, ticket: Ticket) -> Iterator[Callable[[], Ticket]]:
        definition = self.definition
        for trigger in sorted({each.trigger for each in definition.offered[ticket.state]}):
            yield lambda trigger=trigger: machine.fire(ticket, trigger, ACT, CALENDAR).ticket
        for each in definition.documents:
            yield lambda each=each: self._supplied(ticket, each)
            record = satisfying(each, ticket, TODAY)
            if record is not None:
                yield (
                    lambda number=record.number: reject(ticket, definition, number, "看不清").ticket
                )
        for cause in definition.state_by_id[ticket.state].suspendable:
            yield lambda cause=cause: suspend(ticket, definition, cause, "通知单", ACT).ticket
        yield lambda: resume(ticket, definition, CALENDAR, at=ACT.at).ticket
        yield lambda: extend_boundary(ticket, definition, reason="延伸").ticket

    def _supplied(self, ticket: Ticket, requirement: DocumentRequirement) -> Ticket:
        paper = Paper(kind=requirement.any_of[0], source=DocumentSource.COUNTER)
        after = supply(ticket, self.definition, paper, ACT).ticket
        return keep_clocks(after, self.definition, CALENDAR, ACT, moved=False).ticket

    def _whole(self, ticket: Ticket) -> Whole:
        return Whole(
            state=ticket.state,
            mode=mode_of(ticket),
            whole=ticket.end_to_end_started_at is not None,
            extended=ticket.boundary is InvestmentBoundary.EXTENDED,
            crossed=frozenset(ticket.passed_checkpoints),
            papers=tuple(standing_of(each, ticket) for each in self.definition.documents),
        )


def mode_of(ticket: Ticket) -> Mode:
    """How the clock of the last stage stands; a clock that ended is only told to have run."""
    run = ticket.stage_runs[-1]
    if run.started_at is None:
        return Mode.NOT_STARTED
    pause = ticket.open_pause
    if pause is None:
        return Mode.RUNNING
    return Mode.SUSPENDED if pause.explicit else Mode.PAUSED


def standing_of(requirement: DocumentRequirement, ticket: Ticket) -> Standing:
    """How a requirement stands."""
    if satisfying(requirement, ticket, TODAY) is not None:
        return Standing.THERE
    handed_in = any(
        each.kind in requirement.any_of and each.status is DocumentStatus.REJECTED
        for each in ticket.documents
    )
    return Standing.REJECTED if handed_in else Standing.NONE


# ---- what the product shows of it, told in the terms of the walks


def seen_of_the_clocks(
    definition: WorkflowDefinition, product: frozenset[Whole]
) -> frozenset[ClockConfiguration]:
    return frozenset(
        told_apart(
            definition,
            ClockConfiguration(
                each.state,
                each.mode,
                each.whole,
                each.extended,
                Checkpoint.PLAN_CONFIRMATION in each.crossed,
            ),
        )
        for each in product
    )


def told_apart(definition: WorkflowDefinition, now: ClockConfiguration) -> ClockConfiguration:
    """Once ended, a clock no longer shows whether it stood still at that moment."""
    if definition.state_by_id[now.state].is_final and now.mode is not Mode.NOT_STARTED:
        return now._replace(mode=Mode.RUNNING)
    return now


def seen_of_the_paper(
    index: int, borders: frozenset[Checkpoint], product: frozenset[Whole], *, deferrable: bool
) -> frozenset[PaperConfiguration]:
    return frozenset(
        PaperConfiguration(
            each.state,
            each.papers[index],
            each.extended and deferrable,
            frozenset(border for border in borders if border in each.crossed),
        )
        for each in product
    )


def is_complete(whole: Whole, definition: WorkflowDefinition, applicants: Applicants) -> bool:
    """Whether nothing that is asked of the applicant is missing."""
    resident = applicants is Applicants.RESIDENT
    ticket = a_ticket(definition=definition, request=an_application() if resident else a_business())
    asked = requirements(definition, ticket)
    return all(
        standing is Standing.THERE
        for requirement, standing in zip(definition.documents, whole.papers, strict=True)
        if requirement in asked
    )
