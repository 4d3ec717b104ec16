"""Keeping an outage's points in step with the network and with other outages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.outage import OutagePhase

if TYPE_CHECKING:
    from datetime import datetime

    from app.ports.work import Work
    from engine.outage import Outage


def refresh(work: Work, outage: Outage, at: datetime) -> None:
    """Determine anew whom an open outage concerns, if anything has changed since the last time.

    A point that was moved away, or whose other supply is there again, leaves the outage; one that
    was moved into it, or has lost its other supply, joins it. Neither is a step of the outage.
    """
    if not work.outages.overtaken(outage):
        return
    view = outage.seen_at(at)
    match outage.phase:
        case OutagePhase.SCHEDULED:
            work.affected.withdraw_absent(outage.ticket_no, view, None)
            work.affected.include(outage.ticket_no, view)
        case OutagePhase.IN_PROGRESS:
            work.affected.restore_absent(outage.ticket_no, view, at, None)
            work.affected.interrupt(outage.ticket_no, view, at)
        case OutagePhase.RESTORED | OutagePhase.CANCELLED:
            return
    work.outages.counted(outage.ticket_no, at)
