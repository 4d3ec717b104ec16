"""The network as people look at it: a node, what it hangs on, what hangs on it, where it stood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from engine.application import AREA_CLASSES, AreaClass
from engine.network import NODE_KINDS, NodeKind, SupplyView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from app.clock import Clock
    from app.ports.network import NetworkDatabase, NetworkNode
    from engine.ticket import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLine:
    """A node in a list."""

    node_id: str
    kind: str
    kind_name: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoodLine:
    """Where and as what a node stood for a time; `until` is empty for today's place."""

    since: datetime
    until: datetime | None
    parent_id: str | None
    kind_name: str
    area_class_name: str
    important: bool
    alternative_node_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePage:
    """One node. `above` goes from its parent up to the substation.

    `service_points`, `phones` and `without_phone` count whom an outage here would leave without
    supply now.
    """

    node_id: str
    kind: str
    kind_name: str
    name: str
    area_class_name: str
    rated_kva: Decimal | None
    contract_kw: Decimal | None
    important: bool
    alternative_node_id: str | None
    retired_at: datetime | None
    above: tuple[NodeLine, ...]
    below: tuple[NodeLine, ...]
    stood: tuple[StoodLine, ...]
    service_points: int
    phones: int
    without_phone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkReader:
    """Reads of the network."""

    database: NetworkDatabase
    clock: Clock

    def roots(self, *, actor: Actor) -> tuple[NodeLine, ...]:
        """The substations, by id."""
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            return _lines(work.topology.of_kind(NodeKind.SUBSTATION))

    def node(self, node_id: str, *, actor: Actor) -> NodePage:
        """One node with its surroundings.

        Raises:
            NotFoundError: there is none of that id.
        """
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            topology = work.topology
            node = topology.node(node_id)
            counts = work.affected.preview([node_id], SupplyView.at(self.clock()))
            return NodePage(
                node_id=node.id,
                kind=node.kind,
                kind_name=_kind(node.kind),
                name=node.name,
                area_class_name=_area(node.area_class),
                rated_kva=node.rated_kva,
                contract_kw=node.contract_kw,
                important=node.important,
                alternative_node_id=node.alternative_node_id,
                retired_at=node.retired_at,
                above=_lines(topology.ancestors(node_id)),
                below=_lines(topology.children(node_id)),
                stood=tuple(
                    StoodLine(
                        since=each.valid_from,
                        until=each.valid_to,
                        parent_id=each.parent_id,
                        kind_name=_kind(each.kind),
                        area_class_name=_area(each.area_class),
                        important=each.important,
                        alternative_node_id=each.alternative_node_id,
                    )
                    for each in topology.placements(node_id)
                ),
                service_points=counts.service_points,
                phones=counts.phones,
                without_phone=counts.without_phone,
            )


def _lines(nodes: Sequence[NetworkNode]) -> tuple[NodeLine, ...]:
    return tuple(
        NodeLine(node_id=each.id, kind=each.kind, kind_name=_kind(each.kind), name=each.name)
        for each in nodes
    )


def _kind(kind: str) -> str:
    return NODE_KINDS[NodeKind(kind)]


def _area(area_class: str) -> str:
    return AREA_CLASSES[AreaClass(area_class)] if area_class else ""
