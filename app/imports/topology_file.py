"""A file of the network (电网拓扑): every row well formed, every reference good, no circles.

substation <- feeder <- [section] <- transformer area <- service point; a high-voltage service
point hangs on a feeder or a section (R-7.1). A file may hold a part of the network: what it does
not name is taken from what is known already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from app.forms.fields import FieldReader, shown
from app.imports.report import RefusedRow
from engine.application import AREA_CLASSES
from engine.errors import Reason
from engine.network import NODE_KINDS, NodeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from app.imports.csv_file import CsvRow
    from app.ports.imports import NodeFacts


PARENT_KINDS = {
    NodeKind.SUBSTATION: (),
    NodeKind.FEEDER: (NodeKind.SUBSTATION,),
    NodeKind.SECTION: (NodeKind.FEEDER, NodeKind.SECTION),
    NodeKind.TRANSFORMER_AREA: (NodeKind.FEEDER, NodeKind.SECTION),
    NodeKind.SERVICE_POINT: (NodeKind.TRANSFORMER_AREA, NodeKind.FEEDER, NodeKind.SECTION),
}
"""Below which kinds a node of a kind may hang; nothing means that it is a root."""

NODE_FIELDS = {
    "node_id": "节点编号",
    "kind": "节点类型",
    "parent_id": "上级节点",
    "name": "名称",
    "rated_kva": "额定容量（千伏安）",
    "contract_kw": "合同容量（千瓦）",
    "area_class": "区域类别",
    "important": "重要用户",
    "alternative_node_id": "备用电源节点",
}
REQUIRED_NODE_FIELDS = ("node_id", "kind", "parent_id", "name")
ID_LENGTH = 64
NAME_LENGTH = 100
MOST_KVA = Decimal(1_000_000)
CLAUSE = "R-7.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node; capacities are None where the file says nothing.

    `area_class` is then empty, but of a service point what is above it says it.
    """

    id: str
    kind: NodeKind
    parent_id: str | None
    name: str
    rated_kva: Decimal | None
    contract_kw: Decimal | None
    area_class: str
    important: bool
    alternative_node_id: str | None


def read_nodes(
    rows: Iterable[CsvRow], known: Mapping[str, NodeFacts]
) -> tuple[list[Node], list[RefusedRow]]:
    """The nodes of a file and everything that is wrong with its rows, in the order of the lines."""
    lines: dict[str, int] = {}
    nodes: dict[str, Node] = {}
    doubtful: set[str] = set()
    found: list[tuple[int, Reason]] = []
    for row in rows:
        node, reasons = _read(row)
        if node.id in lines:
            reasons.append(_twice(node.id, lines[node.id]))
        elif node.id:
            lines[node.id], nodes[node.id] = row.line, node
            if any(reason.field in {"kind", "parent_id"} for reason in reasons):
                doubtful.add(node.id)
        found += [(row.line, reason) for reason in reasons]
    network = Network(nodes, known, doubtful)
    for node_id, line in lines.items():
        found += [(line, reason) for reason in network.problems(nodes[node_id])]
    found += [(lines[cause], reason) for cause, reason in network.broken_elsewhere()]
    found.sort(key=lambda each: each[0])
    classified = [network.classified(each) for each in nodes.values()]
    return classified, [RefusedRow(line=line, reason=reason) for line, reason in found]


def _read(row: CsvRow) -> tuple[Node, list[Reason]]:
    read = FieldReader(row.fields, NODE_FIELDS)
    node = Node(
        id=read.code("node_id", limit=ID_LENGTH),
        kind=read.choice("kind", NODE_KINDS),
        parent_id=read.code("parent_id", limit=ID_LENGTH, required=False) or None,
        name=read.text("name", limit=NAME_LENGTH),
        rated_kva=_capacity(read, "rated_kva"),
        contract_kw=_capacity(read, "contract_kw"),
        area_class=read.choice("area_class", AREA_CLASSES) if read.raw("area_class") else "",
        important=read.truth("important"),
        alternative_node_id=read.code("alternative_node_id", limit=ID_LENGTH, required=False)
        or None,
    )
    return node, read.reasons


def _capacity(read: FieldReader, field: str) -> Decimal | None:
    return read.decimal(field, most=MOST_KVA, zero=True) if read.raw(field) else None


