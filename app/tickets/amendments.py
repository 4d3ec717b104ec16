"""Corrections of an open ticket, and what follows when facts or rules change (R-5.1b, R-4.4).

A corrected capacity classifies the ticket anew. A better rule that comes into force while a ticket
is open moves it too, but only in the customer's favour and only before the plan is confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.application_form import corrected_application
from app.sweeping import SweepReport, sweep_each
from engine.amendments import amend, reclassify
from engine.application import ConnectionApplication
from engine.calendar import local_date
from engine.definition import Checkpoint
from engine.errors import Reason, RefusedError
from engine.events import Outcome
from engine.ticket import SYSTEM
from workflows.classification import ConnectionFacts, better_for_customer, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.ports.work import Work
    from app.tickets.restarts import Restarts
    from app.trip.case import Case
    from app.trip.desk import Desk
    from engine.definition import WorkflowDefinition
    from engine.machine import TicketMachine
    from engine.ticket import Act, Actor, Classification, Ticket
    from workflows.classification import EligibilityPolicy

NAME = "reclassification"
RULES = "reclassified_for"
"""Mark in the database: the rules for which every open ticket was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentService:
    """Corrects tickets, and keeps their classification in step with facts and rules."""

    desk: Desk
    policy: Callable[[], EligibilityPolicy]
    restarts: Restarts

    def amend(
        self,
        ticket_no: str,
        corrections: Mapping[str, str],
        *,
        reason: str,
        actor: Actor,
        expected_revision: int | None = None,
    ) -> Ticket:
        """Correct name, phone, address or requested capacity (kW); before and after are kept.

        Where it now says the same as another application it is linked to that one (R-5.2).

        Raises:
            MalformedError: every field that is unknown or malformed.
            RefusedError: nothing to correct, no reason, or too late for another definition.
        """
        act = self.desk.act(actor, reason)
        with self.desk.database.writing() as work:
            case = self.desk.load(work, ticket_no, act, expected_revision=expected_revision)
            authorize(actor, Action.AMEND, branch=case.ticket.branch)
            outcome, definition = self._corrected(work, case, corrections)
            outcome = self._compared(work, case.ticket, outcome)
            kept = self.desk.recorder.keep(
                work, case, outcome, action=Action.AMEND, definition=definition
            )
            work.commit()
        return kept

    def reevaluate(self) -> SweepReport:
        """Move open tickets to better rules that have come into force since (R-4.4).

        Looks at them once for each change of the rules, not at every tick.
        """
        act = self.desk.act(SYSTEM)
        rules = self.policy().in_force(local_date(act.at))
        with self.desk.database.reading() as work:
            if work.marks.find(RULES) == rules:
                return SweepReport(name=NAME)
            numbers = work.tickets.open_numbers()
        report = sweep_each(NAME, numbers, lambda ticket_no: self._reevaluate(ticket_no, act))
        if not (report.overtaken or report.failed):
            with self.desk.database.writing() as work:
                work.marks.set(RULES, rules)
                work.commit()
        return report

    def _corrected(
        self, work: Work, case: Case, corrections: Mapping[str, str]
    ) -> tuple[Outcome, WorkflowDefinition]:
        request = case.ticket.request
        if not isinstance(request, ConnectionApplication):
            raise RefusedError(Reason(code="not_amendable", message="此类工单没有可更正的申请资料"))
        corrected = corrected_application(request, corrections)
        if corrected.requested_capacity_kw == request.requested_capacity_kw:  # 8.00 is no change
            capacity = request.requested_capacity_kw
            corrected = replace(corrected, requested_capacity_kw=capacity)
        outcome = amend(case.ticket, case.definition, corrected, reason=case.act.reason)
        if corrected.total_capacity_kw == request.total_capacity_kw:
            return outcome, case.definition
        return self._reclassified(work, replace(case, ticket=outcome.ticket), outcome)

    def _compared(self, work: Work, before: Ticket, outcome: Outcome) -> Outcome:
        """The same, linked and flagged where the correction shows that it is a restart (R-5.2)."""
        if _who_and_where(outcome.ticket) == _who_and_where(before):
            return outcome
        ticket, flagged = self.restarts.linked(work, outcome.ticket, after="更正后")
        return Outcome(ticket=ticket, events=(*outcome.events, *flagged))

    def _reclassified(
        self, work: Work, case: Case, amended: Outcome
    ) -> tuple[Outcome, WorkflowDefinition]:
        classification = self._classify(case)
        machine = self._machine_for(work, case, classification)
        moved = reclassify(case.ticket, machine.definition, classification, case.calendar, case.act)
        outcome = Outcome(ticket=moved.ticket, events=(*amended.events, *moved.events))
        return outcome, machine.definition

    def _reevaluate(self, ticket_no: str, act: Act) -> bool:
        with self.desk.database.writing() as work:
            case = self.desk.load(work, ticket_no, act)
            before = case.ticket.classification
            if before is None or Checkpoint.PLAN_CONFIRMATION in case.ticket.passed_checkpoints:
                return False
            after = self._classify(case)
            if not better_for_customer(before, after):
                return False
            machine = self._machine_for(work, case, after)
            outcome = reclassify(case.ticket, machine.definition, after, case.calendar, act)
            self.desk.recorder.keep(work, case, outcome, action=NAME, definition=machine.definition)
            work.commit()
        return True

    def _machine_for(self, work: Work, case: Case, classification: Classification) -> TicketMachine:
        """The ticket's own version while its definition stays the same, else the one in force."""
        if classification.definition_id == case.ticket.definition_id:
            return case.machine
        definition_id = classification.definition_id
        return self.desk.definitions.in_force(work, definition_id, case.act.at)

    def _classify(self, case: Case) -> Classification:
        request = case.ticket.request
        if not isinstance(request, ConnectionApplication):
            raise RefusedError(Reason(code="not_classified", message="此类工单不分类"))
        facts = ConnectionFacts.from_application(request)
        return classify(facts, local_date(case.act.at), self.policy())


def _who_and_where(ticket: Ticket) -> tuple[str, str]:
    """What makes two applications one: whose they are and for which address."""
    request = ticket.request
    id_number = request.id_number if isinstance(request, ConnectionApplication) else ""
    return id_number, request.address
