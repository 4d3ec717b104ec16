"""A definition as a picture: Mermaid text with the stages as groups.

Moves to an aborted end leave every open state, so they are one note instead of a bundle of arrows.
Arrows stand outside the groups; inside, a state would move into the last group that names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definition import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import Stage, WorkflowDefinition

INDENT = "    "

_SAFE = str.maketrans({'"': "”", ";": "；", ":": "：", "#": "＃", "\n": " ", "<": "＜", ">": "＞"})


def mermaid(definition: WorkflowDefinition) -> str:
    """The definition as a Mermaid `stateDiagram-v2`, with Chinese labels; ends with a newline."""
    lines = ["stateDiagram-v2", *(INDENT + line for line in _lines(definition))]
    return "\n".join(lines) + "\n"


def _lines(definition: WorkflowDefinition) -> Iterator[str]:
    final = [state for state in definition.states if state.is_final]
    for stage in definition.stages:
        yield from _stage(stage, definition)
    yield from (_state(state.id, state.name) for state in final)
    yield f"[*] --> {definition.initial}"
    aborting = _aborting(definition)
    for each in definition.transitions:
        if (each.source, each.trigger) not in aborting:
            yield f"{each.source} --> {each.target}: {_label(each.name)}"
    yield from (f"{state.id} --> [*]" for state in final)
    if aborting:
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


def _aborting(definition: WorkflowDefinition) -> frozenset[tuple[str, str]]:
    """The moves to an aborted end, if every open state has one; else they are drawn."""
    found = {
        (each.source, each.trigger)
        for each in definition.transitions
        if definition.state_by_id[each.target].ending is Ending.ABORTED
    }
    sources = {source for source, _ in found}
    everywhere = all(each.id in sources for each in definition.states if not each.is_final)
    return frozenset(found) if everywhere else frozenset()


def _abort_note(definition: WorkflowDefinition) -> Iterator[str]:
    for state in definition.states:
        if state.ending is Ending.ABORTED:
            yield f"note right of {state.id}"
            yield INDENT + "任一未办结的状态均可中止"
            yield "end note"


def _label(text: str) -> str:
    return text.translate(_SAFE)
