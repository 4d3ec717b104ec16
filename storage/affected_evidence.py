"""The statements that keep the points of an outage as evidence, and look at what is kept.

A point that has left and joins again gets a row of its own: an episode. Rows are closed, never
deleted and never opened again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Integer, bindparam, text

from storage.affected import affected_by_outage
from storage.columns import Instant

if TYPE_CHECKING:
    from sqlalchemy import TextClause

_KEEP = """
INSERT INTO outage_affected (ticket_no, node_id, episode, area_class, important, included_at,
  included_step, interrupted_at)
"""
_KEPT_FIRST = """
SELECT :subject, node_id, 1, area_class, important, :as_of, :step, {interrupted_at} FROM affected
"""
_KEPT = """
SELECT :subject, a.node_id, 1 + (SELECT count(*) FROM outage_affected AS x
    WHERE x.ticket_no = :subject AND x.node_id = a.node_id
    AND (x.withdrawn_at IS NOT NULL OR x.restored_at IS NOT NULL)),
  a.area_class, a.important, :as_of, :step, {interrupted_at} FROM affected AS a
WHERE NOT EXISTS (SELECT 1 FROM outage_affected AS x
  WHERE x.ticket_no = :subject AND x.node_id = a.node_id
  AND x.interrupted_at <= :as_of AND x.restored_at > :as_of)
ON CONFLICT (ticket_no, node_id, episode) DO UPDATE SET
  area_class = excluded.area_class, important = excluded.important, interrupted_at =
    CASE WHEN outage_affected.interrupted_at < excluded.interrupted_at
    THEN outage_affected.interrupted_at ELSE excluded.interrupted_at END
WHERE outage_affected.area_class <> excluded.area_class
  OR outage_affected.important <> excluded.important
  OR outage_affected.interrupted_at > excluded.interrupted_at
  OR (outage_affected.interrupted_at IS NULL AND excluded.interrupted_at IS NOT NULL)
"""
_OPEN = "withdrawn_at IS NULL AND restored_at IS NULL"
_LEAVE = """
UPDATE outage_affected SET withdrawn_at = :left_at, withdrawn_step = :step
WHERE ticket_no = :subject AND {open}
"""
_COME_BACK = """
UPDATE outage_affected SET restored_at = :left_at, restored_step = :step
WHERE ticket_no = :subject AND {open}
"""
# Supply came back earlier than was known until now.
_SHORTEN = """
UPDATE outage_affected SET restored_at = :left_at
WHERE ticket_no = :subject AND restored_at > :left_at
"""
# Who has not gone out yet waits for it, or for the end of the whole.
_WENT_OUT = " AND interrupted_at <= :as_of"
_IF_ABSENT = " AND node_id NOT IN ("
_PRESENT = "SELECT node_id FROM affected)"
_COUNT_KEPT = """
SELECT count(DISTINCT node_id) FROM outage_affected
WHERE ticket_no = :subject AND withdrawn_at IS NULL
"""
_HAS_JOINED = """
SELECT 1 FROM outage_affected
WHERE ticket_no = :subject AND included_step = :step AND {open} LIMIT 1
"""
_HAS_NEW_CUSTOMERS = """
SELECT 1 FROM outage_affected AS a CROSS JOIN customers AS c
WHERE a.ticket_no = :subject AND {open} AND c.node_id = a.node_id AND c.known_at > :known_since
AND c.known_at <= :as_of
LIMIT 1
"""
_AREAS_LEFT = """
SELECT t.name FROM nodes AS t WHERE t.id IN (
  SELECT n.parent_id FROM outage_affected AS a JOIN nodes AS n ON n.id = a.node_id
  WHERE a.ticket_no = :subject AND a.withdrawn_step = :step)
AND t.kind = 'transformer_area' AND t.id NOT IN (
  SELECT n.parent_id FROM outage_affected AS a JOIN nodes AS n ON n.id = a.node_id
  WHERE a.ticket_no = :subject AND a.withdrawn_at IS NULL AND n.parent_id IS NOT NULL)
ORDER BY t.id
"""


def timed(statement: TextClause, *names: str) -> TextClause:
    """The statement with those instants; its result knows how many rows it touched."""
    bound = statement.bindparams(*(bindparam(name, type_=Instant) for name in names))
    return bound.execution_options(preserve_rowcount=True)


def _keeping(kept: str) -> TextClause:
    statement = timed(affected_by_outage(kept, before=_KEEP))
    return statement.bindparams(bindparam("step", type_=Integer))


def _leaving(statement: TextClause) -> TextClause:
    return timed(statement, "left_at").bindparams(bindparam("step", type_=Integer))


COUNT_KEPT = text(_COUNT_KEPT)
HAS_JOINED = text(_HAS_JOINED.format(open=_OPEN))
HAS_NEW_CUSTOMERS = timed(text(_HAS_NEW_CUSTOMERS.format(open=_OPEN)), "known_since", "as_of")
AREAS_LEFT = text(_AREAS_LEFT)
INCLUDE_FIRST, INCLUDE = (
    _keeping(kept.format(interrupted_at="NULL")) for kept in (_KEPT_FIRST, _KEPT)
)
INTERRUPT_FIRST, INTERRUPT = (
    timed(_keeping(kept.format(interrupted_at=":interrupted_at")), "interrupted_at")
    for kept in (_KEPT_FIRST, _KEPT)
)
_WITHDRAWING, _COMING_BACK = (each.format(open=_OPEN) for each in (_LEAVE, _COME_BACK))
WITHDRAW_ALL, RESTORE_ALL = (_leaving(text(each)) for each in (_WITHDRAWING, _COMING_BACK))
SHORTEN_ALL = timed(text(_SHORTEN), "left_at")
WITHDRAW, RESTORE = (
    _leaving(affected_by_outage(_PRESENT, before=f"{leaving}{_IF_ABSENT}"))
    for leaving in (_WITHDRAWING, _COMING_BACK + _WENT_OUT)
)
SHORTEN = timed(
    affected_by_outage(_PRESENT, before=f"{_SHORTEN}{_WENT_OUT}{_IF_ABSENT}"), "left_at"
)
