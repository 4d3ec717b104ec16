"""When something was last changed, as a mark: one row to look at instead of a table.

note(connection, mark, at) -> None
noted(connection, mark) -> datetime | None        None if it never was
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from storage.tables.messages import MARKS
from storage.upserts import insert_or_update

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class Changed(StrEnum):
    """What is changed; the value is the mark's key."""

    NETWORK = "network_changed_at"
    CUSTOMERS = "customers_changed_at"


_SET = insert_or_update(MARKS, "key")
_FIND = select(MARKS.c.value).where(MARKS.c.key == bindparam("key"))


def note(connection: Connection, mark: Changed, at: datetime) -> None:
    """It was changed at that instant."""
    row = {"key": mark.value, "value": at.astimezone(UTC).isoformat(" ", "microseconds")}
    connection.execute(_SET[connection.dialect.name], row)


def noted(connection: Connection, mark: Changed) -> datetime | None:
    """When it was last changed; None if it never was."""
    value = connection.execute(_FIND, {"key": mark.value}).scalar()
    return None if value is None else datetime.fromisoformat(value)
