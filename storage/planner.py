"""What PostgreSQL may not do for one statement, because it cannot know better.

It plans by statistics of what was there a while ago. Of rows that were written a moment ago it
knows nothing, takes them for few, and chooses ways whose cost grows with the square of their
number.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select, true

from storage.upserts import POSTGRESQL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

LOOPS, SORTS, SCANS = "enable_nestloop", "enable_sort", "enable_seqscan"
_SET = select(func.set_config(bindparam("name"), bindparam("use"), true()))


@contextmanager
def without(connection: Connection, *ways: str) -> Iterator[None]:
    """Plan what is executed in here without these ways, where there is another one."""
    if connection.dialect.name != POSTGRESQL:
        yield
        return
    for name in ways:
        connection.execute(_SET, {"name": name, "use": "off"})
    yield
    for name in ways:  # after a fault the transaction is over, and so is the setting
        connection.execute(_SET, {"name": name, "use": "on"})
