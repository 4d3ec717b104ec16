"""What the indicators of reliability are made of, counted by the database (R-7.4).

    feeder_outages(since, until, faults_only=False) -> list[FeederOutage]
    announced(since, until) -> list[AnnouncedOutage]
    interruptions(since, until, at, longer_than_s) -> list[AreaInterruptions]
    shares(since, until, at) -> list[OutageShare]
    sustained_shares(since, until, at, longer_than_s) -> list[SustainedShare]
    served_seconds(since, until) -> dict[str, int]
    add_base(figures) -> list[ClaimedFigure]; base(year) -> list[ClaimedFigure]

A point that two outages interrupt at once is without supply once: overlapping stretches of one
point are merged before anything is summed, also those that begin after the period and prolong one
that began in it. What is restored in parts ends part by part.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Integer, bindparam, select, text

from engine.outage import OutageKind, OutagePhase
from engine.reliability import ClaimedFigure
from storage.columns import Instant
from storage.tables.outages import OUTAGES, RELIABILITY_BASE
from storage.upserts import POSTGRESQL, insert_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import TextClause
    from sqlalchemy.engine import Connection


class FeederOutage(NamedTuple):
    """An outage that interrupted supply on a feeder."""

    feeder_id: str
    feeder_name: str
    ticket_no: str


class AnnouncedOutage(NamedTuple):
    """An outage that was to be announced; `late_reason` empty if it was in time."""

    kind: str
    ticket_no: str
    late_reason: str


class AreaInterruptions(NamedTuple):
    """Of an area class: seconds without supply in the period, and the sustained interruptions.

    `sustained` began in the period and `sustained_seconds` is how long they took in all.
    """

    area_class: str
    customer_seconds: int
    sustained: int
    sustained_seconds: int


class OutageShare(NamedTuple):
    """What an outage adds: the points that it interrupted, and the seconds it took of them."""

    area_class: str
    ticket_no: str
    points: int
    customer_seconds: int


class SustainedShare(NamedTuple):
    """What an outage adds to the sustained interruptions that began in a period.

    `interruptions` began with it; `customer_seconds` are those that no earlier outage took.
    """

    area_class: str
    ticket_no: str
    interruptions: int
    customer_seconds: int


_FEEDER_OUTAGES = """
SELECT f.feeder_id, n.name, o.ticket_no FROM outages AS o
JOIN outage_feeders AS f ON f.ticket_no = o.ticket_no
JOIN nodes AS n ON n.id = f.feeder_id
WHERE o.phase IN ('in_progress', 'restored') AND o.begins_at >= :since AND o.begins_at < :until
{which}
ORDER BY f.feeder_id, o.begins_at, o.ticket_no
"""
_ANNOUNCED = (
    select(OUTAGES.c.kind, OUTAGES.c.ticket_no, OUTAGES.c.late_reason)
    .where(
        OUTAGES.c.kind != OutageKind.FAULT.value,
        OUTAGES.c.phase.in_([OutagePhase.IN_PROGRESS.value, OutagePhase.RESTORED.value]),
        OUTAGES.c.begins_at >= bindparam("since", type_=Instant),
        OUTAGES.c.begins_at < bindparam("until", type_=Instant),
    )
    .order_by(OUTAGES.c.begins_at, OUTAGES.c.ticket_no)
)
_SPANS = """
WITH bounds (since, until, upto) AS (
  SELECT {since}, {until}, {at}
),
spans (node_id, ticket_no, area_class, begins, ends) AS (
  SELECT a.node_id, a.ticket_no, a.area_class, {interrupted},
    CASE WHEN a.restored_at IS NULL THEN b.upto ELSE {restored} END
  FROM outage_affected AS a CROSS JOIN bounds AS b
  WHERE a.withdrawn_at IS NULL AND (a.restored_at IS NULL OR a.restored_at >= :since)
    AND (a.interrupted_at < :until OR a.node_id IN (
      SELECT o.node_id FROM outage_affected AS o
      WHERE o.withdrawn_at IS NULL AND o.interrupted_at < :until
        AND (o.restored_at IS NULL OR o.restored_at >= :until)))
),
reaching (node_id, ticket_no, area_class, begins, ends, reach) AS (
  SELECT node_id, ticket_no, area_class, begins, ends, max(ends) OVER (
    PARTITION BY node_id ORDER BY begins, ends, ticket_no
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  FROM spans WHERE ends > begins
)
"""
_ISLANDS = """
, numbered (node_id, ticket_no, area_class, begins, ends, reach, island) AS (
  SELECT node_id, ticket_no, area_class, begins, ends, reach, sum(
    CASE WHEN reach IS NULL OR begins > reach THEN 1 ELSE 0 END) OVER (
    PARTITION BY node_id ORDER BY begins, ends, ticket_no ROWS UNBOUNDED PRECEDING)
  FROM reaching
),
islands (node_id, island, area_class, begins, ends) AS (
  SELECT node_id, island, min(area_class), min(begins), max(ends)
  FROM numbered GROUP BY node_id, island
)
"""
_SUMS = """
SELECT i.area_class,
  sum({least}(i.ends, b.until) - {most}(i.begins, b.since)),
  sum(CASE WHEN i.begins >= b.since AND i.ends - i.begins > :longer_than THEN 1 ELSE 0 END),
  sum(CASE WHEN i.begins >= b.since AND i.ends - i.begins > :longer_than
    THEN i.ends - i.begins ELSE 0 END)
FROM islands AS i CROSS JOIN bounds AS b
WHERE i.ends > b.since AND i.begins < b.until
GROUP BY i.area_class ORDER BY i.area_class
"""
_SUSTAINED = """
, parts (area_class, ticket_no, is_first, seconds) AS (
  SELECT i.area_class, n.ticket_no,
    CASE WHEN n.reach IS NULL OR n.begins > n.reach THEN 1 ELSE 0 END,
    {most}(0, n.ends - {most}(n.begins, coalesce(n.reach, n.begins)))
  FROM islands AS i CROSS JOIN bounds AS b
  JOIN numbered AS n ON n.node_id = i.node_id AND n.island = i.island
  WHERE i.begins >= b.since AND i.begins < b.until AND i.ends - i.begins > :longer_than
)
SELECT area_class, ticket_no, sum(is_first), sum(seconds) FROM parts
GROUP BY area_class, ticket_no HAVING sum(seconds) > 0
ORDER BY area_class, sum(seconds) DESC, ticket_no
"""
_SHARES = """
, net (area_class, ticket_no, node_id, seconds) AS (
  SELECT r.area_class, r.ticket_no, r.node_id,
    {most}(0, {least}(r.ends, b.until) - {most}(r.begins, coalesce(r.reach, b.since), b.since))
  FROM reaching AS r CROSS JOIN bounds AS b
  WHERE r.begins < b.until
)
SELECT area_class, ticket_no, count(DISTINCT node_id), sum(seconds) FROM net
GROUP BY area_class, ticket_no ORDER BY area_class, sum(seconds) DESC, ticket_no
"""
_SERVED = """
SELECT p.area_class, sum({most}(0, {least}(
  CASE WHEN p.valid_to IS NULL THEN {until} ELSE {valid_to} END, {until}
) - {most}({valid_from}, {since})))
FROM placements AS p WHERE p.kind = 'service_point'
  AND p.valid_from < :until AND (p.valid_to IS NULL OR p.valid_to > :since)
GROUP BY p.area_class ORDER BY p.area_class
"""
_FAULTS_ONLY = "AND o.kind = 'fault'"
_BASE = (
    select(RELIABILITY_BASE)
    .where(RELIABILITY_BASE.c.year == bindparam("sought"))
    .order_by(RELIABILITY_BASE.c.figure, RELIABILITY_BASE.c.subject)
)
_ADD_BASE = insert_or_skip(RELIABILITY_BASE, "year", "figure", "subject")


def _seconds(dialect: str, instant: str) -> str:
    """Whole seconds of an instant, as a number."""
    if dialect == POSTGRESQL:
        return f"CAST(floor(extract(epoch FROM {instant})) AS BIGINT)"
    return f"CAST(strftime('%s', {instant}) AS INTEGER)"


def _counting(dialect: str, statement: str) -> TextClause:
    """The statement in the words of a database."""
    is_server = dialect == POSTGRESQL
    words = {
        "least": "least" if is_server else "min",
        "most": "greatest" if is_server else "max",
        "since": _seconds(dialect, "CAST(:since AS TIMESTAMPTZ)" if is_server else ":since"),
        "until": _seconds(dialect, "CAST(:until AS TIMESTAMPTZ)" if is_server else ":until"),
        "at": _seconds(dialect, "CAST(:at AS TIMESTAMPTZ)" if is_server else ":at"),
        "interrupted": _seconds(dialect, "a.interrupted_at"),
        "restored": _seconds(dialect, "a.restored_at"),
        "valid_from": _seconds(dialect, "p.valid_from"),
        "valid_to": _seconds(dialect, "p.valid_to"),
    }
    clause = text(statement.format(**words))
    types = {"since": Instant, "until": Instant, "at": Instant, "longer_than": Integer}
    named = clause.compile().params
    return clause.bindparams(*(bindparam(name, type_=types[name]) for name in named))


def _for_both(statement: str) -> dict[str, TextClause]:
    return {dialect: _counting(dialect, statement) for dialect in ("sqlite", POSTGRESQL)}


_INTERRUPTIONS = _for_both(_SPANS + _ISLANDS + _SUMS)
_SUSTAINED_SHARES = _for_both(_SPANS + _ISLANDS + _SUSTAINED)
_OUTAGE_SHARES = _for_both(_SPANS + _SHARES)
_SERVED_SECONDS = _for_both(_SERVED)
_OUTAGES_OF_FEEDERS = {
    faults_only: text(_FEEDER_OUTAGES.format(which=_FAULTS_ONLY if faults_only else "")).bindparams(
        bindparam("since", type_=Instant), bindparam("until", type_=Instant)
    )
    for faults_only in (False, True)
}


class Reliability:
    """The counts of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def feeder_outages(
        self, since: datetime, until: datetime, *, faults_only: bool = False
    ) -> list[FeederOutage]:
        """Every outage that began in the period, on each feeder that it touched."""
        statement = _OUTAGES_OF_FEEDERS[faults_only]
        rows = self._connection.execute(statement, {"since": since, "until": until})
        return [FeederOutage(*row) for row in rows]

    def announced(self, since: datetime, until: datetime) -> list[AnnouncedOutage]:
        """Every outage that began in the period and was to be announced before."""
        rows = self._connection.execute(_ANNOUNCED, {"since": since, "until": until})
        return [AnnouncedOutage(*row) for row in rows]

    def interruptions(
        self, since: datetime, until: datetime, at: datetime, longer_than_s: int
    ) -> list[AreaInterruptions]:
        """What customers went without, by area class; what still is out counts until `at`.

        Interruptions of at most `longer_than_s` seconds are no sustained ones.
        """
        parameters = {"since": since, "until": until, "at": at, "longer_than": longer_than_s}
        rows = self._connection.execute(_INTERRUPTIONS[self._dialect], parameters)
        return [AreaInterruptions(area, *map(int, counts)) for area, *counts in rows]

    def shares(self, since: datetime, until: datetime, at: datetime) -> list[OutageShare]:
        """Which outages the seconds of the period come from; each second is one outage's."""
        parameters = {"since": since, "until": until, "at": at}
        rows = self._connection.execute(_OUTAGE_SHARES[self._dialect], parameters)
        return [OutageShare(area, number, points, int(s)) for area, number, points, s in rows]

    def sustained_shares(
        self, since: datetime, until: datetime, at: datetime, longer_than_s: int
    ) -> list[SustainedShare]:
        """Which outages the sustained interruptions come from; each is one outage's."""
        parameters = {"since": since, "until": until, "at": at, "longer_than": longer_than_s}
        rows = self._connection.execute(_SUSTAINED_SHARES[self._dialect], parameters)
        return [SustainedShare(area, number, int(n), int(s)) for area, number, n, s in rows]

    def served_seconds(self, since: datetime, until: datetime) -> dict[str, int]:
        """For how long service points were in the network, summed by area class."""
        parameters = {"since": since, "until": until}
        rows = self._connection.execute(_SERVED_SECONDS[self._dialect], parameters)
        return {area: int(seconds) for area, seconds in rows}

    def add_base(self, figures: Iterable[ClaimedFigure]) -> list[ClaimedFigure]:
        """Store figures of earlier years; those that are there already are given back."""
        names = [field.name for field in fields(ClaimedFigure)]
        statement = _ADD_BASE[self._dialect]
        refused = []
        for each in figures:
            row = {name: getattr(each, name) for name in names}
            if self._connection.execute(statement, row).rowcount != 1:
                refused.append(each)
        return refused

    def base(self, year: int) -> list[ClaimedFigure]:
        """The figures that were entered for a year."""
        rows = self._connection.execute(_BASE, {"sought": year}).mappings()
        return [ClaimedFigure(**row) for row in rows]
