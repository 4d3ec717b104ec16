"""The BPMN file of a definition: valid, complete, drawn, and understood by two other programs."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import SpiffWorkflow.bpmn.parser
from hypothesis import given, settings
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser

from engine.definition import Ending
from tests.process_mining import read_bpmn
from tests.unit.engine.large_definition import large_definition
from tests.unit.engine.random_definitions import small_definitions
from workflows.catalog import load_shipped
from workflows.diagram import folded_aborts
from workflows.exports.bpmn import bpmn
from workflows.exports.bpmn_elements import BPMN, BPMNDI, DC, DI, OURS

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition

SHIPPED = [definition for definition, _ in load_shipped()]
BY_ID = {definition.id: definition for definition in SHIPPED}
NAMES = {"b": BPMN, "i": BPMNDI, "c": DC, "d": DI, "h": OURS}
NCNAME = re.compile(r"[A-Za-z_][\w.-]*")
SCHEMA = etree.XMLSchema(
    file=str(Path(SpiffWorkflow.bpmn.parser.__file__).parent / "schema" / "BPMN20.xsd")
)
"""The OMG's own, which comes with SpiffWorkflow."""
REFERENCES = ("sourceRef", "targetRef", "attachedToRef", "messageRef", "processRef", "bpmnElement")
FLOW_NODES = "startEvent userTask receiveTask exclusiveGateway endEvent boundaryEvent subProcess"

Rectangle = tuple[float, float, float, float]


class File:
    """A file, read."""

    def __init__(self, definition: WorkflowDefinition) -> None:
        self.definition = definition
        self.text = bpmn(definition)
        self.root = etree.fromstring(self.text.encode())

    def all(self, path: str) -> list[etree._Element]:
        found = self.root.xpath(path, namespaces=NAMES)
        assert isinstance(found, list)
        return found

    def ids(self) -> list[str]:
        return [
            str(each) for each in self.root.xpath("//@id[not(ancestor::h:*)]", namespaces=NAMES)
        ]

    def nodes(self) -> list[etree._Element]:
        """The nodes of the process itself, without those inside a sub-process."""
        kinds = " or ".join(f"self::b:{kind}" for kind in FLOW_NODES.split())
        return self.all(f"//b:process/*[{kinds}]")

    def frame(self, element: str) -> Rectangle:
        (bounds,) = self.all(f"//i:BPMNShape[@bpmnElement='{element}']/c:Bounds")
        x, y, wide, high = (float(bounds.get(key)) for key in ("x", "y", "width", "height"))
        return x, y, x + wide, y + high


def assert_valid(file: File) -> None:
    SCHEMA.assertValid(file.root)
    ids = file.ids()
    assert all(NCNAME.fullmatch(each) for each in ids)
    assert Counter(ids).most_common(1)[0][1] == 1
    known = set(ids)
    for each in file.root.iter():
        for key in REFERENCES:
            assert each.get(key, next(iter(known))) in known
    for path in ("//b:incoming", "//b:outgoing", "//b:flowNodeRef"):
        assert all(each.text in known for each in file.all(path))


def assert_connected_both_ways(file: File) -> None:
    for flow in file.all("//b:sequenceFlow"):
        source, target = flow.get("sourceRef"), flow.get("targetRef")
        assert file.all(f"//*[@id='{source}']/b:outgoing[text()='{flow.get('id')}']")
        assert file.all(f"//*[@id='{target}']/b:incoming[text()='{flow.get('id')}']")


def assert_drawn(file: File) -> None:
    """Every node and flow has its place; nodes are apart, in their lane, inside the pool."""
    nodes = [each.get("id") for each in file.nodes()]
    frames = {each: file.frame(each) for each in nodes}
    pool = file.frame("pool")
    timers = {each.get("id"): each.get("attachedToRef") for each in file.all("//b:boundaryEvent")}
    for one, other in combinations(nodes, 2):
        if timers.get(one) != other and timers.get(other) != one:
            assert not overlap(frames[one], frames[other]), (one, other)
    for lane in file.all("//b:lane"):
        around = file.frame(lane.get("id"))
        assert within(around, pool)
        for ref in lane.findall(f"{{{BPMN}}}flowNodeRef"):
            assert within(frames[ref.text], around), ref.text
    listed = Counter(each.text for each in file.all("//b:flowNodeRef"))
    assert listed == Counter(nodes)
    for flow in file.all("//b:sequenceFlow"):
        path = f"//i:BPMNEdge[@bpmnElement='{flow.get('id')}']/d:waypoint"
        points = [(float(each.get("x")), float(each.get("y"))) for each in file.all(path)]
        assert len(points) >= 2
        assert touches(points[0], file.frame(flow.get("sourceRef")))
        assert touches(points[-1], file.frame(flow.get("targetRef")))


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def within(inner: Rectangle, outer: Rectangle) -> bool:
    return (
        inner[0] >= outer[0] - 0.2
        and inner[1] >= outer[1] - 0.2
        and inner[2] <= outer[2] + 0.2
        and inner[3] <= outer[3] + 0.2
    )


def touches(point: tuple[float, float], frame: Rectangle) -> bool:
    x, y = point
    inside = within((x, y, x, y), frame)
    on_border = (
        min(abs(x - frame[0]), abs(x - frame[2]), abs(y - frame[1]), abs(y - frame[3])) < 0.2
    )
    return inside and on_border


@pytest.mark.parametrize("definition", SHIPPED, ids=lambda each: each.id)
def test_a_shipped_definition_is_valid_and_drawn(definition: WorkflowDefinition) -> None:
    file = File(definition)
    assert_valid(file)
    assert_connected_both_ways(file)
    assert_drawn(file)
    assert bpmn(definition) == file.text


