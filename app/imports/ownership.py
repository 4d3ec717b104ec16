"""Whose nodes a file of the network may touch: a branch its own and nobody's, the company any.

A node belongs to the branch whose service grid covers it or the nearest node above it; a node above
a covered one belongs to that branch too, because everything below hangs on it. What no grid covers
is nobody's, as it is for outages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import Reason, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.ports.imports import NodeFacts
    from engine.ticket import Actor

MOST_NAMED = 20
"""So many nodes are named in a refusal; the rest are counted."""


class Owners:
    """The branches of each node of a network, by the nodes that grids cover."""

    def __init__(self, nodes: Mapping[str, NodeFacts], covered: Mapping[str, str]) -> None:
        self._nodes = nodes
        self._covering = covered
        self._above: dict[str, set[str]] = {}
        for node_id, branch in covered.items():
            for each in way_up(node_id, nodes):
                self._above.setdefault(each, set()).add(branch)

    def of(self, node_id: str) -> frozenset[str]:
        """The node's branches; none if no grid covers it or anything below it."""
        ways = way_up(node_id, self._nodes)
        nearest = next((self._covering[each] for each in ways if each in self._covering), None)
        return frozenset({*self._above.get(node_id, ()), *([] if nearest is None else [nearest])})


def way_up(node_id: str, nodes: Mapping[str, NodeFacts]) -> Iterator[str]:
    """The node and everything above it, up to the substation."""
    at: str | None = node_id
    while at is not None and (node := nodes.get(at)) is not None:
        yield at
        at = node.parent_id


def refuse_foreign(touched: Iterable[str], networks: Iterable[Owners], actor: Actor) -> None:
    """Refuse somebody of a branch what belongs to another, before the change or after it.

    Raises:
        RefusedError: one of the nodes does.
    """
    if not actor.branch:
        return
    views = tuple(networks)
    foreign = sorted(
        node_id for node_id in touched if any(view.of(node_id) - {actor.branch} for view in views)
    )
    if not foreign:
        return
    named = [
        Reason(
            code="other_branch",
            field="node_id",
            message=f"节点“{node_id}”属于其他单位的供电范围",
            clause="R-7.1",
            remedy="请由该单位或公司本部导入",
        )
        for node_id in foreign[:MOST_NAMED]
    ]
    more = len(foreign) - MOST_NAMED
    if more > 0:
        named.append(Reason(code="other_branch", message=f"另有 {more} 个节点同样不能导入"))
    raise RefusedError(named)
