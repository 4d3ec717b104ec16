"""The peer: the same trip as a BPMN process in SpiffWorkflow, its state saved at every step.

The process has the moves of the product's definition: a manual task for each, and after each a
gateway that asks whether the ticket is aborted. SpiffWorkflow keeps no tickets, ledger or
messages, so a step reads the serialised process, does one task, and saves it again: one row, one
durable commit. That is less than the product writes, and documents and clocks are left out.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import psycopg
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState
from sqlalchemy.engine import make_url

from bench.servers import driver_dsn, sqlite_path

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMESPACE = "http://www.omg.org/spec/BPMN/20100524/MODEL"
PROCESS = "trip"


class Spiff:
    """Processes on a connection of their own, in a table of their own."""

    def __init__(self, url: str, steps: Sequence[str]) -> None:
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        mark = "?" if self._is_sqlite else "%s"
        self._connection: Any
        if self._is_sqlite:
            self._connection = sqlite3.connect(sqlite_path(url), isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
        else:
            self._connection = psycopg.connect(driver_dsn(url))
        self._connection.execute("CREATE TABLE process (id INTEGER PRIMARY KEY, state TEXT)")
        self._connection.commit()
        self._select = f"SELECT state FROM process WHERE id = {mark}"
        self._update = f"UPDATE process SET state = {mark} WHERE id = {mark}"
        self._insert = f"INSERT INTO process (id, state) VALUES ({mark}, {mark})"
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

    def begin(self, count: int) -> list[int]:
        """So many new processes; returns their numbers."""
        numbers = list(range(self._known + 1, self._known + count + 1))
        self._known += count
        if self._is_sqlite:
            self._connection.execute("BEGIN IMMEDIATE")
        cursor = self._connection.cursor()
        cursor.executemany(self._insert, [(number, self._new) for number in numbers])
        self._connection.commit()
        return numbers

    def step(self, number: int) -> None:
        """Do the next task of a process: one durable transaction."""
        if self._is_sqlite:
            self._connection.execute("BEGIN IMMEDIATE")
        (state,) = self._connection.execute(self._select, (number,)).fetchone()
        process = self._serializer.deserialize_json(state)
        task = process.get_next_task(state=TaskState.READY, manual=True)
        task.run()
        process.do_engine_steps()
        saved = self._serializer.serialize_json(process)
        self._connection.execute(self._update, (saved, number))
        self._connection.commit()


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
