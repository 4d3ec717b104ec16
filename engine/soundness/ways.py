"""What is wrong with the ways through the states: never reached, never left, walked backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definition import Checkpoint, Ending
from engine.soundness.borders import BORDER_NAMES, RANK
from engine.soundness.exploration import Exploration, explore
from engine.soundness.finding import Finding, Step, events, firing, in_words
from engine.ticket import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.definition import State, WorkflowDefinition

OUTSIDERS = frozenset({Role.CUSTOMER, Role.SYSTEM})
"""Roles that no account of the company has."""

Passed = tuple[str, bool]
"""A state, and whether the border in question has been crossed on the way to it."""

Crossed = tuple[str, frozenset[Checkpoint]]
"""A state, and the borders crossed on the way to it."""


def ways_of(definition: WorkflowDefinition) -> Exploration[str]:
    """The shortest way to every state that can be reached."""

    def onward(state: str) -> Iterator[tuple[Step, str]]:
        return ((firing(each), each.target) for each in definition.offered[state])

    return explore((definition.initial,), onward)


def reaching(
    definition: WorkflowDefinition,
    ends: Iterable[str],
    *,
    by_staff: bool = False,
    around: Checkpoint | None = None,
) -> frozenset[str]:
    """Every state from which one of `ends` can be reached, themselves included.

    `by_staff` leaves out what only outsiders may do, `around` every move that crosses that border.
    """
    backwards: dict[str, list[tuple[Step, str]]] = {each.id: [] for each in definition.states}
    for each in definition.transitions:
        is_open = not by_staff or not OUTSIDERS.issuperset(each.roles)
        if is_open and (around is None or each.checkpoint is not around):
            backwards[each.target].append((firing(each), each.source))
    return frozenset(explore(ends, lambda state: backwards[state]).came_from)


def completed_ends(definition: WorkflowDefinition) -> frozenset[str]:
    """The states in which a ticket is done."""
    return frozenset(each.id for each in definition.states if each.ending is Ending.COMPLETED)


def wrong_ways(definition: WorkflowDefinition) -> Iterator[Finding]:
    """States that are never reached, states that lead to no end, steps backwards."""
    ways = ways_of(definition)
    ending = reaching(definition, [each.id for each in definition.states if each.is_final])
    completing = reaching(definition, completed_ends(definition))
    for index, state in enumerate(definition.states):
        if state.id not in ways.came_from:
            yield Finding(
                code="unreachable_state",
                message=f"从“{definition.initial}”出发到不了状态“{state.id}”",
                subject=state.id,
                at=("states", index),
                remedy="请补上通往它的流转，或删去该状态",
            )
        if state.id not in ending:
            yield _dead_end(definition, index, ways)
        elif _is_left_by_aborting_only(state, completing):
            yield _no_way_back(definition, index, ways)
    yield from _beyond_the_staff(definition, ways, completing)
    yield from _returns(definition, ways)
    yield from _borders_out_of_order(definition)


def avoidable(definition: WorkflowDefinition, checkpoint: Checkpoint) -> Iterator[Finding]:
    """The milestone `checkpoint`, if there is a way to a completed end around it (R-3.3, Q1)."""

    def onward(now: Passed) -> Iterator[tuple[Step, Passed]]:
        state, passed = now
        for each in definition.offered[state]:
            yield firing(each), (each.target, passed or each.checkpoint is checkpoint)

    ways = explore([(definition.initial, False)], onward)
    completed = completed_ends(definition)
    around = ways.nearest(lambda now: now[0] in completed and not now[1])
    if around is not None:
        trail = ways.trail(around)
        yield Finding(
            code="checkpoint_missing",
            message=f"存在不经过“{BORDER_NAMES[checkpoint]}”即可办结的路径："
            f"{in_words(trail, definition)}",
            subject=checkpoint,
            at=("transitions",),
            path=events(trail),
            clause="R-3.3, 四(二)4",
            remedy=f"请在该路径上的流转注明 checkpoint: {checkpoint}",
        )


def _dead_end(definition: WorkflowDefinition, index: int, ways: Exploration[str]) -> Finding:
    state = definition.states[index]
    trail = ways.trail(state.id) if state.id in ways.came_from else ()
    way = f"：{in_words(trail, definition)}，此后既不能办结也不能中止" if trail else ""
    return Finding(
        code="dead_end",
        message=f"状态“{state.id}”到不了任何终结状态{way}",
        subject=state.id,
        at=("states", index),
        path=events(trail),
        remedy="请补上离开它的流转，或注明 ending",
    )


def _is_left_by_aborting_only(state: State, completing: frozenset[str]) -> bool:
    return state.held_by_customer is not None and state.id not in completing


def _no_way_back(definition: WorkflowDefinition, index: int, ways: Exploration[str]) -> Finding:
    state = definition.states[index]
    trail = ways.trail(state.id) if state.id in ways.came_from else ()
    return Finding(
        code="held_without_exit",
        message=f"客户在“{state.name}”完工后无法继续办理，只能中止：{in_words(trail, definition)}",
        subject=state.id,
        at=("states", index),
        path=events(trail),
        clause="R-10.4, 附件 注2",
        remedy="请补上客户完工后继续办理的流转，终结状态请删去 held_by_customer",
    )


def _beyond_the_staff(
    definition: WorkflowDefinition, ways: Exploration[str], completing: frozenset[str]
) -> Iterator[Finding]:
    """What only the customer can move on waits for the customer: a precondition in disguise."""
    completing_alone = reaching(definition, completed_ends(definition), by_staff=True)
    for index, state in enumerate(definition.states):
        if state.id not in ways.came_from or state.id in completing_alone:
            continue
        following = {each.target for each in definition.offered[state.id]}
        if state.id in completing and following & completing_alone:
            trail = ways.trail(state.id)
            yield Finding(
                code="not_by_staff",
                message=f"“{state.name}”之后只能由客户或系统继续办理，公司人员无法办结："
                f"{in_words(trail, definition)}",
                subject=state.id,
                at=("states", index),
                path=events(trail),
                clause="R-10.4, 四(二)3",
                remedy="请在离开它的流转的 roles 中加入公司人员",
            )


def _returns(definition: WorkflowDefinition, ways: Exploration[str]) -> Iterator[Finding]:
    order = [stage.id for stage in definition.stages].index
    for index, each in enumerate(definition.transitions):
        source, target = definition.state_by_id[each.source], definition.state_by_id[each.target]
        if target.is_final or order(target.stage) >= order(source.stage):
            continue
        reached = each.source in ways.came_from
        trail = (*ways.trail(each.source), firing(each)) if reached else (firing(each),)
        yield Finding(
            code="returns_to_earlier_stage",
            message=f"“{each.name}”使工单退回已办完的环节，时限会重新计算："
            f"{in_words(trail, definition)}",
            subject=each.trigger,
            at=("transitions", index, "to"),
            path=events(trail),
            clause="R-5.2, 四(一)1",
            remedy="请在本环节内设置返工状态",
        )


def _borders_out_of_order(definition: WorkflowDefinition) -> Iterator[Finding]:
    """A higher border demands what is due at a lower one, so crossed first it demands too early."""
    position = {id(each): index for index, each in enumerate(definition.transitions)}

    def onward(now: Crossed) -> Iterator[tuple[Step, Crossed]]:
        state, crossed = now
        for each in definition.offered[state]:
            border = frozenset({each.checkpoint} if each.checkpoint else ())
            yield firing(each), (each.target, crossed | border)

    start: Crossed = (definition.initial, frozenset())
    ways = explore([start], onward)
    told: set[int] = set()
    for now in ways.came_from:
        for each in definition.offered[now[0]]:
            at = position[id(each)]
            if at not in told and _is_too_late(each.checkpoint, now[1]):
                told.add(at)
                yield _out_of_order(definition, at, ways.trail(now))


def _is_too_late(border: Checkpoint | None, crossed: frozenset[Checkpoint]) -> bool:
    """Whether it is crossed for the first time after a higher one."""
    if border is None or border in crossed:
        return False
    return any(RANK[each] > RANK[border] for each in crossed)


def _out_of_order(definition: WorkflowDefinition, at: int, before: tuple[Step, ...]) -> Finding:
    transition = definition.transitions[at]
    trail = (*before, firing(transition))
    return Finding(
        code="checkpoint_order",
        message=f"“{transition.name}”才经过“{transition.checkpoint}”，而此前已按更晚的节点收取资料，"
        f"等于提前收取：{in_words(trail, definition)}",
        subject=transition.trigger,
        at=("transitions", at, "checkpoint"),
        path=events(trail),
        clause="R-3.2, R-3.3, 四(二)4",
        remedy=f"请按 {'、'.join(Checkpoint)} 的次序设置节点",
    )
