"""In which row each node stands: after everything that leads to it, and group by group."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workflows.drawing.shapes import Edge, Node


def levels(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[str, int]:
    """The row of each node, from 0; edges that close a circle run against the rows."""
    order = _visited(nodes, edges)
    position = {node_id: place for place, node_id in enumerate(order)}
    group = {node.id: node.group for node in nodes}
    leading: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        forward = position[edge.source] < position[edge.target]
        if forward and group[edge.source] <= group[edge.target]:
            leading[edge.target].append(edge.source)
    found: dict[str, int] = {}
    base = 0
    for each in sorted({node.group for node in nodes}):
        for node_id in (one for one in order if group[one] == each):
            found[node_id] = max((found[before] + 1 for before in leading[node_id]), default=base)
            found[node_id] = max(found[node_id], base)
        base = max(found.values()) + 1
    return found


def _visited(nodes: Sequence[Node], edges: Iterable[Edge]) -> list[str]:
    """A topological order of the nodes, with arrows that close a circle left out.

    Nodes that are given first come first; the walk keeps its own stack, because a definition may be
    one long chain.
    """
    onward: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        onward[edge.source].append(edge.target)
    left: list[str] = []
    seen: set[str] = set()
    for node in nodes:
        if node.id in seen:
            continue
        seen.add(node.id)
        stack = [(node.id, iter(onward[node.id]))]
        while stack:
            node_id, targets = stack[-1]
            following = next((each for each in targets if each not in seen), None)
            if following is None:
                left.append(node_id)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(onward[following])))
    return left[::-1]
