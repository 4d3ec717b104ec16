"""Work that is done later and survives whoever does it: what the use cases see of the job engine.

A job is enqueued in the transaction that causes it, so it exists if, and only if, that commits. It
is run at least once, by some daemon; whatever it does must therefore be harmless the second time.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.ports.work import Work


class Job(StrEnum):
    """The kinds of jobs; what each of them does is wired in `app.bootstrap`."""

    SEND_CHUNK = "send_chunk"
    """Hands the messages of one chunk to a provider."""
    FAN_OUT = "fan_out"
    """Writes the messages of a notice, page by page. Key and only argument: the notice's id."""


class Jobs(Protocol):
    """The queue of jobs."""

    def enqueue(self, work: Work, job: Job, key: str, args: tuple[str, ...]) -> None:
        """Have the job run once `work` has been committed.

        `key` is the job's id: enqueueing the same key again changes nothing, whatever became of
        the first one.
        """


class FanOut(Protocol):
    """Whoever tells many people knows who they are; writing that down is done in pages."""

    def page(self, work: Work, notice_id: str, after: str, limit: int) -> str:
        """Write the next messages of a notice into the outbox, idempotently.

        Called in a transaction of its own in which the notice is locked; the caller commits. The
        messages' ids are `<notice_id>-<number>`, their `created_at` is the notice's.

        Args:
            work: the transaction.
            notice_id: which notice.
            after: empty at first, then what the last page returned.
            limit: how many messages to write at most.

        Returns:
            Where to go on; empty if that was the last page.
        """
