"""Moves a ticket: the one door through which a state changes, and the only user of `transitions`.

One `Machine` per definition version, without models: a ticket is a frozen value, and a
registered model would stay in the machine for ever. Each move sets up a throw-away subject,
fires the library's event on it, and the guard raises with *every* reason, because the library
itself would stop at the first condition that says no.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from transitions import EventData, Machine

from engine.application import ServiceRequest
from engine.calendar import local_date
from engine.clock_keeping import keep_clocks
from engine.definition import Checkpoint
from engine.documents import due_checkpoint, missing_key_documents, requirements, satisfying
from engine.errors import MalformedError, Reason, RefusedError
from engine.events import (
    DocumentsDeferred,
    Event,
    Outcome,
    TicketMoved,
    TicketSubmitted,
)
from engine.fields import Entered, entered
from engine.guards import NOTHING_ENTERED, Attempt, blocking_reasons, role_reasons
from engine.values import changed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from engine.calendar import WorkCalendar
    from engine.definition import (
        DocumentRequirement,
        Field,
        Opening,
        Transition,
        WorkflowDefinition,
    )
    from engine.ticket import Act, Ticket


class _Subject:
    """What the library moves: a state and nothing else."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


def _guard(event: EventData) -> bool:
    attempt: Attempt = event.kwargs["attempt"]
    _refuse(blocking_reasons(attempt), attempt.entered)
    return True


