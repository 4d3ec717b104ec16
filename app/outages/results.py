"""What a use case of an outage gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from app.trip.case import Case
    from engine.outage import Outage, OutageNews


@dataclass(frozen=True, slots=True, kw_only=True)
class NearbyOutage:
    """Another outage near in time that hits some of the same service points (R-7.3).

    `may_be_merged` while it has not begun: both could then be one.
    """

    ticket_no: str
    kind_name: str
    begins_at: datetime
    ends_at: datetime | None
    service_points: int
    may_be_merged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageResult:
    """The outage as it is now, and what was done about it.

    Args:
        revision: of its ticket.
        service_points: how many the step concerned.
        told: the news that went out with it, None if none did.
        important: important users whom somebody was told to call on.
        late: announced with less than the lead time, for a recorded reason.
        nearby: other outages that hit some of the same customers.
    """

    outage: Outage
    revision: int
    service_points: int = 0
    told: OutageNews | None = None
    important: int = 0
    late: bool = False
    nearby: tuple[NearbyOutage, ...] = ()


def result_of(case: Case, outage: Outage, points: int, told: OutageNews | None) -> OutageResult:
    """What a use case gives back that has nothing more to say."""
    return OutageResult(
        outage=outage, revision=case.ticket.revision, service_points=points, told=told
    )
