"""Where across the items of a row stand: near their neighbours, in their order, apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workflows.drawing.rows import Item
    from workflows.drawing.shapes import Interval

ROUNDS = 16
"""How often everybody is placed, by the row before and by the row after in turn."""
HARDLY = 0.01
"""The weight of a wish that yields to every other."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants to stand at `at`, with so much weight, `step` after the one before."""

    at: float
    weight: float
    step: float


def spread(wishes: Sequence[Wish], low: float, high: float) -> list[float]:
    """The places that are nearest to the wishes (least squares) with every step kept.

    The first stands at `low` at least, the last at `high` at most; steps count more than `high`.
    Neighbours who want to stand too near are pooled at their mean until nobody does.
    """
    offsets: list[float] = []
    total = 0.0
    for wish in wishes:
        total += wish.step
        offsets.append(total)
    pools: list[tuple[float, float, int]] = []  # sum of weighted wishes, weight, how many
    for wish, offset in zip(wishes, offsets, strict=True):
        pool = ((wish.at - offset) * wish.weight, wish.weight, 1)
        while pools and pools[-1][0] / pools[-1][1] > pool[0] / pool[1]:
            before = pools.pop()
            pool = (before[0] + pool[0], before[1] + pool[1], before[2] + pool[2])
        pools.append(pool)
    least = low - (offsets[0] if offsets else 0)
    most = max(high - (offsets[-1] if offsets else 0), least)
    found: list[float] = []
    for weighted, weight, count in pools:
        place = min(max(weighted / weight, least), most)
        found += [place + offset for offset in offsets[len(found) : len(found) + count]]
    return found


def place_across(rows: list[list[Item]], beside: float) -> dict[int, Interval]:
    """Place every item; gives the interval of each lane, or infinity. Rows are in their order."""
    lanes = _lanes(rows, beside)
    for row in rows:
        _settle(row, lanes, beside, {item.id: (0.0, 1.0) for item in row})
    for round_ in range(ROUNDS):
        downwards = round_ % 2 == 0
        for row in rows if downwards else rows[::-1]:
            _settle(row, lanes, beside, _wanted(row, upper=downwards))
    return lanes


def _lanes(rows: list[list[Item]], beside: float) -> dict[int, Interval]:
    """Each lane as wide as its fullest row; a single lane has no borders."""
    widest: dict[int, float] = {}
    for row in rows:
        for lane, items in groupby(row, key=lambda item: item.lane):
            width = sum(item.before + item.after + beside for item in items)
            widest[lane] = max(widest.get(lane, 0), width)
    if len(widest) == 1:
        return dict.fromkeys(widest, (-inf, inf))
    found: dict[int, Interval] = {}
    begins = 0.0
    for lane in sorted(widest):
        found[lane] = (begins, begins + widest[lane])
        begins += widest[lane]
    return found


def _wanted(row: list[Item], *, upper: bool) -> dict[str, tuple[float, float]]:
    """The mean of the neighbours on that side, or on the other; who has none keeps to the row."""
    found: dict[str, tuple[float, float]] = {}
    alone: list[Item] = []
    for item in row:
        links = (item.up or item.down) if upper else (item.down or item.up)
        weight = sum(link.weight for link in links)
        if weight:
            found[item.id] = sum(link.to.across * link.weight for link in links) / weight, weight
        else:
            alone.append(item)
    middle = sum(at for at, _ in found.values()) / len(found) if found else 0.0
    return found | {item.id: (middle, HARDLY) for item in alone}


def _settle(
    row: list[Item],
    lanes: dict[int, Interval],
    beside: float,
    wanted: dict[str, tuple[float, float]],
) -> None:
    for lane, found in groupby(row, key=lambda item: item.lane):
        items = list(found)
        wishes = []
        reach = 0.0
        for item in items:
            wishes.append(Wish(*wanted[item.id], reach + beside / 2 + item.before))
            reach = item.after + beside / 2
        low, high = lanes[lane]
        first = wishes[0].step
        places = spread(
            [Wish(wishes[0].at, wishes[0].weight, 0), *wishes[1:]], low + first, high - reach
        )
        for item, place in zip(items, places, strict=True):
            item.across = place
