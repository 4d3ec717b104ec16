"""The processes that run jobs, from their start to their end.

begin(node_id, name, version, at) -> None
seen(node_id, at) -> bool               end(node_id, at, ending) -> bool
running() -> list[ClusterNode]                 recent(limit) -> list[ClusterNode]
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from storage.tables.sending import CLUSTER_NODES
from storage.upserts import insert_or_update

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterNode:
    """One process that runs jobs.

    Args:
        id: made at its start; on PostgreSQL never used again.
        name: how operators call it.
        version: of the jobs it understands.
        seen_at: when it last said that it lives.
        ending: `stopped` by somebody, or `lost`; empty while it runs.
    """

    id: str
    name: str
    version: str
    started_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None
    ending: str = ""


FIELDS = tuple(field.name for field in fields(ClusterNode))
_N = CLUSTER_NODES.c
_BEGIN = insert_or_update(CLUSTER_NODES, "id")
_SEEN = (
    update(CLUSTER_NODES)
    .where(_N.id == bindparam("node_id"), _N.ended_at.is_(None))
    .values(seen_at=bindparam("at"))
)
_END = (
    update(CLUSTER_NODES)
    .where(_N.id == bindparam("node_id"), _N.ended_at.is_(None))
    .values(ended_at=bindparam("at"), ending=bindparam("new_ending"))
)
_RECENT = select(CLUSTER_NODES).order_by(_N.started_at.desc(), _N.id).limit(bindparam("limit"))
_RUNNING = select(CLUSTER_NODES).where(_N.ended_at.is_(None)).order_by(_N.started_at, _N.id)


class ClusterNodes:
    """The nodes of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, node_id: str, name: str, version: str, at: datetime) -> None:
        """A process starts."""
        node = ClusterNode(id=node_id, name=name, version=version, started_at=at, seen_at=at)
        self._connection.execute(_BEGIN[self._connection.dialect.name], asdict(node))

    def seen(self, node_id: str, at: datetime) -> bool:
        """It lives; False if it has been declared dead."""
        return self._connection.execute(_SEEN, {"node_id": node_id, "at": at}).rowcount == 1

    def end(self, node_id: str, at: datetime, ending: str) -> bool:
        """It has ended; False if that is known already."""
        parameters = {"node_id": node_id, "at": at, "new_ending": ending}
        return self._connection.execute(_END, parameters).rowcount == 1

    def running(self) -> list[ClusterNode]:
        """Those that have not ended, as far as anybody knows."""
        return self._found(_RUNNING, {})

    def recent(self, limit: int) -> list[ClusterNode]:
        """Those that started last, the latest first."""
        return self._found(_RECENT, {"limit": limit})

    def _found(
        self, statement: Select[*tuple[object, ...]], parameters: dict[str, object]
    ) -> list[ClusterNode]:
        rows = self._connection.execute(statement, parameters)
        return [ClusterNode(**{name: getattr(row, name) for name in FIELDS}) for row in rows]
