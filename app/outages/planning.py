"""Fewer interruptions: whom a new outage would hit a second time, and what it could serve (R-7.3).

Two outages that hit the same customers within a short time could be one; and a connection whose
works need an outage can use one that takes place anyway (四(一)3).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.outages.results import NearbyOutage
from engine.outage import OUTAGE_KINDS, OutagePhase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ports.outage_work import OutageWork
    from engine.network import SupplyView


def nearby(
    work: OutageWork, nodes: Sequence[str], view: SupplyView, days: int, *, but: str = ""
) -> tuple[NearbyOutage, ...]:
    """Other outages that begin within so many days of `view`, the largest overlap first.

    `but` is an outage that is not another one.
    """
    near = (view.since - timedelta(days=days), view.since + timedelta(days=days))
    found = []
    for each in work.affected.overlaps(nodes, view, near, but=but):
        other = work.outages.get(each.ticket_no)
        found.append(
            NearbyOutage(
                ticket_no=other.ticket_no,
                kind_name=OUTAGE_KINDS[other.kind],
                begins_at=other.begins_at,
                ends_at=other.ends_at,
                service_points=each.service_points,
                may_be_merged=other.phase is OutagePhase.SCHEDULED,
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.service_points, each.begins_at)))
