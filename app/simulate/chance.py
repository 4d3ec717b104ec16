"""Chance that can be repeated: every ticket draws from a stream of its own.

So what befalls one ticket does not depend on which others there are, nor on their order.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Chance:
    """A stream of chance for one name (an external reference) under one seed."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = Random(f"{seed}:{name}")  # noqa: S311  (guards no secret)

    def happens(self, share: float) -> bool:
        """Whether something befalls this one that befalls `share` of all."""
        return self._random.random() < share

    def between(self, least: float, most: float) -> float:
        """Anything in between, each as likely."""
        return least + (most - least) * self._random.random()

    def around(self, usual: float, least: float, most: float) -> float:
        """Something in between, most often near `usual`."""
        return self._random.triangular(least, most, usual)

    def one_of(self, options: Sequence[T]) -> T:
        """One of the options, each as likely."""
        return options[int(self._random.random() * len(options))]
