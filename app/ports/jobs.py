"""Work that is done later and survives whoever does it: what the use cases see of the job engine.

A job is enqueued in the transaction that causes it, so it exists if, and only if, that commits. It
is run at least once, by some daemon; whatever it does must therefore be harmless the second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from app.ports.work import Work
    from notifications.message import SharedNotice

    Handlers = Mapping["Job", Callable[..., None]]
    """What each kind of job does, given its arguments."""


class Job(StrEnum):
    """The kinds of jobs; what each of them does is wired in `app.bootstrap`."""

    SEND_CHUNK = "send_chunk"
    """Hands the messages of one chunk to a provider. Key and only argument: the chunk's key."""
    FAN_OUT = "fan_out"
    """Writes the messages of a notice, page by page. Key and only argument: the notice's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A queue of its own with its limits, for the jobs of one provider.

    Args:
        at_once: jobs that one node runs at the same time.
        starts: of how many jobs, over all nodes, may begin within `period_s`; None for any number.
    """

    name: str
    at_once: int
    starts: int | None = None
    period_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedJob:
    """A job that came to no good end, and why in one word."""

    key: str
    job: Job
    problem: str


class Jobs(Protocol):
    """The queue of jobs."""

    def enqueue(
        self,
        work: Work,
        job: Job,
        key: str,
        args: tuple[str, ...],
        *,
        lane: str = "",
        urgent: bool = False,
    ) -> None:
        """Have the job run once `work` has been committed.

        Args:
            work: the transaction.
            job: what is to be done.
            key: the job's id; enqueueing the same key again changes nothing, whatever became of
                the first one.
            args: what the job is told.
            lane: the queue it goes to.
            urgent: whether it goes before those that are not.
        """


class JobEngine(Jobs, Protocol):
    """The queue, as those see it who run jobs and look after them."""

    def tables(self) -> str:
        """Differs whenever the engine wants its tables looked at; empty if it has none."""

    def prepare(self) -> None:
        """Make or renew the engine's own tables; harmless if they are as they should be."""

    def start(self, node_id: str, version: str, handlers: Handlers, lanes: Sequence[Lane]) -> None:
        """Run jobs in this process, in threads of the engine's own, until `stop`."""

    def stop(self, patience_s: float) -> None:
        """Take no more jobs, and wait so long for those that have begun."""

    def work_off(self) -> None:
        """Run here and now what was enqueued, if there are no daemons for it."""

    def remember(self) -> None:
        """Bear in mind what this process enqueues from now on, because it will wait for it."""

    def unfinished(self, *, of_all: bool = False) -> int:
        """How many of the jobs that it has remembered are not done; or of all jobs."""

    def busy_nodes(self) -> Mapping[str, str]:
        """The nodes that have begun jobs and not ended them, with the version of those."""

    def recover(self, node_id: str) -> int:
        """Have others run the jobs that a dead node had begun; returns how many."""

    def discard(self, versions: Collection[str]) -> int:
        """Remove the jobs of versions that no living node understands; returns how many.

        What they were to do stands in the rows, from which others are made.
        """

    def known(self, keys: Collection[str]) -> set[str]:
        """Those of the jobs that are to be run, are being run, or failed and are not forgotten."""

    def failed(self, limit: int) -> Sequence[FailedJob]:
        """Jobs that came to no good end, the oldest first."""

    def forget(self, keys: Collection[str]) -> None:
        """Remove jobs that have ended."""

    def close(self) -> None:
        """Let go of the database."""

    def forget_ended(self, before: datetime, limit: int) -> int:
        """Remove jobs that ended before that instant; returns how many."""


class FanOut(Protocol):
    """Whoever tells many people knows who they are; writing that down is done in pages."""

    def page(self, work: Work, notice: SharedNotice, limit: int) -> str:
        """Write the next messages of a notice into the outbox, idempotently.

        Called in a transaction of its own in which the notice is locked; the caller commits. The
        messages' ids are `<notice_id>-<number>`, their `created_at` is the notice's.

        Args:
            work: the transaction.
            notice: its `fan_out_after` is empty at first, then what the last page returned.
            limit: how many messages to write at most.

        Returns:
            Where to go on; empty if that was the last page.
        """
