"""What PostgreSQL may not do for one statement, because it cannot know better.

It plans by statistics of what was there a while ago. Of rows that were written a moment ago it
knows nothing, takes them for few, and chooses ways whose cost grows with the square of their
number.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, true

from storage.upserts import POSTGRESQL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Select
    from sqlalchemy.engine import Connection

LOOPS, SORTS, SCANS = "enable_nestloop", "enable_sort", "enable_seqscan"


@contextmanager
def without(connection: Connection, *ways: str) -> Iterator[None]:
    """Plan what is executed in here without these ways, where there is another one."""
    if connection.dialect.name != POSTGRESQL:
        yield
        return
    connection.execute(_setting(ways, "off"))
    yield
    connection.execute(_setting(ways, "on"))  # after a fault the transaction is over, and so is it


@cache
def _setting(ways: tuple[str, ...], use: str) -> Select[Any]:
    return select(*(func.set_config(way, use, true()) for way in ways))
