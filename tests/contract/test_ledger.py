"""The ledger in the database: it refuses changes, and finds those made behind its back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from engine.ledger import GENESIS, BreakKind, LedgerDraft, LedgerHead
from tests.contract.builders import AT, DRAFT, OPERATOR, changed, stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.ledger import Break
    from storage.database import Database


@pytest.fixture
def tamper(database_url: str) -> Callable[..., None]:
    """Runs statements on the ledger as somebody would who took its triggers away."""

    def run(*statements: str, **parameters: str) -> None:
        without = {
            "sqlite": [
                f"DROP TRIGGER ledger_no_{name}" for name in ("update", "delete", "replace")
            ],
            "postgresql": ["ALTER TABLE ledger DISABLE TRIGGER ALL"],
        }
        execute(database_url, *without[make_url(database_url).get_backend_name()])
        execute(database_url, *statements, **parameters)

    return run


def execute(url: str, *statements: str, **parameters: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), parameters)


def verified(database: Database) -> tuple[int, Break | None]:
    with database.reading() as work:
        return work.ledger.verify()


def appended(database: Database, stream: str, action: str = "set_roles") -> None:
    with database.writing() as work:
        work.ledger.append(stream, LedgerDraft(action=action), OPERATOR, AT)
        work.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET actor_name = 'x'",
        "UPDATE ledger SET hash = hash",
        "DELETE FROM ledger",
        "DELETE FROM ledger WHERE seq = 1",
    ],
)
def test_the_database_refuses_to_change_the_ledger(
    database: Database, database_url: str, statement: str
) -> None:
    stored(database)
    with pytest.raises(DatabaseError, match="ledger is append-only"):
        execute(database_url, statement)
    assert verified(database) == (1, None)


def test_the_database_refuses_to_replace_or_empty_the_ledger(
    database: Database, database_url: str
) -> None:
    stored(database)
    is_sqlite = database.dialect == "sqlite"
    statement = "REPLACE INTO ledger SELECT * FROM ledger" if is_sqlite else "TRUNCATE ledger"
    with pytest.raises(DatabaseError, match="ledger is append-only"):
        execute(database_url, statement)
    assert verified(database) == (1, None)


def test_a_whole_ledger_verifies(database: Database) -> None:
    for _ in range(3):
        changed(database, stored(database).ticket_no, times=3)
    appended(database, "administration")
    appended(database, "definitions")
    assert verified(database) == (14, None)


def test_an_empty_ledger_verifies(database: Database) -> None:
    assert verified(database) == (0, None)


def test_verifying_tells_how_far_it_is(database: Database) -> None:
    ticket = stored(database)
    with database.writing() as work:
        for _ in range(1999):
            work.ledger.append("administration", DRAFT, OPERATOR, AT)
        work.commit()
    changed(database, ticket.ticket_no)
    told: list[int] = []
    with database.reading() as work:
        assert work.ledger.verify(told.append) == (2001, None)
    assert told == [1000, 2000]


def three_streams(database: Database) -> str:
    """Whole streams before and after the one to be damaged; returns its ticket number."""
    tickets = [stored(database).ticket_no for _ in range(3)]
    for ticket_no in tickets:
        changed(database, ticket_no, times=3)
    appended(database, "administration")
    return tickets[1]


DAMAGES = {
    "changed": (
        "UPDATE ledger SET actor_name = 'x' WHERE stream = :ticket_no AND seq = 2",
        2,
        "content",
    ),
    "removed": ("DELETE FROM ledger WHERE stream = :ticket_no AND seq = 2", 2, "gap"),
    "tail cut": ("DELETE FROM ledger WHERE stream = :ticket_no AND seq >= 3", 3, "tail_missing"),
    "all cut": ("DELETE FROM ledger WHERE stream = :ticket_no", 1, "tail_missing"),
    "moved away": ("UPDATE ledger SET seq = 9 WHERE stream = :ticket_no AND seq = 2", 2, "gap"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_the_first_broken_entry_named(
    database: Database, tamper: Callable[..., None], damage: str
) -> None:
    ticket_no = three_streams(database)
    statement, seq, kind = DAMAGES[damage]
    tamper(statement, ticket_no=ticket_no)
    _, broken = verified(database)
    assert broken is not None
    assert (broken.stream, broken.seq, broken.kind) == (ticket_no, seq, BreakKind(kind))


def test_two_swapped_entries_are_found(database: Database, tamper: Callable[..., None]) -> None:
    ticket_no = three_streams(database)
    move = "UPDATE ledger SET seq = {new} WHERE stream = :ticket_no AND seq = {old}"
    moves = [move.format(old=old, new=new) for old, new in ((2, 99), (3, 2), (99, 3))]
    tamper(*moves, ticket_no=ticket_no)
    _, broken = verified(database)
    assert broken is not None
    assert (broken.stream, broken.seq, broken.kind) == (ticket_no, 2, BreakKind.LINK)


def test_a_tail_cut_together_with_the_head_of_the_ticket_is_found_by_an_earlier_checkpoint(
    database: Database, tamper: Callable[..., None]
) -> None:
    ticket_no = three_streams(database)
    with database.reading() as work:
        checkpoint = {head.stream: head for head in work.ledger.heads()}
        second = work.ledger.entries(ticket_no)[1]
    tamper(
        "DELETE FROM ledger WHERE stream = :ticket_no AND seq > 2",
        "UPDATE tickets SET revision = 2, head_hash = :hash WHERE ticket_no = :ticket_no",
        ticket_no=ticket_no,
        hash=second.hash,
    )
    assert verified(database)[1] is None
    with database.reading() as work:
        assert work.ledger.head(ticket_no) != checkpoint[ticket_no]


def test_a_head_that_was_changed_is_found(database: Database, tamper: Callable[..., None]) -> None:
    ticket_no = three_streams(database)
    tamper(
        "UPDATE tickets SET head_hash = :hash WHERE ticket_no = :ticket_no",
        ticket_no=ticket_no,
        hash=GENESIS,
    )
    _, broken = verified(database)
    assert broken is not None
    assert (broken.stream, broken.seq, broken.kind) == (ticket_no, 4, BreakKind.HEAD_DIFFERS)


def test_entries_without_any_head_are_found(
    database: Database, tamper: Callable[..., None]
) -> None:
    three_streams(database)
    tamper("DELETE FROM ledger_heads WHERE stream = 'administration'")
    _, broken = verified(database)
    assert broken is not None
    assert (broken.stream, broken.kind) == ("administration", BreakKind.HEAD_DIFFERS)


def test_of_several_broken_streams_the_first_is_named(
    database: Database, tamper: Callable[..., None]
) -> None:
    ticket_no = three_streams(database)
    tamper(
        "DELETE FROM ledger_heads WHERE stream = 'administration'",
        "UPDATE ledger SET action = 'x' WHERE stream = :ticket_no",
        ticket_no=ticket_no,
    )
    _, broken = verified(database)
    assert broken is not None
    assert (broken.stream, broken.seq) == (ticket_no, 1)


def test_a_new_stream_begins_after_the_genesis_hash(database: Database) -> None:
    with database.reading() as work:
        assert work.ledger.head("administration") == LedgerHead(stream="administration")
        assert work.ledger.entries("administration") == []
    appended(database, "administration")
    with database.reading() as work:
        entry = work.ledger.entries("administration")[0]
        assert work.ledger.head("administration") == entry.head
    assert (entry.seq, entry.previous_hash, entry.definition_ref) == (1, GENESIS, "")


def test_an_append_that_is_rolled_back_leaves_the_head_alone(database: Database) -> None:
    appended(database, "administration")
    with database.writing() as work:
        work.ledger.append("administration", DRAFT, OPERATOR, AT)
    appended(database, "administration")
    assert verified(database) == (2, None)


def test_appenders_at_once_do_not_fork_the_stream(database: Database) -> None:
    begin = Barrier(8)

    def append(number: int) -> None:
        begin.wait()
        for turn in range(5):
            appended(database, "administration", f"{number}-{turn}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(append, range(8)))
    with database.reading() as work:
        entries = work.ledger.entries("administration")
    assert [entry.seq for entry in entries] == list(range(1, 41))
    assert len({entry.action for entry in entries}) == 40
    assert verified(database) == (40, None)


def test_heads_are_those_of_tickets_and_of_other_streams(database: Database) -> None:
    ticket_no = stored(database).ticket_no
    changed(database, ticket_no)
    appended(database, "administration")
    with database.reading() as work:
        heads = {head.stream: head.seq for head in work.ledger.heads()}
    assert heads == {ticket_no: 2, "administration": 1}
