"""Goal 2: who is due among very many open tickets, against the bare index scan by hand.

Beside the due ones, which are real, stand open tickets that are due much later; they are made by
one statement from a real row. The sweep's own cost is measured among few and among many of them.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text

from bench.company import BEGINS, company, submit
from bench.report import Finding, Report
from bench.rounds import Contender, ratio, side_by_side
from bench.servers import POSTGRESQL, SQLITE, available, database_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from app.bootstrap import Application
    from bench.rounds import Operation, Timing

DUE, FEW, MANY, QUICK_MANY = 500, 10_000, 1_000_000, 50_000
LOOKED_AT = BEGINS + timedelta(days=1)
SCAN_GOAL, FLAT_GOAL = 0.7, 1.5
BY_HAND = "SELECT ticket_no FROM tickets WHERE next_rung_at <= :at ORDER BY next_rung_at LIMIT 500"


def measure(*, quick: bool) -> Iterator[Report]:
    """On both databases."""
    for kind in (SQLITE, POSTGRESQL):
        if available(kind):
            yield _measured(kind, QUICK_MANY if quick else MANY, rounds=5 if quick else 15)


def _measured(kind: str, many: int, *, rounds: int) -> Report:
    with database_server(kind) as new_database, company(url := new_database()) as application:
        engine = create_engine(url)
        submit(application, DUE)
        _fill(engine, FEW, since=0)
        among_few = _scans(application, engine, rounds)
        _fill(engine, many - FEW, since=FEW)
        among_many = _scans(application, engine, rounds)
        engine.dispose()
    return Report(
        title=f"Who is due, {kind}, {DUE} of {many:,} open tickets",
        timings=(*among_few, *among_many),
        note=f"First two rows among {FEW:,} open tickets, the others among {many:,}.",
        findings=(
            Finding(
                what=f"due on {kind}: rate to the bare scan",
                value=ratio(among_many[1], among_many[0]),
                goal=SCAN_GOAL,
            ),
            Finding(
                what=f"due on {kind}: among {many:,} times among {FEW:,}",
                value=ratio(among_many[0], among_few[0]),
                goal=FLAT_GOAL,
                at_most=True,
            ),
        ),
    )


def _scans(application: Application, engine: Engine, rounds: int) -> list[Timing]:
    def ours() -> None:
        with application.database.reading() as work:
            found = work.tickets.due_for_reminder(LOOKED_AT, DUE)
        assert len(found) == DUE  # noqa: S101  (a scan that finds nothing would be quick)

    with engine.connect() as connection:
        raw = connection.connection.cursor()
        at = _as_stored(engine)

        def by_hand() -> None:
            statement = BY_HAND.replace(":at", "?" if engine.name == "sqlite" else "%s")
            raw.execute(statement, (at,))
            assert len(raw.fetchall()) == DUE  # noqa: S101
            connection.connection.rollback()

        return side_by_side(
            [
                Contender(name="Huodian", turn=partial(_turn, ours)),
                Contender(name="by hand", turn=partial(_turn, by_hand)),
            ],
            rounds,
        )


def _turn(one: Operation) -> Iterator[Operation]:
    for _ in range(20):
        yield partial(one)


def _as_stored(engine: Engine) -> object:
    """The instant as a driver of that database takes it."""
    if engine.name == "sqlite":
        return LOOKED_AT.strftime("%Y-%m-%d %H:%M:%S.%f")
    return LOOKED_AT


def _fill(engine: Engine, count: int, *, since: int) -> None:
    """Open tickets that are due in ten years, copied from a real one."""
    with engine.begin() as connection:
        first = connection.execute(text("SELECT * FROM tickets LIMIT 1")).mappings().one()
        columns = list(first)
        number = "n.value" if engine.name == "sqlite" else "n"
        instead = {
            "ticket_no": f"'X-' || ({number} + {since})",
            "progress_token": f"'x' || ({number} + {since})",
            "external_ref": "NULL",
            "snapshot": "'{}'",
            "next_rung_at": _later(engine),
            "due_at": _later(engine),
        }
        chosen = ", ".join(instead.get(name, f"t.{name}") for name in columns)
        rows = (
            "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n "
            f"WHERE value < {count}) "
            if engine.name == "sqlite"
            else ""
        )
        source = "n" if engine.name == "sqlite" else f"generate_series(1, {count}) AS n"
        connection.execute(
            text(
                f"INSERT INTO tickets ({', '.join(columns)}) {rows}"
                f"SELECT {chosen} FROM {source}, (SELECT * FROM tickets LIMIT 1) AS t"
            )
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE tickets"))


def _later(engine: Engine) -> str:
    later = "2031-01-01 00:00:00.000000"
    return f"'{later}'" if engine.name == "sqlite" else f"timestamptz '{later}+00'"
