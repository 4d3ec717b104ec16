"""Imported years and single days of the working calendar (R-2.2).

stamp() -> str                           differs whenever either has changed
years() -> list[CalendarYear]            the newest revision of each
overrides() -> list[DayOverride]
add_year(year, by, at) -> int            the revision that it became
set_override(override, by, at) -> None
remove_override(on) -> bool
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select

from engine.calendar_year import CalendarDay, CalendarYear, DayKind, DayOverride, YearStatus
from storage.marks import Marks
from storage.tables.rules import CALENDAR_OVERRIDES, CALENDAR_YEARS
from storage.upserts import insert_or_update

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.engine import Connection

STAMP = "calendar_changes"
"""The mark that counts the changes of the calendar."""
UNCHANGED = "0"
"""The stamp of a calendar that was never changed."""

_Y = CALENDAR_YEARS.c
_NEWEST = select(_Y.year, func.max(_Y.revision).label("revision")).group_by(_Y.year).subquery()
_YEARS = (
    select(CALENDAR_YEARS)
    .join(_NEWEST, (_NEWEST.c.year == _Y.year) & (_NEWEST.c.revision == _Y.revision))
    .order_by(_Y.year)
)
_LAST_REVISION = select(func.max(_Y.revision)).where(_Y.year == bindparam("sought"))
_ADD_YEAR = insert(CALENDAR_YEARS)
_OVERRIDES = select(CALENDAR_OVERRIDES).order_by(CALENDAR_OVERRIDES.c.on)
_SET_OVERRIDE = insert_or_update(CALENDAR_OVERRIDES, "on")
_REMOVE_OVERRIDE = delete(CALENDAR_OVERRIDES).where(CALENDAR_OVERRIDES.c.on == bindparam("day"))


class Calendars:
    """The calendar records of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._marks = Marks(connection)

    def stamp(self) -> str:
        """A text that changes with every change of the records; cheap to ask for."""
        return self._marks.find(STAMP) or UNCHANGED

    def years(self) -> list[CalendarYear]:
        """The imported years, each as it was imported last."""
        return [_year(row) for row in self._connection.execute(_YEARS)]

    def overrides(self) -> list[DayOverride]:
        """The administrators' words on single days."""
        return [
            DayOverride(on=row.on, is_working=row.is_working, note=row.note)
            for row in self._connection.execute(_OVERRIDES)
        ]

    def add_year(self, year: CalendarYear, by: str, at: datetime) -> int:
        """Store a year; earlier revisions of it stay as history. Returns its revision."""
        known = self._connection.execute(_LAST_REVISION, {"sought": year.year}).scalar()
        row = {
            "year": year.year,
            "revision": (known or 0) + 1,
            "status": year.status,
            "source": year.source,
            "days": [_plain(day) for day in year.days],
            "imported_by": by,
            "imported_at": at,
        }
        self._connection.execute(_ADD_YEAR, row)
        self._changed()
        return (known or 0) + 1

    def set_override(self, override: DayOverride, by: str, at: datetime) -> None:
        """Decide on one day, whatever was decided before."""
        row = {
            "on": override.on,
            "is_working": override.is_working,
            "note": override.note,
            "set_by": by,
            "set_at": at,
        }
        self._connection.execute(_SET_OVERRIDE[self._connection.dialect.name], row)
        self._changed()

    def remove_override(self, on: date) -> bool:
        """Leave the day to its year again; False if there was no word on it."""
        was_there = self._connection.execute(_REMOVE_OVERRIDE, {"day": on}).rowcount == 1
        if was_there:
            self._changed()
        return was_there

    def _changed(self) -> None:
        self._marks.count_up(STAMP)


def _plain(day: CalendarDay) -> dict[str, str]:
    return {"on": day.on.isoformat(), "kind": day.kind, "note": day.note}


def _year(row: Row[*tuple[Any, ...]]) -> CalendarYear:
    days = (
        CalendarDay(on=date.fromisoformat(day["on"]), kind=DayKind(day["kind"]), note=day["note"])
        for day in row.days
    )
    return CalendarYear(
        year=row.year, status=YearStatus(row.status), source=row.source, days=tuple(days)
    )
