"""A definition as boxes and arrows with their texts and sizes, ready to be laid out and drawn.

States are boxes, stages bands around them, moves arrows with their names. Moves to an aborted end
that leave every open state are one note, as in the Mermaid text. In a picture of a difference the
names carry the marks of `workflows.diagram`, and the boxes another line: the word counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.clocks import CAUSE_NAMES
from engine.definition import Ending
from workflows.diagram import (
    ABORT_NOTE,
    GONE,
    MARKS,
    NEW,
    OTHER,
    folded_aborts,
    folded_in_both,
    merged,
)
from workflows.difference_words import CHECKPOINT_NAMES
from workflows.drawing.layered import lay_out
from workflows.drawing.measure import width, wrapped
from workflows.drawing.pieces import CURRENT, LOOP, START, Arrow, Band, Picture, StateBox, Text
from workflows.drawing.shapes import Edge, Node, Spacing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.definition import State, Transition, WorkflowDefinition

NAME_SIZE, NOTE_SIZE, LABEL_SIZE, TITLE_SIZE = 14.0, 11.5, 12.0, 13.0
_NAME_LIMIT, _NOTE_LIMIT, _LABEL_LIMIT = 12 * NAME_SIZE, 14 * NOTE_SIZE, 11 * LABEL_SIZE
_TITLE_LIMIT = 7 * TITLE_SIZE
_TITLE_LINES = 3
_SPACING = Spacing(beside=22, gap=17, group_begin=14, group_end=14)


def picture(
    definition: WorkflowDefinition,
    *,
    against: WorkflowDefinition | None = None,
    current: str = "",
) -> Picture:
    """The picture of a definition, or of its difference from the version before it.

    Args:
        definition: every name in it leads somewhere (`workflows.diagram.is_drawable`).
        against: the older version, if the changes are to be marked.
        current: the state that a ticket is in.
    """
    shown = definition if against is None else merged(against, definition)
    folded = folded_aborts(definition) if against is None else folded_in_both(against, definition)
    moves = [each for each in shown.transitions if (each.source, each.trigger) not in folded]
    loops = _loops(moves)
    boxes = {
        state.id: _box(
            state,
            loops.get(state.id, ()),
            [*([CURRENT] if state.id == current else ()), *_notes(state, folds=bool(folded))],
        )
        for state in shown.states
    }
    arrows = _arrows(moves)
    bands = _bands(shown)
    groups = _groups(shown)
    layout = lay_out(_nodes(shown, boxes, groups), _edges(shown, arrows), _SPACING)
    return Picture(
        title=shown.name,
        boxes=boxes,
        arrows=arrows,
        bands=bands,
        legend=_legend(boxes, arrows),
        description=_description(shown, moves),
        layout=layout,
    )


def _box(state: State, loops: Sequence[Transition], notes: Sequence[str]) -> StateBox:
    name = Text(lines=tuple(wrapped(state.name, NAME_SIZE, _NAME_LIMIT)), size=NAME_SIZE)
    note = Text(
        lines=tuple(line for text in notes for line in wrapped(text, NOTE_SIZE, _NOTE_LIMIT)),
        size=NOTE_SIZE,
    )
    loop = Text(lines=tuple(_label(loops)), size=LABEL_SIZE)
    return StateBox(
        id=state.id,
        name=name,
        note=note,
        ending=state.ending,
        mark=_mark(state.name),
        is_current=CURRENT in notes,
        loop=loop,
        across=max(name.width, note.width) + 32,
        along=max(name.height + note.height + 18, loop.height if loops else 0),
    )


def _notes(state: State, *, folds: bool) -> list[str]:
    """What of the clocks is out of the ordinary, and from where a ticket is aborted."""
    notes = []
    if state.held_by_customer:
        notes.append(f"{CAUSE_NAMES[state.held_by_customer]}，暂停计时")
    elif state.until_received:
        notes.append("收到资料后起算")
    if state.suspendable:
        notes.append("可暂停计时")
    if folds and state.ending is Ending.ABORTED:
        notes.append(ABORT_NOTE)
    return notes


def _mark(name: str) -> str:
    return next((mark for mark in MARKS if name.startswith(mark)), "")


def _label(moves: Sequence[Transition]) -> list[str]:
    lines: list[str] = []
    for each in moves:
        lines += wrapped(each.name, LABEL_SIZE, _LABEL_LIMIT)
        if each.checkpoint is not None:
            lines.append(f"◆ {CHECKPOINT_NAMES[each.checkpoint]}")
    return lines


def _loops(moves: Sequence[Transition]) -> dict[str, list[Transition]]:
    found: dict[str, list[Transition]] = {}
    for each in moves:
        if each.source == each.target:
            found.setdefault(each.source, []).append(each)
    return found


def _arrows(moves: Sequence[Transition]) -> tuple[Arrow, ...]:
    """One arrow for all moves between two states that changed alike."""
    alike: dict[tuple[str, str, str], list[Transition]] = {}
    for each in moves:
        if each.source != each.target:
            alike.setdefault((each.source, each.target, _mark(each.name)), []).append(each)
    return tuple(
        Arrow(
            id=f"{source}>{target}{mark}",
            source=source,
            target=target,
            label=Text(lines=tuple(_label(found)), size=LABEL_SIZE),
            mark=mark,
        )
        for (source, target, mark), found in alike.items()
    )


def _groups(definition: WorkflowDefinition) -> dict[str, int]:
    """The start, then each stage in its order, then the ends."""
    order = {stage.id: place for place, stage in enumerate(definition.stages, start=1)}
    last = len(order) + 1
    return {state.id: last if state.is_final else order[state.stage] for state in definition.states}


def _bands(definition: WorkflowDefinition) -> tuple[Band, ...]:
    bands = []
    lived_in = {state.stage for state in definition.states if not state.is_final}
    for place, stage in enumerate(definition.stages, start=1):
        if stage.id in lived_in:
            days = stage.limit.days
            limit = "不设时限" if days is None else f"{days} 个工作日"
            room = max(_TITLE_LIMIT, width(stage.name, TITLE_SIZE) / _TITLE_LINES)
            title = Text(lines=tuple(wrapped(stage.name, TITLE_SIZE, room)), size=TITLE_SIZE)
            bands.append(Band(group=place, title=title, limit=Text(lines=(limit,), size=NOTE_SIZE)))
    return tuple(bands)


def _nodes(
    definition: WorkflowDefinition, boxes: Mapping[str, StateBox], groups: Mapping[str, int]
) -> list[Node]:
    first = [state for state in definition.states if state.id == definition.initial]
    others = [state for state in definition.states if state.id != definition.initial]
    start = Node(id=START, across=16, along=16, corner=8)
    return [
        start,
        *(
            Node(
                id=each.id,
                across=boxes[each.id].across,
                along=boxes[each.id].along,
                beyond=LOOP + boxes[each.id].loop.width if boxes[each.id].loop.lines else 0,
                group=groups[each.id],
                corner=boxes[each.id].radius + 2,
            )
            for each in (*first, *others)
        ),
    ]


def _edges(definition: WorkflowDefinition, arrows: Sequence[Arrow]) -> list[Edge]:
    begin = Edge(id=START, source=START, target=definition.initial)
    return [
        begin,
        *(
            Edge(
                id=each.id,
                source=each.source,
                target=each.target,
                across=each.label.width + 8,
                along=each.label.height + 4,
            )
            for each in arrows
        ),
    ]


def _legend(boxes: Mapping[str, StateBox], arrows: Sequence[Arrow]) -> tuple[str, ...]:
    texts = [line for arrow in arrows for line in arrow.label.lines]
    marks = {each.mark for each in boxes.values()} | {each.mark for each in arrows}
    explained = (
        (any(line.startswith("◆") for line in texts), "◆ 资料关口：应收的资料在此收齐"),
        (NEW in marks, f"{NEW}双线框、粗线"),
        (GONE in marks, f"{GONE}点线"),
        (OTHER in marks, f"{OTHER}虚线"),
    )
    return tuple(text for applies, text in explained if applies)


def _description(definition: WorkflowDefinition, moves: Sequence[Transition]) -> str:
    """Every move in words, for those who do not see the picture."""
    names = {state.id: state.name for state in definition.states}
    told = (f"{names[each.source]}，{each.name}，到{names[each.target]}" for each in moves)
    return f"从{names[definition.initial]}开始。" + "；".join(told) + "。"
