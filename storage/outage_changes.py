"""What has changed since the points of an outage were last determined, and when (R-7.1).

An outage's points depend on the network, on other outages, which may put alternative supplies in
the dark, and on who is behind the points. What is recorded now may speak of an earlier instant: a
fault of 03:00 is entered at 03:20. The points are therefore determined at each instant that
matters from the first one on of which something new is known.

    seeing(connection, outage, at) -> Outage  as whoever determines its points now will have seen it
    overtaken(connection, outage) -> bool
    over_since(connection, at) -> list[str]
    turns(connection, since, until) / learned(connection, outage, at) -> list[datetime]
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, union

from engine.outage import Outage, OutageKind, OutagePhase
from storage.change_marks import Changed, noted
from storage.tables.outages import OUTAGE_RESTORATIONS, OUTAGES
from storage.tables.topology import PLACEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.engine import Connection

IN_FLIGHT = timedelta(minutes=1)
"""So long before the points were determined another outage may be said to have changed, and yet
not have been seen: who changed it had not come to an end."""

_O, _R = OUTAGES.c, OUTAGE_RESTORATIONS.c
_HAPPENED = _O.phase.in_([OutagePhase.IN_PROGRESS.value, OutagePhase.RESTORED.value])
_OTHERS = (_O.ticket_no != bindparam("key"), _O.changed_at >= bindparam("since"))
_CHANGED_SINCE = select(_O.ticket_no).where(*_OTHERS).limit(1)
_CHANGED = select(
    _O.kind, _O.phase, _O.announced_at, _O.planned_from, _O.begins_at, _O.ends_at
).where(*_OTHERS)
_RESTORED_SINCE = select(_R.restored_at).where(
    _R.ticket_no != bindparam("key"), _R.recorded_at >= bindparam("since")
)


def _between(column: ColumnElement[Any], *also: ColumnElement[bool]) -> Select[Any]:
    return select(column).where(column > bindparam("since"), column <= bindparam("until"), *also)


_OVER_SINCE = (
    select(_O.ticket_no)
    .where(_O.phase == OutagePhase.RESTORED.value, _O.ends_at > bindparam("since"))
    .order_by(_O.ticket_no)
)
_TURNS = union(
    _between(_O.begins_at, _HAPPENED),
    _between(_O.ends_at, _HAPPENED),
    _between(_R.restored_at),
)
_MOVES = union(_between(PLACEMENTS.c.valid_from), _between(PLACEMENTS.c.valid_to))


def seeing(connection: Connection, outage: Outage, at: datetime) -> Outage:
    """The outage with the changes that are seen now, to be asked before its points are.

    They are determined as of `at`. A change that counts as made only later, by another clock or
    while one waited, is not among what they see.
    """
    seen = noted(connection)
    return replace(
        outage,
        network_seen_at=min(seen[Changed.NETWORK], at),
        customers_seen_at=min(seen[Changed.CUSTOMERS], at),
    )


def overtaken(connection: Connection, outage: Outage) -> bool:
    """Whether anything that its points depend on was changed since they were determined."""
    last = noted(connection)
    seen = {
        Changed.NETWORK: outage.network_seen_at,
        Changed.CUSTOMERS: outage.customers_seen_at,
    }
    if seen != last:
        return True
    parameters = {"key": outage.ticket_no, "since": outage.counted_at - IN_FLIGHT}
    return connection.execute(_CHANGED_SINCE, parameters).first() is not None


def over_since(connection: Connection, at: datetime) -> list[str]:
    """The numbers of the outages that ended later than that."""
    return list(connection.execute(_OVER_SINCE, {"since": at}).scalars())


def turns(connection: Connection, since: datetime, until: datetime) -> list[datetime]:
    """When between the two, the latter included, somebody's supply may have come or gone."""
    parameters = {"since": since, "until": until}
    found = set(connection.execute(_TURNS, parameters).scalars())
    if noted(connection)[Changed.NETWORK] > since:
        found |= set(connection.execute(_MOVES, parameters).scalars())
    return sorted(found)


def learned(connection: Connection, outage: Outage, at: datetime) -> list[datetime]:
    """The instants at which the points of an outage that is on are to be determined anew.

    Those of which something was recorded since they were determined last, and whatever came after
    the first of these; `at` if there is nothing of the kind. If the network has changed, that may
    have been at any instant since the outage began.
    """
    since = outage.counted_at - IN_FLIGHT
    parameters = {"key": outage.ticket_no, "since": since}
    rows = connection.execute(_CHANGED, parameters).all()
    told = {each for row in rows for each in _new_of(row, since)}
    told |= set(connection.execute(_RESTORED_SINCE, parameters).scalars())
    if noted(connection)[Changed.NETWORK] != outage.network_seen_at:
        told.add(outage.begins_at)
    firsts = {max(each, outage.begins_at) for each in told if each <= at}
    if not firsts:
        return [at]
    return sorted(firsts.union(turns(connection, min(firsts), at)))


def _new_of(other: Row[*tuple[Any, ...]], since: datetime) -> Iterator[datetime]:
    """The instants of another outage that were not known then."""
    is_new = other.announced_at >= since or other.begins_at >= since
    match OutagePhase(other.phase):
        case OutagePhase.IN_PROGRESS:
            if is_new or other.planned_from is not None:
                yield other.begins_at
        case OutagePhase.RESTORED:
            yield other.ends_at
            if is_new:
                yield other.begins_at
        case OutagePhase.CANCELLED:
            if other.kind == OutageKind.FAULT:  # taken back: it never was
                yield other.begins_at
        case OutagePhase.SCHEDULED:
            pass
