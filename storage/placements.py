"""Where and as what every node stood in the network, and when (R-7.1).

`nodes` says how things are, `placements` how they were: one row for as long as nothing of a node
was changed. Nodes that were put in or changed are marked by having no `placed_at`; bringing the
placements in line with them is a handful of statements, however many they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, literal, select, update

from storage.columns import Instant
from storage.tables.messages import MARKS
from storage.tables.topology import NODES, PLACEMENTS
from storage.upserts import insert_or_update

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""What the first import describes was there before, nobody knows since when."""

CHANGED = "network_changed_at"
"""The mark that tells when the network was last changed."""

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
_SET_MARK = insert_or_update(MARKS, "key")
_FIND_MARK = select(MARKS.c.value).where(MARKS.c.key == bindparam("key"))
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
    mark = {"key": CHANGED, "value": at.astimezone(UTC).isoformat(" ", "microseconds")}
    connection.execute(_SET_MARK[connection.dialect.name], mark)


def network_changed_at(connection: Connection) -> datetime | None:
    """When the network was last changed; None if it never was."""
    value = connection.execute(_FIND_MARK, {"key": CHANGED}).scalar()
    return None if value is None else datetime.fromisoformat(value)


def placements_of(connection: Connection, node_id: str) -> list[Placement]:
    """Where the node has stood, the earliest first."""
    rows = connection.execute(_OF_NODE, {"sought": node_id}).mappings()
    return [Placement(**row) for row in rows]
