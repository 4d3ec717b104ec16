"""Why a ticket may not move to a version, and what its customer would have to agree to (R-10.2)."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from engine.clock_keeping import company_holds
from engine.clocks import CAUSE_NAMES, clock_title
from engine.definition import Checkpoint
from engine.errors import Reason
from engine.soundness.borders import BORDER_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import State, WorkflowDefinition
    from engine.events import TermChange
    from engine.migration.effects import Effects, Governed, PaperChange
    from engine.migration.plan import Circumstances, MigrationPlan
    from engine.ticket import Ticket

CLAUSE = "R-10.2"

# --- what no agreement helps against ------------------------------------------------------------


def misplaced(
    ticket: Ticket, before: WorkflowDefinition, plan: MigrationPlan, target: State | None
) -> Iterator[Reason]:
    """No state takes over, or one in which the ticket's past would not be true any more."""
    state = before.state_by_id[ticket.state]
    if target is None:
        yield Reason(
            code="state_unknown",
            message=f"新版本没有接替“{state.name}”（{state.id}）的状态",
            clause=CLAUSE,
            remedy="请写明由哪个状态接替，或等工单离开该状态后再迁移",
        )
        return
    if target.is_final:
        yield Reason(
            code="ends_ticket",
            message=f"接替“{state.name}”的“{target.name}”是终结状态，迁移不能使工单结束",
            clause=CLAUSE,
            remedy="请对应到尚未终结的状态",
        )
    walked, to_walk = _stages_until(state, before), _stages_until(target, plan.to)
    if [each for each, _ in walked] != [each for each, _ in to_walk]:
        names = ("、".join(name for _, name in each) for each in (walked, to_walk))
        yield Reason(
            code="stages_differ",
            message="客户已经历的环节为{}，新版本中为{}".format(*names),
            clause="R-1.1, R-5.2, 四(一)1",
            remedy="请对应到同一环节的状态，或按原版本办结",
        )
    for border, states in plan.behind.items():
        if border not in ticket.passed_checkpoints and target.id in states:
            yield Reason(
                code="border_skipped",
                message=f"新版本的“{target.name}”已过“{BORDER_NAMES[border]}”，该工单尚未办过",
                clause="R-3.5, 四(二)4",
                remedy="请对应到它之前的状态，或按原版本办过后再迁移",
            )


def _stages_until(state: State, definition: WorkflowDefinition) -> list[tuple[str, str]]:
    """Id and name of the stages up to the one that the state belongs to."""
    earlier = takewhile(lambda stage: stage.id != state.stage, definition.stages)
    return [(each.id, each.name) for each in (*earlier, definition.stage_by_id[state.stage])]


def clocks_against(before: Governed, moved: Governed, around: Circumstances) -> Iterator[Reason]:
    """A clock would stop, or would go on standing still where it may not."""
    at, state = around.act.at, moved.definition.state_by_id[moved.ticket.state]
    held_before = company_holds(before.ticket, before.definition, at)
    holds = company_holds(moved.ticket, moved.definition, at)
    pause, run = before.ticket.open_pause, before.ticket.current_run
    if pause is None:
        if run is not None and run.started_at is not None and held_before and not holds:
            yield Reason(
                code="clock_would_stop",
                message=f"“{state.name}”不计公司时间，迁移会使正在计时的工单停表",
                clause="R-2.4, 附件 注2",
                remedy="请对应到公司办理的状态",
            )
        return
    may_go_on = (
        pause.cause in state.suspendable
        if pause.explicit
        else holds or state.held_by_customer is pause.cause
    )
    if not may_go_on:
        yield Reason(
            code="pause_not_allowed",
            message=f"工单因{CAUSE_NAMES[pause.cause]}停表，“{state.name}”不允许以此停表",
            clause="R-2.4, 附件 注2",
            remedy="请先恢复计时，或对应到允许停表的状态",
        )


def borders_against(after: Governed, effects: Effects) -> Iterator[Reason]:
    """A paper would be asked at a border that lies behind the ticket already."""
    passed = after.ticket.passed_checkpoints
    furthest = max((Checkpoint(each).rank for each in passed), default=-1)
    for each in effects.asked:
        if each.due_after is not None and each.due_after.rank <= furthest:
            yield Reason(
                code="border_passed",
                message=f"新版本要求{each.name}在“{BORDER_NAMES[each.due_after]}”前收齐，"
                "该工单已过此节点而资料未到",
                clause="R-3.5, 四(二)4",
                remedy="请先收齐该资料再迁移，或按原版本办结",
            )


def overdue_at_once(
    effects: Effects, definition: WorkflowDefinition, around: Circumstances
) -> Iterator[Reason]:
    """Nobody is promised a day that has gone by."""
    for each in effects.terms:
        due, was = each.due_after, each.due_before
        if due is None or (was is not None and due >= was):
            continue
        if around.act.at >= around.calendar.end_of_period(due):
            yield Reason(
                code="due_passed",
                message=f"“{clock_title(each.clock, definition)}”将提前到 {due}，该日已过",
                clause="R-10.2, R-6.2",
                remedy="请按原版本办结",
            )


# --- what the customer may agree to -------------------------------------------------------------


def worse_for_customer(effects: Effects, definition: WorkflowDefinition) -> Iterator[Reason]:
    """More time for the company, or more asked of the customer, than was promised."""
    yield from (_later(each, definition) for each in effects.terms if each.is_later)
    yield from (_asked_anew(each) for each in effects.asked)


def _later(term: TermChange, definition: WorkflowDefinition) -> Reason:
    after = "不限时" if term.limit_after is None else f"{term.limit_after} 个工作日"
    dates = f"（最迟由 {term.due_before} 改为 {term.due_after or '无'}）" if term.due_before else ""
    return Reason(
        code="promise_loosened",
        message=f"“{clock_title(term.clock, definition)}”由 {term.limit_before} 个工作日"
        f"放宽为 {after}{dates}",
        clause="R-10.2, R-4.4",
        remedy="须客户同意，请登记同意的依据；否则按原版本办结",
    )


def _asked_anew(paper: PaperChange) -> Reason:
    due = BORDER_NAMES[paper.due_after] if paper.due_after else ""
    if paper.due_before is None:
        message = f"要求客户另交{paper.name}（“{due}”前）"
    else:
        message = f"{paper.name}须提前到“{due}”前交（原为“{BORDER_NAMES[paper.due_before]}”前）"
    return Reason(
        code="paper_asked",
        message=message,
        clause="R-10.2, R-3.4, 四(二)3",
        remedy="须客户同意，请登记同意的依据；否则按原版本办结",
    )
