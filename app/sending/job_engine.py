"""Durable jobs by DBOS Transact. The one importer of that library (docs/decisions/0027).

Its tables lie in the application's own database, so a job is enqueued in the transaction that
causes it: on PostgreSQL in the schema `dbos`, on SQLite beside ours. Everything it needs is made
when it is first asked for, because a command that sends nothing should not wait for it.
"""

# ruff: noqa: PLC0415  (see above)

from __future__ import annotations

import logging
import traceback
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any

from app.ports.jobs import FailedJob, Job
from app.sending.engine_log import tame_library_log

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from dbos import DBOSClient, WorkflowStatus

    from app.ports.jobs import Handlers, Lane
    from app.ports.work import Work

logger = logging.getLogger(__name__)

APPLICATION = "huodian"
VERSION = "1"
"""Of the jobs. Raised by hand, and only when a job's arguments or meaning change: a node runs jobs
of its own version only."""
FAN_OUT_LANE = "fan_out"
MOST_STARTS = 3
"""How often a job may be begun again before it is given up: each time, its process died."""
UNFINISHED = ["ENQUEUED", "DELAYED", "PENDING"]
FAILED = ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"]
ENDED = [*FAILED, "SUCCESS"]
AT_A_TIME = 500
FIRST, LATER = 1, 2
"""Priorities."""


class JobFailedError(Exception):
    """What the engine keeps of a failure: its kind, but not its words, which may name people."""


