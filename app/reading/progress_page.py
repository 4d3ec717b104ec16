"""What a customer sees of the own application: stages, dates, what to hand in, whom to call.

No sign-in, no internal states (R-1.1), no personal data beyond a masked name: the address of the
page is a long random token that came by message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.labels import CHECKPOINTS, SERVICE_HOTLINE, SUPERVISION_HOTLINE
from app.masking import shown_title
from app.reading.document_view import RequirementView, document_list
from app.reading.ticket_page import pause_note
from engine.calendar import local_date
from engine.definition import Checkpoint
from engine.documents import KEY
from engine.timetable import timetable
from notifications.message import Audience, MessageState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from app.reading.ticket_page import Surroundings
    from engine.definition import Ending, WorkflowDefinition
    from engine.ticket import Ticket
    from engine.timetable import TimetableEntry
    from notifications.message import Message

NEVER_TOLD = frozenset({MessageState.SUPERSEDED, MessageState.EXPIRED, MessageState.CANCELLED})
"""What was overtaken before anybody read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToHandIn:
    """A document that is still to come; `problem` says what was wrong with the last one."""

    name: str
    due_text: str
    problem: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message to the customer, whatever way it was sent and whether or not it arrived."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressPage:
    """The customer's timetable (用电时刻表, R-6.2) and what the customer can do.

    `waits_for` names the paper with whose receipt the company's time begins; empty if it runs.
    `told` is what the customer was told, the newest first.
    """

    ticket_no: str
    name: str
    service_name: str
    submitted_on: date
    timetable: tuple[TimetableEntry, ...]
    to_hand_in: tuple[ToHandIn, ...]
    waits_for: str
    pause_note: str
    ending: Ending | None
    ended_on: date | None
    manager_names: tuple[str, ...]
    branch_name: str
    branch_phone: str
    told: tuple[Told, ...]
    hotline: str = SERVICE_HOTLINE
    supervision_hotline: str = SUPERVISION_HOTLINE


def progress_page(
    ticket: Ticket, around: Surroundings, branch_phone: str, messages: Sequence[Message]
) -> ProgressPage:
    """The customer's view of a ticket at one moment; `messages` are the ticket's, newest first."""
    definition, today = around.definition, local_date(around.at)
    is_open = ticket.ended_at is None
    documents = document_list(ticket, definition, {}, today) if is_open else ()
    outstanding = [each for each in documents if each.is_outstanding]
    pair = ticket.managers
    managers = (pair.account_manager, pair.project_manager) if pair else ()
    return ProgressPage(
        ticket_no=ticket.ticket_no,
        name=shown_title(ticket),
        service_name=definition.name,
        submitted_on=local_date(ticket.submitted_at),
        timetable=timetable(ticket, definition, around.calendar, around.at),
        to_hand_in=tuple(
            ToHandIn(
                name="或".join(each.kinds.values()),
                due_text=_due_text(each, definition),
                problem=each.note,
                clause=each.clause,
            )
            for each in outstanding
        ),
        waits_for=_awaited(ticket, definition, outstanding),
        pause_note=pause_note(ticket),
        ending=definition.state_by_id[ticket.state].ending,
        ended_on=None if ticket.ended_at is None else local_date(ticket.ended_at),
        manager_names=tuple(
            around.names.get(user_id, user_id) for user_id in managers if user_id not in around.gone
        ),
        branch_name=around.branch_name,
        branch_phone=branch_phone,
        told=tuple(_told(messages)),
    )


def _told(messages: Sequence[Message]) -> Iterator[Told]:
    for each in messages:
        if each.audience is Audience.CUSTOMER and each.state not in NEVER_TOLD:
            yield Told(at=each.created_at, text=each.text)


def _due_text(requirement: RequirementView, definition: WorkflowDefinition) -> str:
    """Until when, without naming the internal milestone of the plan as if it were a stage (Q1)."""
    if requirement.due_at is not Checkpoint.PLAN_CONFIRMATION:
        return CHECKPOINTS[requirement.due_at]
    passing = next(each for each in definition.transitions if each.checkpoint is requirement.due_at)
    here = definition.state_by_id[passing.source].stage
    if here == definition.state_by_id[passing.target].stage:
        return "安排施工前"
    return f"{definition.stage_by_id[here].name}前"


def _awaited(
    ticket: Ticket, definition: WorkflowDefinition, outstanding: Sequence[RequirementView]
) -> str:
    awaited = definition.state_by_id[ticket.state].until_received
    kinds = (
        "或".join(each.kinds.values())
        for each in outstanding
        if awaited == each.id or (awaited == KEY and each.is_key)
    )
    return next(kinds, "")
