"""Walks over the states of a definition."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.definition import Ending

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.definition import Checkpoint, Transition, WorkflowDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The states and arrows of a definition, for questions about paths."""

    initial: str
    completed: frozenset[str]
    transitions: tuple[Transition, ...]

    @classmethod
    def of(cls, definition: WorkflowDefinition) -> Graph:
        """The graph of a definition."""
        completed = (each.id for each in definition.states if each.ending is Ending.COMPLETED)
        return cls(
            initial=definition.initial,
            completed=frozenset(completed),
            transitions=definition.transitions,
        )

    def reachable_from(self, state: str) -> frozenset[str]:
        """Every state a ticket in `state` may come to, itself included."""
        return frozenset(_found({state}, [(each.source, each.target) for each in self.transitions]))

    def reaching(self, states: Iterable[str]) -> frozenset[str]:
        """Every state from which one of `states` can be reached, themselves included."""
        backwards = [(each.target, each.source) for each in self.transitions]
        return frozenset(_found(set(states), backwards))

    def way_around(self, checkpoint: Checkpoint) -> tuple[str, ...]:
        """The shortest way to a completed end that does not cross `checkpoint`; empty if none."""
        arrows = [
            (each.source, each.target)
            for each in self.transitions
            if each.checkpoint is not checkpoint
        ]
        came_from = _found({self.initial}, arrows)
        end = next((state for state in came_from if state in self.completed), None)
        way: list[str] = []
        while end is not None:
            way.append(end)
            end = came_from[end]
        return tuple(reversed(way))


def _found(starts: set[str], arrows: list[tuple[str, str]]) -> dict[str, str | None]:
    """States in the order in which they are found, each with the one before it."""
    came_from: dict[str, str | None] = dict.fromkeys(sorted(starts))
    waiting = deque(came_from)
    while waiting:
        state = waiting.popleft()
        for source, target in arrows:
            if source == state and target not in came_from:
                came_from[target] = state
                waiting.append(target)
    return came_from
