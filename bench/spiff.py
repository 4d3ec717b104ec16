"""The peer: the same trip as a BPMN process in SpiffWorkflow, its state saved at every step.

SpiffWorkflow keeps no tickets, ledger or messages, so a step reads the serialised process, does
one task, and saves it again: one row, one durable commit. That is less than the product writes.
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
        self._new = self._serializer.serialize_json(BpmnWorkflow(parser.get_spec(PROCESS)))
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
        process.refresh_waiting_tasks()
        process.do_engine_steps()
        task = process.get_next_task(state=TaskState.READY, manual=True)
        task.run()
        process.do_engine_steps()
        saved = self._serializer.serialize_json(process)
        self._connection.execute(self._update, (saved, number))
        self._connection.commit()


def _bpmn(steps: Sequence[str]) -> str:
    """A process of manual tasks in a row."""
    nodes = ["start", *steps, "end"]
    tasks = "".join(f'<manualTask id="{step}" name="{step}"/>' for step in steps)
    flows = "".join(
        f'<sequenceFlow id="to_{target}" sourceRef="{source}" targetRef="{target}"/>'
        for source, target in zip(nodes, nodes[1:], strict=False)
    )
    return (
        f'<definitions xmlns="{NAMESPACE}" targetNamespace="huodian">'
        f'<process id="{PROCESS}" isExecutable="true"><startEvent id="start"/>{tasks}'
        f'<endEvent id="end"/>{flows}</process></definitions>'
    )
