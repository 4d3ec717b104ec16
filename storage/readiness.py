"""What was found of the grid: forecasts of tickets, and which ticket reinforces which area.

unseen_tickets(limit) -> list[str]           open low-voltage tickets that changed since
forecast(ticket_no) -> StoredForecast | None
saw(ticket_no, revision) -> None             nothing to be found yet
put_forecast(**columns) -> None
committed_kw(area_id, since, without) -> Decimal
open_excesses() -> list[StoredForecast]      forecasts above the border, of open tickets
add_project(node_id, number, ticket_no) -> bool     False if somebody else took that number
projects(open_only, node_id) -> list[StoredProject]
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, or_, select

from engine.application import CustomerType
from engine.definition import Ending
from storage.snapshots import load_ticket
from storage.tables.readiness import LOAD_FORECASTS, REINFORCEMENT_PROJECTS
from storage.tables.tickets import TICKETS
from storage.upserts import ByDialect, insert_or_skip, insert_or_update

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from engine.ticket import Ticket

LOW_VOLTAGE = (CustomerType.LV_RESIDENT.value, CustomerType.LV_BUSINESS.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredForecast:
    """What a ticket was last found to do to its area (R-9.1, T4d).

    `occasion` is the checkpoint at which it was found, empty while none is passed; `seen_revision`
    the ticket's revision when it was last looked at.
    """

    ticket_no: str
    seen_revision: int
    occasion: str = ""
    area_id: str = ""
    requested_kw: Decimal = Decimal(0)
    exceeds: bool = False
    sentence: str = ""
    assessed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProject:
    """A reinforcement project: the area, which one of the area it is, and its ticket.

    `is_completed` tells one that was built from one that was given up.
    """

    node_id: str
    number: int
    ticket: Ticket
    is_completed: bool


_F, _P, _T = LOAD_FORECASTS.c, REINFORCEMENT_PROJECTS.c, TICKETS.c
_UNSEEN = (
    select(_T.ticket_no)
    .select_from(TICKETS.outerjoin(LOAD_FORECASTS, _F.ticket_no == _T.ticket_no))
    .where(
        _T.ended_at.is_(None),
        _T.customer_type.in_(LOW_VOLTAGE),
        or_(_F.seen_revision.is_(None), _F.seen_revision < _T.revision),
    )
    .order_by(_T.due_at.nulls_last(), _T.ticket_no)  # the same on every database
    .limit(bindparam("most"))
)
_FORECAST = select(LOAD_FORECASTS).where(_F.ticket_no == bindparam("sought"))
_PUT_FORECAST = insert_or_update(LOAD_FORECASTS, "ticket_no")
_SAW = ByDialect(
    LOAD_FORECASTS,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["ticket_no"], set_={"seen_revision": insert.excluded.seen_revision}
    ),
)
_OF_TICKETS = LOAD_FORECASTS.join(TICKETS, _T.ticket_no == _F.ticket_no)
# What was connected since the last reading is in no reading yet.
_COMMITTED = (
    select(_F.requested_kw)
    .select_from(_OF_TICKETS)
    .where(
        _F.area_id == bindparam("area_id"),
        _F.occasion != "",
        _T.customer_type.in_(LOW_VOLTAGE),
        _F.ticket_no != bindparam("without"),
        or_(
            _T.ended_at.is_(None),
            and_(_T.ending == Ending.COMPLETED.value, _T.ended_at >= bindparam("since")),
        ),
    )
)
_EXCESSES = (
    select(LOAD_FORECASTS)
    .select_from(_OF_TICKETS)
    .where(_F.exceeds, _T.ended_at.is_(None), _T.customer_type.in_(LOW_VOLTAGE))
    .order_by(_F.ticket_no)
)
_ADD_PROJECT = insert_or_skip(REINFORCEMENT_PROJECTS, "node_id", "number")
_PROJECTS = (
    select(REINFORCEMENT_PROJECTS, _T.snapshot, _T.ending)
    .join(TICKETS, _T.ticket_no == _P.ticket_no)
    .order_by(_P.node_id, _P.number)
)
_OPEN_PROJECTS = _PROJECTS.where(_T.ended_at.is_(None))


class Readiness:
    """Forecasts and projects of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def unseen_tickets(self, limit: int) -> list[str]:
        """Open low-voltage tickets that changed since they were last looked at."""
        return list(self._connection.execute(_UNSEEN, {"most": limit}).scalars())

    def forecast(self, ticket_no: str) -> StoredForecast | None:
        """What was found of the ticket, if anything was."""
        row = self._connection.execute(_FORECAST, {"sought": ticket_no}).mappings().first()
        return None if row is None else StoredForecast(**row)

    def saw(self, ticket_no: str, revision: int) -> None:
        """Note that the ticket was looked at; what was found of it before stays."""
        row = asdict(StoredForecast(ticket_no=ticket_no, seen_revision=revision))
        self._connection.execute(_SAW[self._dialect], row)

    def put_forecast(  # noqa: PLR0913  (one argument a column)
        self,
        ticket_no: str,
        *,
        seen_revision: int,
        occasion: str,
        area_id: str,
        requested_kw: Decimal,
        exceeds: bool,
        sentence: str,
        assessed_at: datetime,
    ) -> None:
        """Keep what was found of a ticket in place of what was found before."""
        row = {
            "ticket_no": ticket_no,
            "seen_revision": seen_revision,
            "occasion": occasion,
            "area_id": area_id,
            "requested_kw": requested_kw,
            "exceeds": exceeds,
            "sentence": sentence,
            "assessed_at": assessed_at,
        }
        self._connection.execute(_PUT_FORECAST[self._dialect], row)

    def committed_kw(self, area_id: str, since: datetime, without: str) -> Decimal:
        """What accepted tickets other than `without` will add to an area, in kW.

        Tickets that are open, and those connected `since` then.
        """
        sought = {"area_id": area_id, "since": since, "without": without}
        return sum(self._connection.execute(_COMMITTED, sought).scalars(), Decimal(0))

    def open_excesses(self) -> list[StoredForecast]:
        """Forecasts above the border, of tickets that are still open."""
        return [StoredForecast(**row) for row in self._connection.execute(_EXCESSES).mappings()]

    def add_project(self, node_id: str, number: int, ticket_no: str) -> bool:
        """Note the project; False if the area's project of that number is somebody else's."""
        row = {"node_id": node_id, "number": number, "ticket_no": ticket_no}
        return self._connection.execute(_ADD_PROJECT[self._dialect], row).rowcount == 1

    def projects(
        self, *, open_only: bool = False, node_id: str | None = None
    ) -> list[StoredProject]:
        """Every project, by area and number; those that have not ended, or those of one area."""
        statement = _OPEN_PROJECTS if open_only else _PROJECTS
        if node_id is not None:
            statement = statement.where(_P.node_id == node_id)
        return [
            StoredProject(
                node_id=row.node_id,
                number=row.number,
                ticket=load_ticket(row.snapshot),
                is_completed=row.ending == Ending.COMPLETED.value,
            )
            for row in self._connection.execute(statement)
        ]
