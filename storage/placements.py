"""Where and as what every node stood in the network, and when (R-7.1).

`nodes` says how things are, `placements` how they were: one row for as long as nothing of a node
was changed. Nodes that were put in or changed are marked by having no `placed_at`; bringing the
placements in line with them is a handful of statements, however many they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, literal, or_, select, update

from storage.columns import Instant
from storage.tables.topology import NODES, PLACEMENTS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""What the first import describes was there before, nobody knows since when."""

FACTS = ("kind", "parent_id", "area_class", "important", "alternative_node_id")
"""What of a node makes a difference to an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where and as what a node stood from `valid_from` until `valid_to`, None for until now."""

    node_id: str
    valid_from: datetime
    valid_to: datetime | None
    kind: str
    parent_id: str | None
    area_class: str
    important: bool
    alternative_node_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A node as it stood in the network at some time; its name is today's."""

    id: str
    kind: str
    name: str


_UNPLACED = NODES.c.placed_at.is_(None)
_OF_CHANGED = (
    PLACEMENTS.c.valid_to.is_(None),
    PLACEMENTS.c.node_id.in_(select(NODES.c.id).where(_UNPLACED)),
)
_CHANGED_AT = bindparam("changed_at", type_=Instant)
# What was changed twice at one instant has no history in between.
_FORGET = delete(PLACEMENTS).where(*_OF_CHANGED, PLACEMENTS.c.valid_from == _CHANGED_AT)
_CLOSE = update(PLACEMENTS).where(*_OF_CHANGED).values(valid_to=_CHANGED_AT)
_OPEN = insert(PLACEMENTS).from_select(
    ["node_id", "valid_from", *FACTS],
    select(NODES.c.id, bindparam("since", type_=Instant), *(NODES.c[name] for name in FACTS)).where(
        _UNPLACED, NODES.c.retired_at.is_(None)
    ),
)
_PLACED = update(NODES).where(_UNPLACED).values(placed_at=bindparam("since", type_=Instant))
_ANY = select(literal(1)).select_from(PLACEMENTS).limit(1)
_AS_OF = bindparam("as_of", type_=Instant)


def _stood(placement: Any) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401  (a table's columns)
    return (
        placement.valid_from <= _AS_OF,
        or_(placement.valid_to.is_(None), placement.valid_to > _AS_OF),
    )


def _path_upwards() -> Select[Any]:
    """The node `sought` with everything that it hung on at `as_of`, from itself up."""
    here, up = PLACEMENTS.alias("here"), PLACEMENTS.alias("up")
    first = select(here.c.node_id, here.c.parent_id, here.c.kind, literal(0).label("steps"))
    path = first.where(here.c.node_id == bindparam("sought"), *_stood(here.c)).cte(
        "path", recursive=True
    )
    above = select(up.c.node_id, up.c.parent_id, up.c.kind, path.c.steps + 1)
    path = path.union_all(above.join(path, up.c.node_id == path.c.parent_id).where(*_stood(up.c)))
    names = select(NODES.c.id, path.c.kind, NODES.c.name).join(path, path.c.node_id == NODES.c.id)
    return names.order_by(path.c.steps)


_PATH = _path_upwards()
_BELOW = (
    select(NODES.c.id, PLACEMENTS.c.kind, NODES.c.name)
    .join(PLACEMENTS, PLACEMENTS.c.node_id == NODES.c.id)
    .where(PLACEMENTS.c.parent_id == bindparam("sought"), *_stood(PLACEMENTS.c))
    .order_by(NODES.c.id)
)
_OF_NODE = (
    select(PLACEMENTS)
    .where(PLACEMENTS.c.node_id == bindparam("sought"))
    .order_by(PLACEMENTS.c.valid_from)
)


def keep_history(connection: Connection, at: datetime) -> None:
    """Bring the placements in line with the nodes that were changed at `at`."""
    since = EVER if connection.execute(_ANY).first() is None else at
    connection.execute(_FORGET, {"changed_at": at})
    connection.execute(_CLOSE, {"changed_at": at})
    connection.execute(_OPEN, {"since": since})
    connection.execute(_PLACED, {"since": since})


def path_of(connection: Connection, node_id: str, as_of: datetime) -> list[Standing]:
    """The node and what it hung on, up to the substation; empty if it was not in the network."""
    rows = connection.execute(_PATH, {"sought": node_id, "as_of": as_of}).mappings()
    return [Standing(**row) for row in rows]


def parts_of(connection: Connection, node_id: str, as_of: datetime) -> list[Standing]:
    """What hung directly on the node, by id."""
    rows = connection.execute(_BELOW, {"sought": node_id, "as_of": as_of}).mappings()
    return [Standing(**row) for row in rows]


def placements_of(connection: Connection, node_id: str) -> list[Placement]:
    """Where the node has stood, the earliest first."""
    rows = connection.execute(_OF_NODE, {"sought": node_id}).mappings()
    return [Placement(**row) for row in rows]