class Network:
    """The network as it would be with the file's nodes in it.

    Nothing is said about references from or to `doubtful` nodes: their rows are refused already.
    """

    def __init__(
        self, nodes: Mapping[str, Node], known: Mapping[str, NodeFacts], doubtful: Collection[str]
    ) -> None:
        self._nodes = nodes
        self._known = known
        self._doubtful = doubtful
        self._children = _children_by_parent(known)
        self._circular = _on_circles(self._parent_of, nodes)

    def problems(self, node: Node) -> list[Reason]:
        """What is wrong with a node's references."""
        if node.id in self._doubtful or node.parent_id in self._doubtful:
            return []
        return [
            *self._parent_problems(node),
            *self._child_problems(node),
            *self._alternative_problems(node),
        ]

    def _find(self, node_id: str) -> NodeFacts | None:
        return self._nodes.get(node_id) or self._known.get(node_id)

    def _parent_of(self, node_id: str) -> str | None:
        node = self._find(node_id)
        return node.parent_id if node is not None else None

    def _parent_problems(self, node: Node) -> list[Reason]:
        allowed = PARENT_KINDS[node.kind]
        label, above = NODE_KINDS[node.kind], "或".join(NODE_KINDS[kind] for kind in allowed)
        if node.parent_id is None:
            message = f"{label}没有上级节点"
            return [_parent_reason("orphan", message, f"请填写所属的{above}")] if allowed else []
        if not allowed:
            return [_parent_reason("root_with_parent", f"{label}不应有上级节点", "请留空")]
        parent = self._find(node.parent_id)
        if parent is None:
            message = f"上级节点“{shown(node.parent_id)}”不存在"
            return [_parent_reason("orphan", message, f"请在文件中补充该节点，或改为已有的{above}")]
        reasons = []
        if parent.kind not in allowed:
            message = f"{label}不能接在{NODE_KINDS[NodeKind(parent.kind)]}“{shown(parent.id)}”之下"
            reasons.append(_parent_reason("wrong_parent", message, f"上级应为{above}"))
        if node.id in self._circular:
            message = "上级关系成环，沿上级节点又回到本节点"
            reasons.append(_parent_reason("circle", message, "请核对本节点和各级上级节点"))
        return reasons

    def _child_problems(self, node: Node) -> list[Reason]:
        """A node that changes its kind must still fit those below it that the file leaves alone."""
        unfit = [
            child.id
            for child in self._children.get(node.id, ())
            if child.id not in self._nodes and node.kind not in PARENT_KINDS[NodeKind(child.kind)]
        ]
        if not unfit:
            return []
        below = f"已有的{len(unfit)}个下级节点（如“{shown(unfit[0])}”）"
        message = f"{below}不能接在{NODE_KINDS[node.kind]}下"
        return [
            Reason(
                code="unfit_children",
                field="kind",
                message=message,
                remedy="请核对节点类型，或在同一文件中一并调整下级节点",
                clause=CLAUSE,
            )
        ]

    def classified(self, node: Node) -> Node:
        """A service point without an area class has that of the nearest node above that has one.

        Averages are taken by class: a point of none would be in no average.
        """
        if node.area_class or node.kind != NodeKind.SERVICE_POINT:
            return node
        above = (self._find(each) for each in self._way_up(node.id))
        inherited = (each.area_class for each in above if each is not None and each.area_class)
        return replace(node, area_class=next(inherited, ""))

    def broken_elsewhere(self) -> Iterator[tuple[str, Reason]]:
        """References from nodes that the file leaves alone, and which of its nodes breaks them."""
        for node in self._known.values():
            if node.id in self._nodes or node.alternative_node_id is None:
                continue
            sought = node.alternative_node_id
            cause = next(
                (each for each in (*self._way_up(node.id), sought) if each in self._nodes), None
            )
            message = self._against_alternative(node.id, sought)
            if cause is None or cause in self._doubtful or not message:
                continue
            message = f"已有的用户接入点“{shown(node.id)}”不在文件中，其{message}"
            yield cause, _bad_alternative(message, "请在同一文件中一并调整该接入点的备用电源")

    def _alternative_problems(self, node: Node) -> list[Reason]:
        sought = node.alternative_node_id
        if sought is None:
            return []
        if node.kind != NodeKind.SERVICE_POINT:
            message = f"备用电源只登记在用户接入点上，不能登记在{NODE_KINDS[node.kind]}上"
            return [_bad_alternative(message, "请留空，并在有备用电源的各用户接入点上填写")]
        message = self._against_alternative(node.id, sought)
        remedy = "请填写另一路电源的变电站、线路或台区编号，没有的留空"
        return [_bad_alternative(message, remedy)] if message else []

    def _against_alternative(self, node_id: str, sought: str) -> str:
        """Why a node cannot be another supply of a service point; empty if it can."""
        found = self._find(sought)
        if found is None:
            return f"备用电源节点“{shown(sought)}”不存在"
        if found.kind == NodeKind.SERVICE_POINT:
            return f"备用电源节点“{shown(sought)}”是用户接入点，不能供电"
        if sought in self._way_up(node_id):
            return f"备用电源节点“{shown(sought)}”就是主供电源的上级，停电时不能互为备用"
        return ""

    def _way_up(self, node_id: str) -> dict[str, None]:
        """The node itself and everything above it, upwards."""
        way: dict[str, None] = {}
        at: str | None = node_id
        while at is not None and at not in way:
            way[at] = None
            at = self._parent_of(at)
        return way


def _children_by_parent(known: Mapping[str, NodeFacts]) -> dict[str, list[NodeFacts]]:
    children: dict[str, list[NodeFacts]] = {}
    for node in known.values():
        if node.parent_id is not None:
            children.setdefault(node.parent_id, []).append(node)
    return children


def _on_circles(parent_of: Callable[[str], str | None], starts: Iterable[str]) -> set[str]:
    """Every node on a circle of parents; each node is walked over once."""
    done: set[str] = set()
    circular: set[str] = set()
    for start in starts:
        trail: dict[str, int] = {}
        at: str | None = start
        while at is not None and at not in done and at not in trail:
            trail[at] = len(trail)
            at = parent_of(at)
        if at is not None and at in trail:
            circular.update(list(trail)[trail[at] :])
        done.update(trail)
    return circular


def _bad_alternative(message: str, remedy: str) -> Reason:
    return Reason(
        code="bad_alternative",
        field="alternative_node_id",
        message=message,
        clause=CLAUSE,
        remedy=remedy,
    )


def _parent_reason(code: str, message: str, remedy: str) -> Reason:
    return Reason(code=code, field="parent_id", message=message, remedy=remedy, clause=CLAUSE)


def _twice(node_id: str, line: int) -> Reason:
    return Reason(
        code="twice",
        field="node_id",
        message=f"节点编号“{shown(node_id)}”与第{line}行重复",
        remedy="每个节点只保留一行",
    )
