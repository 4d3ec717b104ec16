"""Where an outage is: its nodes, whose branch they are, and how people call the place.

A node belongs to the branch whose service grid covers it, or the nearest node above it; what no
grid covers belongs to no branch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.forms.fields import shown
from engine.errors import Reason
from engine.network import NodeKind, SupplyView
from notifications.outages import listed_briefly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ports.network import NetworkNode
    from app.ports.outage_work import OutageWork
    from engine.ticket import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The nodes of an outage, and everything that is wrong with them.

    Args:
        nodes: those that exist, without what lies below another of them.
        feeders: the lines that they are parts of, or that hang on them.
        branch: whose they are; empty where nobody's.
        area, line: how customers are told.
    """

    nodes: tuple[str, ...]
    feeders: tuple[str, ...] = ()
    branch: str = ""
    area: str = ""
    line: str = ""
    reasons: tuple[Reason, ...] = ()


def place_of(work: OutageWork, wanted: Sequence[str], view: SupplyView) -> Place:
    """The place that these nodes are; whose branch it is, is found out by `branch_for`."""
    found: dict[str, NetworkNode] = {}
    reasons = [] if wanted else [_no_nodes()]
    for node_id in dict.fromkeys(wanted):
        node = work.topology.find_node(node_id)
        if node is None or node.retired_at is not None:
            reasons.append(_unknown(node_id, retired=node is not None))
        else:
            found[node_id] = node
    above = {each: work.topology.ancestors(each) for each in found}
    nodes = tuple(each for each in found if not any(up.id in found for up in above[each]))
    feeders = _feeders(work, [found[each] for each in nodes], above)
    areas = work.affected.areas_below(nodes, view) if nodes else ()
    names = areas or [_nearest_area(found[each], above[each]) for each in nodes]
    return Place(
        nodes=nodes,
        feeders=tuple(feeders),
        area=listed_briefly(list(dict.fromkeys(names)), "个台区") if names else "",
        line=listed_briefly(list(feeders.values()), "条线路") if feeders else "",
        reasons=tuple(reasons),
    )


def branch_for(
    work: OutageWork, place: Place, actor: Actor, wanted: str
) -> tuple[str, tuple[Reason, ...]]:
    """Whose outage it is, and why it may not be declared so."""
    owners = work.grid.branches_of(place.nodes) if place.nodes else frozenset[str]()
    if actor.branch:
        foreign = owners - {actor.branch}
        if foreign or wanted not in {"", actor.branch}:
            return actor.branch, (_foreign(),)
        return actor.branch, ()
    if wanted:
        return wanted, ()
    if len(owners) == 1:
        return next(iter(owners)), ()
    return "", (_no_branch(),)


def _feeders(
    work: OutageWork,
    nodes: Sequence[NetworkNode],
    above: dict[str, Sequence[NetworkNode]],
) -> dict[str, str]:
    """Feeder -> name: those above the nodes, themselves, or directly below a substation."""
    found: dict[str, str] = {}
    for node in nodes:
        near = [node, *above[node.id]]
        if node.kind == NodeKind.SUBSTATION:
            near = [*work.topology.children(node.id)]
        found |= {each.id: each.name for each in near if each.kind == NodeKind.FEEDER}
    return dict(sorted(found.items()))


def _nearest_area(node: NetworkNode, above: Sequence[NetworkNode]) -> str:
    """The transformer area that a service point hangs on, else the point itself."""
    areas = (each.name for each in above if each.kind == NodeKind.TRANSFORMER_AREA)
    return next(areas, node.name)


def _no_nodes() -> Reason:
    return Reason(
        code="nodes_missing",
        field="nodes",
        message="没有指定停电节点",
        clause="R-7.1",
        remedy="请指定变电站、线路、分段、台区或用户接入点的编号，可多个",
    )


def _unknown(node_id: str, *, retired: bool) -> Reason:
    return Reason(
        code="unknown_node",
        field="nodes",
        message=f"节点“{shown(node_id)}”{'已停用' if retired else '不在电网拓扑中'}",
        clause="R-7.1",
        remedy="请用 huodian topology show 核对编号，或先导入电网拓扑",
    )


def _foreign() -> Reason:
    return Reason(
        code="other_branch",
        field="nodes",
        message="停电节点涉及其他单位的供电范围",
        remedy="请由公司本部办理，或只选择本单位的节点",
    )


def _no_branch() -> Reason:
    return Reason(
        code="branch_missing",
        field="branch",
        message="不能由停电节点确定办理单位",
        remedy="请指定单位，或先用 huodian grid set 划定各单位网格覆盖的节点",
    )
