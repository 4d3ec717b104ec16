"""The points of an outage as they follow from the network and from other outages.

What supply went out for is determined at the instant at which it went out, and again at each
instant since at which somebody's supply may have come or gone, whenever that became known: a fault
of last week that is entered today finds the network of last week.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

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
    """How many points an outage concerns, and when the last of those who left it did."""

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
        left_at = _walked(work, outage, turns, step, None if is_new else step).left_at
        is_new = is_new and not turns
    return Kept(points=kept if is_new else work.affected.kept_count(number), left_at=left_at)


def restored_in_part(work: Work, outage: Outage, since: datetime, at: datetime) -> int:
    """Supply is back below some nodes since then; returns how many points have it again."""
    turns = [since, *work.outages.turns(since, at)]
    return _walked(work, outage, turns, outage.step, outage.step).left


def refresh(work: Work, outage: Outage, at: datetime) -> Shift:
    """Determine anew whom an outage concerns, if anything has changed since the last time.

    A point that was moved away, or whose other supply is there again, leaves the outage; one that
    was moved into it, or has lost its other supply, joins it.
    """
    seen = work.outages.seeing(outage, at)
    if outage.phase is OutagePhase.CANCELLED or not work.outages.overtaken(outage):
        return Shift(outage=outage)
    if outage.phase is OutagePhase.RESTORED:
        return _corrected(work, outage, seen, at)
    number, step = outage.ticket_no, outage.step + 1
    if outage.phase is OutagePhase.SCHEDULED:
        view = outage.seen_at(at)
        left_at = at if work.affected.withdraw_absent(number, view, step) else None
        kept = work.affected.include(number, view, step)
    else:
        walk = _walked(work, outage, work.outages.learned(outage, at), step, step)
        left_at, kept = walk.left_at, walk.kept
    known_since = outage.customers_seen_at
    joined = (kept > 0 and work.affected.has_joined(number, step)) or (
        work.affected.has_new_customers(number, known_since, at)
    )
    now = replace(seen, counted_at=at, step=step if joined or left_at is not None else outage.step)
    work.outages.counted(now)
    return Shift(outage=now, joined=joined, left_at=left_at, known_since=known_since)


def _corrected(work: Work, outage: Outage, seen: Outage, at: datetime) -> Shift:
    """What became known of the time of an outage that is over goes into the evidence, untold."""
    ended = outage.ends_at or at
    turns = [each for each in work.outages.learned(outage, ended) if each < ended]
    _walked(work, outage, turns, outage.step, None)
    work.affected.restore_all(outage.ticket_no, ended, None)
    now = replace(seen, counted_at=at)
    work.outages.counted(now)
    return Shift(outage=now)


class _Walk(NamedTuple):
    """How many points left and joined, and when the last of the former did."""

    left: int
    kept: int
    left_at: datetime | None


def _walked(
    work: Work, outage: Outage, turns: Iterable[datetime], step: int, told_at: int | None
) -> _Walk:
    """Who was in and out of supply at each of the instants, the earliest first."""
    walk = _Walk(0, 0, None)
    for turn in turns:
        view = SupplyView.at(turn)
        left = work.affected.restore_absent(outage.ticket_no, view, turn, told_at)
        kept = work.affected.interrupt(outage.ticket_no, view, step, turn)
        walk = _Walk(walk.left + left, walk.kept + kept, turn if left else walk.left_at)
    return walk
