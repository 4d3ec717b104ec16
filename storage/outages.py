"""Outages: the rows that say what is out, and since when (R-7.2).

add(outage) / save(outage) -> None        its nodes too
get(ticket_no) -> Outage                  NotFoundError
listing(*, branch, open_only, limit) -> list[Outage]           the next or newest first
in_phase(phase) -> list[Outage]           the earliest first
over_since(at) -> list[str]               those that ended later than that
set_feeders(ticket_no, feeders) -> None
add_restorations(ticket_no, nodes, restoration) -> None
restored_nodes(ticket_no) -> frozenset[str]
points_out(ticket_no, node_ids) -> frozenset[str]
busy_nodes(node_ids) -> dict[str, str]    node -> an open outage that it belongs to
declared_on(node_ids) -> list[Outage]     open ones
hold(node_ids) -> None                    others who hold one of them wait for this transaction
seeing(outage, at) -> Outage; overtaken(outage) -> bool; learned / turns(...) -> list[datetime]
take(ticket_no) / take_if_free(ticket_no) -> Outage (| None)      locked until the commit
counted(outage) -> None
serve(ticket_no, connections) -> None; served / serving / unfit_connections(...) -> list[str]
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, insert, select, union, update

from engine.errors import not_found
from engine.outage import Outage, OutageKind, OutagePhase, Restoration
from storage import outage_changes
from storage.among import among
from storage.tables.outages import (
    OUTAGE_AFFECTED,
    OUTAGE_CONNECTIONS,
    OUTAGE_FEEDERS,
    OUTAGE_NODES,
    OUTAGE_RESTORATIONS,
    OUTAGES,
)
from storage.tables.tickets import TICKETS
from storage.tables.topology import NODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.engine import Connection

OUTAGE = "停电"
FIELDS = tuple(field.name for field in fields(Outage) if field.name != "nodes")
CHUNK = 500
"""So many ids in one question."""


_GET = select(OUTAGES).where(OUTAGES.c.ticket_no == bindparam("sought"))
_TAKE = _GET.with_for_update()
_TAKE_IF_FREE = _GET.with_for_update(skip_locked=True)
_IS_OPEN = OUTAGES.c.phase.in_([OutagePhase.SCHEDULED.value, OutagePhase.IN_PROGRESS.value])
_DECLARED = select(OUTAGES).where(
    _IS_OPEN,
    OUTAGES.c.ticket_no.in_(
        select(OUTAGE_NODES.c.ticket_no).where(
            OUTAGE_NODES.c.node_id.in_(bindparam("declared", expanding=True))
        )
    ),
)
_HOLD = (
    select(NODES.c.id)
    .where(among(NODES.c.id, "held"))
    .order_by(NODES.c.id)
    .with_for_update(key_share=True)
)
_NODES = select(OUTAGE_NODES).where(
    OUTAGE_NODES.c.ticket_no.in_(bindparam("sought", expanding=True))
)
_UPDATE = (
    update(OUTAGES)
    .where(OUTAGES.c.ticket_no == bindparam("key"))
    .values({name: bindparam(name) for name in FIELDS if name != "ticket_no"})
)
_FORGET_NODES = delete(OUTAGE_NODES).where(OUTAGE_NODES.c.ticket_no == bindparam("key"))
_FORGET_FEEDERS = delete(OUTAGE_FEEDERS).where(OUTAGE_FEEDERS.c.ticket_no == bindparam("key"))
_RESTORED = select(OUTAGE_RESTORATIONS.c.node_id).where(
    OUTAGE_RESTORATIONS.c.ticket_no == bindparam("sought")
)
_POINTS_OUT = select(OUTAGE_AFFECTED.c.node_id).where(
    OUTAGE_AFFECTED.c.ticket_no == bindparam("sought"),
    OUTAGE_AFFECTED.c.node_id.in_(bindparam("points", expanding=True)),
    OUTAGE_AFFECTED.c.interrupted_at.is_not(None),
    OUTAGE_AFFECTED.c.restored_at.is_(None),
    OUTAGE_AFFECTED.c.withdrawn_at.is_(None),
)
_SERVED = select(OUTAGE_CONNECTIONS.c.connection_no).where(
    OUTAGE_CONNECTIONS.c.ticket_no == bindparam("sought")
)
_SERVING = select(OUTAGE_CONNECTIONS.c.ticket_no).where(
    OUTAGE_CONNECTIONS.c.connection_no == bindparam("sought")
)


_OF_COUNTING = ("counted_at", "network_seen_at", "customers_seen_at", "step")
_COUNTED = (
    update(OUTAGES)
    .where(OUTAGES.c.ticket_no == bindparam("key"))
    .values({name: bindparam(f"new_{name}") for name in _OF_COUNTING})
)
_FIT = select(TICKETS.c.ticket_no).where(
    TICKETS.c.ticket_no.in_(bindparam("sought", expanding=True)),
    TICKETS.c.branch == bindparam("branch"),
    TICKETS.c.ended_at.is_(None),
    TICKETS.c.customer_type.is_not(None),
)


def _belonging(table: Any) -> Select[Any]:  # noqa: ANN401  (one of two tables)
    return (
        select(table.c.node_id, table.c.ticket_no)
        .join(OUTAGES, and_(OUTAGES.c.ticket_no == table.c.ticket_no, _IS_OPEN))
        .where(table.c.node_id.in_(bindparam("nodes", expanding=True)))
    )


_BUSY = union(
    _belonging(OUTAGE_NODES),
    _belonging(OUTAGE_AFFECTED).where(
        OUTAGE_AFFECTED.c.withdrawn_at.is_(None), OUTAGE_AFFECTED.c.restored_at.is_(None)
    ),
)


class Outages:
    """The outages of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, outage: Outage) -> None:
        """Store a new outage; its ticket must be stored already."""
        self._connection.execute(insert(OUTAGES), _row(outage))
        self._set_nodes(outage)

    def save(self, outage: Outage) -> None:
        """Store what has changed. Its ticket was saved before, which is the lock."""
        self._connection.execute(_UPDATE, {"key": outage.ticket_no, **_row(outage)})
        self._connection.execute(_FORGET_NODES, {"key": outage.ticket_no})
        self._set_nodes(outage)

    def get(self, ticket_no: str) -> Outage:
        """The outage.

        Raises:
            NotFoundError: no outage has that number.
        """
        return self._one(_GET, ticket_no)

    def take(self, ticket_no: str) -> Outage:
        """As `get`, locked until the commit, so that each of its steps has its own number."""
        return self._one(_TAKE, ticket_no)

    def take_if_free(self, ticket_no: str) -> Outage | None:
        """The outage, locked; None if somebody is changing it just now."""
        return next(iter(self._outages(_TAKE_IF_FREE, sought=ticket_no)), None)

    def find(self, ticket_no: str) -> Outage | None:
        """The outage, if there is one of that number."""
        return next(iter(self._outages(_GET, sought=ticket_no)), None)

    def listing(
        self, *, branch: str | None = None, open_only: bool = True, limit: int = 100
    ) -> list[Outage]:
        """Open outages, those that are on before those to come; or all, the newest first."""
        began = OUTAGES.c.begins_at
        if open_only:
            is_to_come = OUTAGES.c.phase == OutagePhase.SCHEDULED.value
            statement = select(OUTAGES).where(_IS_OPEN).order_by(is_to_come, began)
        else:
            statement = select(OUTAGES).order_by(began.desc())
        if branch is not None:
            statement = statement.where(OUTAGES.c.branch == branch)
        return self._outages(statement.order_by(OUTAGES.c.ticket_no).limit(limit))

    def in_phase(self, phase: OutagePhase) -> list[Outage]:
        """Outages of that phase, the earliest first."""
        statement = select(OUTAGES).where(OUTAGES.c.phase == phase.value)
        return self._outages(statement.order_by(OUTAGES.c.begins_at, OUTAGES.c.ticket_no))

    def over_since(self, at: datetime) -> list[str]:
        """The numbers of the outages that ended later than that."""
        return outage_changes.over_since(self._connection, at)

    def seeing(self, outage: Outage, at: datetime) -> Outage:
        """The outage with the changes that are seen now, to be asked before its points are.

        They are determined as of `at`.
        """
        return outage_changes.seeing(self._connection, outage, at)

    def overtaken(self, outage: Outage) -> bool:
        """Whether what its points depend on was changed since they were determined."""
        return outage_changes.overtaken(self._connection, outage)

    def learned(self, outage: Outage, at: datetime) -> list[datetime]:
        """When the points of an outage that is on are to be determined anew."""
        return outage_changes.learned(self._connection, outage, at)

    def turns(self, since: datetime, until: datetime) -> list[datetime]:
        """When between the two somebody's supply may have come or gone."""
        return outage_changes.turns(self._connection, since, until)

    def counted(self, outage: Outage) -> None:
        """Note when the outage's points were determined, what was seen then, and its step."""
        parameters = {f"new_{name}": getattr(outage, name) for name in _OF_COUNTING}
        self._connection.execute(_COUNTED, {"key": outage.ticket_no, **parameters})

    def set_feeders(self, ticket_no: str, feeders: Iterable[str]) -> None:
        """Remember which feeders the outage touches."""
        self._connection.execute(_FORGET_FEEDERS, {"key": ticket_no})
        rows = [{"ticket_no": ticket_no, "feeder_id": each} for each in feeders]
        if rows:
            self._connection.execute(insert(OUTAGE_FEEDERS), rows)

    def add_restorations(
        self, ticket_no: str, nodes: Iterable[str], restoration: Restoration
    ) -> None:
        """Note that supply is back below these nodes."""
        facts = {name.name: getattr(restoration, name.name) for name in fields(Restoration)}
        rows = [{"ticket_no": ticket_no, "node_id": each, **facts} for each in nodes]
        self._connection.execute(insert(OUTAGE_RESTORATIONS), rows)

    def restored_nodes(self, ticket_no: str) -> frozenset[str]:
        """The nodes below which supply is back already."""
        return frozenset(self._connection.execute(_RESTORED, {"sought": ticket_no}).scalars())

    def points_out(self, ticket_no: str, node_ids: Sequence[str]) -> frozenset[str]:
        """Those of the nodes that are service points which the outage leaves without supply."""
        parameters = {"sought": ticket_no, "points": list(node_ids)}
        return frozenset(self._connection.execute(_POINTS_OUT, parameters).scalars())

    def unfit_connections(self, connections: Sequence[str], branch: str) -> list[str]:
        """Those of the numbers that are no open connection tickets of the branch."""
        if not connections:
            return []
        parameters = {"sought": list(connections), "branch": branch}
        fit = set(self._connection.execute(_FIT, parameters).scalars())
        return [each for each in connections if each not in fit]

    def busy_nodes(self, node_ids: Sequence[str]) -> dict[str, str]:
        """Those of the nodes that belong to an open outage, each with one such outage."""
        busy: dict[str, str] = {}
        for start in range(0, len(node_ids), CHUNK):
            parameters = {"nodes": list(node_ids[start : start + CHUNK])}
            rows = self._connection.execute(_BUSY, parameters)
            busy.update((node_id, ticket_no) for node_id, ticket_no in rows)
        return busy

    def declared_on(self, node_ids: Sequence[str]) -> list[Outage]:
        """Open outages that were declared on one of the nodes."""
        return self._outages(_DECLARED, declared=list(node_ids))

    def hold(self, node_ids: Sequence[str]) -> None:
        """Have whoever else holds one of the nodes wait until this transaction ends."""
        self._connection.execute(_HOLD, {"held": list(node_ids)})

    def serve(self, ticket_no: str, connections: Iterable[str]) -> None:
        """Note which connection tickets' works use the outage."""
        rows = [{"ticket_no": ticket_no, "connection_no": each} for each in connections]
        if rows:
            self._connection.execute(insert(OUTAGE_CONNECTIONS), rows)

    def served(self, ticket_no: str) -> list[str]:
        """The connection tickets whose works use the outage."""
        return sorted(self._connection.execute(_SERVED, {"sought": ticket_no}).scalars())

    def serving(self, connection_no: str) -> list[str]:
        """The outages that the works of a connection ticket use."""
        return sorted(self._connection.execute(_SERVING, {"sought": connection_no}).scalars())

    def _set_nodes(self, outage: Outage) -> None:
        rows = [{"ticket_no": outage.ticket_no, "node_id": each} for each in outage.nodes]
        self._connection.execute(insert(OUTAGE_NODES), rows)

    def _one(self, statement: Select[Any], ticket_no: str) -> Outage:
        found = next(iter(self._outages(statement, sought=ticket_no)), None)
        if found is None:
            raise not_found(OUTAGE, ticket_no)
        return found

    def _outages(self, statement: Select[Any], **parameters: object) -> list[Outage]:
        rows = self._connection.execute(statement, parameters).mappings().all()
        nodes: dict[str, list[str]] = defaultdict(list)
        sought = {"sought": [row["ticket_no"] for row in rows]}
        for ticket_no, node_id in self._connection.execute(_NODES, sought) if rows else ():
            nodes[ticket_no].append(node_id)
        return [
            Outage(
                **{name: row[name] for name in FIELDS}
                | {
                    "kind": OutageKind(row["kind"]),
                    "phase": OutagePhase(row["phase"]),
                    "nodes": tuple(sorted(nodes[row["ticket_no"]])),
                }
            )
            for row in rows
        ]


def _row(outage: Outage) -> dict[str, object]:
    return {name: getattr(outage, name) for name in FIELDS}
