"""The network from substation to service point, and the customers behind it (R-7.1).

    hold(at) -> datetime                     whoever else changes it waits for this transaction
    changed_at() -> datetime                 the mark of its last change
    put_nodes(nodes, at) -> Changes          `nodes`: anything with the attributes of `Node`
    retire(node_ids, at) -> None
    put_customers(customers, at) -> Changes  ... of `Customer`
    knows(node_id) -> bool                   whether it is in use
    node(node_id) -> Node                    NotFoundError; retired ones too
    find_node(node_id) -> Node | None
    ancestors(node_id) -> list[Node]         from the parent upwards
    children(node_id) -> list[Node]
    placements(node_id) -> list[Placement]   where it has stood
    of_kind(kind) -> list[Node]
    nodes() -> list[Node]; node_ids() -> frozenset[str]              those in use
    customers(node_id=None) -> list[Customer]

Putting the same again changes nothing. That a parent exists is checked when the transaction
commits, so the order of the nodes does not matter. A node is never deleted: it is retired, and
comes back when it is put again.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sqlalchemy import CTE, bindparam, case, func, literal, or_, select, update

from engine.errors import not_found
from storage import placements
from storage.change_marks import Changed, hold, note, noted
from storage.columns import Instant
from storage.contacts import number_contacts
from storage.placements import Placement, Standing, keep_history
from storage.tables.topology import CUSTOMERS, NODES
from storage.upserts import insert_or_update

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import ColumnElement, Table
    from sqlalchemy.engine import Connection

    from storage.upserts import ByDialect


NODE = "电网节点"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node; kVA and kW are None where they do not apply, as is the parent of the topmost.

    `retired_at` is when it was taken out of the network.
    """

    id: str
    kind: str
    parent_id: str | None
    name: str
    rated_kva: Decimal | None
    contract_kw: Decimal | None
    area_class: str
    important: bool
    alternative_node_id: str | None
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer at a service point; `phone` and `wechat_openid` may be empty."""

    customer_no: str
    node_id: str
    name: str
    phone: str
    wechat_openid: str
    outage_notices: bool


# ruff: noqa: D102  (the attributes are those of `Node` and `Customer`)


class NodeFacts(Protocol):
    """What is asked of a node that is put in."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def parent_id(self) -> str | None: ...
    @property
    def name(self) -> str: ...
    @property
    def rated_kva(self) -> Decimal | None: ...
    @property
    def contract_kw(self) -> Decimal | None: ...
    @property
    def area_class(self) -> str: ...
    @property
    def important(self) -> bool: ...
    @property
    def alternative_node_id(self) -> str | None: ...


class CustomerFacts(Protocol):
    """What is asked of a customer who is put in."""

    @property
    def customer_no(self) -> str: ...
    @property
    def node_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def wechat_openid(self) -> str: ...
    @property
    def outage_notices(self) -> bool: ...


class Changes(NamedTuple):
    """What putting rows in did; those that were there already, as they are, are unchanged."""

    added: int
    changed: int
    unchanged: int


def path_upwards() -> CTE:
    """The node `start` with everything above it: columns id and steps, 0 for the node itself."""
    above = select(NODES.c.id, NODES.c.parent_id, literal(0).label("steps")).where(
        NODES.c.id == bindparam("start")
    )
    path = above.cte("path", recursive=True)
    return path.union_all(
        select(NODES.c.id, NODES.c.parent_id, path.c.steps + 1).join(
            path, NODES.c.id == path.c.parent_id
        )
    )


NODE_FIELDS = tuple(field.name for field in fields(Node) if field.name != "retired_at")
NODE_COLUMNS = (*NODE_FIELDS, "retired_at")
CUSTOMER_FIELDS = tuple(field.name for field in fields(Customer))


def _unless_equal(table: Table, *names: str) -> Callable[..., ColumnElement[bool]]:
    """Leave rows alone that would only be written again."""
    return lambda new: or_(*(table.c[name].is_distinct_from(new[name]) for name in names))


_PUT_NODES = insert_or_update(NODES, "id", only_if=_unless_equal(NODES, *NODE_COLUMNS))
_REACHED = ("node_id", "phone", "wechat_openid")
"""Where and how a customer is told of anything."""
_PUT_CUSTOMERS = insert_or_update(
    CUSTOMERS,
    "customer_no",
    only_if=_unless_equal(CUSTOMERS, *CUSTOMER_FIELDS),
    other={
        "known_at": lambda new: case(
            (_unless_equal(CUSTOMERS, *_REACHED)(new), new.known_at), else_=CUSTOMERS.c.known_at
        )
    },
)
_IN_USE = NODES.c.retired_at.is_(None)
_RETIRE = (
    update(NODES)
    .where(NODES.c.id == bindparam("node_id"), _IN_USE)
    .values(retired_at=bindparam("at", type_=Instant), placed_at=None)
)
_SELECT = select(*(NODES.c[name] for name in NODE_COLUMNS))
_NODES = _SELECT.where(_IN_USE).order_by(NODES.c.id)
_NODE = _SELECT.where(NODES.c.id == bindparam("sought"))
_CHILDREN = _NODES.where(NODES.c.parent_id == bindparam("sought"))
_OF_KIND = _NODES.where(NODES.c.kind == bindparam("sought"))
_IDS = select(NODES.c.id).where(_IN_USE)
_PATH = path_upwards()
_ANCESTORS = (_SELECT.join(_PATH, _PATH.c.id == NODES.c.id).where(_PATH.c.steps > 0)).order_by(
    _PATH.c.steps
)
_CUSTOMERS = select(*(CUSTOMERS.c[name] for name in CUSTOMER_FIELDS)).order_by(
    CUSTOMERS.c.customer_no
)
_BEHIND = _CUSTOMERS.where(CUSTOMERS.c.node_id == bindparam("sought"))


