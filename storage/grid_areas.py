"""Transformer areas as grid readiness sees them: rated capacity, feeder, and the cell they lie in.

areas() -> list[GridArea]                   every area, by id
area_at(node_id) -> GridArea | None         the area that a node is, or lies below
cell_of(node_id) -> str                     the cell of any node; empty if no grid covers it

The cell of an area is the service grid that lies nearest above it. A branch's default grid covers
no node by itself, because a node does not say which branch it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from storage.tables.organisation import SERVICE_GRID_NODES, SERVICE_GRIDS
from storage.tables.topology import NODES
from storage.topology import path_upwards

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy import Row
    from sqlalchemy.engine import Connection

    _Row = Row[*tuple[Any, ...]]

AREA, FEEDER, SERVICE_POINT = "transformer_area", "feeder", "service_point"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridArea:
    """A transformer area (台区). `cell`, `branch` and `feeder` are empty where unknown.

    `rated_kva` None where the topology does not say.
    """

    id: str
    name: str
    rated_kva: Decimal | None
    area_class: str
    feeder: str
    feeder_name: str
    cell: str
    cell_name: str
    branch: str


_NODES_WITH_GRID = select(
    NODES.c.id,
    NODES.c.kind,
    NODES.c.parent_id,
    NODES.c.name,
    NODES.c.rated_kva,
    NODES.c.area_class,
    SERVICE_GRIDS.c.id.label("grid"),
    SERVICE_GRIDS.c.name.label("grid_name"),
    SERVICE_GRIDS.c.branch,
).select_from(
    NODES.outerjoin(SERVICE_GRID_NODES, SERVICE_GRID_NODES.c.node_id == NODES.c.id).outerjoin(
        SERVICE_GRIDS, SERVICE_GRIDS.c.id == SERVICE_GRID_NODES.c.grid_id
    )
)
_UPPER = _NODES_WITH_GRID.where(NODES.c.kind != SERVICE_POINT).order_by(NODES.c.id)
_PATH = path_upwards()
_UPWARDS = _NODES_WITH_GRID.join(_PATH, _PATH.c.id == NODES.c.id).order_by(_PATH.c.steps)


class GridAreas:
    """The areas of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def areas(self) -> list[GridArea]:
        """Every transformer area, by id."""
        nodes = {row.id: row for row in self._connection.execute(_UPPER)}
        return [_area(_upwards(row, nodes)) for row in nodes.values() if row.kind == AREA]

    def area_at(self, node_id: str) -> GridArea | None:
        """The area that the node is, or that it lies below; None for a node above all areas."""
        path = self._connection.execute(_UPWARDS, {"start": node_id}).all()
        below = next((place for place, row in enumerate(path) if row.kind == AREA), None)
        return None if below is None else _area(path[below:])

    def cell_of(self, node_id: str) -> str:
        """The service grid that lies nearest above the node."""
        path = self._connection.execute(_UPWARDS, {"start": node_id})
        return next((row.grid for row in path if row.grid is not None), "")


def _upwards(row: _Row, nodes: dict[str, _Row]) -> list[_Row]:
    path = [row]
    while (above := nodes.get(path[-1].parent_id)) is not None:
        path.append(above)
    return path


def _area(path: Sequence[_Row]) -> GridArea:
    """The area at the beginning of the path to the substation."""
    area = path[0]
    feeder = next((row for row in path if row.kind == FEEDER), None)
    grid = next((row for row in path if row.grid is not None), None)
    return GridArea(
        id=area.id,
        name=area.name,
        rated_kva=area.rated_kva,
        area_class=area.area_class,
        feeder=feeder.id if feeder else "",
        feeder_name=feeder.name if feeder else "",
        cell=grid.grid if grid else "",
        cell_name=grid.grid_name if grid else "",
        branch=grid.branch if grid else "",
    )
