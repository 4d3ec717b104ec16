"""The service points of an outage: counted, kept as evidence, interrupted, restored (R-7.1, R-7.2).

    preview(nodes, view) -> AffectedCounts
    count(ticket_no, view) -> AffectedCounts
    node_ids(ticket_no, view) / node_ids_below(nodes, view) -> list[str]
    feeders_below(ticket_no, view) -> list[str]
    kept_count(ticket_no) -> int                           who is kept and not withdrawn
    include(ticket_no, view, step) -> int                  who is in the set now is kept
    withdraw_absent(ticket_no, view, step) -> int          who is no more leaves it
    interrupt(ticket_no, view, step, interrupted_at) -> int
    restore_absent(ticket_no, view, restored_at, step) -> int
    withdraw_all(ticket_no, at, step) -> int
    restore_all(ticket_no, restored_at, step) -> int
    has_joined(ticket_no, step) / has_new_customers(ticket_no, since, until) -> bool
    areas_left(ticket_no, step) -> list[str]

However many points there are, each of these is one statement and no point passes through here.
A point that has left and joins again gets a row of its own: an episode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from storage import affected_evidence
from storage.affected import affected_by_nodes, affected_by_outage, of_nodes, seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import TextClause
    from sqlalchemy.engine import Connection

    from engine.network import SupplyView


class AffectedCounts(NamedTuple):
    """Whom an outage concerns: service points, different phone numbers, important users.

    `without_phone` counts the points behind which nobody has a phone number.
    """

    service_points: int
    phones: int
    important: int
    without_phone: int


class Overlap(NamedTuple):
    """Another outage, and how many points it hits a second time."""

    ticket_no: str
    service_points: int


class ImportantUser(NamedTuple):
    """An important user: where, and the customer's name, which may be empty."""

    node_id: str
    node_name: str
    customer_name: str


# A point with several customers appears once for each of them.
_COUNTS = """
SELECT count(DISTINCT node_id), count(DISTINCT contact_id),
  count(DISTINCT CASE WHEN important THEN node_id END),
  count(DISTINCT CASE WHEN contact_id IS NULL THEN node_id END)
FROM (
  SELECT a.node_id, a.important, c.contact_id FROM affected AS a
  LEFT JOIN customers AS c ON c.node_id = a.node_id AND c.phone <> ''
) AS behind
"""
_IDS = "SELECT node_id FROM affected ORDER BY node_id"
_FEEDERS = """
SELECT d.node_id FROM dark AS d JOIN nodes AS n ON n.id = d.node_id
WHERE d.ticket_no = :subject AND n.kind = 'feeder' ORDER BY d.node_id
"""
_AREAS = """
SELECT n.name FROM dark AS d JOIN nodes AS n ON n.id = d.node_id
WHERE d.ticket_no = :subject AND n.kind = 'transformer_area' ORDER BY n.id
"""
_NEAR = """
FROM outages AS o WHERE o.phase <> 'cancelled' AND o.ticket_no <> :but
AND o.begins_at >= :near_since AND o.begins_at <= :near_until
"""
_OVERLAPS = f"""
SELECT x.ticket_no, count(DISTINCT a.node_id) AS service_points FROM affected AS a
JOIN outage_affected AS x ON x.node_id = a.node_id AND x.withdrawn_at IS NULL
WHERE x.ticket_no IN (SELECT o.ticket_no {_NEAR})
GROUP BY x.ticket_no ORDER BY x.ticket_no
"""  # noqa: S608  (constants)
_IMPORTANT = """
SELECT a.node_id, n.name AS node_name, coalesce(min(c.name), '') AS customer_name
FROM outage_affected AS a JOIN nodes AS n ON n.id = a.node_id
LEFT JOIN customers AS c ON c.node_id = a.node_id
WHERE a.ticket_no = :subject AND a.important AND a.withdrawn_at IS NULL AND a.restored_at IS NULL
  AND a.included_step >= :since_step
GROUP BY a.node_id, n.name ORDER BY a.node_id LIMIT :most
"""

_PREVIEW = affected_by_nodes(_COUNTS)
_COUNT = affected_by_outage(_COUNTS)
_NODE_IDS = affected_by_outage(_IDS)
_NODE_IDS_BELOW = affected_by_nodes(_IDS)
_FEEDERS_BELOW = affected_by_outage(_FEEDERS)
_AREAS_BELOW = affected_by_nodes(_AREAS)
_ANY_NEAR = affected_evidence.timed(text(f"SELECT 1 {_NEAR} LIMIT 1"), "near_since", "near_until")
_OVERLAPPING = affected_evidence.timed(affected_by_nodes(_OVERLAPS), "near_since", "near_until")
_IMPORTANT_USERS = text(_IMPORTANT)


