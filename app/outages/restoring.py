"""Restoring supply, whole or in parts: what may be restored, and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.forms.fields import shown
from engine.errors import Reason
from engine.network import NodeKind
from engine.outage import OutagePhase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.ports.network import NetworkNode
    from app.ports.outage_work import OutageWork
    from engine.outage import Outage

CLAUSE = "R-7.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is to be restored, and everything against it.

    Args:
        nodes: where; all nodes of the outage if it is the whole.
        names: how people call the part; empty for the whole.
        whole: whether nothing of the outage is left without supply.
    """

    nodes: tuple[str, ...]
    names: tuple[str, ...] = ()
    whole: bool = False
    reasons: tuple[Reason, ...] = ()


def part_of(work: OutageWork, outage: Outage, wanted: Sequence[str]) -> Part:
    """The part of an outage that these nodes are; without any, all that is left of it."""
    if outage.phase is OutagePhase.SCHEDULED:
        return Part(nodes=(), whole=not wanted, reasons=(_not_out(outage),))
    if not wanted:
        return Part(nodes=outage.nodes, whole=True)
    restored = work.outages.restored_nodes(outage.ticket_no)
    nodes = tuple(dict.fromkeys(wanted))
    reasons: list[Reason] = []
    names: list[str] = []
    for node_id in nodes:
        node = work.topology.find_node(node_id)
        if node is None:
            reasons.append(_reason("unknown_node", node_id, "不在电网拓扑中"))
            continue
        names.append(node.name)
        reasons += _against(work, node, outage, nodes, restored)
    back = restored.union(nodes)
    whole = all(_is_back(work, each, back) for each in outage.nodes)
    return Part(
        nodes=nodes, names=() if whole else tuple(names), whole=whole, reasons=tuple(reasons)
    )


def _against(
    work: OutageWork,
    node: NetworkNode,
    outage: Outage,
    nodes: Sequence[str],
    restored: frozenset[str],
) -> Iterator[Reason]:
    """Why a node that is to be restored with the others is not."""
    above = {each.id for each in work.topology.ancestors(node.id)}
    if above.isdisjoint(outage.nodes) and node.id not in outage.nodes:
        yield _reason("not_part_of_it", node.id, "不属于本次停电")
    elif not above.isdisjoint(restored) or _is_back(work, node.id, restored):
        yield _reason("restored_already", node.id, "已经送电，不能重复办理")
    elif not above.isdisjoint(nodes):
        yield _reason("restored_twice", node.id, "已包含在同时送电的上级节点中")
    elif node.kind == NodeKind.SERVICE_POINT and not work.outages.points_out(
        outage.ticket_no, [node.id]
    ):
        yield _reason("not_out", node.id, "没有因本次停电而停电")


def _is_back(work: OutageWork, node_id: str, back: frozenset[str]) -> bool:
    """Whether supply is back at a node: there, or at everything that hangs on it."""
    if node_id in back:
        return True
    parts = work.topology.children(node_id)
    return bool(parts) and all(_is_back(work, each.id, back) for each in parts)


def _not_out(outage: Outage) -> Reason:
    return Reason(
        code="not_out",
        message=f"停电 {outage.ticket_no} 尚未开始，没有可恢复的供电",
        clause=CLAUSE,
        remedy="尚未停电的请取消；已经停电的请先登记停电开始",
    )


def _reason(code: str, node_id: str, problem: str) -> Reason:
    return Reason(
        code=code,
        field="nodes",
        message=f"节点“{shown(node_id)}”{problem}",
        clause=CLAUSE,
        remedy="请核对节点编号；全部送电时不必指定节点",
    )
