"""A definition as a BPMN 2.0 file (OMG formal/2011-01-03) with its diagram, for any modeler.

A limit in working days is no duration that BPMN knows: the timer carries the number, and says in
its language and in its documentation what is counted. Therefore the process is not marked as
executable; what our own engine goes by stands beside it in elements of our own name space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from engine.guards import ROLE_NAMES
from workflows.exports.bpmn_diagram import EVENT, Bounds, diagram_of
from workflows.exports.bpmn_process import Kind, process_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from engine.definition import WorkflowDefinition
    from workflows.exports.bpmn_diagram import Point, ProcessDiagram
    from workflows.exports.bpmn_process import Flow, FlowNode, Process

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OURS = "urn:huodian:bpmn:1"
WORKING_DAYS = "urn:huodian:working-days"
PREFIXES = {"bpmn": BPMN, "bpmndi": BPMNDI, "dc": DC, "di": DI, "xsi": XSI, "huodian": OURS}

TASKS = frozenset({Kind.USER_TASK, Kind.RECEIVE_TASK})


def bpmn(definition: WorkflowDefinition) -> str:
    """The file as text; the same definition gives the same text.

    Every name in the definition leads somewhere (`workflows.diagram.is_drawable`).
    """
    process = process_of(definition)
    root = _of(BPMN, "definitions", id=f"definitions_{definition.id}", targetNamespace=OURS)
    root.set("exporter", "Huodian")
    root.append(_collaboration(definition))
    root.extend(_messages(process))
    root.append(_process(process))
    root.append(_diagram(process, diagram_of(process)))
    for prefix, name in PREFIXES.items():
        ET.register_namespace(prefix, name)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _of(space: str, tag: str, /, **attributes: str) -> ET.Element:
    return ET.Element(f"{{{space}}}{tag}", attributes)


def _with(parent: ET.Element, space: str, tag: str, /, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{space}}}{tag}", attributes)


def _documented(element: ET.Element, notes: Iterable[str]) -> None:
    text = "\n".join(notes)
    if text:
        _with(element, BPMN, "documentation").text = text


# --- the process -------------------------------------------------------------------------------


def _collaboration(definition: WorkflowDefinition) -> ET.Element:
    found = _of(BPMN, "collaboration", id="collaboration")
    _with(
        found,
        BPMN,
        "participant",
        id="pool",
        name=definition.name,
        processRef=f"process_{definition.id}",
    )
    return found


def _messages(process: Process) -> Iterator[ET.Element]:
    for node in process.nodes:
        if node.message:
            yield _of(BPMN, "message", id=f"message_{node.id}", name=node.message)


def _process(process: Process) -> ET.Element:
    definition = process.definition
    process_id = f"process_{definition.id}"
    found = _of(BPMN, "process", id=process_id, name=definition.name, isExecutable="false")
    _documented(found, _about(definition))
    _extended(
        found,
        "definition",
        version=str(definition.version),
        contentHash=definition.content_hash,
        basis=definition.basis,
    )
    lanes = _with(found, BPMN, "laneSet", id="lanes")
    for role in process.lanes:
        lane = _with(lanes, BPMN, "lane", id=f"lane_{role}", name=ROLE_NAMES[role])
        for node in process.nodes:
            if node.lane is role:
                _with(lane, BPMN, "flowNodeRef").text = node.id
    for node in process.nodes:
        found.append(_node(node, process.flows))
    for flow in process.flows:
        found.append(_flow(flow))
    return found


def _about(definition: WorkflowDefinition) -> Iterator[str]:
    yield f"{definition.ref}，依据 {definition.basis}"
    for what, limit in (
        ("合计办理时限", definition.handling_limit),
        ("全过程时限", definition.end_to_end_limit),
    ):
        if limit.days is not None:
            yield f"{what} {limit.days} 个工作日（{limit.clause}）"


def _extended(element: ET.Element, tag: str, **attributes: str) -> None:
    """What our own engine goes by, as an extension that others skip."""
    extension = _with(element, BPMN, "extensionElements")
    _with(extension, OURS, tag, **{key: value for key, value in attributes.items() if value})


def _node(node: FlowNode, flows: Sequence[Flow]) -> ET.Element:
    found = _of(BPMN, node.kind, id=node.id)
    if node.name:
        found.set("name", node.name)
    _documented(found, node.notes)
    _own(found, node)
    for flow in flows:
        if flow.target == node.id:
            _with(found, BPMN, "incoming").text = flow.id
    for flow in flows:
        if flow.source == node.id:
            _with(found, BPMN, "outgoing").text = flow.id
    _furnish(found, node)
    return found


def _own(found: ET.Element, node: FlowNode) -> None:
    if node.kind in TASKS and node.state is not None:
        _extended(
            found,
            "state",
            id=node.state.id,
            stage=node.state.stage,
            heldByCustomer=node.state.held_by_customer or "",
            untilReceived=node.state.until_received,
            suspendable=" ".join(node.state.suspendable),
        )
    if node.stage is not None:
        limit = node.stage.limit
        _extended(
            found,
            "limit",
            stage=node.stage.id,
            days=str(limit.days),
            unit="working-day",
            clause=limit.clause,
        )


def _furnish(found: ET.Element, node: FlowNode) -> None:
    """What makes a node of that kind."""
    match node.kind:
        case Kind.RECEIVE_TASK:
            found.set("messageRef", f"message_{node.id}")
        case Kind.GATEWAY:
            found.set("gatewayDirection", "Diverging")
        case Kind.TIMER:
            found.set("attachedToRef", node.attached_to)
            found.set("cancelActivity", "false")
            timer = _with(found, BPMN, "timerEventDefinition", id=f"timer_{node.id}")
            duration = _with(timer, BPMN, "timeDuration", language=WORKING_DAYS)
            duration.set(f"{{{XSI}}}type", "bpmn:tFormalExpression")
            duration.text = str(node.stage.limit.days) if node.stage else ""
        case Kind.END if node.terminates:
            _with(found, BPMN, "terminateEventDefinition", id=f"terminate_{node.id}")
        case Kind.ABORTING:
            _aborting(found, node)
        case _:
            pass


def _aborting(found: ET.Element, node: FlowNode) -> None:
    """An event sub-process: it may begin at any time, and ends everything else."""
    found.set("triggeredByEvent", "true")
    begin, end, flow = (f"{node.id}.{part}" for part in ("begin", "end", "flow"))
    start = _with(found, BPMN, "startEvent", id=begin, name=node.name, isInterrupting="true")
    _with(start, BPMN, "outgoing").text = flow
    _with(
        start,
        BPMN,
        "messageEventDefinition",
        id=f"{begin}.message",
        messageRef=f"message_{node.id}",
    )
    name = node.state.name if node.state else ""
    last = _with(found, BPMN, "endEvent", id=end, name=name)
    _with(last, BPMN, "incoming").text = flow
    _with(last, BPMN, "terminateEventDefinition", id=f"{end}.terminate")
    _with(found, BPMN, "sequenceFlow", id=flow, sourceRef=begin, targetRef=end)


def _flow(flow: Flow) -> ET.Element:
    found = _of(BPMN, "sequenceFlow", id=flow.id, sourceRef=flow.source, targetRef=flow.target)
    if flow.name:
        found.set("name", flow.name)
    _documented(found, flow.notes)
    if flow.move is not None:
        _extended(
            found,
            "move",
            trigger=flow.move.trigger,
            roles=" ".join(flow.move.roles),
            guards=" ".join(flow.move.guards),
            checkpoint=flow.move.checkpoint or "",
            reasonRequired="true" if flow.move.reason_required else "",
            asks=" ".join(flow.move.asks),
            takes=" ".join(flow.move.takes),
        )
    if flow.move is not None and flow.chosen:
        condition = _with(found, BPMN, "conditionExpression")
        condition.set(f"{{{XSI}}}type", "bpmn:tFormalExpression")
        condition.text = f"trigger == '{flow.move.trigger}'"
    return found


# --- the diagram -------------------------------------------------------------------------------


def _diagram(process: Process, places: ProcessDiagram) -> ET.Element:
    found = _of(BPMNDI, "BPMNDiagram", id="diagram", name=process.definition.name)
    plane = _with(found, BPMNDI, "BPMNPlane", id="plane", bpmnElement="collaboration")
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


def _shape(plane: ET.Element, element: str, bounds: Bounds, **attributes: str) -> ET.Element:
    found = _with(
        plane, BPMNDI, "BPMNShape", id=f"{element}.shape", bpmnElement=element, **attributes
    )
    _bounds(found, bounds)
    return found


def _edge(
    plane: ET.Element, element: str, points: Iterable[Point], labels: Mapping[str, Bounds]
) -> None:
    found = _with(plane, BPMNDI, "BPMNEdge", id=f"{element}.edge", bpmnElement=element)
    for x, y in points:
        _with(found, DI, "waypoint", x=_number(x), y=_number(y))
    if element in labels:
        _label(found, labels[element])


def _label(shape: ET.Element, bounds: Bounds) -> None:
    _bounds(_with(shape, BPMNDI, "BPMNLabel"), bounds)


def _bounds(parent: ET.Element, bounds: Bounds) -> None:
    _with(
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
