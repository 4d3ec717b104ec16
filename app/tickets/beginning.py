"""How a ticket begins: its number, its definition, its managers, its first ledger entry."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from app.authorization import Action, authorize, is_permitted, refuse_other_branch
from app.trip.case import Case
from engine.calendar import local_date
from engine.errors import MalformedError, Reason, RefusedError
from engine.events import ManagersAssigned, Outcome
from engine.outage import DEFINITIONS
from engine.ticket import Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.ports.work import Work
    from app.trip.desk import Desk
    from engine.application import ConnectionApplication, ServiceRequest
    from engine.definition import WorkflowDefinition
    from engine.events import Event
    from engine.ticket import Act, Actor


def new_case(  # noqa: PLR0913  (what a ticket is made of)
    desk: Desk,
    work: Work,
    definition_id: str,
    request: ConnectionApplication | ServiceRequest,
    *,
    branch: str,
    act: Act,
) -> Case:
    """A ticket of the definition in force, not kept yet.

    The managers of its service grid are preset where the definition gives them something to do.

    Raises:
        NotFoundError: no such definition is in force.
    """
    machine = desk.definitions.in_force(work, definition_id, act.at)
    is_managed = machine.definition.is_managed
    ticket = Ticket(
        ticket_no=work.tickets.next_number(branch, local_date(act.at)),
        branch=branch,
        definition_id=machine.definition.id,
        definition_version=machine.definition.version,
        request=request,
        state=machine.definition.initial,
        entered_at=act.at,
        submitted_at=act.at,
        managers=work.grid.managers_for(request.node_id, branch) if is_managed else None,
    )
    return Case(
        ticket=ticket,
        machine=machine,
        calendar=desk.calendars.current(work),
        act=act,
        targets=work.grid.branch(branch).targets,
    )


def begin(  # noqa: PLR0913  (what its first entry is made of)
    desk: Desk,
    work: Work,
    case: Case,
    *,
    events: Sequence[Event] = (),
    token: str = "",
    given: Mapping[str, str] | None = None,
) -> Ticket:
    """Keep the case as a new ticket; `events` are what has happened to it before it was submitted.

    `token` makes the address of the progress page, a fresh one unless given; `given` is raw text
    by field of the definition's opening.

    Raises:
        HuodianError: the opening is not the actor's, or a field is missing or wrong.
    """
    submitted = case.machine.submit(case.ticket, case.act, case.calendar, given)
    pair = case.ticket.managers
    if pair is not None:
        events = [*events, ManagersAssigned(before=None, after=pair, reason="按网格预置")]
    outcome = Outcome(ticket=submitted.ticket, events=(*submitted.events, *events))
    return desk.recorder.begin(work, case, outcome, progress_token=token or new_token())


def may_open(definition: WorkflowDefinition, actor: Actor) -> bool:
    """Whether the actor may open tickets of the definition at all."""
    if any(each.key for each in definition.documents) or is_outage(definition):
        return False
    roles = definition.opening.roles
    return not actor.roles.isdisjoint(roles) if roles else is_permitted(actor, Action.SUBMIT)


def refuse_opening(definition: WorkflowDefinition, act: Act, branch: str) -> None:
    """Refuse whoever may not open such a ticket there; the engine sees to roles of its own.

    Raises:
        MalformedError: tickets of the definition begin with an application.
        RefusedError: it is an outage's, no role of the actor allows it, or it is another branch's.
    """
    if any(each.key for each in definition.documents):
        raise MalformedError(
            Reason(
                code="needs_application",
                field="definition",
                message=f"“{definition.name}”须由用电申请发起",
                remedy="请用 huodian ticket submit 或营业厅受理页面",
            )
        )
    refuse_outage(definition)
    if definition.opening.roles:
        refuse_other_branch(act.actor, branch)
    else:
        authorize(act.actor, Action.SUBMIT, branch=branch)


def is_outage(definition: WorkflowDefinition) -> bool:
    """Whether its tickets are outages, which have a desk of their own."""
    return definition.id in DEFINITIONS.values()


def refuse_outage(definition: WorkflowDefinition) -> None:
    """Refuse to open or move the ticket of an outage by itself: whom it concerns would not know.

    Raises:
        RefusedError: it is one.
    """
    if is_outage(definition):
        raise RefusedError(
            Reason(
                code="outage_desk",
                message=f"“{definition.name}”须在停电台办理，以便同时通知受影响的用户",
                clause="R-7.2, 四(四)4",
                remedy="请用 huodian outage 或“停电”页面",
            )
        )


def new_token() -> str:
    """What makes the address of a customer's progress page unguessable: 192 random bits."""
    return secrets.token_urlsafe(24)
