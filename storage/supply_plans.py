"""What is planned for the supply of a ticket: two steps, matching works, where to connect.

restricted(ticket_no) -> RestrictedSupply | None
restricted_supplies(open_only) -> list[RestrictedSupply]              the first due comes first
put_restricted(ticket_no, **columns) -> None; close_restricted(...) -> bool
milestones(ticket_no) -> list[StoredMilestone]; works() -> dict[str, list[StoredMilestone]]
put_milestones(ticket_no, milestones, after) -> None                  replaces those after a number
begin_milestone(ticket_no, number, at) / finish_milestone(...) -> None
points(ticket_no) -> list[StoredPoint]
put_points(ticket_no, points, at) -> None                             replaces all of the ticket's
choose(ticket_no, node_id, reason, at) -> None

The ticket's own ledger stream tells who decided what and why; every change here is made together
with an entry there, whose revision guards both.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import bindparam, delete, func, insert, select, update

from storage.tables.readiness import CONNECTION_POINTS, MATCHING_MILESTONES, RESTRICTED_SUPPLIES
from storage.tables.tickets import TICKETS
from storage.upserts import insert_or_update

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from decimal import Decimal

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedSupply:
    """A two-step supply: the urgent need in kW by a day, the rest of the request by another.

    `outcome` is empty while the full load is owed.
    """

    ticket_no: str
    first_kw: Decimal
    first_by: date
    full_by: date
    reason: str
    planned_at: datetime
    closed_at: datetime | None = None
    closed_by: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMilestone:
    """One part of a ticket's matching works; `days` working days."""

    ticket_no: str
    number: int
    name: str
    days: int
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPoint:
    """A surveyed node; `chosen_at` None unless the customer is connected there."""

    ticket_no: str
    node_id: str
    distance_m: int
    free_kva: Decimal
    is_public: bool
    surveyed_at: datetime
    chosen_at: datetime | None = None
    reason: str = ""


class MilestoneFacts(Protocol):
    """What is asked of a milestone that is planned."""

    @property
    def name(self) -> str:
        """What is to be done."""
        ...

    @property
    def days(self) -> int:
        """Working days."""
        ...


class PointFacts(Protocol):
    """What is asked of a surveyed node; see `StoredPoint`."""

    @property
    def node_id(self) -> str:
        """The node."""
        ...

    @property
    def distance_m(self) -> int:
        """Metres along the way."""
        ...

    @property
    def free_kva(self) -> Decimal:
        """What it may still take."""
        ...

    @property
    def is_public(self) -> bool:
        """An existing public line or area."""
        ...


_R, _M, _P = RESTRICTED_SUPPLIES.c, MATCHING_MILESTONES.c, CONNECTION_POINTS.c
_RESTRICTED = select(RESTRICTED_SUPPLIES).where(_R.ticket_no == bindparam("sought"))
_ALL_RESTRICTED = select(RESTRICTED_SUPPLIES).order_by(_R.full_by, _R.ticket_no)
_OPEN_RESTRICTED = _ALL_RESTRICTED.where(_R.closed_at.is_(None))
_PUT_RESTRICTED = insert_or_update(RESTRICTED_SUPPLIES, "ticket_no")
_CLOSE_RESTRICTED = (
    update(RESTRICTED_SUPPLIES)
    .where(_R.ticket_no == bindparam("sought"), _R.closed_at.is_(None))
    .values(closed_at=bindparam("at"), closed_by=bindparam("by"), outcome=bindparam("new_outcome"))
)
_WORKS = (
    select(MATCHING_MILESTONES)
    .join(TICKETS, TICKETS.c.ticket_no == _M.ticket_no)
    .where(TICKETS.c.ended_at.is_(None))
    .order_by(_M.ticket_no, _M.number)
)
_MILESTONES = (
    select(MATCHING_MILESTONES).where(_M.ticket_no == bindparam("sought")).order_by(_M.number)
)
_CLEAR_MILESTONES = delete(MATCHING_MILESTONES).where(
    _M.ticket_no == bindparam("sought"), _M.number > bindparam("begun")
)
_MILESTONE = update(MATCHING_MILESTONES).where(
    _M.ticket_no == bindparam("sought"), _M.number == bindparam("which")
)
_BEGIN = _MILESTONE.values(started_at=bindparam("at"))
_FINISH = _MILESTONE.values(
    finished_at=bindparam("at"), started_at=func.coalesce(_M.started_at, bindparam("at"))
)
_POINTS = (
    select(CONNECTION_POINTS)
    .where(_P.ticket_no == bindparam("sought"))
    .order_by(_P.distance_m, _P.node_id)
)
_CLEAR_POINTS = delete(CONNECTION_POINTS).where(_P.ticket_no == bindparam("sought"))
_UNCHOOSE = (
    update(CONNECTION_POINTS)
    .where(_P.ticket_no == bindparam("sought"))
    .values(chosen_at=None, reason="")
)
_CHOOSE = (
    update(CONNECTION_POINTS)
    .where(_P.ticket_no == bindparam("sought"), _P.node_id == bindparam("of_node"))
    .values(chosen_at=bindparam("at"), reason=bindparam("why"))
)


