"""The database finds the same points without supply as a plain search in a graph (R-7.1)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.network import NodeKind, SupplyView
from engine.outage import Outage, OutageKind, OutagePhase, Restoration, RestorationMeans
from tests.contract.builders import stored
from tests.contract.shipped_network import shipped_network

if TYPE_CHECKING:
    from app.imports.topology_file import Node
    from storage.database import Database
    from storage.unit_of_work import UnitOfWork

BEGAN = datetime(2021, 8, 1, tzinfo=UTC)
POINT = NodeKind.SERVICE_POINT


def hours(count: float) -> datetime:
    return BEGAN + timedelta(hours=count)


def an_outage(ticket_no: str, *nodes: str, **facts: object) -> Outage:
    outage = Outage(
        ticket_no=ticket_no,
        branch="tengchong",
        kind=OutageKind.FAULT,
        phase=OutagePhase.IN_PROGRESS,
        nodes=nodes,
        area="",
        line="",
        cause="",
        announced_at=BEGAN,
        changed_at=BEGAN,
        counted_at=BEGAN,
        begins_at=BEGAN,
    )
    return replace(outage, **facts)  # type: ignore[arg-type]


def restored(at: datetime) -> Restoration:
    return Restoration(
        restored_at=at, means=RestorationMeans.SWITCHING, source="", recorded_at=at, step=2
    )


# --- the oracle ------------------------------------------------------------------------------


@dataclass
class World:
    """What a test has declared, and the network at each of its changes."""

    networks: list[tuple[datetime, dict[str, Node], nx.DiGraph]]
    outages: list[Outage] = field(default_factory=list)
    restorations: dict[str, dict[str, datetime]] = field(default_factory=dict)

    def without_supply(self, subject: Outage, at: datetime) -> list[str]:
        _, nodes, graph = [each for each in self.networks if each[0] <= at][-1]
        others = [
            o for o in self.outages
            if o.begins_at <= at and (o.ends_at is None or o.ends_at > at)
        ]  # fmt: skip
        dark: set[str] = set().union(*(self._dark(o, graph, at) for o in [subject, *others]))
        return sorted(
            each
            for each in self._dark(subject, graph, at)
            if nodes[each].kind is POINT
            and (nodes[each].alternative_node_id is None or nodes[each].alternative_node_id in dark)
        )

    def line(self, node_id: str, at: datetime) -> list[str]:
        """The node and what it hangs on at that time."""
        _, _, graph = [each for each in self.networks if each[0] <= at][-1]
        top = next(each for each in nx.ancestors(graph, node_id) | {node_id}
                   if graph.in_degree(each) == 0)  # fmt: skip
        return nx.shortest_path(graph, top, node_id)[::-1]

    def _dark(self, outage: Outage, graph: nx.DiGraph, at: datetime) -> set[str]:
        given = self.restorations.get(outage.ticket_no, {})
        left = nx.restricted_view(graph, [node for node, since in given.items() if since <= at], [])
        chosen = [each for each in outage.nodes if each in left]
        return set(chosen).union(*(nx.descendants(left, each) for each in chosen))


def below(nodes: dict[str, Node]) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from((n.parent_id, n.id) for n in nodes.values() if n.parent_id)
    return graph


def rewired(nodes: dict[str, Node], chance: Random) -> dict[str, Node]:
    """Some points on other areas, an area on another feeder."""
    areas = [n.id for n in nodes.values() if n.kind is NodeKind.TRANSFORMER_AREA]
    feeders = [n.id for n in nodes.values() if n.kind is NodeKind.FEEDER]
    points = [n.id for n in nodes.values() if n.kind is POINT]
    moved = {each: chance.choice(areas) for each in chance.sample(points, 40)}
    moved |= {each: chance.choice(feeders) for each in chance.sample(areas, 3)}
    return {
        each.id: replace(each, parent_id=moved[each.id]) if each.id in moved else each
        for each in nodes.values()
    }


def arrange(work: UnitOfWork, world: World, tickets: list[str], chance: Random) -> None:
    """Two changes of the network, then outages of which parts are restored at some time."""
    for count in (10, 20):
        before = world.networks[-1][1]
        network = rewired(before, chance)
        moved = [each for each in network.values() if each is not before[each.id]]
        work.topology.put_nodes(moved, hours(count))
        world.networks.append((hours(count), network, below(network)))
    everywhere = sorted(n.id for n in network.values() if n.kind is not POINT)
    points = sorted(n.id for n in network.values() if n.kind is POINT)
    for ticket_no in tickets:
        begins = chance.choice((0, 5, 15))
        ends = chance.choice((None, hours(begins + 8)))
        chosen = {*chance.sample(everywhere, chance.randint(1, 4)), *chance.sample(points, 2)}
        outage = an_outage(ticket_no, *sorted(chosen), begins_at=hours(begins), ends_at=ends)
        work.outages.add(outage)
        world.outages.append(outage)
        deep = sorted(nx.descendants(world.networks[-1][2], outage.nodes[0]))
        parts = [*chance.sample(everywhere, chance.randint(0, 5)), *deep[: chance.randint(0, 9)]]
        back = {node: hours(begins + chance.choice((1, 6, 12))) for node in parts}
        for node, since in back.items():
            work.outages.add_restorations(ticket_no, [node], restored(since))
        world.restorations[ticket_no] = back


@pytest.mark.slow
def test_the_points_without_supply_are_those_of_a_graph_search(database: Database) -> None:
    shipped = shipped_network()
    graph = below(shipped)
    tickets = [stored(database).ticket_no for _ in range(3)]
    with database.writing() as work:
        work.topology.put_nodes(list(shipped.values()), hours(0))
        work.commit()

    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(min_value=0, max_value=2**32))
    def in_any_state(seed: int) -> None:
        chance = Random(seed)  # noqa: S311
        world = World(networks=[(hours(-9), shipped, graph)])
        with database.writing() as work:  # never committed
            arrange(work, world, tickets, chance)
            for outage in world.outages:
                for at in (hours(chance.randint(0, 30)), hours(chance.choice((10, 20)))):
                    found = work.affected.node_ids(outage.ticket_no, SupplyView.at(at))
                    assert found == world.without_supply(outage, at)
                    line = work.topology.path(outage.nodes[0], at)
                    assert [each.id for each in line] == world.line(outage.nodes[0], at)
            nodes = chance.sample(sorted(world.networks[-1][1]), 5)
            found = work.affected.node_ids_below(nodes, SupplyView.at(hours(25)))
            assert found == world.without_supply(an_outage("", *nodes), hours(25))
            assert work.affected.preview(nodes, SupplyView.at(hours(25))).service_points == len(
                found
            )

    in_any_state()
