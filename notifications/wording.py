"""Phrases that several messages share: deadlines, stages, borders of deferred documents.

Dates come from the same clocks as the customer's timetable, so a message never shows another date
than the page (R-6.2). A customer reads stages only, never states (R-1.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.application import ConnectionApplication, ServiceScheme
from engine.calendar import local_date
from engine.clocks import clock_title, run_due_on
from engine.definition import Checkpoint
from engine.documents import KEY, due_checkpoint, outstanding_deferrals

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from engine.clocks import Clock
    from engine.definition import DocumentRequirement, WorkflowDefinition
    from engine.ticket import Ticket
    from notifications.context import PlanContext

LONGEST_REMARK = 60
"""Free text of an operator is cut here, because each further part of a message costs."""

CHECKPOINT_NAMES = {
    Checkpoint.INTAKE: "业务受理",
    Checkpoint.PLAN_CONFIRMATION: "安排施工",
    Checkpoint.COMPLETION: "竣工检验",
    Checkpoint.ENERGIZATION: "装表接电",
}

SCHEME_LEAFLETS = {
    ServiceScheme.THREE_ZERO: "您享受零上门、零审批、零投资的“三零”服务",
    ServiceScheme.THREE_SAVING: "您享受更省力、更省时、更省钱的“三省”服务",
    ServiceScheme.STANDARD: "",
}


SCHEME_NAMES = {
    ServiceScheme.THREE_ZERO: "三零",
    ServiceScheme.THREE_SAVING: "三省",
    ServiceScheme.STANDARD: "普通",
}


def service_name(ticket: Ticket, definition: WorkflowDefinition) -> str:
    """What the customer has applied for."""
    return "用电" if isinstance(ticket.request, ConnectionApplication) else definition.name


def stage_promise(ticket: Ticket, context: PlanContext) -> dict[str, str]:
    """Parameters `stage`, `limit` and `due` of the current stage; empty where there is none."""
    run, definition = ticket.current_run, context.definition
    if run is None:
        return {"stage": "", "limit": "", "due": ""}
    stage = definition.stage_by_id[run.stage_id]
    due_day = run_due_on(run, definition, context.calendar)
    if due_day is not None and run.started_at is not None:
        provisional = context.calendar.is_provisional(local_date(run.started_at), due_day)
        due = until(due_day, provisional=provisional)
    else:
        due = "" if stage.limit.days is None else _counted_from(ticket, definition)
    limit = "" if stage.limit.days is None else f"{stage.limit.days} 个工作日内"
    return {"stage": stage.name, "limit": limit, "due": due}


def until(due_on: date | None, *, provisional: bool) -> str:
    """The last day of a limit; a date that reaches into an unknown year says so (R-2.3)."""
    if due_on is None:
        return ""
    return f"{due_on} 前{'（暂定）' if provisional else ''}"


def earlier_promise(before: Ticket | None, after: Ticket) -> str:
    """The due date that was told last, if the one of `after` is another; else empty (R-6.2)."""
    if before is None or before.current_run is None or after.current_run is None:
        return ""
    told, now = before.current_run.promises, after.current_run.promises
    if not told or not now or told[-1].due_on == now[-1].due_on:
        return ""
    return str(told[-1].due_on)


def deferred_documents(ticket: Ticket, context: PlanContext) -> dict[str, str]:
    """Parameters `deferred` and `deferred_until` of what is deferred and still out (四(二)4)."""
    lacking = outstanding_deferrals(context.definition, ticket, local_date(context.at))
    return deferral(lacking, ticket, context.definition)


def deferral(
    lacking: tuple[DocumentRequirement, ...], ticket: Ticket, definition: WorkflowDefinition
) -> dict[str, str]:
    """Parameters `deferred` and `deferred_until` of these documents; empty if there are none."""
    if not lacking:
        return {"deferred": "", "deferred_until": ""}
    borders = (due_checkpoint(each, definition, ticket) for each in lacking)
    border = min(borders, key=lambda checkpoint: checkpoint.rank)
    return {
        "deferred": listed(each.name for each in lacking),
        "deferred_until": border_name(border, definition),
    }


def border_name(checkpoint: Checkpoint, definition: WorkflowDefinition) -> str:
    """The border as the customer knows it: the stage that ends there, if one does (Q1)."""
    if checkpoint is Checkpoint.PLAN_CONFIRMATION:
        for each in definition.transitions:
            left = definition.state_by_id[each.source].stage
            ends_stage = left != definition.state_by_id[each.target].stage
            if each.checkpoint is checkpoint and ends_stage:
                return definition.stage_by_id[left].name
    return CHECKPOINT_NAMES[checkpoint]


def clock_name(clock: Clock, definition: WorkflowDefinition) -> str:
    """What a clock measures, in the words of the annex."""
    return clock_title(clock.id, definition)


def listed(names: Iterable[str]) -> str:
    """Names in a row."""
    return "、".join(names)


def remark(text: str) -> str:
    """Free text on one line, without a full stop of its own, cut where it gets too long."""
    line = " ".join(text.split()).rstrip("。.；;，,")
    return line if len(line) <= LONGEST_REMARK else f"{line[: LONGEST_REMARK - 1]}…"


def _counted_from(ticket: Ticket, definition: WorkflowDefinition) -> str:
    """When a clock that stands still will count: in words, as there is no date yet (R-1.2)."""
    awaited = definition.state_by_id[ticket.state].until_received
    if not awaited:
        return "自恢复办理之日起计算"
    if awaited == KEY:
        return "自收到身份证明资料之日起计算"
    name = next(each.name for each in definition.documents if each.id == awaited)
    return f"自收到{name}之日起计算"
