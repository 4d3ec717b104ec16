"""The peer: the same trip as a BPMN process in SpiffWorkflow, its state saved at every step.

The process has the moves of the product's definition: a manual task for each, and after each a
gateway that asks whether the ticket is aborted. A step reads the serialised process, does one task
and saves it again, in one durable commit. Documents, clocks and due dates are left out, and no
ticket row with its indexes is kept, only the process.

SpiffWorkflow knows neither ledger nor messages. Given *samples*, a step writes them by hand as the
floor does, because whoever runs this trip on SpiffWorkflow has to; that is the peer of the goal.
Without samples it saves its own state alone, which is measured for comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

from bench.records import Records, opened
from engine.ledger import GENESIS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.records import Sample

NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
PROCESS = "trip"


class Spiff:
    """Processes on a connection of their own, in a table of their own beside the product's."""

    def __init__(
        self, url: str, table: str, steps: Sequence[str], samples: Mapping[str, Sample]
    ) -> None:
        self._connection, mark = opened(url)
        self._cursor = self._connection.cursor()
        self._records = Records(self._cursor, mark)
        self._samples = samples
        self._begin = "BEGIN IMMEDIATE" if mark == "?" else "BEGIN"
        self._cursor.execute(
            f"CREATE TABLE {table} (id TEXT PRIMARY KEY, state TEXT, seq INTEGER, head_hash TEXT)"
        )
        key = f"id = {mark}"
        self._select = f"SELECT state, seq, head_hash FROM {table} WHERE {key}"
        self._update = (
            f"UPDATE {table} SET state = {mark}, seq = {mark}, head_hash = {mark} WHERE {key}"
        )
        self._insert = f"INSERT INTO {table} VALUES ({mark}, {mark}, 0, '{GENESIS}')"
        self._name = f"{table}-{{:08}}"
        self._serializer = BpmnWorkflowSerializer()
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(_bpmn(steps)))
        process = BpmnWorkflow(parser.get_spec(PROCESS))
        process.task_tree.data.update(ticket_no="TC-20210906-0001", is_aborted=False)
        process.do_engine_steps()
        self._new = self._serializer.serialize_json(process)
        self._known = 0

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def begin(self, count: int) -> list[str]:
        """So many new processes; returns their names."""
        first = self._known + 1
        self._known += count
        names = [self._name.format(number) for number in range(first, first + count)]
        self._cursor.execute(self._begin)
        self._cursor.executemany(self._insert, [(name, self._new) for name in names])
        self._cursor.execute("COMMIT")
        return names

    def step(self, name: str, trigger: str) -> None:
        """Do the next task of a process: one durable transaction."""
        cursor = self._cursor
        cursor.execute(self._begin)
        cursor.execute(self._select, (name,))
        state, seq, head_hash = cursor.fetchone()
        process = self._serializer.deserialize_json(state)
        task = process.get_next_task(state=TaskState.READY, manual=True)
        task.run()
        process.do_engine_steps()
        saved = self._serializer.serialize_json(process)
        sample = self._samples.get(trigger)
        if sample is None:
            cursor.execute(self._update, (saved, seq + 1, head_hash, name))
        else:
            entry = sample.entry_after(name, seq, head_hash)
            cursor.execute(self._update, (saved, seq + 1, entry["hash"], name))
            self._records.write(entry, sample.messages_about(name))
        cursor.execute("COMMIT")


def _bpmn(steps: Sequence[str]) -> str:
    """Manual tasks in a row; after each the way to the next one, or to an early end."""
    parts = ['<startEvent id="start"/>', _flow("start", steps[0])]
    for step, following in zip(steps, [*steps[1:], "done"], strict=True):
        gateway = f"{step}_over"
        parts += [
            f'<manualTask id="{step}" name="{step}"/>',
            f'<exclusiveGateway id="{gateway}" default="{gateway}_to_{following}"/>',
            _flow(step, gateway),
            _flow(gateway, following),
            _flow(gateway, "aborted", "<conditionExpression>is_aborted</conditionExpression>"),
        ]
    parts += ['<endEvent id="done"/>', '<endEvent id="aborted"/>']
    return (
        f'<definitions xmlns="{NAMESPACE}" targetNamespace="huodian">'
        f'<process id="{PROCESS}" isExecutable="true">{"".join(parts)}</process></definitions>'
    )


def _flow(source: str, target: str, condition: str = "") -> str:
    return (
        f'<sequenceFlow id="{source}_to_{target}" sourceRef="{source}" targetRef="{target}">'
        f"{condition}</sequenceFlow>"
    )
