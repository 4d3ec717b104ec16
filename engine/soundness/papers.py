"""What is wrong with the documents: a way to the end on which one is not demanded (R-3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definition import Checkpoint
from engine.documents import KEY
from engine.soundness.borders import BORDER_NAMES, applies, served
from engine.soundness.finding import Finding, Step, events, in_words
from engine.soundness.paper_walk import Paper, PaperWalk
from engine.soundness.ways import completed_ends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import DocumentRequirement, State, WorkflowDefinition
    from engine.soundness.exploration import Exploration
    from engine.soundness.paper_walk import PaperConfiguration


def unenforced_papers(definition: WorkflowDefinition) -> Iterator[Finding]:
    """Every document that some way to a completed end does not demand, or not any more."""
    walks: dict[tuple[bool, Checkpoint], tuple[PaperWalk, Exploration[PaperConfiguration]]] = {}
    for index, requirement in enumerate(definition.documents):
        alike = (requirement.deferrable, requirement.due_at)
        if alike not in walks:
            walk = PaperWalk(definition=definition, requirement=requirement)
            walks[alike] = walk, walk.explored()
        walk, ways = walks[alike]
        yield from _gaps(walk, ways, index)
        yield from _idle_waits(walk, ways, requirement)


def _gaps(walk: PaperWalk, ways: Exploration[PaperConfiguration], index: int) -> Iterator[Finding]:
    completed = completed_ends(walk.definition)
    enforced_everywhere = True
    told: set[Checkpoint] = set()
    for extended in (False, True):
        border = walk.border(extended=extended)
        around = [
            each
            for each in ways.came_from
            if each.state in completed and each.extended is extended and border not in each.crossed
        ]
        if around and border not in told:
            told.add(border)
            worst = next((each for each in around if each.paper is not Paper.THERE), around[0])
            yield _not_enforced(walk.definition, index, border, ways, worst)
        enforced_everywhere &= not around
    lost = ways.nearest(lambda now: now.state in completed and now.paper is not Paper.THERE)
    if enforced_everywhere and lost is not None:
        yield _lost_again(walk.definition, index, ways.trail(lost))


def _not_enforced(
    definition: WorkflowDefinition,
    index: int,
    border: Checkpoint,
    ways: Exploration[PaperConfiguration],
    worst: PaperConfiguration,
) -> Finding:
    name, trail = definition.documents[index].name, ways.trail(worst)
    then = f"到后面的节点才收取“{name}”" if worst.paper is Paper.THERE else f"此时“{name}”仍缺"
    return Finding(
        code="document_not_enforced",
        message=f"“{name}”须在“{BORDER_NAMES[border]}”收齐，但存在不经过它即可办结的路径："
        f"{in_words(trail, definition)}，{then}",
        subject=definition.documents[index].id,
        at=("documents", index),
        path=events(trail),
        clause="R-3.5, 四(二)4",
        remedy=f"请在该路径上的流转注明 checkpoint: {border}",
    )


def _lost_again(definition: WorkflowDefinition, index: int, trail: tuple[Step, ...]) -> Finding:
    name = definition.documents[index].name
    return Finding(
        code="rejected_document_passes",
        message=f"“{name}”收取后被退回或过期，仍可办结：{in_words(trail, definition)}",
        subject=definition.documents[index].id,
        at=("documents", index),
        path=events(trail),
        clause="R-3.4, R-3.5, 四(二)4",
        remedy=f"请在办结的流转注明 checkpoint: {Checkpoint.ENERGIZATION}，办结前再核对一次",
    )


def _idle_waits(
    walk: PaperWalk, ways: Exploration[PaperConfiguration], requirement: DocumentRequirement
) -> Iterator[Finding]:
    """A clock that waits for what nobody has to bring, or what is there already."""
    definition, border = walk.definition, walk.border(extended=False)
    some_lack_it = not all(applies(requirement, each) for each in served(definition))
    for index, state in enumerate(definition.states):
        here = [each for each in ways.came_from if each.state == state.id]
        if not here or not _waits_for(state, requirement):
            continue
        if all(border in each.crossed for each in here):
            why = f"“{requirement.name}”在此之前已经收取"
            yield _waits(definition, index, why, ways.trail(here[0]))
        elif state.until_received != KEY and some_lack_it:
            yield _waits(definition, index, f"“{requirement.name}”并非每个客户都须提供", ())


def _waits_for(state: State, requirement: DocumentRequirement) -> bool:
    return state.until_received == requirement.id or (
        state.until_received == KEY and requirement.key
    )


def _waits(
    definition: WorkflowDefinition, index: int, why: str, trail: tuple[Step, ...]
) -> Finding:
    state = definition.states[index]
    way = f"：{in_words(trail, definition)}" if trail else ""
    return Finding(
        code="waits_for_undue_document",
        message=f"时限在“{state.name}”等待的{why}{way}",
        subject=state.id,
        at=("states", index, "until_received"),
        path=events(trail),
        clause="R-1.2, R-2.4, 附件 注2",
        remedy="请改为 key（关键资料）或此后才收取的资料，或删去 until_received",
    )
