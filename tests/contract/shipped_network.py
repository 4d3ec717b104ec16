"""The network of tests/data as nodes, with more alternative supplies than it has itself."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

from app.imports.csv_file import read_table
from app.imports.topology_file import NODE_FIELDS, REQUIRED_NODE_FIELDS, Node, read_nodes
from engine.network import NodeKind

DATA = Path(__file__).parents[1] / "data"


@cache
def shipped_network() -> dict[str, Node]:
    """Its nodes by id; one point in twenty has another feeder or area to fall back on."""
    table = read_table((DATA / "topology.csv").read_bytes(), NODE_FIELDS, REQUIRED_NODE_FIELDS)
    nodes, refused = read_nodes(table.rows, {})
    assert not refused
    chance = Random(1)  # noqa: S311  (the same in every run)
    fallbacks = [n.id for n in nodes if n.kind in {NodeKind.FEEDER, NodeKind.TRANSFORMER_AREA}]
    network = {each.id: each for each in nodes}
    points = [n for n in nodes if n.kind is NodeKind.SERVICE_POINT and not n.alternative_node_id]
    for point in chance.sample(points, len(points) // 20):
        network[point.id] = replace(point, alternative_node_id=chance.choice(fallbacks))
    return network
