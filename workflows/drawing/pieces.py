"""What a picture consists of, with texts and sizes: what `picture` makes and `svg` draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflows.drawing.measure import width

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.definition import Ending
    from workflows.drawing.shapes import Layout

LINE = 1.45
"""Distance of two lines, in heights of the text."""
CURRENT = "● 当前状态"
START = "*"
"""The dot from which the first arrow comes; no state has this id."""
LOOP = 30.0
"""From a box to the label of an arrow that leads back to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in lines, with its size and the room it takes."""

    lines: tuple[str, ...]
    size: float

    @property
    def width(self) -> float:
        """Of the longest line."""
        return max((width(line, self.size) for line in self.lines), default=0)

    @property
    def height(self) -> float:
        """Of all lines."""
        return len(self.lines) * self.size * LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class StateBox:
    """A state: its name, what a reader should know of its clocks, how it ends, how it changed."""

    id: str
    name: Text
    note: Text
    ending: Ending | None
    mark: str
    is_current: bool
    loop: Text
    across: float
    along: float

    @property
    def radius(self) -> float:
        """Of its corners: an end is round."""
        return self.along / 2 if self.ending else 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """Moves between the same two states, changed in the same way; `label` names them all."""

    id: str
    source: str
    target: str
    label: Text
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A stage with its limit."""

    group: int
    title: Text
    limit: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything to be drawn, and where. `legend` explains what this picture uses."""

    title: str
    boxes: Mapping[str, StateBox]
    arrows: tuple[Arrow, ...]
    bands: tuple[Band, ...]
    legend: tuple[str, ...]
    description: str
    layout: Layout
