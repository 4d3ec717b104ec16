"""The moves of a definition in words, those that leave several states alike as one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.definition import Transition, WorkflowDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """A move with the names of the states it leaves, and of what is filled in with it."""

    move: Transition
    sources: tuple[str, ...]
    target: str
    asks: tuple[str, ...]
    takes: tuple[str, ...]


def move_views(definition: WorkflowDefinition) -> tuple[MoveView, ...]:
    """Every move once, in the order of the definition."""
    states, fields = definition.state_by_id, definition.field_by_id
    alike: dict[Transition, list[str]] = {}
    for each in definition.transitions:
        key = replace(each, source="", target="" if each.source == each.target else each.target)
        alike.setdefault(key, []).append(each.source)
    return tuple(
        MoveView(
            move=move,
            sources=tuple(states[source].name for source in sources),
            target=states[move.target].name if move.target else "原状态",
            asks=tuple(fields[asked].name for asked in move.asks),
            takes=tuple(fields[taken].name for taken in move.takes),
        )
        for move, sources in alike.items()
    )
