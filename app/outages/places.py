"""Where an outage is: its nodes, whose branch they are, and how people call the place.

A node belongs to the branch whose service grid covers it, or the nearest node above it; what no
grid covers belongs to no branch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.forms.fields import shown
from engine.errors import Reason
from engine.network import NodeKind
from notifications.outages import listed_briefly

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.ports.network import Standing
    from app.ports.outage_work import OutageWork
    from engine.network import SupplyView
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
    """The place that these nodes were at that time; whose branch it is, finds `branch_for`."""
    as_of = view.as_of
    reasons = [] if wanted else [_no_nodes()]
    lines: dict[str, Sequence[Standing]] = {}
    for node_id in dict.fromkeys(wanted):
        line = work.topology.path(node_id, as_of)
        if line:
            lines[node_id] = line
        else:
            reasons.append(_unknown(work, node_id, as_of))
    # What lies below another of them is part of that one.
    tops = {
        each: line for each, line in lines.items() if not any(up.id in lines for up in line[1:])
    }
    nodes = tuple(tops)
    feeders = _feeders(work, list(tops.values()), as_of)
    areas = work.affected.areas_below(nodes, view) if nodes else ()
    names = areas or [_nearest_area(line) for line in tops.values()]
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
    work: OutageWork, lines: Sequence[Sequence[Standing]], as_of: datetime
) -> dict[str, str]:
    """Feeder -> name: those above the nodes, themselves, or directly below a substation."""
    found: dict[str, str] = {}
    for line in lines:
        node = line[0]
        near = work.topology.parts(node.id, as_of) if node.kind == NodeKind.SUBSTATION else line
        found |= {each.id: each.name for each in near if each.kind == NodeKind.FEEDER}
    return dict(sorted(found.items()))


def _nearest_area(line: Sequence[Standing]) -> str:
    """The transformer area that a service point hangs on, else the point itself."""
    areas = (each.name for each in line[1:] if each.kind == NodeKind.TRANSFORMER_AREA)
    return next(areas, line[0].name)


def _no_nodes() -> Reason:
    return Reason(
        code="nodes_missing",
        field="nodes",
        message="没有指定停电节点",
        clause="R-7.1",
        remedy="请指定变电站、线路、分段、台区或用户接入点的编号，可多个",
    )


def _unknown(work: OutageWork, node_id: str, as_of: datetime) -> Reason:
    node = work.topology.find_node(node_id)
    if node is None:
        problem = "不在电网拓扑中"
    elif node.retired_at is not None and node.retired_at <= as_of:
        problem = "已停用"
    else:
        problem = "当时不在电网拓扑中"
    return Reason(
        code="unknown_node",
        field="nodes",
        message=f"节点“{shown(node_id)}”{problem}",
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
