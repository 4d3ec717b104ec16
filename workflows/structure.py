"""Whether a definition is a machine that can be run: ends, paths, sums, ladder, citations.

What can be said without knowing the plan's numbers. The walks over the graph assume that every
name leads somewhere (`workflows.references`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from engine.definition import Ending, RungTiming
from workflows.paths import Graph
from workflows.problems import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import TimeLimit, WorkflowDefinition
    from workflows.problems import Path
    from workflows.schema import Draft


def structure_faults(draft: Draft) -> Iterator[Fault]:
    """What is wrong apart from the paths."""
    definition = draft.definition
    yield from _ambiguous(draft)
    yield from _sum_of_limits(definition)
    yield from _citations(definition)
    yield from _documents(definition)
    yield from _ladder(definition)


def path_faults(draft: Draft) -> Iterator[Fault]:
    """What is wrong with the paths; only for drafts whose references resolve."""
    definition = draft.definition
    graph = Graph.of(definition)
    yield from _ends(draft)
    yield from _dead_states(definition, graph)
    yield from _empty_stages(definition)
    yield from _returns(draft)
    yield from _unenforced_documents(definition, graph)


def _ambiguous(draft: Draft) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set()
    for each, path in zip(draft.definition.transitions, draft.transition_paths, strict=True):
        if (each.source, each.trigger) in seen:
            yield Fault(
                code="ambiguous_transition",
                message=f"状态“{each.source}”已有操作“{each.trigger}”，不能有两个去向",
                at=path,
                clause="R-10.4",
                remedy="请另取操作名，或删去其中一个",
            )
        seen.add((each.source, each.trigger))


def _sum_of_limits(definition: WorkflowDefinition) -> Iterator[Fault]:
    """X1: the handling limit is the sum of the stages; one without limit leaves no sum."""
    days = [stage.limit.days for stage in definition.stages]
    known = [each for each in days if each is not None]
    total = sum(known) if len(known) == len(days) else None
    stated = definition.handling_limit.days
    if stated == total:
        return
    parts = "+".join("无" if each is None else str(each) for each in days)
    yield Fault(
        code="sum_of_limits",
        message=f"合计办理时限为 {_shown(stated)}，各环节时限之和为 {parts} = {_shown(total)}",
        at=("handling_limit", "days"),
        clause="R-1, 附件",
        remedy="请使合计等于各环节之和",
    )


def _shown(days: int | None) -> str:
    return "无" if days is None else str(days)


def _citations(definition: WorkflowDefinition) -> Iterator[Fault]:
    limits: list[tuple[Path, TimeLimit]] = [
        *((("stages", at, "limit"), each.limit) for at, each in enumerate(definition.stages)),
        (("handling_limit",), definition.handling_limit),
        (("end_to_end_limit",), definition.end_to_end_limit),
    ]
    for path, limit in limits:
        if limit.days is not None and not limit.clause.strip():
            yield _uncited(path, "时限")
    for index, requirement in enumerate(definition.documents):
        if not requirement.clause.strip():
            yield _uncited(("documents", index), f"资料“{requirement.name}”")
    deferrable = any(each.deferrable for each in definition.documents)
    if deferrable and not definition.deferral_clause.strip():
        yield _uncited(("deferral",), "容缺期限")


def _uncited(path: Path, what: str) -> Fault:
    return Fault(
        code="clause_missing",
        message=f"{what}没有注明依据",
        at=path,
        clause="R-10.3",
        remedy="请以 clause 注明条款，例如 clause: R-1, 附件",
    )


def _documents(definition: WorkflowDefinition) -> Iterator[Fault]:
    for index, requirement in enumerate(definition.documents):
        if requirement.key and requirement.deferrable:
            yield Fault(
                code="key_document_deferrable",
                message=f"“{requirement.name}”是受理所凭的关键资料，不能容缺",
                at=("documents", index, "deferrable"),
                clause="R-3.2, 四(二)4",
                remedy="请删去 deferrable",
            )
    deferrable = {each.id for each in definition.documents if each.deferrable}
    for index, state in enumerate(definition.states):
        if state.until_received in deferrable:
            yield Fault(
                code="clock_waits_for_deferrable",
                message=f"“{state.until_received}”可以容缺，时限不能等它",
                at=("states", index, "until_received"),
                clause="R-1.2, 四(二)4",
                remedy="请改为 key（关键资料），或删去 until_received",
            )


def _ladder(definition: WorkflowDefinition) -> Iterator[Fault]:
    order = list(RungTiming).index
    for index, rung in enumerate(definition.reminders):
        if (rung.timing is RungTiming.BEFORE_CLOSE) is not bool(rung.hours):
            yield Fault(
                code="rung_hours",
                message="hours 用于且仅用于 before_close（下班前几小时）",
                at=("reminders", index),
                clause="R-6.3",
            )
    for index, (before, after) in enumerate(pairwise(definition.reminders), start=1):
        if order(after.timing) < order(before.timing):
            yield Fault(
                code="ladder_order",
                message=f"“{after.id}”须排在“{before.id}”之前，后面的提醒更紧急",
                at=("reminders", index),
                clause="R-6.3",
            )


def _ends(draft: Draft) -> Iterator[Fault]:
    definition = draft.definition
    final = {each.id for each in definition.states if each.is_final}
    for each, path in zip(definition.transitions, draft.transition_paths, strict=True):
        if each.source in final:
            yield Fault(
                code="leaves_final_state",
                message=f"“{each.source}”是终结状态，不能再流转",
                at=path,
                clause="R-10.4",
                remedy="请删去这一流转，或去掉该状态的 ending",
            )
    if not any(each.ending is Ending.COMPLETED for each in definition.states):
        yield Fault(
            code="no_completed_end",
            message="没有办结的终结状态（ending: completed）",
            at=("states",),
            clause="R-10.4",
        )


def _dead_states(definition: WorkflowDefinition, graph: Graph) -> Iterator[Fault]:
    reachable = graph.reachable_from(definition.initial)
    finishing = graph.reaching({each.id for each in definition.states if each.is_final})
    for index, state in enumerate(definition.states):
        if state.id not in reachable:
            yield Fault(
                code="unreachable_state",
                message=f"从“{definition.initial}”出发到不了状态“{state.id}”",
                at=("states", index),
                clause="R-10.4",
                remedy="请补上通往它的流转，或删去该状态",
            )
        if state.id not in finishing:
            yield Fault(
                code="dead_end",
                message=f"状态“{state.id}”到不了任何终结状态",
                at=("states", index),
                clause="R-10.4",
                remedy="请补上离开它的流转，或注明 ending",
            )


def _empty_stages(definition: WorkflowDefinition) -> Iterator[Fault]:
    lived_in = {each.stage for each in definition.states if not each.is_final}
    for index, stage in enumerate(definition.stages):
        if stage.id not in lived_in:
            yield Fault(
                code="empty_stage",
                message=f"环节“{stage.name}”没有任何状态",
                at=("stages", index),
                clause="R-1.1",
                remedy="请删去该环节，或把状态归入它",
            )


def _returns(draft: Draft) -> Iterator[Fault]:
    definition = draft.definition
    order = [stage.id for stage in definition.stages].index
    for each, path in zip(definition.transitions, draft.transition_paths, strict=True):
        source, target = definition.state_by_id[each.source], definition.state_by_id[each.target]
        if not target.is_final and order(target.stage) < order(source.stage):
            yield Fault(
                code="returns_to_earlier_stage",
                message=f"“{each.name}”使工单退回已办完的环节，时限会重新计算",
                at=(*path[:2], "to"),
                clause="R-5.2, 四(一)1",
                remedy="请在本环节内设置返工状态",
            )


def _unenforced_documents(definition: WorkflowDefinition, graph: Graph) -> Iterator[Fault]:
    """R-3.5: whatever a document's border is, every way to the end leads across it."""
    for index, requirement in enumerate(definition.documents):
        deferred = {definition.deferral_extended, definition.deferral_standard}
        borders = deferred if requirement.deferrable else {requirement.due_at}
        for border in sorted(borders):
            around = graph.way_around(border)
            if around:
                yield Fault(
                    code="document_not_enforced",
                    message=f"存在不经过“{border}”即可办结的路径，收不到“{requirement.name}”："
                    f"{' → '.join(around)}",
                    at=("documents", index),
                    clause="R-3.5, 四(二)4",
                    remedy=f"请在该路径上的流转注明 checkpoint: {border}",
                )
