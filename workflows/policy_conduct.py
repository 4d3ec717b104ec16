"""How a ticket may be conducted: who must be named, when clocks may stand still, why it ends.

A stopped clock is a longer limit in disguise, and a border without its guards a shorter duty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definition import Ending
from engine.documents import KEY
from engine.guards import GUARDS
from workflows.problems import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import State, WorkflowDefinition
    from workflows.caps import Caps
    from workflows.schema import Draft


def conduct_faults(draft: Draft, caps: Caps) -> Iterator[Fault]:
    """Every stop of a clock, missing guard and unexplained end that the plan does not allow."""
    yield from _unexplained_ends(draft)
    if caps.of(draft.definition.id) is not None:
        yield from _clock_stops(draft, caps)
        yield from _missing_guards(draft, caps)
        yield from _disguised_preconditions(draft, caps)
        yield from _misplaced_borders(draft, caps)
        yield from _thin_ladder(draft.definition, caps)


def _clock_stops(draft: Draft, caps: Caps) -> Iterator[Fault]:
    definition = draft.definition
    cap = caps.of(definition.id)
    allowed = cap.clock_stops if cap else []
    for index, state in enumerate(definition.states):
        if state.id in allowed:
            continue
        for key in _stopping_keys(state, is_initial=state.id == definition.initial):
            yield Fault(
                code="clock_stop_not_allowed",
                message=f"状态“{state.name}”不得暂停计时，可以暂停计时的状态：{'、'.join(allowed)}",
                at=("states", index, key),
                clause=caps.clock_stops_clause,
                remedy=f"请删去 {key}",
            )


def _stopping_keys(state: State, *, is_initial: bool) -> Iterator[str]:
    if state.held_by_customer:
        yield "held_by_customer"
    if state.suspendable:
        yield "suspendable"
    waits_for_key_document = is_initial and state.until_received == KEY
    if state.until_received and not waits_for_key_document:
        yield "until_received"


def _missing_guards(draft: Draft, caps: Caps) -> Iterator[Fault]:
    rule = caps.checkpoint_guards
    for each, path in zip(draft.definition.transitions, draft.transition_paths, strict=True):
        wanted = rule.guards.get(each.checkpoint, []) if each.checkpoint else []
        missing = [guard for guard in wanted if guard not in each.guards]
        if missing:
            yield Fault(
                code="guard_missing",
                message=f"“{each.name}”缺少条件 {'、'.join(missing)}",
                at=path[:2],
                clause=rule.clause,
                remedy=f"请注明 guards: [{', '.join(missing)}]",
            )


def _disguised_preconditions(draft: Draft, caps: Caps) -> Iterator[Fault]:
    """A condition where the plan has none delays the customer as a further stage would."""
    cap = caps.of(draft.definition.id)
    own = cap.guards if cap else []
    allowed = {each.id: each for each in caps.guards if each.id in own}
    for each, path in zip(draft.definition.transitions, draft.transition_paths, strict=True):
        for index, guard in enumerate(each.guards):
            rule = allowed.get(guard)
            if guard not in GUARDS or (rule is not None and each.checkpoint in rule.at):
                continue
            where = f"只能用于 {'、'.join(rule.at)} 节点" if rule else "不能用于这一流程"
            yield Fault(
                code="guard_not_allowed",
                message=f"“{each.name}”不得以 {guard} 为前置条件，该条件{where}",
                at=(*path[:2], "guards", index),
                clause=caps.guards_clause,
                remedy=f"请删去 {guard}",
            )


def _misplaced_borders(draft: Draft, caps: Caps) -> Iterator[Fault]:
    definition = draft.definition
    cap = caps.of(definition.id)
    present = {each.id for each in definition.stages}
    borders = cap.borders if cap else {}
    states = {each.id: each for each in definition.states}
    for each, path in zip(definition.transitions, draft.transition_paths, strict=True):
        stage = borders.get(each.checkpoint) if each.checkpoint else None
        source, target = states.get(each.source), states.get(each.target)
        if stage not in present or source is None or target is None:
            continue
        if source.stage != stage or (target.stage == stage and not target.is_final):
            yield Fault(
                code="checkpoint_misplaced",
                message=f"“{each.name}”不结束环节 {stage}，不得在此按 {each.checkpoint} 收取资料",
                at=(*path[:2], "checkpoint"),
                clause=caps.borders_clause,
                remedy=f"请把 checkpoint: {each.checkpoint} 移到结束该环节的流转",
            )


def _thin_ladder(definition: WorkflowDefinition, caps: Caps) -> Iterator[Fault]:
    """A limit that nobody is reminded of, or whose end nobody hears of, is kept by chance."""
    timings = [rung.timing for rung in definition.reminders]
    for group in caps.reminders.one_of_each:
        if not set(group).intersection(timings):
            yield Fault(
                code="reminder_missing",
                message=f"提醒至少须有一级 {'、'.join(group)}",
                at=("reminders",),
                clause=caps.reminders.clause,
                remedy=f"请加上 timing: {group[0]}",
            )


def _unexplained_ends(draft: Draft) -> Iterator[Fault]:
    aborted = {each.id for each in draft.definition.states if each.ending is Ending.ABORTED}
    for each, path in zip(draft.definition.transitions, draft.transition_paths, strict=True):
        if each.target in aborted and not each.reason_required:
            yield Fault(
                code="abort_without_reason",
                message=f"“{each.name}”使工单中止，必须说明原因",
                at=path[:2],
                clause="R-5.4, R-8.1, 四(三)6",
                remedy="请注明 reason_required: true",
            )
