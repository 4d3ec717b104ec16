"""Makes arrows straight where their rows leave them room."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workflows.drawing.rows import Item, Rows
    from workflows.drawing.shapes import Interval


def straighten(rows: Rows, lanes: Mapping[int, Interval], beside: float) -> None:
    """Move the pieces of each arrow onto one line, as many at a time as can be; long ones first."""
    neighbours = _Neighbours(rows, lanes, beside)
    for chain in sorted(rows.chains.values(), key=len, reverse=True):
        ends = [end for end in (chain[0], chain[-1]) if not _follows(end)]
        waiting = [item for item in chain if not item.is_node or _follows(item)]
        while waiting:
            run, room = neighbours.common(waiting)
            place = _nearest(sum(item.across for item in run) / len(run), room, ends)
            for item in run:
                item.across = place
            waiting = waiting[len(run) :]


def meeting(item: Item) -> Interval:
    """Between which places an arrow may meet a node; before its free room, if it has some."""
    half = max(item.before - item.corner, 0)
    return item.across - half, item.across + half


def _follows(item: Item) -> bool:
    """Whether nothing holds a node but this one arrow."""
    return item.is_node and len(item.up) + len(item.down) == 1


def _nearest(wish: float, room: Interval, ends: Iterable[Item]) -> float:
    """The place in the room that is nearest to the wish, before the ends if that can be."""
    low, high = room
    for end in ends:
        first, last = meeting(end)
        if max(low, first) <= min(high, last):
            low, high = max(low, first), min(high, last)
    return min(max(wish, low), high)


class _Neighbours:
    """Who stands beside whom, and how much room that leaves."""

    def __init__(self, rows: Rows, lanes: Mapping[int, Interval], beside: float) -> None:
        self._rows, self._lanes, self._beside = rows.rows, lanes, beside
        self._index = {item.id: index for row in rows.rows for index, item in enumerate(row)}

    def common(self, items: list[Item]) -> tuple[list[Item], Interval]:
        """As many of the items, from the first on, as can stand on one line, and where that is."""
        low, high = -inf, inf
        run: list[Item] = []
        for item in items:
            first, last = self._room(item)
            if max(low, first) > min(high, last):
                break
            low, high = max(low, first), min(high, last)
            run.append(item)
        return run, (low, high)

    def _room(self, item: Item) -> Interval:
        """At least where the item stands."""
        row, index = self._rows[item.row], self._index[item.id]
        low, high = self._lanes[item.lane]
        low, high = low + self._beside / 2 + item.before, high - self._beside / 2 - item.after
        if index and row[index - 1].lane == item.lane:
            before = row[index - 1]
            low = before.across + before.after + self._beside + item.before
        if index + 1 < len(row) and row[index + 1].lane == item.lane:
            after = row[index + 1]
            high = after.across - after.before - self._beside - item.after
        return min(low, item.across), max(high, item.across)
