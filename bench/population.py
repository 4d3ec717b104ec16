"""Fills a database with open tickets, of which some are due: copies of one that was submitted.

The copies are made inside the database. Those that are due repeat the ticket to the last column;
the others are reminded of later, spread over a month, and carry no snapshot, which nobody reads.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy.engine import make_url

from bench.company import submit
from bench.servers import driver_dsn, sqlite_path
from storage.tables.tickets import TICKETS

if TYPE_CHECKING:
    from app.bootstrap import Application

DUE_AT = datetime(2021, 9, 7, 1, tzinfo=UTC)
"""Tuesday, 09:00 in Shanghai: since half an hour the last day of the intake is reminded of."""
MINUTES_OF_A_MONTH = 30 * 24 * 60


def connect(url: str) -> Any:  # noqa: ANN401  (either driver's connection)
    """A connection of the driver, committing by itself."""
    if make_url(url).get_backend_name() == "sqlite":
        return sqlite3.connect(sqlite_path(url), isolation_level=None)
    return psycopg.connect(driver_dsn(url), autocommit=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Open tickets in the database of `application`, so many of them due."""

    url: str
    application: Application
    open: int
    due: int

    def settle(self) -> None:
        """Make the tickets; the clock stands at `DUE_AT` from then on."""
        (template,) = submit(self.application, 1)
        with closing(connect(self.url)) as connection:
            connection.execute(self._copies(template, "due", self.due, is_due=True))
            others = self.open - self.due
            connection.execute(self._copies(template, "other", others, is_due=False))
            connection.execute(f"DELETE FROM tickets WHERE ticket_no = '{template}'")
            if make_url(self.url).get_backend_name() == "postgresql":
                connection.execute("VACUUM ANALYZE tickets")  # autovacuum would, in its own time
        self.application.clock.at = DUE_AT  # type: ignore[attr-defined]

    def rewind(self) -> None:
        """Make the due tickets due again."""
        rung = (DUE_AT - timedelta(minutes=30)).isoformat(" ", "microseconds")
        with closing(connect(self.url)) as connection:
            connection.execute("DELETE FROM reminders")
            connection.execute("DELETE FROM messages")
            connection.execute(
                f"UPDATE tickets SET next_rung_at = '{rung}' WHERE ticket_no LIKE 'due-%'"
            )

    def _copies(self, template: str, prefix: str, count: int, *, is_due: bool) -> str:
        is_sqlite = make_url(self.url).get_backend_name() == "sqlite"
        later = f"(i % {MINUTES_OF_A_MONTH} + 60)"
        if is_sqlite:
            numbers = (
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                f" WHERE i < {count}) "
            )
            moment = (
                f"strftime('%Y-%m-%d %H:%M:%S', next_rung_at, '+' || {later} || ' minutes')"
                " || '.000000+00:00'"
            )
        else:
            numbers = f"WITH n AS (SELECT i FROM generate_series(1, {count}) AS i) "
            moment = f"next_rung_at + {later} * interval '1 minute'"
        name = f"'{prefix}-' || i"
        values = {
            "ticket_no": name,
            "progress_token": name,
            "applicant_key": name,
            "snapshot": f"replace(snapshot, '{template}', {name})" if is_due else "''",
        }
        if not is_due:
            values["next_rung_at"] = moment
        columns = list(TICKETS.columns.keys())
        chosen = ", ".join(values.get(column, column) for column in columns)
        return (
            f"{numbers}INSERT INTO tickets ({', '.join(columns)}) SELECT {chosen}"
            f" FROM n, tickets WHERE ticket_no = '{template}'"
        )