def _refuse(reasons: tuple[Reason, ...], entered: Entered) -> None:
    """End here, with every reason, if anything stands against the move or what was entered."""
    against = (*reasons, *entered.missing)
    if against:
        raise RefusedError((*against, *entered.malformed))
    if entered.malformed:
        raise MalformedError(entered.malformed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A transition that leaves the ticket's state: possible now, or why not (R-3.4).

    `asks` and `takes` are what must and what may be entered with it.
    """

    transition: Transition
    reasons: tuple[Reason, ...]
    asks: tuple[Field, ...] = ()
    takes: tuple[Field, ...] = ()

    @property
    def is_allowed(self) -> bool:
        """Whether the actor could fire it now."""
        return not self.reasons


class TicketMachine:
    """One definition version, compiled. Holds no ticket, so threads may share it."""

    def __init__(self, definition: WorkflowDefinition) -> None:
        self.definition = definition
        self.machine = Machine(
            model=None,
            states=[state.id for state in definition.states],
            initial=definition.initial,
            auto_transitions=False,
            send_event=True,
            queued=False,
        )
        for each in definition.transitions:
            self.machine.add_transition(each.trigger, each.source, each.target, conditions=[_guard])

    def submit(
        self,
        ticket: Ticket,
        act: Act,
        calendar: WorkCalendar,
        given: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Begin: clocks start if the key document came along, else they wait for it (R-1.2).

        `given` is raw text by field, as the definition's opening asks for it.

        Raises:
            RefusedError: the opening is not the actor's, or a field is missing; all at once.
            MalformedError: a field cannot be read, or is not asked for.
        """
        entry = self._entered(ticket, self.definition.opening, given)
        _refuse(self.against_opening(act), entry)
        kept = keep_clocks(entry.kept_in(ticket), self.definition, calendar, act, moved=True)
        missing = missing_key_documents(self.definition, ticket, local_date(act.at))
        submitted = TicketSubmitted(missing=tuple(each.id for each in missing))
        return Outcome(ticket=kept.ticket, events=(submitted, *entry.events, *kept.events))

    def against_opening(
        self, act: Act, given: Mapping[str, str] | None = None
    ) -> tuple[Reason, ...]:
        """What stands against the actor's opening a ticket, and against `given` if it is given."""
        opening, definition = self.definition.opening, self.definition
        reasons = role_reasons(act, opening.roles, definition.name) if opening.roles else []
        if given is not None:
            entry = entered(given, opening, definition, {})
            reasons += [*entry.missing, *entry.malformed]
        return tuple(reasons)

    def offers(
        self, ticket: Ticket, act: Act, *, unfit_managers: tuple[Reason, ...] = ()
    ) -> tuple[Offer, ...]:
        """Every transition that leaves the state, with all that stands against it now."""
        fields = self.definition.field_by_id
        attempts = (
            self._attempt(ticket, each, act, unfit_managers=unfit_managers)
            for each in self.definition.offered[ticket.state]
        )
        return tuple(
            Offer(
                transition=each.transition,
                reasons=blocking_reasons(each),
                asks=tuple(fields[asked] for asked in each.transition.asks),
                takes=tuple(fields[taken] for taken in each.transition.takes),
            )
            for each in attempts
        )

    def fire(  # noqa: PLR0913  (a move is all of this)
        self,
        ticket: Ticket,
        trigger: str,
        act: Act,
        calendar: WorkCalendar,
        given: Mapping[str, str] | None = None,
        *,
        unfit_managers: tuple[Reason, ...] = (),
    ) -> Outcome:
        """Move the ticket.

        Args:
            ticket: the ticket as it is.
            trigger: the move.
            act: who moves it, when and why.
            calendar: the days that its clocks count.
            given: raw text by field, see `engine.fields`.
            unfit_managers: what stands against its managers, see `engine.managers`.

        Raises:
            MalformedError: the definition has no such trigger, or what was entered is no value.
            RefusedError: it does not leave this state, a guard says no, or a field that is asked
                was never given; all reasons at once.
        """
        transition = self._transition(ticket, trigger)
        entry = self._entered(ticket, transition, given)
        attempt = self._attempt(ticket, transition, act, entry, unfit_managers=unfit_managers)
        subject = _Subject(ticket.state)
        self.machine.events[trigger].trigger(subject, attempt=attempt)
        return self._moved(ticket, subject.state, attempt, calendar)

    def _attempt(
        self,
        ticket: Ticket,
        transition: Transition,
        act: Act,
        entry: Entered = NOTHING_ENTERED,
        *,
        unfit_managers: tuple[Reason, ...] = (),
    ) -> Attempt:
        return Attempt(
            ticket=ticket,
            definition=self.definition,
            transition=transition,
            act=act,
            entered=entry,
            unfit_managers=unfit_managers,
        )

    def _entered(
        self, ticket: Ticket, asking: Transition | Opening, given: Mapping[str, str] | None
    ) -> Entered:
        if not (given or asking.asks):
            return NOTHING_ENTERED
        request = ticket.request
        if isinstance(request, ServiceRequest):
            return entered(given or {}, asking, self.definition, request.details)
        return Entered(malformed=(_NO_DETAILS,))

    def _moved(
        self, ticket: Ticket, state: str, attempt: Attempt, calendar: WorkCalendar
    ) -> Outcome:
        transition, act = attempt.transition, attempt.act
        filled_in = attempt.entered.kept_in(ticket)
        after, events = self._arrived(filled_in, state, transition, act.at)
        kept = keep_clocks(after, self.definition, calendar, act, moved=True)
        before_run, after_run = ticket.current_run, kept.ticket.current_run
        left = before_run.stage_id if before_run else ""
        entered = after_run.stage_id if after_run else ""
        moved = TicketMoved(
            trigger=transition.trigger,
            source=transition.source,
            target=transition.target,
            stage_ended=left if left != entered else "",
            stage_entered=entered if left != entered else "",
            reason=act.reason.strip(),
        )
        recorded = attempt.entered.events
        return Outcome(ticket=kept.ticket, events=(moved, *recorded, *events, *kept.events))

    def _arrived(
        self, ticket: Ticket, state: str, transition: Transition, at: datetime
    ) -> tuple[Ticket, list[Event]]:
        """The ticket in its new state, with the border that it passed on the way."""
        passed, deferred = ticket.passed_checkpoints, ticket.deferred
        events: list[Event] = []
        if transition.checkpoint is not None:
            passed = (*passed, transition.checkpoint)
        if transition.checkpoint is Checkpoint.INTAKE and (lacking := self._lacking(ticket, at)):
            deferred = tuple(each.id for each in lacking)
            due = due_checkpoint(lacking[0], self.definition, ticket)
            events.append(DocumentsDeferred(requirements=deferred, due_before=due))
        arrived = changed(
            ticket, state=state, entered_at=at, passed_checkpoints=passed, deferred=deferred
        )
        return arrived, events

    def _lacking(self, ticket: Ticket, at: datetime) -> list[DocumentRequirement]:
        """What may come later and is not there: conditional acceptance defers it (四(二)4)."""
        return [
            each
            for each in requirements(self.definition, ticket)
            if each.deferrable and satisfying(each, ticket, local_date(at)) is None
        ]

    def _transition(self, ticket: Ticket, trigger: str) -> Transition:
        definition = self.definition
        found = definition.edges.get((ticket.state, trigger))
        if found is not None:
            return found
        offered = definition.offered[ticket.state]
        remedy = "当前状态可办理" if offered else "当前状态没有可办理的操作"
        options = tuple((each.trigger, each.name) for each in offered)
        if trigger not in definition.triggers:
            raise MalformedError(
                Reason(
                    code="unknown_trigger",
                    field="trigger",
                    message=f"流程“{definition.name}”没有操作“{trigger}”",
                    remedy=remedy,
                    options=options,
                )
            )
        state = definition.state_by_id[ticket.state].name
        name = next(each.name for each in definition.transitions if each.trigger == trigger)
        raise RefusedError(
            Reason(
                code="trigger_not_allowed",
                message=f"工单 {ticket.ticket_no} 处于“{state}”，不能办理“{name}”",
                clause="R-5.2, 四(一)1",
                remedy=remedy,
                options=options,
            )
        )


_NO_DETAILS = Reason(
    code="no_details",
    message="用电申请工单不登记资料以外的内容",
    clause="R-3.1, 四(二)3",
    remedy="请删去；申请内容有误的请用更正",
)
