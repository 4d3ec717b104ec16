"""Histories come ticket by ticket, whole, in order, and never all at once."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, insert

from engine.definition import Ending
from storage.histories import ROUND
from storage.tables.tickets import LEDGER, TICKETS
from tests.application import instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.database import Database

START = instant("2021-09-06 09:00")
DETAILS = '{"events":[],"filler":"' + "x" * 3000 + '"}'


def ticket_row(number: int, **facts: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys((column.name for column in TICKETS.columns), "")
    row |= {
        "ticket_no": f"TC-{number:06}",
        "branch": "tengchong",
        "definition_id": "lv_resident",
        "definition_version": 1,
        "customer_type": "lv_resident",
        "external_ref": None,
        "progress_token": f"token{number}",
        "submitted_at": START,
        "entered_at": START,
        "ended_at": None,
        "ending": None,
        "due_at": None,
        "pressing_at": None,
        "next_rung_at": None,
        "suspended": False,
        "revision": 1,
        "project_manager": None,
        "account_manager": None,
        "snapshot": "{}",
    }
    return row | facts


def entry_row(number: int, seq: int) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys((column.name for column in LEDGER.columns), "x")
    at = START + timedelta(hours=seq)
    return row | {"stream": f"TC-{number:06}", "seq": seq, "at": at, "details": "{}"}


def fill(url: str, tickets: Iterable[dict[str, Any]], entries: Iterable[dict[str, Any]]) -> None:
    """Rows as they are, without the engine: this is about reading many."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(insert(TICKETS), list(tickets))
        connection.execute(insert(LEDGER), list(entries))
    engine.dispose()


def test_each_ticket_comes_once_and_whole_across_the_rounds(
    database: Database, database_url: str
) -> None:
    lengths = [7, ROUND - 7, 3, ROUND + 1, 1]
    fill(
        database_url,
        [ticket_row(number) for number in range(len(lengths))],
        [entry_row(n, seq) for n, length in enumerate(lengths) for seq in range(1, length + 1)],
    )
    with database.reading() as work:
        found = [
            (each.ticket_no, [entry.seq for entry in each.entries])
            for each in work.ledger.histories()
        ]
    assert found == [(f"TC-{n:06}", list(range(1, length + 1))) for n, length in enumerate(lengths)]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"branch": "longling"}, [2]),
        ({"definition_id": "hv_single_supply"}, [1]),
        ({"submitted_from": START + timedelta(days=1)}, [3]),
        ({"submitted_before": START + timedelta(days=1)}, [0, 1, 2]),
        ({"branch": "longling", "definition_id": "hv_single_supply"}, []),
    ],
)
def test_tickets_fit_every_filter(
    database: Database, database_url: str, wanted: dict[str, Any], numbers: list[int]
) -> None:
    rows = [
        ticket_row(0, ending="completed", ended_at=START),
        ticket_row(1, definition_id="hv_single_supply", customer_type=None, service_scheme=None),
        ticket_row(2, branch="longling"),
        ticket_row(3, submitted_at=START + timedelta(days=1)),
    ]
    fill(database_url, rows, [entry_row(number, 1) for number in range(4)])
    with database.reading() as work:
        found = list(work.ledger.histories(**wanted))
    assert [each.ticket_no for each in found] == [f"TC-{number:06}" for number in numbers]
    by_number = {each.ticket_no: each for each in found}
    if "TC-000000" in by_number:
        assert by_number["TC-000000"].ending is Ending.COMPLETED
    if "TC-000001" in by_number:
        assert by_number["TC-000001"].customer_type == ""


def test_streams_of_no_ticket_are_no_histories(database: Database, database_url: str) -> None:
    office = entry_row(1, 1) | {"stream": "administration"}
    fill(database_url, [ticket_row(1)], [entry_row(1, 1), office])
    with database.reading() as work:
        assert [each.ticket_no for each in work.ledger.histories()] == ["TC-000001"]


def test_a_long_ledger_takes_no_more_memory_than_a_round(
    database: Database, database_url: str
) -> None:
    tickets, each = 100, 60
    fill(
        database_url,
        map(ticket_row, range(tickets)),
        [
            entry_row(number, seq) | {"details": DETAILS}
            for number in range(tickets)
            for seq in range(1, each + 1)
        ],
    )
    with database.reading() as work:
        tracemalloc.start()
        size = sum(
            len(entry.details) for found in work.ledger.histories() for entry in found.entries
        )
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert size == tickets * each * len(DETAILS)
    assert most < size / 2  # a round of thousand entries and the next, where there are six
