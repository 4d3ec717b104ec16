"""When each sweep last ran, and what it did: the daemon's heartbeat.

beat(name, started_at, finished_at, counts) -> None
beats() -> list[Beat]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables.messages import SWEEPS
from storage.upserts import insert_or_update

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The last run of a sweep; `finished_at` is None while it has only begun."""

    name: str
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int]


_BEATS = select(SWEEPS).order_by(SWEEPS.c.name)
# Of several daemons the one that began last is shown.
_BEAT = insert_or_update(SWEEPS, "name", only_if=lambda new: SWEEPS.c.started_at <= new.started_at)


class Sweeps:
    """The heartbeats of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def beat(
        self,
        name: str,
        started_at: datetime,
        finished_at: datetime | None,
        counts: Mapping[str, int],
    ) -> None:
        """Note a run of the sweep; an earlier run than the one noted is not."""
        row = {
            "name": name,
            "started_at": started_at,
            "finished_at": finished_at,
            "counts": dict(counts),
        }
        self._connection.execute(_BEAT[self._connection.dialect.name], row)

    def beats(self) -> list[Beat]:
        """The last run of every sweep, by name."""
        return [
            Beat(
                name=row.name,
                started_at=row.started_at,
                finished_at=row.finished_at,
                counts=row.counts,
            )
            for row in self._connection.execute(_BEATS)
        ]
