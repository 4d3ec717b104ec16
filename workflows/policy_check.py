"""Holds a definition against the caps of the plan (R-1, R-3.1, R-10.3, 四(二)3, 附件).

Always allowed is what is better for the customer: shorter limits, fewer documents, more ways to
satisfy one. The numbers stand in `policy/caps.yaml`, not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.policy_documents import document_faults
from workflows.policy_fields import field_faults
from workflows.problems import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import WorkflowDefinition
    from workflows.caps import Caps, DefinitionCap
    from workflows.problems import Path
    from workflows.schema import Draft


def policy_faults(draft: Draft, caps: Caps) -> Iterator[Fault]:
    """Everything in which the definition asks more, or takes longer, than the plan allows."""
    definition = draft.definition
    yield from _forbidden_words(draft, caps)
    yield from document_faults(definition, caps)
    yield from field_faults(definition, caps)
    cap = caps.of(definition.id)
    if cap is None:
        yield from _never_begun(definition, caps)
        return
    yield from _stages(definition, cap, caps.stages_clause)
    yield from _limits(definition, cap, caps.limits_clause)
    if definition.end_to_end_from != (cap.end_to_end_from or ""):
        yield Fault(
            code="end_to_end_start",
            message="全过程时间须从"
            + (f"状态“{cap.end_to_end_from}”" if cap.end_to_end_from else "报装申请")
            + "起算",
            at=("end_to_end_from",),
            clause=caps.limits_clause,
            remedy=f"请注明 end_to_end_from: {cap.end_to_end_from}"
            if cap.end_to_end_from
            else "请删去 end_to_end_from",
        )


def _never_begun(definition: WorkflowDefinition, caps: Caps) -> Iterator[Fault]:
    """A process of applications that no customer is classified into: no ticket could follow it.

    With a key document its tickets begin with an application, and nobody may open them otherwise.
    """
    if not any(each.key for each in definition.documents):
        return
    known = "、".join(each.id for each in caps.definitions)
    yield Fault(
        code="never_begun",
        message=f"没有哪一类用电申请适用流程“{definition.id}”，发布后不会有工单使用",
        at=("id",),
        clause=caps.stages_clause,
        remedy=f"用电申请适用的流程：{known}；不由申请发起的业务，请去掉关键资料的标记（key）",
    )


def _forbidden_words(draft: Draft, caps: Caps) -> Iterator[Fault]:
    found = draft.definition.id
    rules = [each for each in caps.forbidden_words if found in each.only or not each.only]
    for path, name in _names(draft):
        for rule in rules:
            for word in rule.words:
                if word in name:
                    yield Fault(
                        code="forbidden_word",
                        message=f"“{name}”：不得{rule.demand}{word}",
                        at=path,
                        clause=rule.clause,
                        remedy="请删去",
                    )


def _names(draft: Draft) -> Iterator[tuple[Path, str]]:
    definition = draft.definition
    for index, stage in enumerate(definition.stages):
        yield ("stages", index, "name"), stage.name
    for index, state in enumerate(definition.states):
        yield ("states", index, "name"), state.name
    for kind, name in definition.document_names.items():
        yield ("document_names", kind), name
    for index, requirement in enumerate(definition.documents):
        yield ("documents", index, "name"), requirement.name
    for path, transition in zip(draft.transition_paths, definition.transitions, strict=True):
        yield (*path[:2], "name"), transition.name
    for index, each in enumerate(definition.fields):
        yield ("fields", index, "name"), each.name
        for value, name in each.choices.items():
            yield ("fields", index, "choices", value), name


def _stages(definition: WorkflowDefinition, cap: DefinitionCap, clause: str) -> Iterator[Fault]:
    allowed = {stage.id: stage for stage in cap.stages}
    all_names = "、".join(stage.name for stage in cap.stages)
    found = [stage.id for stage in definition.stages]
    for index, stage in enumerate(definition.stages):
        expected = allowed.get(stage.id)
        if expected is None:
            yield Fault(
                code="stage_not_allowed",
                message=f"不得增设环节“{stage.name}”：{cap.customers}的环节只有{all_names}",
                at=("stages", index),
                clause=clause,
                remedy="请删去，或改为环节内部的状态",
            )
        elif stage.name != expected.name:
            yield Fault(
                code="stage_renamed",
                message=f"环节 {stage.id} 应称“{expected.name}”，现为“{stage.name}”",
                at=("stages", index, "name"),
                clause=clause,
                remedy=f"请改回“{expected.name}”",
            )
    missing = [stage.name for stage in cap.stages if stage.id not in found]
    if missing:
        yield Fault(
            code="stage_missing",
            message=f"缺少环节“{'、'.join(missing)}”：{cap.customers}的环节为{all_names}",
            at=("stages",),
            clause=clause,
            remedy="请补上，并把状态归入它",
        )
    expected_order = [stage.id for stage in cap.stages if stage.id in found]
    if [each for each in found if each in allowed] != expected_order:
        yield Fault(
            code="stage_order",
            message=f"环节的次序应为{all_names}",
            at=("stages",),
            clause=clause,
            remedy="请按此次序排列",
        )


def _limits(definition: WorkflowDefinition, cap: DefinitionCap, clause: str) -> Iterator[Fault]:
    longest = {stage.id: stage.limit_days for stage in cap.stages}
    rows: list[tuple[Path, str, int | None, int | None]] = [
        (("stages", at, "limit", "days"), each.name, each.limit.days, longest.get(each.id))
        for at, each in enumerate(definition.stages)
    ]
    handling, whole = definition.handling_limit.days, definition.end_to_end_limit.days
    rows += [
        (("handling_limit", "days"), "合计办理时间", handling, cap.handling_limit_days),
        (("end_to_end_limit", "days"), "全过程时间", whole, cap.end_to_end_limit_days),
    ]
    for path, what, found, allowed in rows:
        if allowed is not None and (found is None or found > allowed):
            shown = "未设时限" if found is None else f"为 {found} 个工作日"
            yield Fault(
                code="limit_above_plan",
                message=f"“{what}”{shown}，{cap.customers}不得超过 {allowed} 个工作日",
                at=path,
                clause=clause,
                remedy=f"请改为 {allowed} 或更短",
            )
