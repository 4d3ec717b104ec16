"""Small facts about the database itself, for example that a simulation made it.

find(key) -> str | None
set(key, value) -> None
count_up(key) -> int
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Integer, String, bindparam, cast, select

from storage.tables.messages import MARKS
from storage.upserts import insert_or_set, insert_or_update

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_FIND = select(MARKS.c.value).where(MARKS.c.key == bindparam("sought"))
_SET = insert_or_update(MARKS, "key")
_COUNT_UP = insert_or_set(
    MARKS, "key", values={"value": cast(cast(MARKS.c.value, Integer) + 1, String)}
)


class Marks:
    """The marks of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, key: str) -> str | None:
        """The value of the mark, if it is set."""
        return self._connection.execute(_FIND, {"sought": key}).scalar()

    def set(self, key: str, value: str) -> None:
        """Set the mark, whatever it was before."""
        self._connection.execute(_SET[self._connection.dialect.name], {"key": key, "value": value})

    def count_up(self, key: str) -> int:
        """Add one to a mark that counts; locked until the transaction ends. Returns the count."""
        statement = _COUNT_UP[self._connection.dialect.name].returning(MARKS.c.value)
        return int(self._connection.execute(statement, {"key": key, "value": "1"}).scalar_one())
