"""What is laid out, and where it comes to stand; nothing here knows what is drawn.

A layout has two axes: *along* runs from row to row in the direction of the arrows, *across* from
one end of a row to the other. A picture that reads downwards takes along as y, one that reads to
the right as x.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


Interval = tuple[float, float]
"""From where to where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A box of that size, with free room `beyond` it across, for example for an arrow to itself.

    Nodes of a later `group` stand in later rows, nodes of a later `lane` further across. Arrows
    meet it side by side, no nearer to its ends than `corner`; if that is half of it, in the middle.
    """

    id: str
    across: float
    along: float
    beyond: float = 0
    group: int = 0
    lane: int = 0
    corner: float = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An arrow between two different nodes, with the size of its label; 0 is no label."""

    id: str
    source: str
    target: str
    across: float = 0
    along: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spacing:
    """Distances: between neighbours in a row, between rows, and what a new group needs besides."""

    beside: float = 24
    gap: float = 22
    group_end: float = 0
    group_begin: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """The centre of something."""

    across: float
    along: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A straight part of an arrow: at `across`, from `enters` to `leaves` along.

    Between two legs the arrow changes its place across, where nothing else stands.
    """

    across: float
    enters: float
    leaves: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """An arrow from its source to its target; `label` is the centre of its label."""

    legs: tuple[Leg, ...]
    label: Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Everything placed: `nodes` and `routes` by id; `groups` and `lanes` as (from, to).

    `groups` are intervals along, `lanes` intervals across; (0, 0) is the origin of both axes and
    nothing stands before it.
    """

    nodes: Mapping[str, Spot]
    routes: Mapping[str, Route]
    groups: Mapping[int, Interval]
    lanes: Mapping[int, Interval]
    across: float
    along: float
