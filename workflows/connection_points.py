"""Where to connect a customer: the nearest feasible point, existing public lines first.

四(三)4, R-9.1b, D4. Distances are measured along the way by whoever surveys the site; the network
has no coordinates, and a straight line would say little about a line in the mountains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

CLAUSE = "R-9.1b, 四(三)4"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPoint:
    """A node at which a customer could be connected, as surveyed.

    `free_kva` is what the node may still take; `is_public` marks an existing public line or area,
    as against one that belongs to somebody or has yet to be built.
    """

    node_id: str
    distance_m: int
    free_kva: Decimal
    is_public: bool

    def carries(self, needed_kva: Decimal) -> bool:
        """Whether the node has room for that much more."""
        return self.free_kva >= needed_kva


def by_preference(
    points: Iterable[ConnectionPoint], needed_kva: Decimal
) -> tuple[ConnectionPoint, ...]:
    """Feasible points first; of them public lines, then the nearest, then the freest."""
    return tuple(
        sorted(
            points,
            key=lambda each: (
                not each.carries(needed_kva),
                not each.is_public,
                each.distance_m,
                -each.free_kva,
                each.node_id,
            ),
        )
    )


def proposed(points: Iterable[ConnectionPoint], needed_kva: Decimal) -> ConnectionPoint | None:
    """The point that the plan prefers; None if no point has room."""
    first = next(iter(by_preference(points, needed_kva)), None)
    return first if first is not None and first.carries(needed_kva) else None
