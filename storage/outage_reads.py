"""What people look at of an outage: how many it concerns, whom nobody can reach, what was told.

tally(ticket_no) -> PointTally
without_address(ticket_no, limit, *, by_wechat) -> list[Unreachable]
undelivered(ticket_no, limit) -> list[Undelivered]
told(ticket_no) -> list[ToldTally]
connections_below(nodes, view, limit) -> list[Connection]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Boolean, bindparam, text

from engine.outage import OutageNews
from storage.affected import affected_by_nodes, of_nodes, seen
from storage.columns import Instant
from storage.upserts import POSTGRESQL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection as DatabaseConnection

    from engine.network import SupplyView


class PointTally(NamedTuple):
    """How many service points an outage concerns, and how they stand.

    `announced` counts all that belong to it, `out` those without supply now, `restored` those that
    have it again, `important` the important users among all.
    """

    announced: int
    out: int
    restored: int
    important: int


class Unreachable(NamedTuple):
    """Somebody whom no message can reach: where, under which area, which customer."""

    node_id: str
    node_name: str
    area_name: str
    customer_no: str
    customer_name: str


class Undelivered(NamedTuple):
    """A message about an outage that did not arrive."""

    message_id: str
    recipient: str
    address: str
    template_key: str
    problem: str
    created_at: datetime


class ToldTally(NamedTuple):
    """One notice of an outage, and how many of its messages are in one state."""

    notice_id: str
    news: OutageNews
    created_at: datetime
    text: str
    state: str | None
    messages: int


class Connection(NamedTuple):
    """An open connection ticket at or below some nodes."""

    ticket_no: str
    title: str
    state: str
    definition_id: str
    definition_version: int
    node_id: str


# A point that was out more than once counts once, as it stands now.
_TALLY = text("""
SELECT count(*), coalesce(sum(is_out), 0),
  coalesce(sum(CASE WHEN is_out = 0 THEN is_back END), 0), coalesce(sum(is_important), 0)
FROM (
  SELECT
    max(CASE WHEN interrupted_at IS NOT NULL AND restored_at IS NULL THEN 1 ELSE 0 END) AS is_out,
    max(CASE WHEN restored_at IS NOT NULL THEN 1 ELSE 0 END) AS is_back,
    max(CASE WHEN important THEN 1 ELSE 0 END) AS is_important
  FROM outage_affected WHERE ticket_no = :ticket_no AND withdrawn_at IS NULL GROUP BY node_id
) AS points
""")
_WITHOUT_ADDRESS = text("""
SELECT a.node_id, n.name, coalesce(above.name, ''), coalesce(c.customer_no, ''),
  coalesce(c.name, '')
FROM outage_affected AS a JOIN nodes AS n ON n.id = a.node_id
LEFT JOIN nodes AS above ON above.id = n.parent_id
LEFT JOIN customers AS c ON c.node_id = a.node_id
WHERE a.ticket_no = :ticket_no AND a.withdrawn_at IS NULL
  AND (c.contact_id IS NULL OR (c.phone = '' AND NOT :by_wechat))
  AND a.episode = (SELECT max(x.episode) FROM outage_affected AS x
    WHERE x.ticket_no = a.ticket_no AND x.node_id = a.node_id)
ORDER BY above.id, a.node_id LIMIT :most
""").bindparams(bindparam("by_wechat", type_=Boolean))
_UNDELIVERED = text("""
SELECT id, recipient, address, template_key, error_code, error_text, created_at FROM messages
WHERE ticket_no = :ticket_no AND audience = 'customer'
AND (state IN ('failed', 'unreachable') OR (state = 'expired' AND by_law)) AND handled_at IS NULL
ORDER BY created_at, id LIMIT :most
""").columns(created_at=Instant)
_TOLD = text("""
SELECT o.notice_id, o.news, o.created_at, n.text, m.state, count(m.id)
FROM outage_notices AS o JOIN notices AS n ON n.id = o.notice_id
LEFT JOIN messages AS m ON m.notice_id = o.notice_id
WHERE o.ticket_no = :ticket_no AND (o.last_told IS NULL OR m.id IS NOT NULL)
GROUP BY o.notice_id, o.news, o.created_at, n.text, m.state
ORDER BY o.created_at, o.notice_id, m.state
""").columns(created_at=Instant)
_NODE_OF_REQUEST = {
    POSTGRESQL: "CAST(t.snapshot AS JSON) #>> '{request,node_id}'",
    "sqlite": "json_extract(t.snapshot, '$.request.node_id')",
}
_OPEN_CONNECTIONS = """
SELECT ticket_no, title, state, definition_id, definition_version, node_id FROM (
  SELECT t.ticket_no, t.title, t.state, t.definition_id, t.definition_version, {node} AS node_id
  FROM tickets AS t WHERE t.ended_at IS NULL AND t.customer_type IS NOT NULL
) AS open
WHERE node_id IN (
  SELECT node_id FROM dark WHERE ticket_no = :subject UNION ALL SELECT node_id FROM points)
ORDER BY ticket_no LIMIT :most
"""
_CONNECTIONS = {
    dialect: affected_by_nodes(_OPEN_CONNECTIONS.format(node=node))
    for dialect, node in _NODE_OF_REQUEST.items()
}


class OutageReads:
    """Reads of outages in one transaction's view."""

    def __init__(self, connection: DatabaseConnection) -> None:
        self._connection = connection

    def tally(self, ticket_no: str) -> PointTally:
        """How many points the outage concerns."""
        row = self._connection.execute(_TALLY, {"ticket_no": ticket_no}).one()
        return PointTally(*row)

    def without_address(self, ticket_no: str, limit: int, *, by_wechat: bool) -> list[Unreachable]:
        """Those whom nothing reaches that is set up, by area; `by_wechat` tells whether that is."""
        parameters = {"ticket_no": ticket_no, "most": limit, "by_wechat": by_wechat}
        return [Unreachable(*row) for row in self._connection.execute(_WITHOUT_ADDRESS, parameters)]

    def undelivered(self, ticket_no: str, limit: int) -> list[Undelivered]:
        """Messages to customers that certainly did not arrive and that nobody saw to yet."""
        rows = self._connection.execute(_UNDELIVERED, {"ticket_no": ticket_no, "most": limit})
        return [
            Undelivered(
                message_id=row.id,
                recipient=row.recipient,
                address=row.address,
                template_key=row.template_key,
                problem=" ".join(part for part in (row.error_code, row.error_text) if part),
                created_at=row.created_at,
            )
            for row in rows
        ]

    def told(self, ticket_no: str) -> list[ToldTally]:
        """The notices of an outage with their messages by state, the oldest first."""
        rows = self._connection.execute(_TOLD, {"ticket_no": ticket_no})
        return [
            ToldTally(notice_id, OutageNews(news), created_at, words, state, messages)
            for notice_id, news, created_at, words, state, messages in rows
        ]

    def connections_below(
        self, nodes: Sequence[str], view: SupplyView, limit: int
    ) -> list[Connection]:
        """Open connection tickets at or below the nodes: their works may use an outage there."""
        statement = _CONNECTIONS[self._connection.dialect.name]
        parameters = {**seen(view), **of_nodes(nodes), "most": limit}
        return [Connection(*row) for row in self._connection.execute(statement, parameters)]
