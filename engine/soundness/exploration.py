"""Explores breadth first, so that the first way found to a configuration is a shortest one."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from engine.soundness.finding import Step

ConfigurationT = TypeVar("ConfigurationT", bound="Hashable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration(Generic[ConfigurationT]):
    """Every configuration that can be reached, in the order of its distance from the start."""

    came_from: dict[ConfigurationT, tuple[ConfigurationT, Step] | None]

    def nearest(self, matches: Callable[[ConfigurationT], bool]) -> ConfigurationT | None:
        """The nearest one that matches, if any does."""
        return next((each for each in self.came_from if matches(each)), None)

    def trail(self, configuration: ConfigurationT) -> tuple[Step, ...]:
        """A shortest way to a configuration that was reached."""
        steps: list[Step] = []
        before = self.came_from[configuration]
        while before is not None:
            earlier, step = before
            steps.append(step)
            before = self.came_from[earlier]
        return tuple(reversed(steps))


def explore(
    starts: Iterable[ConfigurationT],
    successors: Callable[[ConfigurationT], Iterable[tuple[Step, ConfigurationT]]],
) -> Exploration[ConfigurationT]:
    """Everything that the successors lead to from the starts."""
    came_from: dict[ConfigurationT, tuple[ConfigurationT, Step] | None] = dict.fromkeys(starts)
    waiting = deque(came_from)
    while waiting:
        configuration = waiting.popleft()
        for step, following in successors(configuration):
            if following not in came_from:
                came_from[following] = (configuration, step)
                waiting.append(following)
    return Exploration(came_from=came_from)