@settings(max_examples=30, deadline=None)
@given(small_definitions())
def test_so_is_any_definition(definition: WorkflowDefinition) -> None:
    file = File(definition)
    assert_valid(file)
    assert_connected_both_ways(file)
    assert_drawn(file)


def test_so_is_a_large_one() -> None:
    file = File(large_definition())
    assert_valid(file)
    assert_drawn(file)


# ---- what it says


@pytest.mark.parametrize("definition", SHIPPED, ids=lambda each: each.id)
def test_states_are_tasks_and_limits_are_timers(definition: WorkflowDefinition) -> None:
    file = File(definition)
    for state in definition.states:
        if state.is_final:
            continue
        kind = "receiveTask" if state.held_by_customer else "userTask"
        (task,) = file.all(f"//b:{kind}[@id='state_{state.id}']")
        assert task.get("name") == state.name
        days = definition.stage_by_id[state.stage].limit.days
        timers = file.all(f"//b:boundaryEvent[@attachedToRef='state_{state.id}']")
        assert len(timers) == (days is not None and state.held_by_customer is None)
        for timer in timers:
            assert timer.get("name") == f"{days} 个工作日"
            assert timer.get("cancelActivity") == "false"
            (duration,) = timer.iter(f"{{{BPMN}}}timeDuration")
            assert (duration.text, duration.get("language")) == (
                str(days),
                "urn:huodian:working-days",
            )


def test_a_task_of_the_customer_waits_for_what_the_customer_hands_in() -> None:
    file = File(BY_ID["hv_single_supply"])
    (task,) = file.all("//b:receiveTask[@id='state_customer_works']")
    (message,) = file.all(f"//b:message[@id='{task.get('messageRef')}']")
    assert message.get("name") == "收到工程竣工报告（含竣工图纸）"


def test_lanes_are_the_roles_that_act() -> None:
    lanes = [each.get("name") for each in File(BY_ID["lv_resident"]).all("//b:lane")]
    assert lanes == ["受理员", "客户经理", "项目经理"]


def test_aborting_from_everywhere_is_one_event_sub_process() -> None:
    file = File(BY_ID["lv_resident"])
    (aborting,) = file.all("//b:subProcess[@triggeredByEvent='true']")
    assert aborting.get("name") == "中止办理"
    assert file.all("//b:subProcess/b:endEvent/b:terminateEventDefinition")
    assert "任一未办结的状态均可中止" in "".join(aborting.itertext())
    assert not File(BY_ID["follow_up_call"]).all("//b:subProcess")


def test_moves_say_who_and_with_what() -> None:
    file = File(BY_ID["planned_outage"])
    (flow,) = file.all("//b:sequenceFlow[@id='move_planned.announce']")
    (note,) = flow.findall(f"{{{BPMN}}}documentation")
    assert "由调度员、营销科科长、分公司负责人办理" in note.text
    assert "必填：带电作业、带电作业考虑情况（不能带电的说明原因）" in note.text
    (own,) = flow.iter(f"{{{OURS}}}move")
    assert own.get("asks").split()[:2] == ["live_work", "live_work_considered"]
    (condition,) = flow.iter(f"{{{BPMN}}}conditionExpression")
    assert condition.text == "trigger == 'announce'"


def test_it_does_not_claim_to_run_elsewhere() -> None:
    (process,) = File(SHIPPED[0]).all("//b:process")
    assert process.get("isExecutable") == "false"


# ---- understood by others


@pytest.mark.parametrize("definition", SHIPPED, ids=lambda each: each.id)
def test_spiffworkflow_parses_it(definition: WorkflowDefinition) -> None:
    parser = BpmnParser()
    # It parses only what claims to be executable.
    claimed = bpmn(definition).replace('isExecutable="false"', 'isExecutable="true"')
    parser.add_bpmn_xml(etree.fromstring(claimed.encode()))
    spec = parser.get_spec(f"process_{definition.id}")
    known = set(spec.task_specs)
    assert {f"state_{each.id}" for each in definition.states if not each.is_final} <= known
    lanes = {task.lane for name, task in spec.task_specs.items() if name.startswith("state_")}
    assert lanes <= {each.get("name") for each in File(definition).all("//b:lane")}


@pytest.mark.parametrize("definition", SHIPPED, ids=lambda each: each.id)
def test_pm4py_reads_the_same_moves_from_it(definition: WorkflowDefinition, tmp_path: Path) -> None:
    path = tmp_path / "definition.bpmn"
    path.write_text(bpmn(definition), encoding="utf-8")
    graph = read_bpmn(path)
    onward: dict[str, list[tuple[str, str]]] = {}
    for flow in graph.get_flows():
        pair = flow.get_name(), flow.get_target().get_id()
        onward.setdefault(flow.get_source().get_id(), []).append(pair)
    found = set()
    for state in definition.states:
        for name, target in onward.get(f"state_{state.id}", []):
            if target == f"choice_{state.id}":
                found |= {(state.id, move, end) for move, end in onward[target]}
            else:
                found.add((state.id, name, target))
    folded = folded_aborts(definition)
    final = {each.id for each in definition.states if each.is_final}
    assert found == {
        (each.source, each.name, f"{'end' if each.target in final else 'state'}_{each.target}")
        for each in definition.transitions
        if (each.source, each.trigger) not in folded
    }
    types = Counter(type(each).__name__ for each in graph.get_nodes())
    held = sum(each.held_by_customer is not None for each in definition.states)
    assert types["UserTask"] == len(definition.states) - len(final) - held
    aborted = sum(each.ending is Ending.ABORTED for each in definition.states)
    assert types["TerminateEndEvent"] == aborted
