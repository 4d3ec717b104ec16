"""The diagram part of a BPMN file (BPMN DI): shapes, edges and labels with their coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.exports.bpmn_diagram import EVENT, Bounds, diagram_of
from workflows.exports.bpmn_elements import BPMNDI, DC, DI, child, element
from workflows.exports.bpmn_process import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from xml.etree import ElementTree as ET

    from workflows.exports.bpmn_diagram import Point, ProcessDiagram
    from workflows.exports.bpmn_process import FlowNode, Process


def plane_of(process: Process) -> ET.Element:
    """The diagram of a process, with a shape or an edge for every element."""
    places = diagram_of(process)
    found = element(BPMNDI, "BPMNDiagram", id="diagram", name=process.definition.name)
    plane = child(found, BPMNDI, "BPMNPlane", id="plane", bpmnElement="collaboration")
    _shape(plane, "pool", places.pool, isHorizontal="true")
    for role, bounds in places.lanes.items():
        _shape(plane, f"lane_{role}", bounds, isHorizontal="true")
    for node in process.nodes:
        _drawn(plane, node, places)
    for flow in process.flows:
        _edge(plane, flow.id, places.flows[flow.id], places.labels)
    return found


def _drawn(plane: ET.Element, node: FlowNode, places: ProcessDiagram) -> None:
    bounds = places.nodes[node.id]
    match node.kind:
        case Kind.ABORTING:
            shape = _shape(plane, node.id, bounds, isExpanded="true")
            y = bounds.y + (bounds.height - EVENT) / 2
            begin, end = bounds.x + EVENT, bounds.x + bounds.width - 2 * EVENT
            for part, x in (("begin", begin), ("end", end)):
                _shape(plane, f"{node.id}.{part}", Bounds(x=x, y=y, width=EVENT, height=EVENT))
            middle = y + EVENT / 2
            _edge(plane, f"{node.id}.flow", ((begin + EVENT, middle), (end, middle)), {})
        case Kind.GATEWAY:
            shape = _shape(plane, node.id, bounds, isMarkerVisible="true")
        case _:
            shape = _shape(plane, node.id, bounds)
    if node.id in places.labels:
        _label(shape, places.labels[node.id])


def _shape(plane: ET.Element, element_id: str, bounds: Bounds, **attributes: str) -> ET.Element:
    found = child(
        plane, BPMNDI, "BPMNShape", id=f"{element_id}.shape", bpmnElement=element_id, **attributes
    )
    _bounds(found, bounds)
    return found


def _edge(
    plane: ET.Element, element_id: str, points: Iterable[Point], labels: Mapping[str, Bounds]
) -> None:
    found = child(plane, BPMNDI, "BPMNEdge", id=f"{element_id}.edge", bpmnElement=element_id)
    for x, y in points:
        child(found, DI, "waypoint", x=_number(x), y=_number(y))
    if element_id in labels:
        _label(found, labels[element_id])


def _label(shape: ET.Element, bounds: Bounds) -> None:
    _bounds(child(shape, BPMNDI, "BPMNLabel"), bounds)


def _bounds(parent: ET.Element, bounds: Bounds) -> None:
    child(
        parent,
        DC,
        "Bounds",
        x=_number(bounds.x),
        y=_number(bounds.y),
        width=_number(bounds.width),
        height=_number(bounds.height),
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
