"""Which of several providers carries a message, and how that changes with how they do.

Each has a weight and gets its share by it. Weights move in steps of ten, each with its reason: down
by a provider's own faults or by slow delivery, back to rest after a calm while. An account without
money or with wrong credentials is left alone altogether for some time, one whose daily quota is
used up until midnight. What is a recipient's or a
message's fault never counts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from engine.calendar import SHANGHAI
from notifications.carriage import ProviderStanding, Traffic
from notifications.channels.base import ErrorClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

STEP = 10
FAULTS_AT_MOST = 50
"""Own faults of a provider within `FAULT_WINDOW` that are taken as bad luck."""
FAULT_WINDOW = timedelta(minutes=1)
SLOW_AFTER = timedelta(minutes=5)
SLOW_WINDOW = timedelta(minutes=15)
SLOW_SHARE = 0.15
SAMPLES_AT_LEAST = 20
CALM = timedelta(minutes=15)
"""So long nothing must have spoken against a provider before it gets weight back."""
BETWEEN_STEPS_BACK = timedelta(minutes=5)
BLOCKED_FOR = timedelta(minutes=15)
BLOCKING = frozenset({ErrorClass.QUOTA, ErrorClass.ACCOUNT, ErrorClass.AUTH})

RESTING = {1: (100,), 2: (60, 40), 3: (50, 30, 20)}
"""Weights at rest of providers in the order of preference."""


def is_faulty(traffic: Traffic) -> bool:
    """Whether a provider fails too often by its own fault."""
    return traffic.faults > FAULTS_AT_MOST


def is_slow(traffic: Traffic) -> bool:
    """Whether it delivers too slowly; few messages prove nothing."""
    enough = traffic.handed_over >= SAMPLES_AT_LEAST
    return enough and traffic.slow >= SLOW_SHARE * traffic.handed_over


def resting_weights(names: Sequence[str], wanted: Mapping[str, int]) -> dict[str, int]:
    """The weights at rest: those that are wanted, else by the order of preference."""
    usual = RESTING.get(len(names), (100 // max(1, len(names)),) * len(names))
    return {name: wanted.get(name, weight) for name, weight in zip(names, usual, strict=True)}


def choose(
    standings: Iterable[ProviderStanding], lot: UUID, at: datetime, *, avoid: str = ""
) -> ProviderStanding | None:
    """The provider that a chunk goes to: the lot decides, in proportion to the weights.

    `avoid` is the one whose attempt failed; it is chosen only if there is no other. None if no
    provider may be used now.
    """
    usable = sorted((each for each in standings if each.is_usable(at)), key=lambda each: each.name)
    candidates = [each for each in usable if each.name != avoid] or usable
    candidates = [each for each in candidates if each.weight > 0] or candidates
    total = sum(max(each.weight, 1) for each in candidates)
    place = lot.int % total if total else 0
    for each in candidates:
        place -= max(each.weight, 1)
        if place < 0:
            return each
    return None


def block(
    standing: ProviderStanding, at: datetime, reason: str, kind: ErrorClass = ErrorClass.ACCOUNT
) -> ProviderStanding:
    """The provider refuses us: leave it alone for a while, or until it counts a new day."""
    until = _next_midnight(at) if kind is ErrorClass.QUOTA else at + BLOCKED_FOR
    return replace(standing, blocked_until=until, lowered_at=at, reason=reason)


def usable_again(standings: Iterable[ProviderStanding]) -> datetime | None:
    """When the first of providers none of which may be used now may be; None if nobody knows."""
    instants = (each.blocked_until for each in standings if not each.paused_by)
    return min((each for each in instants if each is not None), default=None)


def _next_midnight(at: datetime) -> datetime:
    tomorrow = at.astimezone(SHANGHAI).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, SHANGHAI).astimezone(UTC)


def tended(
    standings: Sequence[ProviderStanding], traffic: Mapping[str, Traffic], at: datetime
) -> tuple[ProviderStanding, ...]:
    """The providers of one channel whose weights change now, with the reason."""
    if len(standings) < 2:  # noqa: PLR2004  (nobody to move weight to)
        return ()
    slow = {each.name for each in standings if is_slow(traffic.get(each.name, Traffic()))}
    all_slow = len(slow) == len(standings)
    for each in standings:
        report = traffic.get(each.name, Traffic())
        if is_faulty(report) and _may_lower(each, at, FAULT_WINDOW):
            reason = f"{report.faults} faults within a minute"
            return _moved(each, _heaviest_other(standings, each, at), at, reason)
        if each.name in slow and not all_slow and _may_lower(each, at, SLOW_AFTER):
            reason = f"{report.slow} of {report.handed_over} messages slower than 5 minutes"
            return _moved(each, _heaviest_other(standings, each, at), at, reason)
    return _stepped_back(standings, at)


def _may_lower(standing: ProviderStanding, at: datetime, since: timedelta) -> bool:
    is_rested = standing.lowered_at is None or at - standing.lowered_at >= since
    return standing.weight > 0 and is_rested


def _heaviest_other(
    standings: Sequence[ProviderStanding], one: ProviderStanding, at: datetime
) -> ProviderStanding:
    others = [each for each in standings if each is not one]
    return max(others, key=lambda each: (each.is_usable(at), each.resting_weight))


def _moved(
    loser: ProviderStanding, winner: ProviderStanding, at: datetime, reason: str
) -> tuple[ProviderStanding, ...]:
    step = min(STEP, loser.weight)
    lowered = replace(
        loser, weight=loser.weight - step, lowered_at=at, changed_at=at, reason=reason
    )
    gained = replace(
        winner, weight=winner.weight + step, changed_at=at, reason=f"takes {step} over"
    )
    return lowered, gained


def _stepped_back(
    standings: Sequence[ProviderStanding], at: datetime
) -> tuple[ProviderStanding, ...]:
    """One step towards the weights at rest, from who has too much to who has too little."""
    short = [each for each in standings if each.weight < each.resting_weight and _is_calm(each, at)]
    over = [each for each in standings if each.weight > each.resting_weight]
    if not short or not over:
        return ()
    gains, gives = short[0], over[0]
    step = min(STEP, gains.resting_weight - gains.weight, gives.weight - gives.resting_weight)
    return (
        replace(gains, weight=gains.weight + step, changed_at=at, reason="calm: back towards rest"),
        replace(gives, weight=gives.weight - step, changed_at=at, reason="gives weight back"),
    )


def _is_calm(standing: ProviderStanding, at: datetime) -> bool:
    calm = standing.lowered_at is None or at - standing.lowered_at >= CALM
    stepped = standing.changed_at is None or at - standing.changed_at >= BETWEEN_STEPS_BACK
    return calm and stepped
