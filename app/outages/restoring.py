"""Restoring supply, whole or in parts: what may be restored, and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.forms.fields import shown
from engine.errors import Reason
from engine.outage import OutagePhase

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        above = {each.id for each in work.topology.ancestors(node_id)}
        if node is None:
            reasons.append(_reason("unknown_node", node_id, "不在电网拓扑中"))
        elif above.isdisjoint(outage.nodes) and node_id not in outage.nodes:
            reasons.append(_reason("not_part_of_it", node_id, "不属于本次停电"))
        elif node_id in restored or not above.isdisjoint(restored):
            reasons.append(_reason("restored_already", node_id, "已经送电，不能重复办理"))
        elif not above.isdisjoint(nodes):
            reasons.append(_reason("restored_twice", node_id, "已包含在同时送电的上级节点中"))
        names.append(node_id if node is None else node.name)
    whole = set(outage.nodes) <= {*restored, *nodes}
    return Part(
        nodes=nodes, names=() if whole else tuple(names), whole=whole, reasons=tuple(reasons)
    )


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
