"""Where the elements of a BPMN process stand: pool, lanes, nodes, flows with their way points.

The layout is that of `workflows.drawing`, read from left to right with the lanes across.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from workflows.drawing.layered import lay_out
from workflows.drawing.measure import width, wrapped
from workflows.drawing.shapes import Edge, Node, Spacing
from workflows.exports.bpmn_process import FlowNode, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.ticket import Role
    from workflows.drawing.shapes import Layout, Route
    from workflows.exports.bpmn_process import Flow, Process

POOL_HEAD, LANE_HEAD, MARGIN = 30.0, 30.0, 20.0
EVENT, GATEWAY, TASK_WIDTH, TASK_HEIGHT = 36.0, 50.0, 120.0, 80.0
TEXT, LINE, LABEL_LIMIT = 11.0, 14.0, 110.0
"""Size of a label's text as modelers draw it, distance of its lines, its widest line."""
INNER_WIDTH, INNER_HEIGHT = 200.0, 100.0
"""Of an aborting sub-process with its two events."""
_SPACING = Spacing(beside=30, gap=24)

SIZES = {
    Kind.START: (EVENT, EVENT),
    Kind.END: (EVENT, EVENT),
    Kind.TIMER: (EVENT, EVENT),
    Kind.GATEWAY: (GATEWAY, GATEWAY),
    Kind.USER_TASK: (TASK_WIDTH, TASK_HEIGHT),
    Kind.RECEIVE_TASK: (TASK_WIDTH, TASK_HEIGHT),
    Kind.ABORTING: (INNER_WIDTH, INNER_HEIGHT),
}

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessDiagram:
    """Every place: of the pool, of lanes by role, of nodes, flows and their labels by id."""

    pool: Bounds
    lanes: Mapping[Role, Bounds]
    nodes: Mapping[str, Bounds]
    labels: Mapping[str, Bounds]
    flows: Mapping[str, tuple[Point, ...]]


def diagram_of(process: Process) -> ProcessDiagram:
    """The places of all elements of a process."""
    return _Placing(process).diagram()


