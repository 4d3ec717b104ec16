"""From what has happened to a ticket to who is told what (R-6.2, 四(一)2). Pure.

The customer hears of every new stage with its limit and date, of clocks that stop or run again,
of papers, corrections and the end. The managers hear that a ticket is theirs. Events that mean
one fact to the reader make one message: a stage that begins with its clock, an end and its move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.application import ConnectionApplication
from engine.calendar import local_date
from engine.clocks import CAUSE_NAMES
from engine.definition import Checkpoint, Ending
from engine.documents import document_name, requirements, satisfying
from engine.events import (
    ApplicationAmended,
    BoundaryExtended,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DocumentRejected,
    DocumentVerified,
    FactsRecorded,
    ManagersAssigned,
    PromiseChanged,
    TicketMigrated,
    TicketMoved,
    TicketReclassified,
    TicketSubmitted,
)
from engine.guards import ROLE_NAMES
from engine.ticket import Role
from notifications.change import Change
from notifications.context import (
    Notice,
    PlanContext,
    address,
    customer_of,
    staff_member,
    told_instead,
)
from notifications.corrections import (
    amended,
    managers_changed,
    migrated,
    promise_changed,
    reclassified,
    reinstated,
    to_former_number,
)
from notifications.wording import (
    SCHEME_LEAFLETS,
    deferred_documents,
    listed,
    remark,
    service_name,
    stage_promise,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.events import Outcome
    from engine.ticket import ManagerPair, Ticket
    from notifications.message import Message


TOLD_TOPICS = {
    "restricted_supply": "restricted_supply_planned",
    "restricted_supply_whole": "restricted_supply_whole",
}
"""Which of the recorded facts the customer is told, and by which template."""


def plan(before: Ticket | None, outcome: Outcome, context: PlanContext) -> tuple[Message, ...]:
    """The messages that an outcome causes, to be stored in the same transaction.

    Args:
        before: the ticket as it was; None for one that is new.
        outcome: the ticket as the engine hands it back, before storage counts its revision up.
        context: its `definition` is the one that governs the ticket now.
    """
    change = Change(before=before, outcome=outcome, context=context)
    ticket_no, customer = outcome.ticket.ticket_no, customer_of(outcome.ticket)
    messages = [
        address(notice, customer, ticket_no, context) for notice in _customer_notices(change)
    ]
    assigned: ManagersAssigned | None = outcome.first(ManagersAssigned)
    if assigned is not None:
        messages.extend(_to_managers(assigned.after, change))
    messages.extend(to_former_number(change))
    return tuple(messages)


def _customer_notices(change: Change) -> list[Notice]:
    if change.context.definition.internal:
        return []
    tellings = (
        _TELLERS[type(event)](event, change)
        for event in change.outcome.events
        if type(event) in _TELLERS
    )
    return [notice for notice in tellings if notice is not None]


def _submitted(event: TicketSubmitted, change: Change) -> Notice:
    ticket, definition = change.after, change.context.definition
    service = service_name(ticket, definition)
    if not event.missing:
        promise = stage_promise(ticket, change.context)
        return change.notice("application_received", service=service, **promise)
    lacking = [
        each
        for each in requirements(definition, ticket)
        if each.due_at is Checkpoint.INTAKE
        and satisfying(each, ticket, local_date(change.context.at)) is None
    ]
    return change.notice(
        "deficiency_notice",
        service=service,
        missing=listed(each.name for each in lacking if each.id in event.missing),
        later=listed(each.name for each in lacking if each.deferrable),
    )


def _moved(event: TicketMoved, change: Change) -> Notice | None:
    ticket, definition = change.after, change.context.definition
    ending = definition.state_by_id[event.target].ending
    if ending is Ending.ABORTED:
        return change.notice("ticket_aborted", reason=remark(event.reason))
    if ending is Ending.COMPLETED:
        is_connection = isinstance(ticket.request, ConnectionApplication)
        return change.notice("energized", outcome="已装表接电" if is_connection else "已办结")
    if change.has_passed(Checkpoint.INTAKE):
        return _accepted(change)
    if event.stage_entered:
        ended = definition.stage_by_id.get(event.stage_ended)
        promise = stage_promise(ticket, change.context)
        return change.notice("next_stage", done=ended.name if ended else "", **promise)
    if event.reason and change.outcome.first(ClockStopped):
        stage = definition.stage_by_id[definition.state_by_id[event.target].stage]
        return change.notice("inspection_failed", stage=stage.name, reason=remark(event.reason))
    return None


def _accepted(change: Change) -> Notice:
    ticket, context = change.after, change.context
    pair, kind = ticket.managers, ticket.classification
    scheme = SCHEME_LEAFLETS[kind.service_scheme] if kind is not None else ""
    link = f"办电政策：{context.leaflet} " if context.leaflet else ""
    return change.notice(
        "application_accepted",
        **stage_promise(ticket, context),
        **deferred_documents(ticket, context),
        project_manager=context.name_of(pair.project_manager) if pair else "",
        account_manager=context.name_of(pair.account_manager) if pair else "",
        leaflet="，".join(part for part in (scheme, link) if part),
    )


def _clock_started(_event: ClockStarted, change: Change) -> Notice | None:
    moved: TicketMoved | None = change.outcome.first(TicketMoved)
    if change.outcome.first(TicketSubmitted) or moved is not None:
        return None
    return change.notice("stage_started", **stage_promise(change.after, change.context))


def _clock_stopped(event: ClockStopped, change: Change) -> Notice | None:
    moved: TicketMoved | None = change.outcome.first(TicketMoved)
    if moved is not None and moved.reason:
        return None
    return change.notice(
        "clock_stopped",
        stage=stage_promise(change.after, change.context)["stage"],
        cause=CAUSE_NAMES[event.cause],
        evidence=remark(event.evidence),
        stopped_on=f"{local_date(change.context.at):%Y-%m-%d}",
    )


def _clock_resumed(event: ClockResumed, change: Change) -> Notice:
    dates = change.dates()
    if event.due_on is not None and event.due_on < local_date(change.context.at):
        dates["due"] = f"原定 {event.due_on:%Y-%m-%d} 前，现已超期，将尽快"
    return change.notice("clock_resumed", **dates)


def _document_rejected(event: DocumentRejected, change: Change) -> Notice:
    """Asks for another one only where one is asked for, and no other is there (R-3.1)."""
    definition, on = change.context.definition, local_date(change.context.at)
    lacking = [
        each
        for each in requirements(definition, change.after)
        if event.kind in each.any_of and satisfying(each, change.after, on) is None
    ]
    kinds = dict.fromkeys(kind for each in lacking for kind in each.any_of)
    return change.notice(
        "document_rejected",
        document=document_name(event.kind, definition),
        reason=remark(event.reason),
        kinds="或".join(document_name(kind, definition) for kind in kinds),
    )


def _boundary_extended(_event: BoundaryExtended, change: Change) -> Notice:
    return change.notice("boundary_extended", **deferred_documents(change.after, change.context))


def _recorded(event: FactsRecorded, change: Change) -> Notice | None:
    template = TOLD_TOPICS.get(event.topic)
    return None if template is None else change.notice(template, **event.facts)


def _to_managers(pair: ManagerPair, change: Change) -> list[Message]:
    context, ticket = change.context, change.after
    duties = {
        pair.project_manager: ROLE_NAMES[Role.PROJECT_MANAGER],
        pair.account_manager: ROLE_NAMES[Role.ACCOUNT_MANAGER],
    }
    promise = stage_promise(ticket, context)
    others = dict(zip(duties, reversed(duties), strict=True))
    messages = []
    for user_id, absent in told_instead(duties, context).items():
        other = others.get(user_id, "")
        notice = change.notice(
            "manager_assigned",
            duty=duties.get(user_id, ""),
            other_duty=duties.get(other, ""),
            other_name=context.state_of(other) if other else "",
            absent=absent,
            stage=promise["stage"],
            due=promise["due"],
        )
        recipient = staff_member(user_id, context)
        messages.append(address(notice, recipient, ticket.ticket_no, context))
    return messages


_TELLERS: dict[type, Callable[[Any, Change], Notice | None]] = {
    TicketSubmitted: _submitted,
    TicketMoved: _moved,
    ClockStarted: _clock_started,
    ClockStopped: _clock_stopped,
    ClockResumed: _clock_resumed,
    DocumentRejected: _document_rejected,
    DocumentVerified: reinstated,
    BoundaryExtended: _boundary_extended,
    ManagersAssigned: managers_changed,
    ApplicationAmended: amended,
    TicketReclassified: reclassified,
    PromiseChanged: promise_changed,
    TicketMigrated: migrated,
    FactsRecorded: _recorded,
}
"""What the customer is told of; other events mean nothing to a customer."""
