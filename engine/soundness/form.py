"""What is wrong with a definition before anybody takes a step: sums, ladder, ends, roles."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from engine.definition import Checkpoint, Ending, FieldKind, RungTiming
from engine.soundness.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import (
        DocumentRequirement,
        Field,
        Opening,
        Transition,
        WorkflowDefinition,
    )
    from engine.soundness.finding import Place


def malformed(definition: WorkflowDefinition) -> Iterator[Finding]:
    """Everything that is seen without walking; also where names lead nowhere."""
    yield from _ambiguous(definition)
    yield from _nobody(definition)
    yield from _sum_of_limits(definition)
    yield from _ladder(definition)
    yield from _documents(definition)
    yield from _fields(definition)


def ends(definition: WorkflowDefinition) -> Iterator[Finding]:
    """Whether tickets end, only once, and not before they begin; for resolved names."""
    for index, each in enumerate(definition.transitions):
        if definition.state_by_id[each.source].is_final:
            yield Finding(
                code="leaves_final_state",
                message=f"“{each.source}”是终结状态，不能再流转",
                subject=each.trigger,
                at=("transitions", index, "from"),
                remedy="请删去这一流转，或去掉该状态的 ending",
            )
    if definition.state_by_id[definition.initial].is_final:
        yield Finding(
            code="initial_is_final",
            message=f"工单一提交就终结于“{definition.initial}”",
            subject=definition.initial,
            at=("initial",),
            remedy="请从一个未终结的状态开始",
        )
    if not any(each.ending is Ending.COMPLETED for each in definition.states):
        yield Finding(
            code="no_completed_end",
            message="没有办结的终结状态（ending: completed）",
            subject=definition.id,
            at=("states",),
            remedy="请为办结的状态注明 ending: completed",
        )
    lived_in = {each.stage for each in definition.states if not each.is_final}
    for index, stage in enumerate(definition.stages):
        if stage.id not in lived_in:
            yield Finding(
                code="empty_stage",
                message=f"环节“{stage.name}”没有任何状态",
                subject=stage.id,
                at=("stages", index),
                clause="R-1.1, 四(二)3",
                remedy="请删去该环节，或把状态归入它",
            )


def _ambiguous(definition: WorkflowDefinition) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for index, each in enumerate(definition.transitions):
        if (each.source, each.trigger) in seen:
            yield Finding(
                code="ambiguous_transition",
                message=f"状态“{each.source}”已有操作“{each.trigger}”，不能有两个去向",
                subject=each.trigger,
                at=("transitions", index, "from"),
                remedy="请另取操作名，或删去其中一个",
            )
        seen.add((each.source, each.trigger))


def _nobody(definition: WorkflowDefinition) -> Iterator[Finding]:
    for index, each in enumerate(definition.transitions):
        if not each.roles:
            yield Finding(
                code="nobody_may_fire",
                message=f"“{each.name}”没有任何人可以办理",
                subject=each.trigger,
                at=("transitions", index, "roles"),
                remedy="请注明 roles",
            )


def _sum_of_limits(definition: WorkflowDefinition) -> Iterator[Finding]:
    """X1: the handling limit is the sum of the stages; one without limit leaves no sum."""
    days = [stage.limit.days for stage in definition.stages]
    known = [each for each in days if each is not None]
    total = sum(known) if len(known) == len(days) else None
    stated = definition.handling_limit.days
    if stated == total:
        return
    parts = "+".join(_shown(each) for each in days)
    yield Finding(
        code="sum_of_limits",
        message=f"合计办理时限为 {_shown(stated)}，各环节时限之和为 {parts} = {_shown(total)}",
        subject="handling_limit",
        at=("handling_limit", "days"),
        clause="R-1, 附件",
        remedy="请使合计等于各环节之和",
    )


def _shown(days: int | None) -> str:
    return "无" if days is None else str(days)


def _ladder(definition: WorkflowDefinition) -> Iterator[Finding]:
    order = list(RungTiming).index
    for index, rung in enumerate(definition.reminders):
        if (rung.timing is RungTiming.BEFORE_CLOSE) is not bool(rung.hours):
            yield Finding(
                code="rung_hours",
                message="hours 用于且仅用于 before_close（下班前几小时）",
                subject=rung.id,
                at=("reminders", index),
                clause="R-6.3",
                remedy="请为 before_close 注明 hours，其他各级不注明",
            )
    for index, (before, after) in enumerate(pairwise(definition.reminders), start=1):
        if order(after.timing) < order(before.timing):
            yield Finding(
                code="ladder_order",
                message=f"“{after.id}”须排在“{before.id}”之前，后面的提醒更紧急",
                subject=after.id,
                at=("reminders", index),
                clause="R-6.3",
                remedy="请按 half_left、last_day、before_close、overdue、overdue_daily 排列",
            )


def _documents(definition: WorkflowDefinition) -> Iterator[Finding]:
    for index, each in enumerate(definition.documents):
        yield from _deferral(each, index)
    deferrable = {each.id for each in definition.documents if each.deferrable}
    for index, state in enumerate(definition.states):
        if state.until_received in deferrable:
            yield Finding(
                code="clock_waits_for_deferrable",
                message=f"“{state.until_received}”可以容缺，时限不能等它",
                subject=state.id,
                at=("states", index, "until_received"),
                clause="R-1.2, 四(二)4",
                remedy="请改为 key（关键资料），或删去 until_received",
            )


def _deferral(requirement: DocumentRequirement, index: int) -> Iterator[Finding]:
    """Deferred is what would be due at intake and may follow; nothing else (R-3.2, R-3.4)."""
    if requirement.key and requirement.deferrable:
        yield Finding(
            code="key_document_deferrable",
            message=f"“{requirement.name}”是受理所凭的关键资料，不能容缺",
            subject=requirement.id,
            at=("documents", index, "deferrable"),
            clause="R-3.2, 四(二)4",
            remedy="请删去 deferrable",
        )
    if requirement.deferrable and requirement.due_at is not Checkpoint.INTAKE:
        yield Finding(
            code="document_not_deferrable",
            message=f"“{requirement.name}”不在受理时收取，不能容缺",
            subject=requirement.id,
            at=("documents", index, "deferrable"),
            clause="R-3.4, 四(二)3",
            remedy="请删去 deferrable",
        )


def _fields(definition: WorkflowDefinition) -> Iterator[Finding]:
    """A field can always be given, so it blocks no path; but it must be askable, and asked."""
    askings: list[tuple[Place, Transition | Opening, str]] = [
        (("opening",), definition.opening, "立单"),
        *((("transitions", at), each, each.name) for at, each in enumerate(definition.transitions)),
    ]
    used: set[str] = set()
    for at, asking, name in askings:
        wanted = (*asking.asks, *asking.takes)
        used.update(wanted)
        twice = sorted({each for each in wanted if wanted.count(each) > 1})
        if twice:
            yield _field_finding(
                "field_asked_twice",
                twice[0],
                (*at, "asks"),
                f"“{name}”重复登记 {'、'.join(twice)}",
                "asks（必填）和 takes（选填）中只写一次",
            )
    for index, each in enumerate(definition.fields):
        yield from _choices(each, index)
        if each.id not in used:
            yield _field_finding(
                "unused_field",
                each.id,
                ("fields", index),
                f"登记项“{each.name}”没有任何流转登记它",
                "请在流转的 asks（必填）或 takes（选填）中写上它，或删去",
            )


def _choices(each: Field, index: int) -> Iterator[Finding]:
    is_choice = each.kind is FieldKind.CHOICE
    if is_choice and not each.choices:
        yield _field_finding(
            "choice_without_choices",
            each.id,
            ("fields", index, "choices"),
            f"登记项“{each.name}”没有可选项",
            "请在 choices 中列出可选的值和名称",
        )
    if each.choices and not is_choice:
        yield _field_finding(
            "choices_without_choice",
            each.id,
            ("fields", index, "choices"),
            f"登记项“{each.name}”不是选择项，choices 没有作用",
            "请改为 kind: choice，或删去 choices",
        )


def _field_finding(code: str, subject: str, at: Place, message: str, remedy: str) -> Finding:
    return Finding(code=code, message=message, subject=subject, at=at, remedy=remedy)
