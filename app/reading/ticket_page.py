"""Everything about one ticket that a person or a program may see, ready to be shown.

Masked here, at the border, so the page, the command line and every later interface agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.authorization import ACTION_NAMES, Action, is_permitted
from app.labels import (
    BOUNDARIES,
    CHANNELS,
    CUSTOMER_TYPES,
    FLAGS,
    ID_KINDS,
    SCHEMES,
)
from app.masking import masked_id_number, masked_phone, shown_title
from app.reading.clock_view import ClockView, clock_view, clocks_of, most_urgent
from app.reading.document_view import RequirementView, document_list
from app.reading.field_view import FieldView, details_of, field_views, shown_details
from engine.application import (
    APPLICANT_KINDS,
    AREA_CLASSES,
    ConnectionApplication,
    InvestmentBoundary,
)
from engine.calendar import local_date
from engine.clocks import CAUSE_NAMES
from engine.definition import Checkpoint
from engine.timetable import abandoned_at, timetable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from engine.calendar import WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.errors import Reason
    from engine.machine import Offer
    from engine.ticket import Actor, PauseCause, Ticket
    from engine.timetable import TimetableEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact of the application, with its Chinese name."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionView:
    """A move or another change: possible now, or why not and what to do."""

    key: str
    name: str
    target: str
    target_name: str
    is_allowed: bool
    reason_required: bool
    fields: tuple[FieldView, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerView:
    """One of the two managers; whoever is no longer in office has to be replaced (R-6.1)."""

    role_name: str
    user_id: str
    name: str
    phone: str
    is_in_office: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """One ticket at one moment. Personal data are masked."""

    ticket_no: str
    revision: int
    branch: str
    branch_name: str
    title: str
    phone: str
    definition_name: str
    definition_ref: str
    definition_version: int
    state: str
    state_name: str
    stage_name: str
    is_open: bool
    is_internal: bool
    is_suspended: bool
    pause_note: str
    submitted_at: datetime
    ended_at: datetime | None
    urgent: ClockView
    clocks: tuple[ClockView, ...]
    timetable: tuple[TimetableEntry, ...]
    documents: tuple[RequirementView, ...]
    managers: tuple[ManagerView, ...]
    facts: tuple[Fact, ...]
    reasons: tuple[str, ...]
    flags: tuple[str, ...]
    linked_to: str
    actions: tuple[ActionView, ...]
    permitted: frozenset[str]
    suspend_causes: Mapping[str, str]
    progress_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a ticket is looked at with: its rules, the calendar, the people, the moment.

    `gone` are the people whose accounts are disabled; `targets` what the branch has set itself
    for the stages of this definition, in working days (T3d).
    """

    definition: WorkflowDefinition
    calendar: WorkCalendar
    at: datetime
    names: Mapping[str, str]
    phones: Mapping[str, str]
    branch_name: str
    gone: frozenset[str] = frozenset()
    targets: Mapping[str, int] = field(default_factory=dict)


def ticket_page(
    ticket: Ticket, around: Surroundings, offers: tuple[Offer, ...], actor: Actor
) -> TicketPage:
    """The page of a ticket as `actor` may see it."""
    definition, at = around.definition, around.at
    state = definition.state_by_id[ticket.state]
    given_up_at = abandoned_at(ticket, definition)
    clocks = tuple(
        clock_view(clock, definition, around.calendar, at, given_up_at=given_up_at)
        for clock in clocks_of(ticket, definition, around.targets)
    )
    classification = ticket.classification
    return TicketPage(
        ticket_no=ticket.ticket_no,
        revision=ticket.revision,
        branch=ticket.branch,
        branch_name=around.branch_name,
        title=shown_title(ticket),
        phone=masked_phone(ticket.request.contact.phone),
        definition_name=definition.name,
        definition_ref=ticket.definition_ref,
        definition_version=definition.version,
        state=state.id,
        state_name=state.name,
        stage_name=definition.stage_by_id[state.stage].name,
        is_open=ticket.ended_at is None,
        is_internal=definition.internal,
        is_suspended=ticket.is_suspended,
        pause_note=pause_note(ticket),
        submitted_at=ticket.submitted_at,
        ended_at=ticket.ended_at,
        urgent=most_urgent(clocks),
        clocks=clocks,
        timetable=timetable(ticket, definition, around.calendar, at),
        documents=document_list(ticket, definition, around.names, local_date(at)),
        managers=_managers(ticket, around),
        facts=_facts(ticket, definition),
        reasons=classification.reasons if classification else (),
        flags=tuple(f"{FLAGS[flag.code]}：{flag.note}" for flag in ticket.flags),
        linked_to=ticket.linked_to,
        actions=tuple(_action(offer, ticket, definition) for offer in offers),
        permitted=_permitted(ticket, actor),
        suspend_causes=_suspend_causes(ticket, definition),
    )


