"""Jobs run on the spot, in the order in which they were enqueued: for simulations and tests.

Nothing is durable and nothing runs at the same time, so the same story ends the same way each time.
What is enqueued waits for `work_off`, which sweeps call after their commit. A job whose transaction
was rolled back finds nothing to do.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from app.ports.jobs import FailedJob, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from app.ports.jobs import Handlers, Lane
    from app.ports.work import Work

logger = logging.getLogger(__name__)


class InlineJobs:
    """The queue of one process. `handlers` is asked when the first job is run."""

    def __init__(self, handlers: Callable[[], Handlers]) -> None:
        self._handlers = handlers
        self._known: set[str] = set()
        self._waiting: deque[tuple[Job, str, tuple[str, ...]]] = deque()
        self._failed: dict[str, FailedJob] = {}

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
        """Remember the job unless its key is known."""
        del work, lane, urgent
        if key not in self._known:
            self._known.add(key)
            self._waiting.append((job, key, args))

    def work_off(self) -> None:
        """Run every job that waits, and those that they enqueue."""
        handlers = self._handlers()
        while self._waiting:
            job, key, args = self._waiting.popleft()
            try:
                handlers[job](*args)
            except Exception as fault:
                logger.exception("job %s failed", key)
                problem = type(fault).__name__
                self._failed[key] = FailedJob(key=key, job=job, problem=problem)

    def failed(self, limit: int) -> Sequence[FailedJob]:
        """Jobs that failed and were not forgotten."""
        return list(self._failed.values())[:limit]

    def forget(self, keys: Collection[str]) -> None:
        """Forget failed jobs."""
        for key in keys:
            self._failed.pop(key, None)

    def tables(self) -> str:
        """There are none."""
        return ""

    def prepare(self) -> None:
        """There are no tables."""

    def start(self, node_id: str, version: str, handlers: Handlers, lanes: Sequence[Lane]) -> None:
        """Nothing runs by itself."""

    def stop(self, patience_s: float) -> None:
        """Nothing runs."""

    def close(self) -> None:
        """Nothing is open."""

    def remember(self) -> None:
        """Nobody has to wait for what is done on the spot."""

    def unfinished(self, *, of_all: bool = False) -> int:
        """How many jobs wait."""
        del of_all
        return len(self._waiting)

    def busy_nodes(self) -> Mapping[str, str]:
        """There are no nodes."""
        return {}

    def recover(self, node_id: str) -> int:
        """There are no nodes."""
        del node_id
        return 0

    def discard(self, versions: Collection[str]) -> int:
        """There are no versions."""
        del versions
        return 0

    def known(self, keys: Collection[str]) -> set[str]:
        """Those that wait, or failed and were not forgotten."""
        return ({key for _, key, _ in self._waiting} | set(self._failed)) & set(keys)

    def forget_ended(self, before: datetime, limit: int) -> int:
        """Nothing is kept of jobs that ended."""
        del before, limit
        return 0
