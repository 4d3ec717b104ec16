"""A definition as a picture: Mermaid text with the stages as groups; also two versions in one.

Moves to an aborted end leave every open state, so they are one note instead of a bundle of arrows.
Arrows stand outside the groups; inside, a state would move into the last group that names it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from engine.definition import Ending, Stage, State, Transition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.definition import WorkflowDefinition

KeyT = TypeVar("KeyT")
PartT = TypeVar("PartT", Stage, State, Transition)

INDENT = "    "
ABORT_NOTE = "任一未办结的状态均可中止"

_SAFE = str.maketrans({'"': "”", ";": "；", ":": "：", "#": "＃", "\n": " ", "<": "＜", ">": "＞"})

NEW, GONE, OTHER = "【新增】", "【删除】", "【变更】"
"""Marks in a picture of a difference: the word counts, the line only helps."""
MARKS = (NEW, GONE, OTHER)

_STYLES = {
    NEW: ("added", "stroke-width:4px"),
    GONE: ("removed", "stroke-dasharray:4 4"),
    OTHER: ("changed", "stroke-width:2px,stroke-dasharray:12 3"),
}
"""Mark -> style class and its line: thick, dotted, dashed; no colour."""

Edge = tuple[str, str]
"""A transition by source and trigger."""


def mermaid(definition: WorkflowDefinition) -> str:
    """The definition as a Mermaid `stateDiagram-v2`, with Chinese labels; ends with a newline."""
    return _picture(_lines(definition, folded_aborts(definition)))


def mermaid_difference(before: WorkflowDefinition, after: WorkflowDefinition) -> str:
    """Both versions in one picture; what is new, gone or other carries the word and a line."""
    both = merged(before, after)
    return _picture((*_lines(both, folded_in_both(before, after)), *_styled(both)))


def is_drawable(definition: WorkflowDefinition) -> bool:
    """Whether every name in it leads somewhere; of a draft that is not yet certain."""
    ends = {end for each in definition.transitions for end in (each.source, each.target)}
    return (
        definition.initial in definition.state_by_id
        and ends <= definition.state_by_id.keys()
        and {state.stage for state in definition.states} <= definition.stage_by_id.keys()
    )


def _picture(lines: Iterable[str]) -> str:
    return "\n".join(["stateDiagram-v2", *(INDENT + line for line in lines)]) + "\n"


def merged(before: WorkflowDefinition, after: WorkflowDefinition) -> WorkflowDefinition:
    """The new version with marked names, and what is gone added to it."""
    stages = _marked(before.stage_by_id, after.stage_by_id)
    states = _marked(before.state_by_id, after.state_by_id)
    moves: dict[tuple[str, str, str], Transition] = _marked(_by_course(before), _by_course(after))
    return replace(
        after,
        stages=tuple(stages.values()),
        states=tuple(states.values()),
        transitions=tuple(moves.values()),
    )


def _by_course(definition: WorkflowDefinition) -> dict[tuple[str, str, str], Transition]:
    """Transitions with their target in the key: a move that is led elsewhere is two arrows."""
    return {(each.source, each.trigger, each.target): each for each in definition.transitions}


def _marked(before: Mapping[KeyT, PartT], after: Mapping[KeyT, PartT]) -> dict[KeyT, PartT]:
    found: dict[KeyT, PartT] = {}
    for key, part in after.items():
        mark = "" if before.get(key) == part else OTHER if key in before else NEW
        found[key] = replace(part, name=mark + part.name)
    gone = (key for key in before if key not in after)
    return found | {key: replace(before[key], name=GONE + before[key].name) for key in gone}


def _styled(definition: WorkflowDefinition) -> Iterator[str]:
    for mark, (name, line) in _STYLES.items():
        marked = [state.id for state in definition.states if state.name.startswith(mark)]
        if marked:
            yield f"classDef {name} {line}"
            yield f"class {','.join(marked)} {name}"


def _lines(definition: WorkflowDefinition, folded: frozenset[Edge]) -> Iterator[str]:
    final = [state for state in definition.states if state.is_final]
    for stage in definition.stages:
        yield from _stage(stage, definition)
    yield from (_state(state.id, state.name) for state in final)
    yield f"[*] --> {definition.initial}"
    for each in definition.transitions:
        if (each.source, each.trigger) not in folded:
            yield f"{each.source} --> {each.target}: {_label(each.name)}"
    yield from (f"{state.id} --> [*]" for state in final)
    if folded:
        yield from _abort_note(definition)


def _stage(stage: Stage, definition: WorkflowDefinition) -> Iterator[str]:
    days = stage.limit.days
    limit = "" if days is None else f"（{days} 个工作日）"
    yield f'state "{_label(stage.name)}{limit}" as stage_{stage.id} {{'
    for state in definition.states:
        if state.stage == stage.id and not state.is_final:
            yield INDENT + _state(state.id, state.name)
    yield "}"


def _state(state_id: str, name: str) -> str:
    return f'state "{_label(name)}" as {state_id}'


def folded_aborts(definition: WorkflowDefinition) -> frozenset[Edge]:
    """The moves to an aborted end, if every open state has one: a note tells them all."""
    found = {
        (each.source, each.trigger)
        for each in definition.transitions
        if definition.state_by_id[each.target].ending is Ending.ABORTED
    }
    sources = {source for source, _ in found}
    everywhere = all(each.id in sources for each in definition.states if not each.is_final)
    return frozenset(found) if everywhere else frozenset()


def folded_in_both(before: WorkflowDefinition, after: WorkflowDefinition) -> frozenset[Edge]:
    """Those that both versions have and fold alike; a changed one is drawn with its mark."""
    both = folded_aborts(before) & folded_aborts(after)
    return frozenset(key for key in both if before.edges[key] == after.edges[key])


def _abort_note(definition: WorkflowDefinition) -> Iterator[str]:
    for state in definition.states:
        if state.ending is Ending.ABORTED:
            yield f"note right of {state.id}"
            yield INDENT + ABORT_NOTE
            yield "end note"


def _label(text: str) -> str:
    return text.translate(_SAFE)
