"""An outage (停电) as a value: on which nodes, from when, until when, and how far it has come.

An outage is also a ticket, which knows its states and who may move it. What stands here is what
decides who is without supply. Times of an outage are reported, with their source, and may lie
before the instant at which they are recorded; times of no other ticket may (R-5.1a).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from engine.network import SupplyView

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When what has not been changed at all was changed last."""


class OutageKind(StrEnum):
    """Why supply goes out: planned works, urgent works, or a fault (R-7.2)."""

    PLANNED = "planned"
    TEMPORARY = "temporary"
    FAULT = "fault"


OUTAGE_KINDS = {
    OutageKind.PLANNED: "计划停电",
    OutageKind.TEMPORARY: "临时停电",
    OutageKind.FAULT: "故障停电",
}
"""Chinese names of the kinds."""

DEFINITIONS = {
    OutageKind.PLANNED: "planned_outage",
    OutageKind.TEMPORARY: "temporary_outage",
    OutageKind.FAULT: "fault_outage",
}
"""Which process an outage of a kind follows."""


class OutagePhase(StrEnum):
    """How far an outage has come, as far as supply is concerned."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    RESTORED = "restored"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether it is still to come, or on."""
        return self in {OutagePhase.SCHEDULED, OutagePhase.IN_PROGRESS}


class RestorationMeans(StrEnum):
    """How supply came back: what was broken was mended, or another line took the load over."""

    REPAIR = "repair"
    SWITCHING = "switching"


RESTORATION_MEANS = {RestorationMeans.REPAIR: "修复送电", RestorationMeans.SWITCHING: "转供送电"}
"""Chinese names of the means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """How and when supply came back below some nodes, as reported and as recorded."""

    restored_at: datetime
    means: RestorationMeans
    source: str
    recorded_at: datetime
    step: int


class OutageNews(StrEnum):
    """What is told of an outage, each to its own part of those it concerns (R-7.2, N4).

    `JOINED` and `RELEASED` are told to those alone whom the outage has come to concern, or does not
    concern any more, because the network or another outage has changed.
    """

    ANNOUNCED = "announced"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    STARTED = "started"
    ESTIMATE = "estimate"
    RESTORED = "restored"
    JOINED = "joined"
    RELEASED = "released"


TELLING_OFF = frozenset({OutageNews.CANCELLED, OutageNews.RELEASED})
"""After these nothing of an outage is left for whoever read it last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageNotice:
    """Which news of which outage a notice tells.

    Args:
        step: the outage's step at which it was told; what left the outage then is told so, and what
            joins it later hears of it by another notice.
        everybody: also those who asked not to be told, because the law wants them told.
        estimated_at: the restoration that was told with it, if one was.
        planned_from: the time that is told with it, to `planned_until`; None for a fault.
        last_told: only for those whom this earlier notice was the last to reach; if empty, for
            those whom none has reached; None: whatever they were told.
        known_since: who is known at a point only since then is told as if the point had joined.
    """

    notice_id: str
    ticket_no: str
    news: OutageNews
    step: int
    everybody: bool
    created_at: datetime
    estimated_at: datetime | None = None
    planned_from: datetime | None = None
    planned_until: datetime | None = None
    last_told: str | None = None
    known_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One outage; everything below its `nodes` belongs to it.

    Args:
        area: the places concerned, and `line` the lines, in Chinese, as customers are told.
        begins_at: when supply goes out as far as it is known: as planned, then as reported.
        ends_at: when it comes back: as planned, then as reported; None while nobody knows.
        estimated_at: when it is expected to come back.
        step: counts the outage's changes; what is told of one is told once.
        changed_at: when it was last changed.
        counted_at: when those whom it concerns were last determined.
        network_seen_at: the last change of the network that was seen then, and customers_seen_at
            that of who is behind its points.
        late_reason: why it was announced later than it must be, or not for the time at which it
            took place; empty if it was announced in time.
    """

    ticket_no: str
    branch: str
    kind: OutageKind
    phase: OutagePhase
    nodes: tuple[str, ...]
    area: str
    line: str
    cause: str
    announced_at: datetime
    changed_at: datetime
    counted_at: datetime
    begins_at: datetime
    begins_source: str = ""
    ends_at: datetime | None = None
    ends_source: str = ""
    planned_from: datetime | None = None
    planned_until: datetime | None = None
    estimated_at: datetime | None = None
    late_reason: str = ""
    network_seen_at: datetime = NEVER
    customers_seen_at: datetime = NEVER
    step: int = 1

    def seen_at(self, at: datetime) -> SupplyView:
        """Whom it concerns as far as is known at `at`."""
        if self.phase is OutagePhase.SCHEDULED and self.planned_until is not None:
            return SupplyView(as_of=at, since=self.begins_at, until=self.planned_until)
        return SupplyView.at(at)


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatePolicy:
    """When a new estimate is worth a message (R-7.2).

    It must differ by `least_shift` from what was told, or what was told must have passed; and
    messages about it lie at least `least_pause` apart.
    """

    least_shift: timedelta = timedelta(minutes=30)
    least_pause: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEstimate:
    """The estimate that customers were told last, None for none, and when."""

    estimated_at: datetime | None
    told_at: datetime


def is_estimate_due(
    estimated_at: datetime, told: ToldEstimate | None, policy: EstimatePolicy, at: datetime
) -> bool:
    """Whether the estimate is to be told now, after what was told before."""
    if told is None:
        return True
    if at - told.told_at < policy.least_pause:
        return False
    before = told.estimated_at
    if before is None:
        return True
    return abs(estimated_at - before) >= policy.least_shift or (
        before <= at and estimated_at != before
    )
