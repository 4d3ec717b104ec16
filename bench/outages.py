"""Goal: an outage of many costs little more than writing its rows, and little memory.

A fault on ten of fifty feeders: announced, everybody below them found and kept as evidence, and a
message for each of them written page by page. The floor writes the very same rows from tables that
hold them ready, by the database's own INSERT ... SELECT. *Preview* only counts them.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.sending.fan_out import PAGE
from bench.company import BRANCH, company
from bench.network import FEEDERS, lay_network
from bench.population import connect
from bench.records import opened
from bench.report import Finding, Report
from bench.rounds import Contender, ratio, side_by_side
from bench.servers import POSTGRESQL, SQLITE, available, database_server
from engine.outage import OutageKind
from engine.ticket import Actor, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.bootstrap import Application
    from bench.rounds import Operation

POINTS, QUICK_POINTS = 1_000_000, 50_000
DARK_FEEDERS = tuple(f"F{100 + number}" for number in range(FEEDERS // 5))
RATE_GOAL = 0.8
PREVIEW_GOAL = 0.3
MEMORY_GOAL_MB = 64
DISPATCHER = Actor(
    user_id="bench.dispatch", name="李调度", roles=frozenset({Role.DISPATCHER}), branch=BRANCH
)
COPIED = ("outages", "outage_affected", "messages")
"""What the floor writes; of the first only the row that the second refers to."""
EMPTIED = (
    "messages",
    "notices",
    "outage_notices",
    "outage_affected",
    "outage_feeders",
    "outage_nodes",
    "outages",
)
TIDYING = {
    "sqlite": ("PRAGMA wal_checkpoint(TRUNCATE)",),
    "postgresql": ("VACUUM ANALYZE", "CHECKPOINT"),
}
"""So that no turn pays for what the one before has left."""
ROUNDS = 9


def measure(*, quick: bool) -> Iterator[Report]:
    """One outage on both databases."""
    points = QUICK_POINTS if quick else POINTS
    for kind in (SQLITE, POSTGRESQL):
        if available(kind):
            with database_server(kind) as new_database:
                url = new_database()
                with company(url) as application:
                    lay_network(url, points)
                    yield _measured(kind, Darkness(url=url, application=application), points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Darkness:
    """An outage that can be declared again and again on the same network."""

    url: str
    application: Application

    def declare(self) -> int:
        """Announce the fault and write everything about it; returns how many points are out."""
        outages = self.application.outages.announcements
        result = outages.announce(OutageKind.FAULT, DARK_FEEDERS, {}, actor=DISPATCHER)
        with self.application.database.reading() as work:
            (notice_id,) = work.notices.unfinished()
        while self._write_page(notice_id):
            pass
        return result.service_points

    def clear(self) -> None:
        """Take everything back."""
        with closing(connect(self.url)) as connection:
            for table in EMPTIED:
                connection.execute(f"DELETE FROM {table}")
            for statement in TIDYING[self.application.database.dialect]:
                connection.execute(statement)

    def hold_ready(self) -> int:
        """Hold the rows of the outage ready to be copied; returns how many there are."""
        with closing(connect(self.url)) as connection:
            for table in COPIED:
                connection.execute(f"CREATE TABLE ready_{table} AS SELECT * FROM {table}")
            return sum(
                connection.execute(f"SELECT count(*) FROM ready_{table}").fetchone()[0]
                for table in COPIED
            )

    # --- turns -----------------------------------------------------------------------------------

    def declared(self) -> list[Operation]:
        """The product's turn."""
        self.clear()
        return [self.declare]

    def copied(self) -> list[Operation]:
        """The floor's turn."""
        self.clear()

        def copy() -> None:
            connection, _ = opened(self.url)
            with closing(connection):
                connection.execute("BEGIN")
                for table in COPIED:
                    connection.execute(f"INSERT INTO {table} SELECT * FROM ready_{table}")
                connection.execute("COMMIT")

        return [copy]

    def previewed(self) -> list[Operation]:
        """Only counting."""
        self.clear()
        plans = self.application.outages.plans
        return [lambda: plans.preview(DARK_FEEDERS, actor=DISPATCHER)]

    def _write_page(self, notice_id: str) -> bool:
        application = self.application
        with application.database.writing(lasting=False) as work:
            notice = work.notices.take(notice_id)
            if notice is None:
                return False
            after = application.outage_fan_out.page(work, notice, PAGE)
            work.notices.advance(notice_id, after, application.clock())
            work.commit()
        return bool(after)


def _measured(kind: str, darkness: Darkness, points: int) -> Report:
    before = _peak_mb(reset=True)
    found = darkness.declare()
    grown = _peak_mb() - before
    rows = darkness.hold_ready()
    turns = {
        "Huodian": darkness.declared,
        "the same rows by INSERT ... SELECT": darkness.copied,
        "preview": darkness.previewed,
    }
    contenders = [Contender(name=name, turn=turn, repeat=rows) for name, turn in turns.items()]
    product, floor, preview = side_by_side(contenders, rounds=ROUNDS)
    return Report(
        title=f"An outage, {kind}: {found:,} of {points:,} service points, {rows:,} rows",
        timings=(product, floor, preview),
        findings=(
            Finding(
                what=f"outage on {kind}: rate to INSERT ... SELECT of its rows",
                value=ratio(floor, product),
                goal=RATE_GOAL,
            ),
            Finding(
                what=f"preview on {kind}: time to that of INSERT ... SELECT",
                value=ratio(preview, floor),
                goal=PREVIEW_GOAL,
                at_most=True,
            ),
            Finding(
                what=f"outage on {kind}: MB that the process grows by",
                value=grown,
                goal=MEMORY_GOAL_MB,
                at_most=True,
            ),
        ),
    )


def _peak_mb(*, reset: bool = False) -> float:
    """The most memory that this process has held since the last reset (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0
