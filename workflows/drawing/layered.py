"""Lays a directed graph out in layers, from its nodes and edges to places and routes.

Row by row: `rows` puts everything in its row, `ordering` orders each row, `placing` chooses the
places across; here rows get their places along, and arrows their routes from border to border.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.drawing.ordering import put_in_order
from workflows.drawing.placing import Wish, place_across, spread
from workflows.drawing.rows import Item, Rows, rows_of
from workflows.drawing.shapes import Layout, Leg, Route, Spacing, Spot
from workflows.drawing.straightening import meeting, straighten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workflows.drawing.shapes import Edge, Interval, Node

BETWEEN_PORTS = 14.0
"""How near two arrows may meet a node."""


def lay_out(nodes: Sequence[Node], edges: Sequence[Edge], spacing: Spacing) -> Layout:
    """Places for everything. Nodes given first stand first; edges lead to another node.

    The same input gives the same layout, whatever the machine.
    """
    rows = rows_of(nodes, edges)
    put_in_order(rows.rows)
    lanes = place_across(rows.rows, spacing.beside)
    straighten(rows, lanes, spacing.beside)
    lanes = _from_the_origin(rows, lanes, spacing.beside)
    groups = {node.id: node.group for node in nodes}
    along = _along(rows, groups, spacing)
    ports = _ports(rows)
    bands: dict[int, Interval] = {}
    for node in nodes:
        low, high = along[rows.nodes[node.id].row]
        first, last = bands.get(node.group, (low, high))
        bands[node.group] = min(first, low), max(last, high)
    return Layout(
        nodes={
            item.id: Spot(across=item.across, along=sum(along[item.row]) / 2)
            for item in rows.nodes.values()
        },
        routes={edge.id: _route(edge, rows, along, ports) for edge in edges},
        groups={
            group: (low - spacing.group_begin, high + spacing.group_end)
            for group, (low, high) in bands.items()
        },
        lanes=lanes,
        across=max(high for _, high in lanes.values()),
        along=along[-1][1] + spacing.group_end,
    )


def _from_the_origin(
    rows: Rows, lanes: Mapping[int, Interval], beside: float
) -> dict[int, Interval]:
    """Move everything so that the first lane begins at 0; a single one holds what there is."""
    if len(lanes) == 1:
        low = min(row[0].across - row[0].before for row in rows.rows if row)
        high = max(row[-1].across + row[-1].after for row in rows.rows if row)
        lanes = dict.fromkeys(lanes, (low - beside / 2, high + beside / 2))
    origin = min(low for low, _ in lanes.values())
    for row in rows.rows:
        for item in row:
            item.across -= origin
    return {lane: (low - origin, high - origin) for lane, (low, high) in lanes.items()}


def _along(rows: Rows, groups: Mapping[str, int], spacing: Spacing) -> list[Interval]:
    """From where to where along each row reaches; where a group ends there is room for borders."""
    of_row = {item.row: groups[item.id] for item in rows.nodes.values()}
    found: list[Interval] = []
    place = spacing.group_begin
    for number, row in enumerate(rows.rows):
        is_label_row = number % 2 == 1
        if number:
            between = number if is_label_row else number - 1
            border = spacing.group_end if is_label_row else spacing.group_begin
            changes = of_row[between - 1] != of_row[between + 1]
            place += spacing.gap + (border if changes else 0)
        length = max((item.along for item in row), default=0)
        found.append((place, place + length))
        place += length
    return found


Ports = dict[tuple[str, str], float]
"""(edge, node) -> where across the edge meets the node."""


def _ports(rows: Rows) -> Ports:
    """Side by side, each as near as it can to where its arrow goes on."""
    found: Ports = {}
    sides: dict[tuple[str, bool], list[tuple[float, str]]] = {}
    for edge_id, chain in rows.chains.items():
        for end, following, is_lower in ((chain[0], chain[1], True), (chain[-1], chain[-2], False)):
            sides.setdefault((end.id, is_lower), []).append((following.across, edge_id))
    for (node_id, _), arriving in sides.items():
        arriving.sort()
        low, high = meeting(rows.nodes[node_id])
        step = min(BETWEEN_PORTS, (high - low) / max(len(arriving) - 1, 1))
        wishes = [Wish(at, 1, step if number else 0) for number, (at, _) in enumerate(arriving)]
        places = spread(wishes, low, high)
        found.update(
            ((edge_id, node_id), place)
            for (_, edge_id), place in zip(arriving, places, strict=True)
        )
    return found


def _route(
    edge: Edge, rows: Rows, along: list[Interval], ports: Mapping[tuple[str, str], float]
) -> Route:
    """From border to border, straight through every row on the way."""
    chain = rows.chains[edge.id]
    upper, *between, lower = chain
    legs = [
        _end(upper, ports[edge.id, upper.id], along[upper.row], is_lower=True),
        *(
            Leg(across=each.across, enters=along[each.row][0], leaves=along[each.row][1])
            for each in between
        ),
        _end(lower, ports[edge.id, lower.id], along[lower.row], is_lower=False),
    ]
    if upper.id != edge.source:
        legs = [
            Leg(across=leg.across, enters=leg.leaves, leaves=leg.enters) for leg in reversed(legs)
        ]
    label = rows.labels[edge.id]
    return Route(legs=tuple(legs), label=Spot(across=label.across, along=sum(along[label.row]) / 2))


def _end(item: Item, port: float, row: Interval, *, is_lower: bool) -> Leg:
    """From the border of a node to the border of its row, or the other way round."""
    middle = sum(row) / 2
    if is_lower:
        return Leg(across=port, enters=middle + item.along / 2, leaves=row[1])
    return Leg(across=port, enters=row[0], leaves=middle - item.along / 2)