class DbosJobs:
    """The queue of jobs.

    Args:
        url: of the application's database.
        poll_s: seconds after which a node looks for jobs again.
        fan_outs_at_once: notices that one node writes at the same time.
    """

    def __init__(self, url: str, *, poll_s: float, fan_outs_at_once: int = 2) -> None:
        self._url = url
        self._poll_s = poll_s
        self._fan_outs_at_once = fan_outs_at_once
        self._version = VERSION
        self._remembered: set[str] | None = None
        """None unless somebody waits: in a daemon it would grow with every job."""

    @cached_property
    def _client(self) -> DBOSClient:
        from dbos import DBOSClient

        tame_library_log()
        return DBOSClient(system_database_url=self._url, application_name=APPLICATION, lazy=True)

    # --- for everybody ------------------------------------------------------------------------

    def tables(self) -> str:
        """The library's version, which says what its tables look like."""
        return metadata.version("dbos")

    def prepare(self) -> None:
        """Make or renew the engine's tables."""
        from dbos import DBOS

        tame_library_log()
        DBOS.migrate(self._url)

    def enqueue(  # noqa: PLR0913  (the port's)
        self,
        work: Work,
        job: Job,
        key: str,
        args: tuple[str, ...],
        *,
        lane: str = "",
        urgent: bool = False,
    ) -> None:
        """Have the job run once `work` has been committed."""
        from dbos import WorkflowSerializationFormat

        self._client.enqueue_in_transaction(
            work.connection,  # type: ignore[arg-type]
            {
                "workflow_name": job.value,
                "workflow_id": key,
                "queue_name": FAN_OUT_LANE if job is Job.FAN_OUT else lane_name(lane),
                "app_version": self._version,
                "priority": FIRST if urgent else LATER,
                "serialization_type": WorkflowSerializationFormat.PORTABLE,
            },
            *args,
        )
        if self._remembered is not None:
            self._remembered.add(key)

    def work_off(self) -> None:
        """Daemons do that."""

    def remember(self) -> None:
        """Bear in mind what this process enqueues from now on, because it will wait for it."""
        self._remembered = set()

    def unfinished(self, *, of_all: bool = False) -> int:
        """How many of the jobs that it has remembered are not done; or of all jobs."""
        if of_all:
            return sum(1 for _ in self._list(UNFINISHED))
        if self._remembered is None:
            return 0
        self._remembered = {each.workflow_id for each in self._list(UNFINISHED, self._remembered)}
        return len(self._remembered)

    def failed(self, limit: int) -> Sequence[FailedJob]:
        """Jobs that came to no good end, the oldest first."""
        found = self._client.list_workflows(
            status=FAILED, limit=limit, load_input=False, application_name=APPLICATION
        )
        return [
            FailedJob(key=each.workflow_id, job=Job(each.name), problem=_problem(each))
            for each in found
        ]

    def forget(self, keys: Collection[str]) -> None:
        """Remove jobs that have ended."""
        for some in _slices(keys):
            self._client.delete_workflows(some)

    def forget_ended(self, before: datetime, limit: int) -> int:
        """Remove jobs that ended before that instant; returns how many."""
        found = self._client.list_workflows(
            status=ENDED,
            completed_before=before.isoformat(),
            limit=limit,
            load_input=False,
            load_output=False,
            application_name=APPLICATION,
        )
        self.forget([each.workflow_id for each in found])
        return len(found)

    def busy_nodes(self) -> Mapping[str, str]:
        """The nodes that have begun jobs and not ended them, with the version of those."""
        return {
            each.executor_id: each.app_version or ""
            for each in self._list(["PENDING"])
            if each.executor_id
        }

    def close(self) -> None:
        """Let go of the database."""
        if "_client" in self.__dict__:
            self._client.destroy()
            del self.__dict__["_client"]

    # --- for nodes ----------------------------------------------------------------------------

    def start(self, node_id: str, version: str, handlers: Handlers, lanes: Sequence[Lane]) -> None:
        """Run jobs in this process until `stop`."""
        from dbos import DBOS

        self._version = version
        tame_library_log()
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": self._url,
                "application_version": version,
                "executor_id": node_id,
                "run_migrations": False,
                "sys_db_pool_size": 10,
                "log_level": "WARNING",
                "enable_otlp": False,
            }
        )
        for job, handler in handlers.items():
            DBOS.workflow(name=job.value, max_recovery_attempts=MOST_STARTS)(_kept(handler))
        DBOS.launch()
        DBOS.register_queue(
            FAN_OUT_LANE,
            worker_concurrency=self._fan_outs_at_once,
            polling_interval_sec=self._poll_s,
            on_conflict="always_update",
        )
        for lane in lanes:
            DBOS.register_queue(
                lane_name(lane.name),
                worker_concurrency=lane.at_once,
                limiter=_limiter(lane),
                polling_interval_sec=self._poll_s,
                on_conflict="always_update",
            )

    def stop(self, patience_s: float) -> None:
        """Take no more jobs, and wait so long for those that have begun."""
        from dbos import DBOS

        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=round(patience_s))

    def recover(self, node_id: str) -> int:
        """Have others run the jobs that a dead node had begun; returns how many.

        The call is not public. It hands over only what still belongs to that node, so several may
        call it at once. It is repeated until nothing is left, because one that is interrupted
        leaves the rest where it was.
        """
        from dbos import DBOS

        recovered = 0
        while found := DBOS._recover_pending_workflows([node_id]):  # noqa: SLF001  (see above)
            recovered += len(found)
        return recovered

    def discard(self, versions: Collection[str]) -> int:
        """Remove the jobs of versions that no living node understands; returns how many.

        Their arguments mean nothing to this version. What they were to do stands in the rows, from
        which jobs of this version are made.
        """
        if not versions:
            return 0
        found = list(self._list(UNFINISHED, versions=versions))
        self.forget([each.workflow_id for each in found])
        for each in found:
            logger.warning("job %s of version %s is made anew", each.workflow_id, each.app_version)
        return len(found)

    def known(self, keys: Collection[str]) -> set[str]:
        """Those of the jobs that are to be run, are being run, or failed and are not forgotten."""
        return {each.workflow_id for each in self._list([*UNFINISHED, *FAILED], keys)}

    def _list(
        self,
        status: list[str],
        keys: Collection[str] | None = None,
        *,
        versions: Collection[str] | None = None,
    ) -> Iterable[WorkflowStatus]:
        """Jobs in these states, asked for in bounded lists of keys."""
        for some in [None] if keys is None else _slices(keys):
            yield from self._client.list_workflows(
                workflow_ids=some,
                status=status,
                app_version=None if versions is None else sorted(versions),
                load_input=False,
                load_output=False,
                application_name=APPLICATION,
            )


def _slices(keys: Collection[str]) -> Iterable[list[str]]:
    ordered = sorted(keys)
    return (ordered[n : n + AT_A_TIME] for n in range(0, len(ordered), AT_A_TIME))


def lane_name(lane: str) -> str:
    """How the engine calls the queue of a provider."""
    return f"send:{lane}"


def _limiter(lane: Lane) -> Any:  # noqa: ANN401  (a type that the library does not export)
    return None if lane.starts is None else {"limit": lane.starts, "period": lane.period_s}


def _kept(handler: Callable[..., None]) -> Callable[..., None]:
    """The handler, whose faults are logged and kept without the words of the fault."""

    def run(*args: str) -> None:
        try:
            handler(*args)
        except Exception as fault:  # noqa: BLE001  (the edge: every failure is kept alike)
            where = "".join(traceback.format_tb(fault.__traceback__))
            kind = type(fault).__name__
            logger.error("job %s failed with %s\n%s", args, kind, where)  # noqa: TRY400  (see above)
            raise JobFailedError(kind) from None

    return run


def _problem(status: WorkflowStatus) -> str:
    return str(status.error) if status.error is not None else str(status.status).lower()
