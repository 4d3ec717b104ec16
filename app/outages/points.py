"""The points of an outage as they follow from the network and from other outages.

What supply went out for is determined at the instant at which it went out, and again at each
instant since at which somebody's supply may have come or gone, whenever that became known: a fault
of last week that is entered today finds the network of last week.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.network import SupplyView
from engine.outage import OutagePhase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from app.ports.work import Work
    from engine.outage import Outage


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Who has come into an outage and who has gone, at a step of its own if anybody has.

    Args:
        joined: whether there is somebody who has not heard of it.
        left_at: when the last of those who are out of it left; None if nobody did.
        known_since: who is known at a point only since then has not heard of it either.
    """

    outage: Outage
    joined: bool = False
    left_at: datetime | None = None
    known_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How many points an outage concerns now, and when the last of those who left it did."""

    points: int
    left_at: datetime | None = None


def keep(work: Work, outage: Outage, at: datetime, *, is_new: bool = False) -> Kept:
    """Keep whom the outage concerns, at its present step."""
    number, step, left_at = outage.ticket_no, outage.step, None
    if outage.phase is OutagePhase.SCHEDULED:
        kept = work.affected.include(number, outage.seen_at(at), step, is_new=is_new)
    else:
        begins = outage.begins_at
        kept = work.affected.interrupt(number, SupplyView.at(begins), step, begins, is_new=is_new)
        turns = work.outages.turns(begins, at)
        # Who has supply again before anybody heard of it need not hear of that either.
        left_at, _ = _walked(work, outage, turns, step, None if is_new else step)
        is_new = is_new and not turns
    return Kept(points=kept if is_new else work.affected.open_count(number), left_at=left_at)


def refresh(work: Work, outage: Outage, at: datetime) -> Shift:
    """Determine anew whom an open outage concerns, if anything has changed since the last time.

    A point that was moved away, or whose other supply is there again, leaves the outage; one that
    was moved into it, or has lost its other supply, joins it.
    """
    if not outage.phase.is_open or not work.outages.overtaken(outage):
        return Shift(outage=outage)
    number, step = outage.ticket_no, outage.step + 1
    if outage.phase is OutagePhase.SCHEDULED:
        view = outage.seen_at(at)
        left_at = at if work.affected.withdraw_absent(number, view, step) else None
        kept = work.affected.include(number, view, step)
    else:
        turns = work.outages.learned(outage, at)
        left_at, kept = _walked(work, outage, turns, step, step)
    known_since = outage.counted_at
    joined = (kept > 0 and work.affected.has_joined(number, step)) or (
        work.affected.has_new_customers(number, known_since)
    )
    now = replace(
        outage, counted_at=at, step=step if joined or left_at is not None else outage.step
    )
    work.outages.counted(number, at, now.step)
    return Shift(outage=now, joined=joined, left_at=left_at, known_since=known_since)


def _walked(
    work: Work, outage: Outage, turns: Iterable[datetime], step: int, told_at: int | None
) -> tuple[datetime | None, int]:
    """Who was in and out of supply at each of the instants; when the last left, and who joined."""
    left_at, kept = None, 0
    for turn in turns:
        view = SupplyView.at(turn)
        if work.affected.restore_absent(outage.ticket_no, view, turn, told_at):
            left_at = turn
        kept += work.affected.interrupt(outage.ticket_no, view, step, turn)
    return left_at, kept
