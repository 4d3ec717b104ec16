"""Goal 2: who is due, and what a sweep costs, whatever the number of open tickets.

*Who is due* asks for the tickets that a rung of the ladder has come for: the repository's question
against the same SELECT by the driver, each on a connection that is open. *Sweep* reminds them:
claims, messages and the next rung, one durable transaction a ticket.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

from bench.company import company
from bench.population import DUE_AT, Population, connect
from bench.report import Finding, Report
from bench.rounds import Contender, ratio, side_by_side
from bench.servers import POSTGRESQL, SQLITE, available, database_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.rounds import Operation

SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (1_000, 10_000)
DUE = 500
SWEPT = 100
"""Tickets due in one sweep; fewer than are asked for, to keep the run short."""
SCAN_GOAL = 0.7
FLAT_GOAL = 1.25
"""How much dearer a reminder may be among a hundred times as many open tickets."""


def measure(*, quick: bool) -> Iterator[Report]:
    """Both questions on both databases."""
    sizes = QUICK_SIZES if quick else SIZES
    for kind in (SQLITE, POSTGRESQL):
        if available(kind):
            with ExitStack() as stack:
                new_database = stack.enter_context(database_server(kind))
                settled = partial(_settled, stack, new_database)
                yield _who_is_due(kind, settled(sizes[-1], DUE), quick=quick)
                yield _sweeps(kind, [settled(size, SWEPT) for size in sizes], quick=quick)


def _settled(
    stack: ExitStack, new_database: Callable[[], str], open_tickets: int, due: int
) -> Population:
    url = new_database()
    application = stack.enter_context(company(url))
    population = Population(url=url, application=application, open=open_tickets, due=due)
    population.settle()
    return population


def _who_is_due(kind: str, population: Population, *, quick: bool) -> Report:
    database = population.application.database
    is_sqlite = database.dialect == "sqlite"
    mark, at = ("?", DUE_AT.isoformat(" ", "microseconds")) if is_sqlite else ("%s", DUE_AT)
    sql = (
        f"SELECT ticket_no FROM tickets WHERE next_rung_at <= {mark}"
        f" ORDER BY next_rung_at, ticket_no LIMIT {mark}"
    )

    def with_a_unit() -> None:
        with database.reading() as work:
            _expect(len(work.tickets.due_for_reminder(DUE_AT, DUE)), DUE)

    with closing(connect(population.url)) as connection, database.reading() as opened:

        def asked() -> None:
            _expect(len(opened.tickets.due_for_reminder(DUE_AT, DUE)), DUE)

        def by_hand() -> None:
            _expect(len(connection.execute(sql, (at, DUE)).fetchall()), DUE)

        contenders = {
            "Huodian": asked,
            "Huodian, with a reading unit of its own": with_a_unit,
            "the same SELECT by hand": by_hand,
        }
        timings = side_by_side(
            [
                Contender(name=name, turn=partial(_twenty_times, operation))
                for name, operation in contenders.items()
            ],
            rounds=5 if quick else 15,
        )
    return Report(
        title=f"Who is due, {kind}: {DUE} of {population.open:,} open tickets",
        timings=tuple(timings),
        findings=(
            Finding(
                what=f"who is due on {kind}: rate to the bare scan",
                value=ratio(timings[2], timings[0]),
                goal=SCAN_GOAL,
            ),
        ),
    )


def _twenty_times(operation: Operation) -> list[Operation]:
    return [operation] * 20


def _sweeps(kind: str, populations: list[Population], *, quick: bool) -> Report:
    timings = side_by_side(
        [
            Contender(
                name=f"a reminder among {each.open:,}", turn=partial(_swept, each), repeat=SWEPT
            )
            for each in populations
        ],
        rounds=5 if quick else 9,
    )
    return Report(
        title=f"Reminder sweep, {kind}: {SWEPT} tickets due",
        timings=tuple(timings),
        findings=(
            Finding(
                what=f"sweep on {kind}: cost among {populations[-1].open:,} to among"
                f" {populations[0].open:,}",
                value=ratio(timings[-1], timings[0]),
                goal=FLAT_GOAL,
                at_most=True,
            ),
        ),
    )


def _swept(population: Population) -> list[Operation]:
    population.rewind()

    def sweep() -> None:
        _expect(population.application.reminders.sweep().done, SWEPT)

    return [sweep]


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        msg = f"{found} instead of {wanted}"
        raise RuntimeError(msg)
