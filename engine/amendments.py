"""Changes to a ticket that are not moves: corrections, the extended boundary, the managers.

No clock is touched by any of them (R-5.1b): limits may change with the definition, starts never.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.application import ConnectionApplication, InvestmentBoundary
from engine.clock_keeping import keep_clocks
from engine.definition import Checkpoint
from engine.documents import refuse_if_ended
from engine.errors import Reason, RefusedError
from engine.events import (
    ApplicationAmended,
    BoundaryExtended,
    Event,
    ManagersAssigned,
    Outcome,
    TicketFlagged,
    TicketReclassified,
)
from engine.managers import same_person
from engine.ticket import Flag, FlagCode, ManagerPair, StageRun

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from engine.calendar import WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.ticket import Act, Classification, Ticket

AMENDABLE = {
    "name": "户名",
    "phone": "联系电话",
    "address": "用电地址",
    "requested_capacity_kw": "申请容量",
    "expected_energization_on": "期望送电日期",
}
"""What may be corrected on an open ticket (R-5.1b), with the Chinese names of the fields."""


def assign_managers(
    ticket: Ticket, definition: WorkflowDefinition, pair: ManagerPair, *, reason: str = ""
) -> Outcome:
    """Name or replace the manager pair; the history stays in the ledger (T2a).

    Raises:
        RefusedError: one person for both, or a replacement without a reason.
    """
    refuse_if_ended(ticket, definition)
    reasons = [*same_person(pair)]
    if ticket.managers is not None and not reason.strip():
        reasons.append(_reason_missing("更换双经理"))
    if ticket.managers == pair:
        reasons.append(Reason(code="unchanged", message="双经理没有变化"))
    if reasons:
        raise RefusedError(reasons)
    assigned = ManagersAssigned(before=ticket.managers, after=pair, reason=reason.strip())
    return Outcome(ticket=replace(ticket, managers=pair), events=(assigned,))


def extend_boundary(ticket: Ticket, definition: WorkflowDefinition, *, reason: str) -> Outcome:
    """Decide that the company builds up to the customer's boundary (投资界面延伸, R-4.3).

    Recorded with its reason before the plan is confirmed; never reversed.
    """
    refuse_if_ended(ticket, definition)
    reasons = []
    if ticket.boundary is InvestmentBoundary.EXTENDED:
        reasons.append(
            Reason(code="already_extended", message="投资界面已经延伸", clause="R-4.3, 四(三)2")
        )
    if not isinstance(ticket.request, ConnectionApplication):
        reasons.append(Reason(code="no_boundary", message="此类工单没有投资界面"))
    if Checkpoint.PLAN_CONFIRMATION in ticket.passed_checkpoints:
        reasons.append(
            Reason(
                code="plan_confirmed",
                message="供电方案已经确定，不能再作投资界面延伸的决定",
                clause="R-4.3, 四(三)2",
            )
        )
    if not reason.strip():
        reasons.append(_reason_missing("投资界面延伸"))
    if reasons:
        raise RefusedError(reasons)
    extended = replace(ticket, boundary=InvestmentBoundary.EXTENDED)
    return Outcome(ticket=extended, events=(BoundaryExtended(reason=reason.strip()),))


def amend(
    ticket: Ticket, definition: WorkflowDefinition, corrected: ConnectionApplication, *, reason: str
) -> Outcome:
    """Correct facts of the application; before and after are kept (R-5.1b)."""
    refuse_if_ended(ticket, definition)
    if not isinstance(ticket.request, ConnectionApplication):
        raise RefusedError(Reason(code="not_amendable", message="此类工单没有可更正的申请资料"))
    changes = _changes(ticket.request, corrected)
    reasons = []
    if not changes:
        reasons.append(Reason(code="unchanged", message="没有任何内容需要更正"))
    if _changes_more(ticket.request, corrected):
        reasons.append(
            Reason(
                code="not_amendable",
                message=f"只能更正{'、'.join(AMENDABLE.values())}",
                clause="R-5.1b",
                remedy="其他内容有误的，请中止本工单后重新受理",
            )
        )
    if not reason.strip():
        reasons.append(_reason_missing("更正申请资料"))
    if reasons:
        raise RefusedError(reasons)
    amended = ApplicationAmended(changes=changes, reason=reason.strip())
    return Outcome(ticket=replace(ticket, request=corrected), events=(amended,))


def reclassify(
    ticket: Ticket,
    new_definition: WorkflowDefinition,
    classification: Classification,
    calendar: WorkCalendar,
    act: Act,
) -> Outcome:
    """Move the ticket to the definition that its facts now call for; clocks keep their starts.

    The definitions of connections share their states up to the plan's confirmation, so the ticket
    keeps its state. An extended boundary stays extended (R-4.3).

    Raises:
        RefusedError: ended, or the plan is confirmed and the definition would change (R-4.4).
    """
    refuse_if_ended(ticket, new_definition)
    if classification.definition_id != ticket.definition_id:
        _refuse_late_reclassification(ticket, new_definition)
    extended = InvestmentBoundary.EXTENDED in {ticket.boundary, classification.investment_boundary}
    moved = replace(
        ticket,
        classification=classification,
        boundary=InvestmentBoundary.EXTENDED if extended else InvestmentBoundary.STANDARD,
        definition_id=new_definition.id,
        definition_version=new_definition.version,
        stage_runs=_mapped_runs(ticket, new_definition),
    )
    events: list[Event] = [
        TicketReclassified(
            before=ticket.definition_ref,
            after=moved.definition_ref,
            reasons=classification.reasons,
        )
    ]
    if _leaves_three_zero(ticket, classification):
        note = "更正后不再符合三零条件，投资界面保持延伸，须回访核实是否该延不延"
        flag = Flag(code=FlagCode.BOUNDARY_NOT_EXTENDED, note=note)
        moved = replace(moved, flags=(*moved.flags, flag))
        events.append(TicketFlagged(flag=flag))
    kept = keep_clocks(moved, new_definition, calendar, act, moved=False)
    return Outcome(ticket=kept.ticket, events=(*events, *kept.events))


def _leaves_three_zero(ticket: Ticket, classification: Classification) -> bool:
    """The rule had extended the boundary and does not any more (该延不延, R-4.4)."""
    before, after = ticket.classification, classification
    return (
        before is not None
        and before.investment_boundary is InvestmentBoundary.EXTENDED
        and after.investment_boundary is InvestmentBoundary.STANDARD
    )


def _mapped_runs(ticket: Ticket, new_definition: WorkflowDefinition) -> tuple[StageRun, ...]:
    """Runs keep starts and pauses; the current one takes the stage its state has now."""
    if not ticket.stage_runs:
        return ()
    *earlier, current = ticket.stage_runs
    known = tuple(run for run in earlier if run.stage_id in new_definition.stage_by_id)
    stage = new_definition.state_by_id[ticket.state].stage
    return (*known, replace(current, stage_id=stage))


def _refuse_late_reclassification(ticket: Ticket, new_definition: WorkflowDefinition) -> None:
    passed = Checkpoint.PLAN_CONFIRMATION in ticket.passed_checkpoints
    if passed or ticket.state not in new_definition.state_by_id:
        raise RefusedError(
            Reason(
                code="plan_confirmed",
                message=f"更正后应适用“{new_definition.name}”，但供电方案已经确定，不能改变流程",
                clause="R-4.4, R-5.1b",
                remedy="请按原方案办结，新增容量另行申请",
            )
        )


def _changes(
    before: ConnectionApplication, after: ConnectionApplication
) -> dict[str, tuple[str, str]]:
    facts: dict[str, tuple[str | Decimal | date, str | Decimal | date]] = {
        "name": (before.contact.name, after.contact.name),
        "phone": (before.contact.phone, after.contact.phone),
        "address": (before.address, after.address),
        "requested_capacity_kw": (before.requested_capacity_kw, after.requested_capacity_kw),
        "expected_energization_on": (
            before.expected_energization_on or "",
            after.expected_energization_on or "",
        ),
    }
    return {field: (str(was), str(now)) for field, (was, now) in facts.items() if was != now}


def _changes_more(before: ConnectionApplication, after: ConnectionApplication) -> bool:
    """Whether `after` differs in anything that leaves no trace in `_changes`."""
    contact = replace(before.contact, name=after.contact.name, phone=after.contact.phone)
    amended = replace(
        before,
        contact=contact,
        address=after.address,
        requested_capacity_kw=after.requested_capacity_kw,
        expected_energization_on=after.expected_energization_on,
    )
    return amended != after


def _reason_missing(what: str) -> Reason:
    return Reason(
        code="reason_missing",
        field="reason",
        message=f"{what}必须说明原因",
        clause="R-5.4",
        remedy="请填写原因",
    )
