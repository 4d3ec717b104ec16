"""Measures contenders side by side, because on a shared machine only ratios of one run mean much.

Each round gives every contender a turn, in changing order. A turn is timed operation by operation
and its figure is their median, so one that was interrupted by the rest of the machine does no
harm. What is reported is the median over the rounds, and how far the rounds lie apart.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Operation = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """Something that is measured.

    Args:
        turn: prepares a round and returns its operations.
        repeat: how many things one operation does.
    """

    name: str
    turn: Callable[[], Iterable[Operation]]
    repeat: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds per thing, one figure a round."""

    name: str
    seconds: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median over the rounds."""
        return median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the distance between the quartiles, as a share of the median; 0 of one round."""
        if len(self.seconds) == 1:
            return 0.0
        low, _, high = quantiles(self.seconds, n=4)
        return (high - low) / 2 / self.middle


def side_by_side(contenders: Sequence[Contender], rounds: int) -> list[Timing]:
    """Let the contenders take turns; a first round that warms them up is thrown away."""
    seconds: dict[str, list[float]] = {each.name: [] for each in contenders}
    for number in range(rounds + 1):
        shift = number % len(contenders)
        for each in (*contenders[shift:], *contenders[:shift]):
            operations = list(each.turn())
            gc.collect()
            seconds[each.name].append(_median_of(operations) / each.repeat)
    return [Timing(name=name, seconds=tuple(taken[1:])) for name, taken in seconds.items()]


def _median_of(operations: Sequence[Operation]) -> float:
    taken = []
    for operation in operations:
        began = perf_counter()
        operation()
        taken.append(perf_counter() - began)
    return median(taken)


def ratio(of: Timing, to: Timing) -> float:
    """How much longer `of` takes than `to`: the median of the rounds' own ratios."""
    return median(a / b for a, b in zip(of.seconds, to.seconds, strict=True))