class SupplyPlans:
    """The plans of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def restricted(self, ticket_no: str) -> RestrictedSupply | None:
        """The ticket's two-step supply, if it has one."""
        row = self._connection.execute(_RESTRICTED, {"sought": ticket_no}).mappings().first()
        return None if row is None else RestrictedSupply(**row)

    def restricted_supplies(self, *, open_only: bool) -> list[RestrictedSupply]:
        """Those that owe a full load, or all that ever were; the first promised one first."""
        statement = _OPEN_RESTRICTED if open_only else _ALL_RESTRICTED
        return [RestrictedSupply(**row) for row in self._connection.execute(statement).mappings()]

    def put_restricted(  # noqa: PLR0913  (one argument a column)
        self,
        ticket_no: str,
        *,
        first_kw: Decimal,
        first_by: date,
        full_by: date,
        reason: str,
        planned_at: datetime,
    ) -> None:
        """Plan the ticket's two-step supply, or plan it anew; it is open then."""
        row = {
            "ticket_no": ticket_no,
            "first_kw": first_kw,
            "first_by": first_by,
            "full_by": full_by,
            "reason": reason,
            "planned_at": planned_at,
            "closed_at": None,
            "closed_by": "",
            "outcome": "",
        }
        self._connection.execute(_PUT_RESTRICTED[self._connection.dialect.name], row)

    def close_restricted(self, ticket_no: str, *, outcome: str, by: str, at: datetime) -> None:
        """Nothing is owed any more."""
        values = {"sought": ticket_no, "new_outcome": outcome, "by": by, "at": at}
        self._connection.execute(_CLOSE_RESTRICTED, values)

    def milestones(self, ticket_no: str) -> list[StoredMilestone]:
        """The ticket's matching works, in their order."""
        rows = self._connection.execute(_MILESTONES, {"sought": ticket_no}).mappings()
        return [StoredMilestone(**row) for row in rows]

    def works(self) -> dict[str, list[StoredMilestone]]:
        """The matching works of all open tickets, by ticket."""
        found: dict[str, list[StoredMilestone]] = {}
        for row in self._connection.execute(_WORKS).mappings():
            found.setdefault(row["ticket_no"], []).append(StoredMilestone(**row))
        return found

    def put_milestones(
        self, ticket_no: str, milestones: Iterable[MilestoneFacts], *, after: int = 0
    ) -> None:
        """These are the ticket's matching works from number `after` + 1 on."""
        self._connection.execute(_CLEAR_MILESTONES, {"sought": ticket_no, "begun": after})
        rows = [
            asdict(
                StoredMilestone(ticket_no=ticket_no, number=number, name=each.name, days=each.days)
            )
            for number, each in enumerate(milestones, start=after + 1)
        ]
        self._connection.execute(insert(MATCHING_MILESTONES), rows)

    def begin_milestone(self, ticket_no: str, number: int, at: datetime) -> None:
        """The milestone is begun."""
        self._connection.execute(_BEGIN, {"sought": ticket_no, "which": number, "at": at})

    def finish_milestone(self, ticket_no: str, number: int, at: datetime) -> None:
        """The milestone is finished; if nobody said that it was begun, it was begun now too."""
        self._connection.execute(_FINISH, {"sought": ticket_no, "which": number, "at": at})

    def points(self, ticket_no: str) -> list[StoredPoint]:
        """The ticket's surveyed nodes, the nearest first."""
        rows = self._connection.execute(_POINTS, {"sought": ticket_no}).mappings()
        return [StoredPoint(**row) for row in rows]

    def put_points(self, ticket_no: str, points: Iterable[PointFacts], at: datetime) -> None:
        """These are the ticket's surveyed nodes now; none of them is chosen."""
        self._connection.execute(_CLEAR_POINTS, {"sought": ticket_no})
        rows = [
            asdict(
                StoredPoint(
                    ticket_no=ticket_no,
                    node_id=each.node_id,
                    distance_m=each.distance_m,
                    free_kva=each.free_kva,
                    is_public=each.is_public,
                    surveyed_at=at,
                )
            )
            for each in points
        ]
        self._connection.execute(insert(CONNECTION_POINTS), rows)

    def choose(self, ticket_no: str, node_id: str, reason: str, at: datetime) -> None:
        """The customer is connected at that node and at no other."""
        self._connection.execute(_UNCHOOSE, {"sought": ticket_no})
        self._connection.execute(
            _CHOOSE, {"sought": ticket_no, "of_node": node_id, "why": reason, "at": at}
        )