class AffectedPoints:
    """The service points of outages in one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def preview(self, nodes: Sequence[str], view: SupplyView) -> AffectedCounts:
        """Whom an outage on these nodes would concern."""
        found = self._connection.execute(_PREVIEW, {**seen(view), **of_nodes(nodes)}).one()
        return AffectedCounts(*found)

    def count(self, ticket_no: str, view: SupplyView) -> AffectedCounts:
        """Whom an outage concerns."""
        found = self._connection.execute(_COUNT, {**seen(view), "subject": ticket_no}).one()
        return AffectedCounts(*found)

    def node_ids(self, ticket_no: str, view: SupplyView) -> list[str]:
        """The points that an outage concerns, by id."""
        return self._ids(_NODE_IDS, {**seen(view), "subject": ticket_no})

    def node_ids_below(self, nodes: Sequence[str], view: SupplyView) -> list[str]:
        """The points that an outage on these nodes would concern, by id."""
        return self._ids(_NODE_IDS_BELOW, {**seen(view), **of_nodes(nodes)})

    def feeders_below(self, ticket_no: str, view: SupplyView) -> list[str]:
        """The feeders that an outage puts in the dark, by id."""
        return self._ids(_FEEDERS_BELOW, {**seen(view), "subject": ticket_no})

    def areas_below(self, nodes: Sequence[str], view: SupplyView) -> list[str]:
        """The names of the transformer areas that an outage on these nodes would darken."""
        return self._ids(_AREAS_BELOW, {**seen(view), **of_nodes(nodes)})

    def overlaps(
        self, nodes: Sequence[str], view: SupplyView, near: tuple[datetime, datetime], *, but: str
    ) -> list[Overlap]:
        """Outages that begin between two instants, with the points that these nodes hit too.

        `but` is an outage that does not count.
        """
        between = {"near_since": near[0], "near_until": near[1], "but": but}
        if self._connection.execute(_ANY_NEAR, between).first() is None:
            return []  # nobody needs to know whom these nodes hit
        parameters = {**seen(view), **of_nodes(nodes), **between}
        return [Overlap(*row) for row in self._connection.execute(_OVERLAPPING, parameters)]

    def important(self, ticket_no: str, limit: int, *, since_step: int = 0) -> list[ImportantUser]:
        """Important users whom the outage concerns and who have no supply again, by node.

        With `since_step` only those who joined it at that step or later.
        """
        parameters = {"subject": ticket_no, "most": limit, "since_step": since_step}
        return [
            ImportantUser(*row) for row in self._connection.execute(_IMPORTANT_USERS, parameters)
        ]

    def kept_count(self, ticket_no: str) -> int:
        """How many points are kept and were not withdrawn."""
        found: int = self._connection.execute(
            affected_evidence.COUNT_KEPT, {"subject": ticket_no}
        ).scalar_one()
        return found

    def has_joined(self, ticket_no: str, step: int) -> bool:
        """Whether a point joined at that step and has not left."""
        parameters = {"subject": ticket_no, "step": step}
        return (
            self._connection.execute(affected_evidence.HAS_JOINED, parameters).first() is not None
        )

    def has_new_customers(self, ticket_no: str, since: datetime, until: datetime) -> bool:
        """Whether somebody is known at one of the points only since then, and by `until`."""
        parameters = {"subject": ticket_no, "known_since": since, "as_of": until}
        return (
            self._connection.execute(affected_evidence.HAS_NEW_CUSTOMERS, parameters).first()
            is not None
        )

    def areas_left(self, ticket_no: str, step: int) -> list[str]:
        """The names of the transformer areas of which everything was withdrawn, at that step."""
        return self._ids(affected_evidence.AREAS_LEFT, {"subject": ticket_no, "step": step})

    def include(self, ticket_no: str, view: SupplyView, step: int, *, is_new: bool = False) -> int:
        """Keep who is in the set of an outage that is still to come; returns how many are new.

        Of an outage that `is_new` nobody is kept yet, which spares looking for them.
        """
        return self._run(
            affected_evidence.INCLUDE_FIRST if is_new else affected_evidence.INCLUDE,
            ticket_no,
            view,
            step=step,
        )

    def withdraw_absent(self, ticket_no: str, view: SupplyView, step: int) -> int:
        """Those who are no longer in the set leave it, at that step; returns how many."""
        return self._run(affected_evidence.WITHDRAW, ticket_no, view, left_at=view.as_of, step=step)

    def interrupt(
        self,
        ticket_no: str,
        view: SupplyView,
        step: int,
        interrupted_at: datetime,
        *,
        is_new: bool = False,
    ) -> int:
        """Keep who is in the set, without supply since then; returns how many are new."""
        statement = affected_evidence.INTERRUPT_FIRST if is_new else affected_evidence.INTERRUPT
        return self._run(statement, ticket_no, view, step=step, interrupted_at=interrupted_at)

    def restore_absent(
        self, ticket_no: str, view: SupplyView, restored_at: datetime, step: int | None
    ) -> int:
        """Who was out and is not in the set has supply again since then; returns how many.

        Where a later instant was known, it is put right. Without a `step` nobody is told of it.
        """
        self._run(affected_evidence.SHORTEN, ticket_no, view, left_at=restored_at)
        return self._run(affected_evidence.RESTORE, ticket_no, view, left_at=restored_at, step=step)

    def withdraw_all(self, ticket_no: str, at: datetime, step: int) -> int:
        """The outage does not come about; returns how many points it would have concerned."""
        parameters = {"subject": ticket_no, "left_at": at, "step": step}
        return self._connection.execute(affected_evidence.WITHDRAW_ALL, parameters).rowcount

    def restore_all(self, ticket_no: str, restored_at: datetime, step: int | None) -> int:
        """Everybody who was still without has supply again since then; returns how many."""
        parameters = {"subject": ticket_no, "left_at": restored_at, "step": step}
        self._connection.execute(affected_evidence.SHORTEN_ALL, parameters)
        return self._connection.execute(affected_evidence.RESTORE_ALL, parameters).rowcount

    def _run(self, statement: TextClause, ticket_no: str, view: SupplyView, **more: object) -> int:
        parameters = {**seen(view), "subject": ticket_no, **more}
        return self._connection.execute(statement, parameters).rowcount

    def _ids(self, statement: TextClause, parameters: dict[str, object]) -> list[str]:
        return list(self._connection.execute(statement, parameters).scalars())
