"""The rows of a layout: nodes in the even ones, labels of arrows in the odd ones between them.

An arrow becomes a chain through every row between its ends: its label next to where it begins, and
bends elsewhere. So whatever stands in a row keeps its distance from every arrow that passes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from workflows.drawing.ranking import levels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workflows.drawing.shapes import Edge, Node

STRAIGHT = {2: 8, 1: 3, 0: 1}
"""How much a link wants to be straight, by how many of its ends are bends or labels."""

BEND = 5.0
"""Room on either side of an arrow that passes a row."""


@dataclass(slots=True)
class Item:
    """Something in a row: a node, a label, or a bend; `across` is its centre once it is placed."""

    id: str
    row: int
    before: float
    after: float
    along: float
    lane: int
    is_node: bool
    corner: float = 0
    across: float = 0
    up: list[Link] = field(default_factory=list)
    down: list[Link] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of an arrow to an item of the next row, or of the one before."""

    to: Item
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """All rows in order, the items of nodes by id, and of each edge its chain from row to row."""

    rows: list[list[Item]]
    nodes: dict[str, Item]
    chains: dict[str, list[Item]]
    labels: dict[str, Item]


def rows_of(nodes: Sequence[Node], edges: Sequence[Edge]) -> Rows:
    """Every node and every piece of an edge in its row, in no particular order yet."""
    level = levels(nodes, edges)
    items = {
        node.id: Item(
            id=node.id,
            row=2 * level[node.id],
            before=node.across / 2,
            after=node.across / 2 + node.beyond,
            along=node.along,
            lane=node.lane,
            is_node=True,
            corner=node.corner,
        )
        for node in nodes
    }
    chains: dict[str, list[Item]] = {}
    labels: dict[str, Item] = {}
    for edge in edges:
        pieces = list(_pieces(edge, items[edge.source], items[edge.target]))
        downwards = items[edge.source].row < items[edge.target].row
        labels[edge.id] = pieces[0] if downwards else pieces[-1]
        ends = (items[edge.source], items[edge.target])
        upper, lower = ends if downwards else ends[::-1]
        chains[edge.id] = [upper, *pieces, lower]
        _link(chains[edge.id])
    found: dict[int, list[Item]] = defaultdict(list)
    for item in (*items.values(), *(each for chain in chains.values() for each in chain[1:-1])):
        found[item.row].append(item)
    last = max(found, default=-1)
    rows = [found[row] for row in range(last + 1)]
    return Rows(rows=rows, nodes=items, chains=chains, labels=labels)


def _pieces(edge: Edge, source: Item, target: Item) -> Iterator[Item]:
    """Label and bends between the two ends, from the upper row to the lower."""
    upper, lower = sorted((source.row, target.row))
    beside = upper + 1 if source.row < target.row else lower - 1
    for row in range(upper + 1, lower):
        is_label = row == beside
        reach = edge.across / 2 if is_label else BEND
        yield Item(
            id=f"{edge.id}/{row}",
            row=row,
            before=max(reach, BEND),
            after=max(reach, BEND),
            along=edge.along if is_label else 0,
            lane=source.lane if is_label else target.lane,
            is_node=False,
        )


def _link(chain: list[Item]) -> None:
    for upper, lower in pairwise(chain):
        weight = STRAIGHT[(not upper.is_node) + (not lower.is_node)]
        upper.down.append(Link(lower, weight))
        lower.up.append(Link(upper, weight))
