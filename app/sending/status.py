"""How sending stands: what `huodian queue status` and the console's page of it show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from notifications.message import MessageState

if TYPE_CHECKING:
    from datetime import datetime

    from app.clock import Clock
    from app.ports.jobs import FailedJob, JobEngine
    from app.ports.sending import SendingDatabase
    from engine.ticket import Actor
    from notifications.carriage import ProviderStanding

NODES_SHOWN = 20
FAILED_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A node; `alive` is what its lock says, whatever the node itself last said."""

    id: str
    name: str
    version: str
    alive: bool
    started_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    ending: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """How sending stands.

    Args:
        due: messages that could go now and are not given to a job.
        handed_over: messages of jobs that have not begun.
        sending: messages that are with a provider.
        later: messages that wait for their hour or their next attempt.
        oldest_due_s: seconds since the oldest message that is due, or handed over, could be sent.
        dead_letters: failed and unreachable messages that nobody has seen to, and expired ones that
            the law demands.
        in_doubt: messages of which nobody knows whether they went out, not seen to.
        notices: shared notices of which messages are still being written.
        failed_jobs: jobs that came to no good end and are about to be mended.
    """

    due: int
    handed_over: int
    sending: int
    later: int
    oldest_due_s: int | None
    dead_letters: int
    in_doubt: int
    notices: tuple[str, ...]
    failed_jobs: tuple[FailedJob, ...]
    nodes: tuple[NodeView, ...]
    providers: tuple[ProviderStanding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWatch:
    """Looks at the queue, the nodes and the providers."""

    database: SendingDatabase
    jobs: JobEngine
    clock: Clock

    def status(self, *, actor: Actor) -> QueueStatus:
        """How sending stands now."""
        authorize(actor, Action.READ)
        at = self.clock()
        with self.database.reading() as work:
            depth = work.queue.depth(at)
            unhandled = work.outbox.unhandled_by_state()
            notices = tuple(work.notices.unfinished())
            nodes = work.cluster_nodes.recent(NODES_SHOWN)
            providers = tuple(work.providers.all())
        present = self.database.present([each.id for each in nodes if each.ended_at is None])
        oldest = depth.oldest_due
        return QueueStatus(
            due=depth.due,
            handed_over=depth.handed_over,
            sending=depth.sending,
            later=depth.waiting - depth.due,
            oldest_due_s=None if oldest is None else max(0, int((at - oldest).total_seconds())),
            dead_letters=unhandled.get(MessageState.FAILED, 0)
            + unhandled.get(MessageState.UNREACHABLE, 0)
            + unhandled.get(MessageState.EXPIRED, 0),
            in_doubt=unhandled.get(MessageState.IN_DOUBT, 0),
            notices=notices,
            failed_jobs=tuple(self.jobs.failed(FAILED_SHOWN)),
            nodes=tuple(
                NodeView(
                    id=each.id,
                    name=each.name,
                    version=each.version,
                    alive=each.id in present,
                    started_at=each.started_at,
                    seen_at=each.seen_at,
                    ended_at=each.ended_at,
                    ending=each.ending,
                )
                for each in nodes
            ),
            providers=providers,
        )
