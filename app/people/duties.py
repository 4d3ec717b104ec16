"""What still names a person as manager: service grids and open tickets (R-6.1).

Whoever leaves, or gives up a manager's role, must not stay on them unnoticed: new tickets would be
preset with somebody who is not there, and open ones would have nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.managers import duties_of
from engine.ticket import ManagerPair

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.ports.accounts import AccountsUnit
    from app.ports.organisation import ServiceGrid


@dataclass(frozen=True, slots=True, kw_only=True)
class GridDuty:
    """A service grid that names the person."""

    id: str
    branch: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """The grids and the open tickets, by number, that name a person as manager."""

    grids: tuple[GridDuty, ...] = ()
    tickets: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.grids or self.tickets)


def duties_left(work: AccountsUnit, user_id: str, places: Collection[str]) -> Duties:
    """What names the person in one of these places of a manager pair."""
    if not places:
        return Duties()
    named = (each for each in work.grid.grids() if _names(each, user_id, places))
    return Duties(
        grids=tuple(GridDuty(id=each.id, branch=each.branch, name=each.name) for each in named),
        tickets=tuple(work.tickets.managed_by(user_id, places=places)),
    )


def pair_of(grid: ServiceGrid) -> ManagerPair:
    """The managers of a grid."""
    return ManagerPair(project_manager=grid.project_manager, account_manager=grid.account_manager)


def _names(grid: ServiceGrid, user_id: str, places: Collection[str]) -> bool:
    return any(place in places for place in duties_of(user_id, pair_of(grid)))
