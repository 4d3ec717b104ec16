"""Demand for planning: what connection tickets ask for, one row a ticket, without names (N1)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, bindparam, cast, select, type_coerce

from storage.tables.tickets import TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection

ROUND = 1000
"""Rows fetched at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandRow:
    """What one ticket asks for, where and since when; `ending` None while it is open."""

    branch: str
    node_id: str
    submitted_at: datetime
    ending: str | None
    requested_kw: Decimal


_T = TICKETS.c


def _demand(snapshot: ColumnElement[Any]) -> Select[Any]:
    """What is asked for, out of the snapshots; only connection tickets are classified."""
    request = snapshot["request"]
    return (
        select(
            _T.branch,
            request["node_id"].as_string().label("node_id"),
            _T.submitted_at,
            _T.ending,
            request["requested_capacity_kw"].as_string().label("requested_kw"),
        )
        .where(
            _T.customer_type.is_not(None),
            _T.submitted_at >= bindparam("since"),
            _T.submitted_at < bindparam("until"),
        )
        .execution_options(yield_per=ROUND)
    )


# SQLite reads JSON from text as it is, and has no type to cast it to.
_DEMAND = {
    "sqlite": _demand(type_coerce(_T.snapshot, JSON)),
    "postgresql": _demand(cast(_T.snapshot, JSON)),
}


class Demand:
    """The demand of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, since: datetime, until: datetime) -> Iterator[DemandRow]:
        """Every connection ticket submitted from `since` on and before `until`."""
        statement = _DEMAND[self._connection.dialect.name]
        for row in self._connection.execute(statement, {"since": since, "until": until}):
            yield DemandRow(
                branch=row.branch,
                node_id=row.node_id,
                submitted_at=row.submitted_at,
                ending=row.ending,
                requested_kw=Decimal(row.requested_kw),
            )
