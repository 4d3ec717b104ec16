"""A network with a customer behind each service point, as large as a measurement needs.

Fifty feeders of one substation, a hundred points to a transformer area. Every hundredth point has
another feeder to fall back on, every tenth customer shares the phone of the one before, and every
fiftieth has none.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from bench.population import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

FEEDERS = 50
POINTS_OF_AN_AREA = 100
EVER = "'1970-01-01 00:00:00.000000+00:00'"

_FACTS = "kind, parent_id, area_class, important, alternative_node_id"
_NODES = f"INSERT INTO nodes (id, name, placed_at, {_FACTS}) "
_POINTS = f"""
SELECT 'P' || (10000000 + i), '示例' || i || '号表位', {EVER}, 'service_point',
  'A' || (100000 + i / {POINTS_OF_AN_AREA}), 'county_seat', i % 5000 = 0,
  CASE WHEN i % 100 = 99 THEN 'F' || (100 + (i / :of_feeder + 25) % {FEEDERS}) END
"""
_AREAS = f"""
SELECT 'A' || (100000 + i), '示例' || i || '台区', {EVER}, 'transformer_area',
  'F' || (100 + i * {POINTS_OF_AN_AREA} / :of_feeder), 'county_seat', false, NULL
"""
_LINES = f"""
SELECT 'F' || (100 + i), '10千伏示例' || i || '线', {EVER}, 'feeder', 'S', '', false, NULL
"""
_SUBSTATION = f"SELECT 'S', '示例变电站', {EVER}, 'substation', NULL, '', false, NULL"
_PLACEMENTS = f"""
INSERT INTO placements (node_id, valid_from, {_FACTS}) SELECT id, placed_at, {_FACTS} FROM nodes
"""
_CONTACT = "CASE WHEN i % 10 = 9 THEN i WHEN i % 50 <> 1 THEN i + 1 END"
_CONTACTS = """
INSERT INTO contacts (id, reach) SELECT i + 1, '13' || (100000001 + i)
"""
_CUSTOMERS = f"""
INSERT INTO customers
  (customer_no, node_id, name, phone, wechat_openid, outage_notices, contact_id, shares_contact)
SELECT 'C' || i, 'P' || (10000000 + i), '用户' || i,
  CASE WHEN i % 50 = 1 THEN '' ELSE '13' || (100000000 + {_CONTACT}) END, '', true, {_CONTACT},
  i % 10 >= 8
"""


def lay_network(url: str, points: int) -> None:
    """Fill the empty network of a database; `points` is a multiple of 5000."""
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    with closing(connect(url)) as connection:
        connection.execute("BEGIN")
        for statement in _statements(points, is_sqlite=is_sqlite):
            connection.execute(statement)
        connection.execute("COMMIT")
        if not is_sqlite:
            connection.execute("VACUUM ANALYZE")  # autovacuum would, in its own time


def _statements(points: int, *, is_sqlite: bool) -> Iterator[str]:
    def rows(statement: str, count: int) -> str:
        numbers = f"generate_series(0, {count - 1}) AS n (i)"
        if is_sqlite:
            numbers = (
                "(WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
                f" WHERE i + 1 < {count}) SELECT i FROM n)"
            )
        filled = statement.replace(":of_feeder", str(points // FEEDERS))
        return f"{filled} FROM {numbers}"

    yield _NODES + _SUBSTATION
    yield _NODES + rows(_LINES, FEEDERS)
    yield _NODES + rows(_AREAS, points // POINTS_OF_AN_AREA)
    yield _NODES + rows(_POINTS, points)
    yield _PLACEMENTS
    yield rows(_CONTACTS, points)
    yield rows(_CUSTOMERS, points)
