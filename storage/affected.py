"""Who is without supply: everything below the nodes of an outage, at an instant (R-7.1).

One statement, and the database does all of it: it walks down from the nodes of every outage that
is on at the time, over the few nodes that are no service points, leaves out what was restored, and
takes the service points that hang there. A point with an alternative supply is affected only if
that lies in the dark too, by this outage or by another one. What should have begun by now and has
not leaves nobody in the dark. Whoever looks ahead takes an outage that is on to end when it is
expected to.

The texts below begin a statement; what follows reads `affected`:

    node_id, area_class, important

Written as text because both databases must take the same way. `CROSS JOIN` says in which order
SQLite shall go, whatever it believes to know of the tables.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from sqlalchemy import String, bindparam, text

from engine.network import SupplyView
from storage.columns import Instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import TextClause

SUBJECT = ""
"""Names the nodes that were handed over, where no outage has been declared on them yet."""


_STANDS = "valid_from <= :as_of AND (valid_to IS NULL OR valid_to > :as_of)"

_ENDS = """coalesce(o.ends_at,
    CASE WHEN :since > :as_of THEN coalesce(o.estimated_at, o.planned_until) END)"""

_OF_OUTAGE = "SELECT ticket_no, node_id FROM outage_nodes WHERE ticket_no = :subject"
_OF_NODES = "SELECT :subject, id FROM nodes WHERE id IN :nodes"

_AFFECTED = """
WITH RECURSIVE chosen (ticket_no, node_id) AS (
  {subject}
  UNION ALL
  SELECT n.ticket_no, n.node_id FROM outages AS o
  JOIN outage_nodes AS n ON n.ticket_no = o.ticket_no
  WHERE o.ticket_no <> :subject AND o.phase <> 'cancelled'
  AND (o.phase <> 'scheduled' OR o.begins_at > :as_of)
  AND o.begins_at < :until AND ({ends} IS NULL OR {ends} > :since)
),
restored (ticket_no, node_id) AS (
  SELECT ticket_no, node_id FROM outage_restorations
  WHERE ticket_no IN (SELECT ticket_no FROM chosen) AND restored_at <= :as_of
),
dark (ticket_no, node_id) AS (
  SELECT c.ticket_no, c.node_id FROM chosen AS c
  CROSS JOIN placements AS p
  WHERE p.node_id = c.node_id AND p.kind <> 'service_point' AND {stands}
  AND (c.ticket_no, c.node_id) NOT IN (SELECT ticket_no, node_id FROM restored)
  UNION
  SELECT d.ticket_no, p.node_id FROM dark AS d
  CROSS JOIN placements AS p
  WHERE p.parent_id = d.node_id AND p.kind IN ('feeder', 'section', 'transformer_area')
  AND {stands}
  AND (d.ticket_no, p.node_id) NOT IN (SELECT ticket_no, node_id FROM restored)
),
points (node_id, area_class, important, alternative_node_id, parent_id) AS (
  SELECT p.node_id, p.area_class, p.important, p.alternative_node_id, p.parent_id
  FROM dark AS d CROSS JOIN placements AS p
  WHERE d.ticket_no = :subject AND p.parent_id = d.node_id AND p.kind = 'service_point'
  AND {stands}
  UNION ALL
  SELECT p.node_id, p.area_class, p.important, p.alternative_node_id, p.parent_id
  FROM chosen AS c CROSS JOIN placements AS p
  WHERE c.ticket_no = :subject AND p.node_id = c.node_id AND p.kind = 'service_point'
  AND {stands}
  AND p.parent_id NOT IN (SELECT node_id FROM dark WHERE ticket_no = :subject)
),
affected (node_id, area_class, important) AS (
  SELECT p.node_id, p.area_class, p.important FROM points AS p
  WHERE p.node_id NOT IN (SELECT node_id FROM restored WHERE ticket_no = :subject)
  AND (p.alternative_node_id IS NULL
    OR p.alternative_node_id IN (SELECT node_id FROM dark))
)
"""

AFFECTED_BY_OUTAGE = _AFFECTED.format(subject=_OF_OUTAGE, stands=_STANDS, ends=_ENDS)
AFFECTED_BY_NODES = _AFFECTED.format(subject=_OF_NODES, stands=_STANDS, ends=_ENDS)


def affected_by_outage(rest: str, before: str = "") -> TextClause:
    """A statement over the points that the outage `:subject` leaves without supply.

    `before` is what stands before the whole, as in `INSERT INTO ... WITH ... SELECT ...`.
    """
    return _typed(text(f"{before}{AFFECTED_BY_OUTAGE}{rest}"))


def affected_by_nodes(rest: str) -> TextClause:
    """A statement over the points that an outage on the nodes `:nodes` would leave so."""
    return _typed(text(AFFECTED_BY_NODES + rest)).bindparams(bindparam("nodes", expanding=True))


def seen(view: SupplyView) -> dict[str, object]:
    """The parameters that say when."""
    return asdict(view)


def of_nodes(nodes: Sequence[str]) -> dict[str, object]:
    """The parameters of `affected_by_nodes` beside the time."""
    return {"subject": SUBJECT, "nodes": list(nodes)}


def _typed(statement: TextClause) -> TextClause:
    times = (bindparam(each.name, type_=Instant) for each in fields(SupplyView))
    return statement.bindparams(bindparam("subject", type_=String), *times)
