"""In which order the items of a row stand, so that few arrows cross. Lanes keep their order."""

from __future__ import annotations

from bisect import bisect_right, insort
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workflows.drawing.rows import Item

SWEEPS = 12

Order = list[list["Item"]]


def put_in_order(rows: Order) -> None:
    """Order every row in place: by the middle of its neighbours, downwards and upwards in turn."""
    _follow_the_arrows(rows)
    best, fewest = [list(row) for row in rows], crossings(rows)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        downwards = sweep % 2 == 0
        for row in rows if downwards else reversed(rows):
            _by_neighbours(row, rows, upper=downwards)
        found = crossings(rows)
        if found < fewest:
            best, fewest = [list(row) for row in rows], found
    for row, kept in zip(rows, best, strict=True):
        row[:] = kept


def crossings(rows: Order) -> int:
    """How often arrows cross between neighbouring rows."""
    return sum(_between(upper, lower) for upper, lower in pairwise(rows))


def _follow_the_arrows(rows: Order) -> None:
    """A first order: as a walk from the first row on comes to them; chains stay together."""
    seen: dict[str, int] = {}
    stack = [item for row in reversed(rows) for item in reversed(row)]
    while stack:
        item = stack.pop()
        if item.id not in seen:
            seen[item.id] = len(seen)
            stack.extend(link.to for link in reversed(item.down))
    for row in rows:
        row.sort(key=lambda item: (item.lane, seen[item.id]))


def _by_neighbours(row: list[Item], rows: Order, *, upper: bool) -> None:
    if not row:
        return
    place = row[0].row + (-1 if upper else 1)
    if not 0 <= place < len(rows):
        return
    position = {item.id: index for index, item in enumerate(rows[place])}
    current = {item.id: index for index, item in enumerate(row)}

    def key(item: Item) -> tuple[int, float, int]:
        found = [position[link.to.id] for link in (item.up if upper else item.down)]
        middle = sum(found) / len(found) if found else current[item.id]
        return item.lane, middle, current[item.id]

    row.sort(key=key)


def _between(upper: list[Item], lower: list[Item]) -> int:
    """Inversions among the far ends, taken in the order of the near ones."""
    position = {item.id: index for index, item in enumerate(lower)}
    passed: list[int] = []
    found = 0
    for item in upper:
        ends = sorted(position[link.to.id] for link in item.down)
        found += sum(len(passed) - bisect_right(passed, end) for end in ends)
        for end in ends:
            insort(passed, end)
    return found