class Topology:
    """The network of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, at: datetime) -> datetime:
        """Have whoever else changes nodes wait; returns when a change of `at` counts as made."""
        return hold(self._connection, Changed.NETWORK, at)

    def changed_at(self) -> datetime:
        """The mark of the last change of nodes: another one for every change."""
        return noted(self._connection)[Changed.NETWORK]

    def put_nodes(self, nodes: Iterable[NodeFacts], at: datetime) -> Changes:
        """Add nodes, or replace from `at` on what is known of those that are there."""
        noted_at = self.hold(at)
        rows = [{name: getattr(node, name) for name in NODE_FIELDS} for node in nodes]
        changes = self._put(NODES, _PUT_NODES, rows)
        keep_history(self._connection, at)
        note(self._connection, Changed.NETWORK, noted_at)
        return changes

    def retire(self, node_ids: Iterable[str], at: datetime) -> None:
        """Take nodes out of the network from `at` on."""
        rows = [{"node_id": each, "at": at} for each in node_ids]
        if rows:
            noted_at = self.hold(at)
            self._connection.execute(_RETIRE, rows)
            keep_history(self._connection, at)
            note(self._connection, Changed.NETWORK, noted_at)

    def put_customers(self, customers: Iterable[CustomerFacts], at: datetime) -> Changes:
        """Add customers, or replace from `at` on what is known of those who are there.

        Their service points must have been put in before.
        """
        known_at = hold(self._connection, Changed.CUSTOMERS, at)
        rows: list[dict[str, object]] = [
            {**{name: getattr(each, name) for name in CUSTOMER_FIELDS}, "known_at": known_at}
            for each in customers
        ]
        changes = self._put(CUSTOMERS, _PUT_CUSTOMERS, rows)
        number_contacts(self._connection)
        if changes.added or changes.changed:
            note(self._connection, Changed.CUSTOMERS, known_at)
        return changes

    def knows(self, node_id: str) -> bool:
        """Whether there is such a node in use."""
        node = self.find_node(node_id)
        return node is not None and node.retired_at is None

    def node(self, node_id: str) -> Node:
        """The node.

        Raises:
            NotFoundError: there is none of that id.
        """
        node = self.find_node(node_id)
        if node is None:
            raise not_found(NODE, node_id)
        return node

    def find_node(self, node_id: str) -> Node | None:
        """The node, if there is one of that id."""
        found = self._connection.execute(_NODE, {"sought": node_id}).mappings().first()
        return None if found is None else Node(**found)

    def ancestors(self, node_id: str) -> list[Node]:
        """What the node hangs on, from its parent up to the substation."""
        rows = self._connection.execute(_ANCESTORS, {"start": node_id}).mappings()
        return [Node(**row) for row in rows]

    def children(self, node_id: str) -> list[Node]:
        """What hangs directly on the node, by id."""
        rows = self._connection.execute(_CHILDREN, {"sought": node_id}).mappings()
        return [Node(**row) for row in rows]

    def of_kind(self, kind: str) -> list[Node]:
        """Every node of that kind in use, by id."""
        rows = self._connection.execute(_OF_KIND, {"sought": kind}).mappings()
        return [Node(**row) for row in rows]

    def placements(self, node_id: str) -> list[Placement]:
        """Where and as what the node has stood, the earliest first."""
        return placements.placements_of(self._connection, node_id)

    def path(self, node_id: str, as_of: datetime) -> list[Standing]:
        """The node and what it hung on then, from itself up; empty if it was not there."""
        return placements.path_of(self._connection, node_id, as_of)

    def parts(self, node_id: str, as_of: datetime) -> list[Standing]:
        """What hung directly on the node then, by id."""
        return placements.parts_of(self._connection, node_id, as_of)

    def nodes(self) -> list[Node]:
        """Every node in use, by id."""
        return [Node(**row) for row in self._connection.execute(_NODES).mappings()]

    def node_ids(self) -> frozenset[str]:
        """The id of every node in use."""
        return frozenset(self._connection.execute(_IDS).scalars())

    def customers(self, node_id: str | None = None) -> list[Customer]:
        """Every customer, or those at one service point."""
        if node_id is None:
            found = self._connection.execute(_CUSTOMERS)
        else:
            found = self._connection.execute(_BEHIND, {"sought": node_id})
        return [Customer(**row) for row in found.mappings()]

    def _put(self, table: Table, put: ByDialect, rows: list[dict[str, object]]) -> Changes:
        if not rows:
            return Changes(added=0, changed=0, unchanged=0)
        count = select(func.count()).select_from(table)
        before = self._connection.execute(count).scalar_one()
        written = self._connection.execute(put[self._connection.dialect.name], rows).rowcount
        added = self._connection.execute(count).scalar_one() - before
        return Changes(added=added, changed=written - added, unchanged=len(rows) - written)