class _Placing:
    def __init__(self, process: Process) -> None:
        self.process = process
        self.order = {role: place for place, role in enumerate(process.lanes)}
        self.timed = {node.attached_to for node in process.nodes if node.attached_to}
        self.hung = {node.id for node in process.nodes if node.attached_to}
        self.by_id = {node.id: node for node in process.nodes}
        self.layout: Layout = lay_out(list(self._nodes()), list(self._edges()), _SPACING)
        self.left, self.top = MARGIN + POOL_HEAD + LANE_HEAD, MARGIN

    def diagram(self) -> ProcessDiagram:
        nodes = {node_id: self._bounds(node_id) for node_id in self.layout.nodes}
        nodes |= {
            node.id: _hung_below(nodes[node.attached_to], node)
            for node in self.process.nodes
            if node.attached_to
        }
        along = self.layout.along + 2 * MARGIN
        heads = MARGIN + POOL_HEAD
        lanes = {
            role: Bounds(
                x=heads,
                y=self.top + self.layout.lanes[place][0],
                width=LANE_HEAD + along,
                height=self.layout.lanes[place][1] - self.layout.lanes[place][0],
            )
            for role, place in self.order.items()
        }
        pool = Bounds(
            x=MARGIN, y=self.top, width=POOL_HEAD + LANE_HEAD + along, height=self.layout.across
        )
        return ProcessDiagram(
            pool=pool,
            lanes=lanes,
            nodes=nodes,
            labels=dict(self._labels(nodes)),
            flows=dict(self._flows(nodes)),
        )

    # --- what is laid out ------------------------------------------------------------------------

    def _nodes(self) -> Iterator[Node]:
        for node in self.process.nodes:
            if node.id in self.hung:
                continue
            along, across = SIZES[node.kind]
            yield Node(
                id=node.id,
                across=across,
                along=along,
                beyond=self._below(node),
                lane=self.order[node.lane],
                corner=12 if node.kind in {Kind.USER_TASK, Kind.RECEIVE_TASK} else across / 2,
            )

    def _below(self, node: FlowNode) -> float:
        """Room under a node: for its name, or for its timer and where that leads."""
        if node.id in self.timed:
            return EVENT / 2 + 2 * LINE + EVENT + 2 * LINE
        if node.kind in {Kind.START, Kind.END}:
            return LINE * len(_label_lines(node.name)) + 4
        return LINE if node.kind is Kind.GATEWAY else 0

    def _edges(self) -> Iterator[Edge]:
        for flow in self.process.flows:
            if flow.source in self.hung:
                continue
            lines = _label_lines(flow.name) if flow.name else []
            yield Edge(
                id=flow.id,
                source=flow.source,
                target=flow.target,
                across=2 * LINE * len(lines),
                along=max((width(line, TEXT) for line in lines), default=0),
            )

    # --- where it stands -------------------------------------------------------------------------

    def _bounds(self, node_id: str) -> Bounds:
        along, across = SIZES[self.by_id[node_id].kind]
        spot = self.layout.nodes[node_id]
        x, y = self.left + MARGIN + spot.along - along / 2, self.top + spot.across - across / 2
        return Bounds(x=x, y=y, width=along, height=across)

    def _labels(self, nodes: Mapping[str, Bounds]) -> Iterator[tuple[str, Bounds]]:
        for node in self.process.nodes:
            if node.kind in {Kind.START, Kind.END}:
                yield node.id, _under(nodes[node.id], node.name)
            if node.kind is Kind.TIMER:
                place = nodes[node.id]
                yield (
                    node.id,
                    Bounds(
                        x=place.x + EVENT + 2,
                        y=place.y + EVENT / 2 + 2,
                        width=width(node.name, TEXT),
                        height=LINE,
                    ),
                )
        for flow in self.process.flows:
            if flow.name:
                lines = _label_lines(flow.name)
                spot = self.layout.routes[flow.id].label
                wide, high = max(width(line, TEXT) for line in lines), LINE * len(lines)
                x = self.left + MARGIN + spot.along - wide / 2
                yield (
                    flow.id,
                    Bounds(x=x, y=self.top + spot.across - high - 2, width=wide, height=high),
                )

    def _flows(self, nodes: Mapping[str, Bounds]) -> Iterator[tuple[str, tuple[Point, ...]]]:
        jogs = _jogs(self.layout.routes)
        for flow in self.process.flows:
            if flow.source in self.hung:
                upper, lower = nodes[flow.source], nodes[flow.target]
                x, _ = upper.middle
                yield flow.id, ((x, upper.y + upper.height), (x, lower.y))
            else:
                yield flow.id, tuple(self._points(flow, jogs))

    def _points(self, flow: Flow, jogs: Mapping[tuple[str, int], float]) -> Iterator[Point]:
        """Along the legs, with a right-angled step between them."""
        route = self.layout.routes[flow.id]
        last: Point | None = None
        for number, leg in enumerate(route.legs):
            y = self.top + leg.across
            x = self.left + MARGIN + leg.enters
            if last is not None and abs(last[1] - y) > 0.5:  # noqa: PLR2004  (less is straight)
                step = self.left + MARGIN + jogs[flow.id, number]
                yield step, last[1]
                yield step, y
            elif last is not None:
                y = last[1]
            if number == 0:
                yield x, y
            last = (self.left + MARGIN + leg.leaves, y)
        if last is not None:
            yield last


def _hung_below(task: Bounds, node: FlowNode) -> Bounds:
    """A timer on the lower border of a task, or under it the end that it leads to."""
    y = task.y + task.height - EVENT / 2
    if node.kind is not Kind.TIMER:
        y += EVENT + 2 * LINE
    return Bounds(x=task.x + 10, y=y, width=EVENT, height=EVENT)


def _under(place: Bounds, name: str) -> Bounds:
    lines = _label_lines(name)
    wide = max(width(line, TEXT) for line in lines)
    x, _ = place.middle
    return Bounds(
        x=x - wide / 2, y=place.y + place.height + 2, width=wide, height=LINE * len(lines)
    )


def _label_lines(text: str) -> list[str]:
    return wrapped(text, TEXT, LABEL_LIMIT)


def _jogs(routes: Mapping[str, Route]) -> dict[tuple[str, int], float]:
    """Where each flow steps aside between two legs: those of one gap at different places."""
    gaps: dict[tuple[float, float], list[tuple[str, int]]] = {}
    for flow_id, route in routes.items():
        for number, (before, leg) in enumerate(pairwise(route.legs), start=1):
            if before.across != leg.across:
                gap = min(before.leaves, leg.enters), max(before.leaves, leg.enters)
                gaps.setdefault(gap, []).append((flow_id, number))
    return {
        each: low + (high - low) * (place + 1) / (len(steps) + 1)
        for (low, high), steps in gaps.items()
        for place, each in enumerate(steps)
    }
