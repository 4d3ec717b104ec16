"""When something was last changed, as a mark: one row to look at instead of a table.

    hold(connection, mark, at) -> datetime        when a change that begins then counts as made
    note(connection, mark, at) -> None
    noted(connection) -> dict[Changed, datetime]  NEVER for what never was

Marks come one after the other in the order in which the changes are committed, whatever the clocks
of their makers say. So whoever remembers the mark that he saw knows by the next one he sees that
something has changed, though it may be of an instant before he looked: a long import is seen only
at its end.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from engine.outage import NEVER
from storage.tables.messages import MARKS
from storage.upserts import insert_or_skip, insert_or_update

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class Changed(StrEnum):
    """What is changed; the value is the mark's key."""

    NETWORK = "network_changed_at"
    CUSTOMERS = "customers_changed_at"


_BEGIN = insert_or_skip(MARKS, "key")
_SET = insert_or_update(MARKS, "key")
_HOLD = select(MARKS.c.value).where(MARKS.c.key == bindparam("key")).with_for_update()
_FIND = select(MARKS.c.key, MARKS.c.value).where(MARKS.c.key.in_([each.value for each in Changed]))
_NEXT = timedelta(microseconds=1)


def hold(connection: Connection, mark: Changed, at: datetime) -> datetime:
    """Whoever else changes it waits for this transaction; returns when its change counts as made.

    That is `at`, or just after the change before if that counts as made then or later.
    """
    connection.execute(_BEGIN[connection.dialect.name], _row(mark, NEVER))
    before = connection.execute(_HOLD, {"key": mark.value}).scalar_one()
    return max(at, datetime.fromisoformat(before) + _NEXT)


def note(connection: Connection, mark: Changed, at: datetime) -> None:
    """It was changed, by whoever holds the mark."""
    connection.execute(_SET[connection.dialect.name], _row(mark, at))


def noted(connection: Connection) -> dict[Changed, datetime]:
    """When each was last changed, as far as that is committed."""
    found = {key: datetime.fromisoformat(value) for key, value in connection.execute(_FIND)}
    return {mark: found.get(mark.value, NEVER) for mark in Changed}


def _row(mark: Changed, at: datetime) -> dict[str, str]:
    return {"key": mark.value, "value": at.astimezone(UTC).isoformat(" ", "microseconds")}
