"""Registers of undervoltage areas, of residential communities and of complaints.

open_undervoltage(**columns) -> int | None      its number; None if the area has an open entry
undervoltage(number) -> UndervoltageEntry       NotFoundError
undervoltage_entries(open_only) -> list[UndervoltageEntry]           newest first
set_community(...) -> None; community(id) -> Community (NotFoundError); communities() -> list
open_complaint(**columns) -> int
complaint(number) -> Complaint                  NotFoundError
complaints(since, until, open_only) -> list[Complaint]               newest first
close_undervoltage / close_complaint(number, by, at, result) -> bool      whether it was still open
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from engine.errors import not_found
from storage.tables.registers import COMMUNITIES, COMPLAINTS, UNDERVOLTAGE_AREAS
from storage.upserts import ByDialect, insert_or_update

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import Table, Update
    from sqlalchemy.engine import Connection

UNDERVOLTAGE, COMMUNITY, COMPLAINT = "低电压台账记录", "小区", "投诉"


@dataclass(frozen=True, slots=True, kw_only=True)
class UndervoltageEntry:
    """An area whose voltage was found too low (N2a); `lowest_v` volts if measured."""

    number: int
    node_id: str
    branch: str
    source: str
    lowest_v: Decimal | None
    note: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """A residential community; `is_old` marks 老旧小区 (M4c)."""

    id: str
    branch: str
    name: str
    is_old: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint about the supply of a community."""

    number: int
    community_id: str
    source: str
    subject: str
    note: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    result: str


_U, _C = UNDERVOLTAGE_AREAS.c, COMPLAINTS.c
_OPEN_UNDERVOLTAGE = ByDialect(
    UNDERVOLTAGE_AREAS, lambda insert: insert.on_conflict_do_nothing().returning(_U.number)
)
_OPEN_COMPLAINT = ByDialect(COMPLAINTS, lambda insert: insert.returning(_C.number))
_UNDERVOLTAGE = select(UNDERVOLTAGE_AREAS).order_by(_U.number.desc())
_COMPLAINTS = select(COMPLAINTS).order_by(_C.opened_at.desc(), _C.number.desc())
_SET_COMMUNITY = insert_or_update(COMMUNITIES, "id")
_COMMUNITIES = select(COMMUNITIES).order_by(COMMUNITIES.c.branch, COMMUNITIES.c.id)


def _closing(table: Table) -> Update:
    return (
        update(table)
        .where(table.c.number == bindparam("of_number"), table.c.closed_at.is_(None))
        .values(
            closed_at=bindparam("at"), closed_by=bindparam("by"), result=bindparam("new_result")
        )
    )


_CLOSE_UNDERVOLTAGE, _CLOSE_COMPLAINT = _closing(UNDERVOLTAGE_AREAS), _closing(COMPLAINTS)
STILL_OPEN = {"closed_at": None, "closed_by": "", "result": ""}


class Registers:
    """The registers of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def open_undervoltage(  # noqa: PLR0913  (one argument a column)
        self,
        *,
        node_id: str,
        branch: str,
        source: str,
        lowest_v: Decimal | None,
        note: str,
        at: datetime,
        by: str,
    ) -> int | None:
        """Enter an area and return the number of the entry; None if it has an open one."""
        row = {
            "node_id": node_id,
            "branch": branch,
            "source": source,
            "lowest_v": lowest_v,
            "note": note,
            "opened_at": at,
            "opened_by": by,
            **STILL_OPEN,
        }
        number: int | None = self._connection.execute(
            _OPEN_UNDERVOLTAGE[self._dialect], row
        ).scalar()
        return number

    def undervoltage(self, number: int) -> UndervoltageEntry:
        """The entry of that number.

        Raises:
            NotFoundError: there is none.
        """
        found = self._connection.execute(_UNDERVOLTAGE.where(_U.number == number))
        row = found.mappings().first()
        if row is None:
            raise not_found(UNDERVOLTAGE, str(number))
        return UndervoltageEntry(**row)

    def undervoltage_entries(self, *, open_only: bool = True) -> list[UndervoltageEntry]:
        """The entries, the newest first."""
        statement = _UNDERVOLTAGE.where(_U.closed_at.is_(None)) if open_only else _UNDERVOLTAGE
        rows = self._connection.execute(statement).mappings()
        return [UndervoltageEntry(**row) for row in rows]

    def close_undervoltage(self, number: int, *, by: str, at: datetime, result: str) -> bool:
        """Close the entry; False if it was closed already."""
        return self._close(_CLOSE_UNDERVOLTAGE, number, by, at, result)

    def set_community(self, community_id: str, *, branch: str, name: str, is_old: bool) -> None:
        """Add the community, or replace what is known of it."""
        row = {"id": community_id, "branch": branch, "name": name, "is_old": is_old}
        self._connection.execute(_SET_COMMUNITY[self._dialect], row)

    def community(self, community_id: str) -> Community:
        """The community.

        Raises:
            NotFoundError: there is none of that id.
        """
        found = self.find_community(community_id)
        if found is None:
            raise not_found(COMMUNITY, community_id)
        return found

    def find_community(self, community_id: str) -> Community | None:
        """The community, if there is one of that id."""
        found = self._connection.execute(_COMMUNITIES.where(COMMUNITIES.c.id == community_id))
        row = found.mappings().first()
        return None if row is None else Community(**row)

    def communities(self) -> list[Community]:
        """Every community, by branch."""
        return [Community(**row) for row in self._connection.execute(_COMMUNITIES).mappings()]

    def open_complaint(  # noqa: PLR0913  (one argument a column)
        self, *, community_id: str, source: str, subject: str, note: str, at: datetime, by: str
    ) -> int:
        """Enter a complaint and return its number."""
        row = {
            "community_id": community_id,
            "source": source,
            "subject": subject,
            "note": note,
            "opened_at": at,
            "opened_by": by,
            **STILL_OPEN,
        }
        number: int = self._connection.execute(_OPEN_COMPLAINT[self._dialect], row).scalar_one()
        return number

    def complaint(self, number: int) -> Complaint:
        """The complaint of that number.

        Raises:
            NotFoundError: there is none.
        """
        row = self._connection.execute(_COMPLAINTS.where(_C.number == number)).mappings().first()
        if row is None:
            raise not_found(COMPLAINT, str(number))
        return Complaint(**row)

    def complaints(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        open_only: bool = False,
    ) -> list[Complaint]:
        """Complaints that came in from `since` on and before `until`, the newest first."""
        statement = _COMPLAINTS
        if since is not None:
            statement = statement.where(_C.opened_at >= since)
        if until is not None:
            statement = statement.where(_C.opened_at < until)
        if open_only:
            statement = statement.where(_C.closed_at.is_(None))
        return [Complaint(**row) for row in self._connection.execute(statement).mappings()]

    def close_complaint(self, number: int, *, by: str, at: datetime, result: str) -> bool:
        """Close the complaint; False if it was closed already."""
        return self._close(_CLOSE_COMPLAINT, number, by, at, result)

    def _close(self, statement: Update, number: int, by: str, at: datetime, result: str) -> bool:
        values = {"of_number": number, "by": by, "at": at, "new_result": result}
        return self._connection.execute(statement, values).rowcount == 1
