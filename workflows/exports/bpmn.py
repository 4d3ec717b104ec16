"""A definition as a BPMN 2.0 file (OMG formal/2011-01-03) with its diagram, for any modeler.

A limit in working days is no duration that BPMN knows: the timer carries the number, and says in
its language and in its documentation what is counted. Therefore the process is not marked as
executable; what our own engine goes by stands beside it in elements of our own name space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from engine.guards import ROLE_NAMES
from workflows.exports.bpmn_elements import BPMN, OURS, PREFIXES, XSI, child, element
from workflows.exports.bpmn_plane import plane_of
from workflows.exports.bpmn_process import Kind, process_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from engine.definition import WorkflowDefinition
    from workflows.exports.bpmn_process import Flow, FlowNode, Process

WORKING_DAYS = "urn:huodian:working-days"
TASKS = frozenset({Kind.USER_TASK, Kind.RECEIVE_TASK})


def bpmn(definition: WorkflowDefinition) -> str:
    """The file as text; the same definition gives the same text.

    Every name in the definition leads somewhere (`workflows.diagram.is_drawable`).
    """
    process = process_of(definition)
    root = element(BPMN, "definitions", id=f"definitions_{definition.id}", targetNamespace=OURS)
    root.set("exporter", "Huodian")
    root.append(_collaboration(definition))
    root.extend(_messages(process))
    root.append(_process(process))
    root.append(plane_of(process))
    for prefix, name in PREFIXES.items():
        ET.register_namespace(prefix, name)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _documented(parent: ET.Element, notes: Iterable[str]) -> None:
    text = "\n".join(notes)
    if text:
        child(parent, BPMN, "documentation").text = text


# --- the process -------------------------------------------------------------------------------


def _collaboration(definition: WorkflowDefinition) -> ET.Element:
    found = element(BPMN, "collaboration", id="collaboration")
    child(
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
            yield element(BPMN, "message", id=f"message_{node.id}", name=node.message)


def _process(process: Process) -> ET.Element:
    definition = process.definition
    process_id = f"process_{definition.id}"
    found = element(BPMN, "process", id=process_id, name=definition.name, isExecutable="false")
    _documented(found, _about(definition))
    _extended(
        found,
        "definition",
        version=str(definition.version),
        contentHash=definition.content_hash,
        basis=definition.basis,
    )
    lanes = child(found, BPMN, "laneSet", id="lanes")
    for role in process.lanes:
        lane = child(lanes, BPMN, "lane", id=f"lane_{role}", name=ROLE_NAMES[role])
        for node in process.nodes:
            if node.lane is role:
                child(lane, BPMN, "flowNodeRef").text = node.id
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


def _extended(parent: ET.Element, tag: str, **attributes: str) -> None:
    """What our own engine goes by, as an extension that others skip."""
    extension = child(parent, BPMN, "extensionElements")
    child(extension, OURS, tag, **{key: value for key, value in attributes.items() if value})


def _node(node: FlowNode, flows: Sequence[Flow]) -> ET.Element:
    found = element(BPMN, node.kind, id=node.id)
    if node.name:
        found.set("name", node.name)
    _documented(found, node.notes)
    _own(found, node)
    for flow in flows:
        if flow.target == node.id:
            child(found, BPMN, "incoming").text = flow.id
    for flow in flows:
        if flow.source == node.id:
            child(found, BPMN, "outgoing").text = flow.id
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
            timer = child(found, BPMN, "timerEventDefinition", id=f"timer_{node.id}")
            duration = child(timer, BPMN, "timeDuration", language=WORKING_DAYS)
            duration.set(f"{{{XSI}}}type", "bpmn:tFormalExpression")
            duration.text = str(node.stage.limit.days) if node.stage else ""
        case Kind.END if node.terminates:
            child(found, BPMN, "terminateEventDefinition", id=f"terminate_{node.id}")
        case Kind.ABORTING:
            _aborting(found, node)
        case _:
            pass


def _aborting(found: ET.Element, node: FlowNode) -> None:
    """An event sub-process: it may begin at any time, and ends everything else."""
    found.set("triggeredByEvent", "true")
    begin, end, flow = (f"{node.id}.{part}" for part in ("begin", "end", "flow"))
    start = child(found, BPMN, "startEvent", id=begin, name=node.name, isInterrupting="true")
    child(start, BPMN, "outgoing").text = flow
    child(
        start,
        BPMN,
        "messageEventDefinition",
        id=f"{begin}.message",
        messageRef=f"message_{node.id}",
    )
    name = node.state.name if node.state else ""
    last = child(found, BPMN, "endEvent", id=end, name=name)
    child(last, BPMN, "incoming").text = flow
    child(last, BPMN, "terminateEventDefinition", id=f"{end}.terminate")
    child(found, BPMN, "sequenceFlow", id=flow, sourceRef=begin, targetRef=end)


def _flow(flow: Flow) -> ET.Element:
    found = element(BPMN, "sequenceFlow", id=flow.id, sourceRef=flow.source, targetRef=flow.target)
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
        condition = child(found, BPMN, "conditionExpression")
        condition.set(f"{{{XSI}}}type", "bpmn:tFormalExpression")
        condition.text = f"trigger == '{flow.move.trigger}'"
    return found
