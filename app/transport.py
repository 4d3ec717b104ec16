"""Wires sending together; a part of the composition root.

Each part is made when it is asked for, because a command that sends nothing needs none of it.
"""

# ruff: noqa: PLC0415  (see above)

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from app.ports.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.clock import Clock
    from app.ports.jobs import FanOut, Handlers, JobEngine
    from app.ports.sending import SendingDatabase
    from app.sending.carriers import Carriers
    from app.sending.cluster import Cluster
    from app.sending.fan_out import FanOutRunner
    from app.sending.handover import Handover
    from app.sending.loose_ends import LooseEnds
    from app.sending.operators import QueueService
    from app.sending.send_chunk import ChunkSender
    from app.sending.service import Sending
    from app.sending.status import QueueWatch
    from app.sending.tending import Tending
    from app.settings import Settings
    from app.trip.message_texts import MessageTexts
    from notifications.channels.base import MessageChannel
    from notifications.delivery.attempts import AttemptPolicy
    from notifications.delivery.permission import Rules
    from notifications.message import Channel, MessageKind
    from notifications.quiet_hours import QuietHours


@dataclass(frozen=True, kw_only=True)
class Transport:
    """Everything that brings messages out of the house.

    Args:
        durable: jobs are kept in the database and run by daemons; otherwise on the spot.
        fan_outs: who knows whom a shared notice of that kind is for.
    """

    settings: Settings
    clock: Clock
    database: SendingDatabase
    channels: Mapping[Channel, tuple[MessageChannel, ...]]
    quiet: QuietHours
    texts: MessageTexts
    fan_outs: Mapping[MessageKind, FanOut]
    durable: bool

    @cached_property
    def jobs(self) -> JobEngine:
        """The queue of jobs."""
        if not self.durable:
            from app.sending.inline_jobs import InlineJobs

            return InlineJobs(lambda: self.handlers)
        from app.sending.job_engine import DbosJobs

        return DbosJobs(
            self.settings.database_url,
            poll_s=self.settings.job_poll_seconds,
        )

    @cached_property
    def handlers(self) -> Handlers:
        """What each kind of job does."""
        return {Job.SEND_CHUNK: self._chunks.send, Job.FAN_OUT: self._notices.run}

    @cached_property
    def cluster(self) -> Cluster:
        """This process among the nodes."""
        from app.sending.cluster import Cluster
        from app.sending.job_engine import VERSION

        return Cluster(
            database=self.database,
            jobs=self.jobs,
            clock=self.clock,
            name=self.settings.node,
            version=VERSION,
            grace=timedelta(seconds=self.settings.node_grace_seconds),
        )

    @cached_property
    def sending(self) -> Sending:
        """Hands the outbox over."""
        from app.sending.service import Sending

        return Sending(
            database=self.database,
            clock=self.clock,
            handover=self._handover,
            jobs=self.jobs,
        )

    @cached_property
    def loose_ends(self) -> LooseEnds:
        """Looks after what nobody answered."""
        from app.sending.loose_ends import LooseEnds
        from app.sending.lost_jobs import LostJobs

        return LooseEnds(
            database=self.database,
            jobs=self.jobs,
            carriers=self.carriers,
            clock=self.clock,
            attempts=self._attempts,
            in_doubt_after=timedelta(minutes=self.settings.in_doubt_minutes),
            lost=LostJobs(database=self.database, jobs=self.jobs),
        )

    @cached_property
    def tending(self) -> Tending:
        """Looks after providers."""
        from app.sending.tending import Tending

        return Tending(
            database=self.database,
            jobs=self.jobs,
            carriers=self.carriers,
            clock=self.clock,
            jobs_kept=timedelta(days=self.settings.jobs_kept_days),
        )

    @cached_property
    def queue(self) -> QueueService:
        """What operators do."""
        from app.sending.operators import QueueService

        return QueueService(database=self.database, carriers=self.carriers, clock=self.clock)

    @cached_property
    def watch(self) -> QueueWatch:
        """What operators see."""
        from app.sending.status import QueueWatch

        return QueueWatch(database=self.database, jobs=self.jobs, clock=self.clock)

    @cached_property
    def carriers(self) -> Carriers:
        """The providers of each channel."""
        from app.sending.carriers import Carriers

        return Carriers(
            channels=self.channels,
            weights=self.settings.provider_weights,
            per_minute=self.settings.provider_rates,
            usual_size=self.settings.claim_limit,
            at_once=self.settings.jobs_at_once,
        )

    # --- what the parts share -------------------------------------------------------------------

    @cached_property
    def _handover(self) -> Handover:
        from app.sending.handover import Handover

        return Handover(carriers=self.carriers, jobs=self.jobs, rules=self._rules, texts=self.texts)

    @cached_property
    def _chunks(self) -> ChunkSender:
        from app.sending.send_chunk import ChunkSender

        return ChunkSender(
            database=self.database,
            carriers=self.carriers,
            clock=self.clock,
            node=lambda: self.cluster.node_id,
            rules=self._rules,
            attempts=self._attempts,
            in_doubt_after=timedelta(minutes=self.settings.in_doubt_minutes),
        )

    @cached_property
    def _notices(self) -> FanOutRunner:
        from app.sending.fan_out import FanOutRunner

        return FanOutRunner(
            database=self.database,
            clock=self.clock,
            handover=self._handover,
            fan_outs=self.fan_outs,
        )

    @cached_property
    def _rules(self) -> Rules:
        from notifications.delivery.permission import Rules

        return Rules(quiet=self.quiet, cap=self.settings.phone_cap)

    @cached_property
    def _attempts(self) -> AttemptPolicy:
        from notifications.delivery.attempts import AttemptPolicy

        return AttemptPolicy(
            quiet=self.quiet,
            waits=tuple(timedelta(minutes=each) for each in self.settings.retry_minutes),
            give_up_after=timedelta(hours=self.settings.give_up_hours),
        )
