"""The nodes that run jobs: who lives, and who goes on with the jobs of the dead.

A node proves that it lives by a lock that goes with its process (`Presence`). Its id is made at its
start and never used again, so what a dead node had begun is never mixed up with a living one's.
Every node looks after the others. On SQLite there is one node, with one id for ever; what it had
begun it goes on with when it starts again.
"""

from __future__ import annotations

import logging
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from app.sending.fail_points import Point, passing
from app.sweeping import SweepReport
from app.timekeeping import set_clock
from engine.errors import Reason, RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

    from app.clock import Clock
    from app.ports.jobs import JobEngine
    from app.ports.sending import Presence, SendingDatabase

logger = logging.getLogger(__name__)

NAME = "cluster"
SOLE_NODE = "local"
"""Id of the one node of a SQLite file."""
STOPPED, LOST = "stopped", "lost"
NODES_LOOKED_AT = 200
"""So many nodes are looked through for versions of jobs that nobody runs any more."""


@dataclass(slots=True, kw_only=True)
class Cluster:
    """This process among the nodes.

    Args:
        name: how operators call this node; empty for one that follows from machine and process.
        version: of the jobs that it understands.
        grace: so long a node must be without its lock before its jobs are recovered.
    """

    database: SendingDatabase
    jobs: JobEngine
    clock: Clock
    name: str
    version: str
    grace: timedelta
    node_id: str = ""
    _presence: Presence | None = None
    _is_given_up: bool = False
    _lost_since: float | None = None
    _absent_since: dict[str, float] = field(default_factory=dict)

    # --- this node ----------------------------------------------------------------------------

    def join(self) -> None:
        """Become a node.

        Raises:
            RefusedError: a daemon works on this SQLite file already, or a node has this name.
        """
        set_clock(self.clock, self.database)
        is_file = self.database.now() is None
        host = socket.gethostname()
        self.node_id = SOLE_NODE if is_file else f"{self.name or host}:{uuid4()}"
        if self.name and not is_file:
            self._refuse_taken_name()
        presence = self.database.presence(self.node_id)
        if not presence.take():
            raise _taken_file()
        self._presence = presence
        with self.database.writing() as work:
            work.cluster_nodes.begin(self.node_id, self.name or host, self.version, self.clock())
            work.commit()

    def leave(self) -> None:
        """Stop being a node; call it when no job is running any more."""
        if self._presence is None:
            return
        with self.database.writing() as work:
            work.cluster_nodes.end(self.node_id, self.clock(), STOPPED)
            work.commit()
        self._presence.release()
        self._presence = None

    def is_alone(self) -> bool:
        """Whether nobody else runs jobs on this database."""
        with self.database.reading() as work:
            running = [each.id for each in work.cluster_nodes.running()]
        return not self.database.present(set(running) | {SOLE_NODE})

    def lives(self) -> bool:
        """Hold on to the lock, taking it again if its session was lost.

        False once it has been lost for half of the grace, or others took this node for dead: they
        go on with its jobs, so it must end.
        """
        if self._presence is None:
            return True
        if self._is_given_up:
            return False
        if self._presence.take():
            self._lost_since = None
            return True
        now = time.monotonic()
        if self._lost_since is None:
            self._lost_since = now
            logger.warning("node %s has lost its lock", self.node_id)
        return now - self._lost_since < self.grace.total_seconds() / 2

    # --- the others ---------------------------------------------------------------------------

    def sweep(self) -> SweepReport:
        """Say that this node lives, and recover the jobs of those that do not.

        `done` counts jobs that go on: recovered ones, and those of versions that nobody runs any
        more, which are made anew.
        """
        report = SweepReport(name=NAME)
        set_clock(self.clock, self.database)
        if self._presence is None:
            return report
        with self.database.writing() as work:
            self._is_given_up = not work.cluster_nodes.seen(self.node_id, self.clock())
            running = {each.id: each.version for each in work.cluster_nodes.running()}
            known = {each.version for each in work.cluster_nodes.recent(NODES_LOOKED_AT)}
            work.commit()
        busy = self.jobs.busy_nodes()
        dead = self._dead({*running, *busy} - {self.node_id})
        for node_id in sorted(dead):
            logger.warning("node %s is dead; its jobs go on elsewhere", node_id)
            passing(Point.RECOVERING)
            report.done += self.jobs.recover(node_id)
            with self.database.writing() as work:
                work.cluster_nodes.end(node_id, self.clock(), LOST)
                work.commit()
            del self._absent_since[node_id]
        living = {version for node_id, version in running.items() if node_id not in dead}
        report.done += self.jobs.discard(known - living - {self.version})
        return report

    def _dead(self, others: Collection[str]) -> list[str]:
        """Those without a lock on every look for the whole grace.

        A server that was restarted has freed all locks; the living need a moment to take theirs.
        """
        now = time.monotonic()
        present = self.database.present(others)
        absent = set(others) - present
        self._absent_since = {
            node_id: self._absent_since.get(node_id, now) for node_id in sorted(absent)
        }
        grace = self.grace.total_seconds()
        return [each for each, since in self._absent_since.items() if now - since >= grace]

    def _refuse_taken_name(self) -> None:
        with self.database.reading() as work:
            namesakes = {each.id for each in work.cluster_nodes.running() if each.name == self.name}
        if self.database.present(namesakes):
            raise RefusedError(
                Reason(
                    code="node_name_taken",
                    field="node",
                    message=f"已有名为“{self.name}”的守护进程在运行",
                    remedy="请用 --node 换一个名称，或先停止那个进程",
                )
            )


def _taken_file() -> RefusedError:
    return RefusedError(
        Reason(
            code="daemon_running",
            message="已有守护进程在使用这个 SQLite 数据库，同一文件只能有一个",
            remedy="请先停止另一个 huodian serve 或 huodian daemon；"
            "只开控制台用 huodian serve --no-daemon；需要多个守护进程请改用 PostgreSQL",
        )
    )
