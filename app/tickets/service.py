"""Use cases of a ticket: submit, open, advance, suspend, resume, assign, extend.

No argument carries a time: the server's clock is read once a use case (R-5.1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.application_form import ApplicationForm
from app.forms.fields import remark
from app.tickets.beginning import begin, new_case, new_token, refuse_opening, refuse_outage
from app.tickets.manager_pairs import assigned
from app.tickets.restarts import Restarts
from engine import amendments, suspensions
from engine.application import IntakeChannel
from engine.audit_flags import flagged_if_fast
from engine.calendar import local_date
from engine.documents import Paper, supply
from engine.ticket import DocumentSource
from workflows.classification import ConnectionFacts, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.ports.work import Work
    from app.settings import Settings
    from app.trip.case import Case
    from app.trip.desk import Desk
    from engine.application import ConnectionApplication, ServiceRequest
    from engine.errors import Reason
    from engine.events import Event, Outcome
    from engine.machine import Offer
    from engine.ticket import Act, Actor, ManagerPair, PauseCause, Ticket
    from workflows.classification import EligibilityPolicy

SOURCES = {
    IntakeChannel.COUNTER: DocumentSource.COUNTER,
    IntakeChannel.ONLINE: DocumentSource.ONLINE,
    IntakeChannel.VISIT: DocumentSource.ON_SITE,
}
"""How a document that came with the application reached the company."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketService:
    """Everything people do to tickets, but for their documents and corrections."""

    desk: Desk
    policy: Callable[[], EligibilityPolicy]
    settings: Settings

    def submit(
        self,
        application: ConnectionApplication,
        *,
        branch: str,
        documents: Sequence[str] = (),
        actor: Actor,
        token: str = "",
    ) -> Ticket:
        """Turn an application into a ticket; clocks start if the key document is there (R-1.2).

        `token` is the progress token that a form was made with (`new_token`): sent twice, by a
        double click or a repeated request, it gives the ticket that is there already.

        Raises:
            RefusedError: no definition covers it (above 10 kV), or the actor may not.
        """
        form = ApplicationForm(application=application, branch=branch, documents=tuple(documents))
        act = self.desk.act(actor)
        with self.desk.database.writing() as work:
            # Holds the branch's next number: whoever sends the same form at the same moment waits
            # here, and then finds the ticket; his number is given back.
            case = self._classified(work, form, act)
            known = work.tickets.find_by_progress_token(token) if token else None
            if known is not None and known.request == application:
                return known
            fresh = token if token and known is None else new_token()
            ticket = self._received(work, case, form, fresh)
            work.commit()
        return ticket

    def submit_in(self, work: Work, form: ApplicationForm, act: Act) -> Ticket:
        """The same inside a caller's transaction: an import submits many rows in one."""
        return self._received(work, self._classified(work, form, act), form, new_token())

    def open(  # noqa: PLR0913  (what, where, by whom, with what)
        self,
        definition_id: str,
        request: ServiceRequest,
        *,
        branch: str,
        actor: Actor,
        given: Mapping[str, str] | None = None,
        token: str = "",
    ) -> Ticket:
        """Open a ticket of another process, for example an asset transfer (R-1.4, R-1.5).

        `given` is raw text by field, as the definition's opening asks for it; `token` as for
        `submit`.

        Raises:
            MalformedError: the definition is one of connection applications, or a field is wrong.
            RefusedError: the actor may not open it, or a field is missing.
        """
        act = self.desk.act(actor)
        with self.desk.database.writing() as work:
            known = work.tickets.find_by_progress_token(token) if token else None
            if known is not None:
                return known
            ticket = self.open_in(
                work, definition_id, request, branch=branch, act=act, given=given, token=token
            )
            work.commit()
        return ticket

    def open_in(  # noqa: PLR0913  (as `open`, inside a caller's transaction)
        self,
        work: Work,
        definition_id: str,
        request: ServiceRequest,
        *,
        branch: str,
        act: Act,
        given: Mapping[str, str] | None = None,
        token: str = "",
    ) -> Ticket:
        """The same without the commit."""
        case = new_case(self.desk, work, definition_id, request, branch=branch, act=act)
        refuse_opening(case.definition, act, branch)
        return begin(self.desk, work, case, given=given, token=token)

    def against_opening(
        self, definition_id: str, given: Mapping[str, str], *, actor: Actor
    ) -> tuple[Reason, ...]:
        """What stands against opening a ticket so, for a form that tells everything at once."""
        act = self.desk.act(actor)
        with self.desk.database.reading() as work:
            machine = self.desk.definitions.in_force(work, definition_id, act.at)
        return machine.against_opening(act, given)

    def offers(self, ticket_no: str, *, actor: Actor) -> tuple[Offer, ...]:
        """What may be done next, and for what may not: every reason (R-3.4)."""
        act = self.desk.act(actor, reason="-")
        with self.desk.database.reading() as work:
            case = self.desk.load(work, ticket_no, act)
            return case.offers()

    def advance(  # noqa: PLR0913  (who, what, why, with what, seen when)
        self,
        ticket_no: str,
        trigger: str,
        *,
        actor: Actor,
        reason: str = "",
        given: Mapping[str, str] | None = None,
        expected_revision: int | None = None,
    ) -> Ticket:
        """Fire a transition.

        `given` is raw text by field, as the transition asks for it and takes it.

        Raises:
            MalformedError: unknown trigger, or a field that cannot be read.
            RefusedError: every reason against the move, missing fields among them.
            ConflictError: the ticket has changed since `expected_revision`.
        """
        return self.desk.change(
            ticket_no,
            self.desk.act(actor, reason),
            trigger,
            lambda case: self._moved(case, trigger, given),
            expected_revision=expected_revision,
        )

    def suspend(
        self,
        ticket_no: str,
        cause: PauseCause,
        *,
        evidence: str,
        actor: Actor,
        expected_revision: int | None = None,
    ) -> Ticket:
        """Stop the company's clocks for one of the two causes, with evidence (R-2.4)."""
        return self.desk.change(
            ticket_no,
            self.desk.act(actor),
            Action.SUSPEND,
            lambda case: suspensions.suspend(
                case.ticket, case.definition, cause, remark(evidence, "evidence"), case.act
            ),
            expected_revision=expected_revision,
        )

    def resume(
        self, ticket_no: str, *, actor: Actor, expected_revision: int | None = None
    ) -> Ticket:
        """Let the clocks run again (R-2.4)."""
        return self.desk.change(
            ticket_no,
            self.desk.act(actor),
            Action.RESUME,
            lambda case: suspensions.resume(
                case.ticket, case.definition, case.calendar, at=case.act.at
            ),
            expected_revision=expected_revision,
        )

    def assign_managers(
        self,
        ticket_no: str,
        pair: ManagerPair,
        *,
        actor: Actor,
        reason: str = "",
        expected_revision: int | None = None,
    ) -> Ticket:
        """Name or replace the two managers; both must be active people of that role (R-6.1)."""
        act = self.desk.act(actor, reason)
        with self.desk.database.writing() as work:
            ticket = self.desk.change_in(
                work,
                ticket_no,
                act,
                Action.ASSIGN_MANAGERS,
                lambda case: assigned(work, case, pair),
                expected_revision=expected_revision,
            )
            work.commit()
        return ticket

    def extend_boundary(
        self,
        ticket_no: str,
        *,
        reason: str,
        actor: Actor,
        expected_revision: int | None = None,
    ) -> Ticket:
        """Decide on an extended investment boundary, before the plan is confirmed (R-4.3)."""
        return self.desk.change(
            ticket_no,
            self.desk.act(actor, reason),
            Action.EXTEND_BOUNDARY,
            lambda case: amendments.extend_boundary(
                case.ticket, case.definition, reason=case.act.reason
            ),
            expected_revision=expected_revision,
        )

    # --- parts of the above --------------------------------------------------------------------

    def _classified(self, work: Work, form: ApplicationForm, act: Act) -> Case:
        """A new ticket with its number, its definition and why it is that one (R-4.4)."""
        authorize(act.actor, Action.SUBMIT, branch=form.branch)
        application = form.application
        facts = ConnectionFacts.from_application(application)
        classification = classify(facts, local_date(act.at), self.policy())
        case = new_case(
            self.desk,
            work,
            classification.definition_id,
            application,
            branch=form.branch,
            act=act,
        )
        boundary = classification.investment_boundary
        ticket = replace(case.ticket, classification=classification, boundary=boundary)
        return replace(case, ticket=ticket)

    def _received(self, work: Work, case: Case, form: ApplicationForm, token: str) -> Ticket:
        """The ticket with the papers that came along, linked to what went before (R-5.2)."""
        restarts = Restarts(window_days=self.settings.restart_window_days)
        ticket, flagged = restarts.linked(work, case.ticket)
        events: list[Event] = [*flagged]
        for kind in form.documents:
            paper = Paper(kind=kind, source=SOURCES[form.application.channel])
            supplied = supply(ticket, case.definition, paper, case.act)
            ticket, events = supplied.ticket, [*events, *supplied.events]
        case = replace(case, ticket=ticket)
        return begin(self.desk, work, case, events=events, token=token)

    def _moved(self, case: Case, trigger: str, given: Mapping[str, str] | None) -> Outcome:
        refuse_outage(case.definition)
        return self._flagged(case, case.fire(trigger, given))

    def _flagged(self, case: Case, outcome: Outcome) -> Outcome:
        """A ticket that reached its end too fast is flagged in the same entry (R-5.3)."""
        return flagged_if_fast(
            outcome,
            case.definition,
            case.calendar,
            self.settings.office_hours,
            self.settings.fast_policy,
        )
