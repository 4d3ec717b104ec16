"""What a version would do to a ticket, in sentences for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.labels import CHECKPOINTS
from engine.clocks import clock_title
from engine.guards import ROLE_NAMES
from engine.migration import MigrationVerdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.definition import WorkflowDefinition
    from engine.events import TermChange
    from engine.migration import Effects, PaperChange

VERDICT_NAMES = {
    MigrationVerdict.MOVES: "可迁移，承诺不变",
    MigrationVerdict.EARLIER: "可迁移，时限提前",
    MigrationVerdict.AGREED: "可迁移，客户已同意",
    MigrationVerdict.NEEDS_AGREEMENT: "须客户同意",
    MigrationVerdict.REFUSED: "不可迁移",
}
"""Chinese names of the verdicts, in the order in which they are counted."""


def counted(totals: Mapping[MigrationVerdict, int]) -> str:
    """How many tickets have which verdict; those that none has are left out."""
    named = (f"{name} {totals[each]}" for each, name in VERDICT_NAMES.items() if totals.get(each))
    return "，".join(named) or "无"


def told(
    effects: Effects, before: WorkflowDefinition, after: WorkflowDefinition, state: str
) -> tuple[str, ...]:
    """Everything that would change for a ticket that stands in `state` now."""
    return tuple(_sentences(effects, before, after, state))


def _sentences(
    effects: Effects, before: WorkflowDefinition, after: WorkflowDefinition, state: str
) -> Iterator[str]:
    if effects.state != state:
        was, now = before.state_by_id[state].name, after.state_by_id[effects.state].name
        yield f"状态由“{was}”（{state}）对应为“{now}”（{effects.state}）"
    yield from (_term(each, after) for each in effects.terms)
    yield from (_asked(each) for each in effects.asked)
    yield from (_dropped(each) for each in effects.dropped)
    names = {each.trigger: each.name for each in (*after.transitions, *before.transitions)}
    if effects.moves_gone:
        yield f"不再有操作：{'、'.join(names[each] for each in effects.moves_gone)}"
    if effects.moves_new:
        yield f"新增操作：{'、'.join(names[each] for each in effects.moves_new)}"
    if effects.roles:
        yield f"由{'、'.join(ROLE_NAMES[each] for each in effects.roles)}继续办理"


def _term(term: TermChange, definition: WorkflowDefinition) -> str:
    parts = []
    if term.limit_before != term.limit_after:
        parts.append(f"由 {_days(term.limit_before)}改为 {_days(term.limit_after)}")
    if term.due_before != term.due_after:
        parts.append(f"最迟由 {term.due_before or '未定'} 改为 {term.due_after or '未定'}")
    if term.runs_before != term.runs_after:
        parts.append("开始计时" if term.runs_after else "停止计时")
    return f"{clock_title(term.clock, definition)}{'，'.join(parts)}"


def _days(limit: int | None) -> str:
    return "不限时" if limit is None else f"{limit} 个工作日"


def _asked(paper: PaperChange) -> str:
    due = CHECKPOINTS[paper.due_after] if paper.due_after else ""
    if paper.due_before is None:
        return f"新增要求{paper.name}（{due}）"
    return f"{paper.name}由{CHECKPOINTS[paper.due_before]}提前到{due}"


def _dropped(paper: PaperChange) -> str:
    if paper.due_after is None:
        return f"不再要求{paper.name}"
    was = CHECKPOINTS[paper.due_before] if paper.due_before else ""
    return f"{paper.name}由{was}推迟到{CHECKPOINTS[paper.due_after]}"