def pause_note(ticket: Ticket) -> str:
    """Why the clocks stand still, in words for customers too; empty when they run."""
    pause = ticket.open_pause
    if pause is None:
        return ""
    since = local_date(pause.suspended_at)
    return f"因{CAUSE_NAMES[pause.cause]}，自 {since:%Y-%m-%d} 起暂停计时"


def _managers(ticket: Ticket, around: Surroundings) -> tuple[ManagerView, ...]:
    if ticket.managers is None:
        return ()
    pair = (
        ("项目经理", ticket.managers.project_manager),
        ("客户经理", ticket.managers.account_manager),
    )
    return tuple(
        ManagerView(
            role_name=role,
            user_id=user_id,
            name=around.names.get(user_id, user_id),
            phone=around.phones.get(user_id, ""),
            is_in_office=user_id not in around.gone,
        )
        for role, user_id in pair
    )


def _action(offer: Offer, ticket: Ticket, definition: WorkflowDefinition) -> ActionView:
    transition = offer.transition
    return ActionView(
        key=transition.trigger,
        name=transition.name,
        target=transition.target,
        target_name=definition.state_by_id[transition.target].name,
        is_allowed=offer.is_allowed,
        reason_required=transition.reason_required,
        fields=field_views(offer.asks, offer.takes, details_of(ticket.request)),
        reasons=offer.reasons,
    )


def _permitted(ticket: Ticket, actor: Actor) -> frozenset[str]:
    """Which changes that are not moves this person is offered; the engine still decides."""
    if ticket.ended_at is not None:
        return frozenset()
    possible = {
        action
        for action in ACTION_NAMES
        if is_permitted(actor, action) and not (actor.branch and actor.branch != ticket.branch)
    }
    possible -= {Action.SUSPEND} if ticket.is_suspended else {Action.RESUME}
    confirmed = Checkpoint.PLAN_CONFIRMATION in ticket.passed_checkpoints
    if confirmed or ticket.boundary is InvestmentBoundary.EXTENDED:
        possible -= {Action.EXTEND_BOUNDARY}
    if not isinstance(ticket.request, ConnectionApplication):
        possible -= {Action.EXTEND_BOUNDARY, Action.AMEND}
    return frozenset(str(action) for action in possible)


def _suspend_causes(ticket: Ticket, definition: WorkflowDefinition) -> Mapping[str, str]:
    allowed: tuple[PauseCause, ...] = definition.state_by_id[ticket.state].suspendable
    return {str(cause): CAUSE_NAMES[cause] for cause in allowed}


def _facts(ticket: Ticket, definition: WorkflowDefinition) -> tuple[Fact, ...]:
    request = ticket.request
    if not isinstance(request, ConnectionApplication):
        entered = shown_details(request.details, definition.field_by_id)
        pairs = {"地址": request.address, "供电节点": request.node_id, **dict(entered)}
        return tuple(Fact(name=name, value=value) for name, value in pairs.items() if value)
    classification = ticket.classification
    pairs = {
        "客户类型": CUSTOMER_TYPES[classification.customer_type] if classification else "",
        "适用服务": SCHEMES[classification.service_scheme] if classification else "",
        "投资界面": BOUNDARIES[ticket.boundary],
        "申请人类别": APPLICANT_KINDS[request.applicant_kind],
        ID_KINDS[request.id_kind]: masked_id_number(request.id_number),
        "用电地址": request.address,
        "区域类别": AREA_CLASSES[request.area_class],
        "申请容量": f"{request.requested_capacity_kw} kW",
        "原有容量": f"{request.existing_capacity_kw} kW" if request.existing_capacity_kw else "",
        "要求电压": f"{request.requested_voltage_kv} kV" if request.requested_voltage_kv else "",
        "电源数": f"{request.supply_sources} 路" if request.supply_sources > 1 else "",
        "供电节点": request.node_id,
        "受理渠道": CHANNELS[request.channel],
        "三大攻坚战项目": "是" if request.major_campaign else "",
        "外部编号": request.external_ref,
        "期望送电日期": f"{request.expected_energization_on or ''}",
    }
    return tuple(Fact(name=name, value=value) for name, value in pairs.items() if value)
