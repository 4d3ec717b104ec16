"""What people do to a ticket: moves, suspension, managers, boundary, corrections.

Every form carries the revision it was made from. A refusal shows the ticket again, up to date,
with all reasons and what was entered; a success leads to the page by a redirect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from app.people.sessions import SignedIn
from app.web.access import Reader
from app.web.forms import Form, Submitted
from app.web.pages.tickets import ticket_page
from app.web.rendering import see_other
from app.web.serving import application_of
from engine.errors import ConflictError, MalformedError, Reason, RefusedError
from engine.ticket import ManagerPair, PauseCause

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.bootstrap import Application
    from engine.ticket import Actor

router = APIRouter(prefix="/tickets/{ticket_no}")

CORRECTABLE = ("name", "phone", "address", "requested_capacity_kw", "expected_energization_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketForm:
    """A form of a ticket's page, with who sent it."""

    request: Request
    ticket_no: str
    who: SignedIn
    form: Submitted

    @property
    def application(self) -> Application:
        """The running system."""
        return application_of(self.request)

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.who.actor

    def attempt(self, change: Callable[[], object], done: str) -> Response:
        """Try a change; show the ticket with the refusal, or lead to it with the news."""
        try:
            change()
        except (RefusedError, MalformedError, ConflictError) as error:
            return ticket_page(
                self.request, self.ticket_no, self.who, error=error, entered=self.form.fields
            )
        return see_other(f"/tickets/{self.ticket_no}?done={done}")


def ticket_form(request: Request, ticket_no: str, who: Reader, form: Form) -> TicketForm:
    """The form of a request; checked like every other."""
    return TicketForm(request=request, ticket_no=ticket_no, who=who, form=form)


Sent = Annotated[TicketForm, Depends(ticket_form)]


@router.post("/actions/{trigger}")
def advance(trigger: str, sent: Sent) -> Response:
    """Fire a transition, with what it asks to be filled in."""
    return sent.attempt(
        lambda: sent.application.tickets.advance(
            sent.ticket_no,
            trigger,
            actor=sent.actor,
            reason=sent.form.text("reason"),
            given=sent.form.given,
            expected_revision=sent.form.revision,
        ),
        "moved",
    )


@router.post("/suspend")
def suspend(sent: Sent) -> Response:
    """Stop the company's clocks (暂停计时)."""
    return sent.attempt(
        lambda: sent.application.tickets.suspend(
            sent.ticket_no,
            _cause(sent.form),
            evidence=sent.form.text("evidence"),
            actor=sent.actor,
            expected_revision=sent.form.revision,
        ),
        "suspended",
    )


@router.post("/resume")
def resume(sent: Sent) -> Response:
    """Let the clocks run again (恢复)."""
    return sent.attempt(
        lambda: sent.application.tickets.resume(
            sent.ticket_no, actor=sent.actor, expected_revision=sent.form.revision
        ),
        "resumed",
    )


@router.post("/managers")
def assign_managers(sent: Sent) -> Response:
    """Name or replace the manager pair (双经理)."""
    pair = ManagerPair(
        project_manager=sent.form.text("project_manager"),
        account_manager=sent.form.text("account_manager"),
    )
    return sent.attempt(
        lambda: sent.application.tickets.assign_managers(
            sent.ticket_no,
            pair,
            reason=sent.form.text("reason"),
            actor=sent.actor,
            expected_revision=sent.form.revision,
        ),
        "managers",
    )


@router.post("/boundary")
def extend_boundary(sent: Sent) -> Response:
    """Decide on an extended investment boundary."""
    return sent.attempt(
        lambda: sent.application.tickets.extend_boundary(
            sent.ticket_no,
            reason=sent.form.text("reason"),
            actor=sent.actor,
            expected_revision=sent.form.revision,
        ),
        "boundary",
    )


@router.post("/amend")
def amend(sent: Sent) -> Response:
    """Correct facts of the application; fields left empty stay as they are."""
    return sent.attempt(
        lambda: sent.application.amendments.amend(
            sent.ticket_no,
            {name: sent.form.text(name) for name in CORRECTABLE if sent.form.text(name)},
            reason=sent.form.text("reason"),
            actor=sent.actor,
            expected_revision=sent.form.revision,
        ),
        "amended",
    )


@router.post("/contact")
def reveal_contact(sent: Sent) -> Response:
    """Show name and number in full, once; what for is kept in the ledger."""
    queries = sent.application.queries
    try:
        contact = queries.reveal_contact(sent.ticket_no, sent.form.text("reason"), actor=sent.actor)
    except RefusedError as error:
        return ticket_page(sent.request, sent.ticket_no, sent.who, error=error)
    return ticket_page(sent.request, sent.ticket_no, sent.who, contact=contact)


def _cause(form: Submitted) -> PauseCause:
    try:
        return PauseCause(form.text("cause"))
    except ValueError:
        raise MalformedError(
            Reason(
                code="cause_missing",
                field="cause",
                message="请选择暂停计时的原因",
                clause="R-2.4, 附件 注2",
            )
        ) from None
