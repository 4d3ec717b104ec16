"""Migrations of tickets on both databases: one open a definition, each ticket examined once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import NotFoundError
from storage.snapshots import dump_ticket, load_ticket
from tests.contract.builders import AT, DRAFT, OPERATOR, a_standing, a_ticket, stored

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from storage.database import Database

HOUR = timedelta(hours=1)
REASON = {"code": "due_passed", "message": "该日已过", "clause": "", "remedy": "", "field": ""}


def begun(database: Database, **facts: Any) -> int | None:
    usual = {"definition_id": "lv_resident", "from_version": 0, "to_version": 3, "mapping": {}}
    with database.writing() as work:
        number = work.ticket_migrations.begin(
            **{**usual, "reason": "时限缩短", "by": "chief", **facts}, at=AT
        )
        work.commit()
    return number


def examined(database: Database, number: int, ticket: Ticket, verdict: str = "moves") -> bool:
    with database.writing() as work:
        is_first = work.ticket_migrations.add_result(
            number,
            ticket.ticket_no,
            verdict=verdict,
            reasons=[REASON],
            from_version=ticket.definition_version,
            source_state="grid_works",
            target_state="works",
            at=AT + HOUR,
        )
        work.commit()
    return is_first


def flying(database: Database, version: int, definition_id: str = "lv_resident") -> Ticket:
    ticket = a_ticket(definition_id=definition_id, definition_version=version)
    return stored(database, ticket)


def ended(database: Database, version: int) -> Ticket:
    ticket = flying(database, version)
    with database.writing() as work:
        kept = work.tickets.get(ticket.ticket_no)
        kept = work.tickets.save(
            replace(kept, ended_at=AT),
            DRAFT,
            actor=OPERATOR,
            at=AT,
            standing=a_standing(),
        )
        work.commit()
    return kept


def test_a_migration_comes_back_as_it_was_proposed_approved_and_closed(database: Database) -> None:
    number = begun(database, mapping={"grid_works": "works"}, from_version=2)
    assert number is not None
    with database.writing() as work:
        assert work.ticket_migrations.approve(number, "second", AT + HOUR)
        assert not work.ticket_migrations.approve(number, "third", AT + HOUR)
        work.commit()
    with database.reading() as work:
        found = work.ticket_migrations.get(number)
        with pytest.raises(NotFoundError, match="迁移"):
            work.ticket_migrations.get(number + 1)
    assert (found.mapping, found.from_version, found.to_version) == ({"grid_works": "works"}, 2, 3)
    assert (found.proposed_by, found.proposed_at) == ("chief", AT)
    assert (found.approved_by, found.approved_at, found.outcome) == ("second", AT + HOUR, "")
    with database.writing() as work:
        close = work.ticket_migrations.close
        assert close(number, outcome="finished", by="third", at=AT + 2 * HOUR)
        assert not close(number, outcome="cancelled", by="chief", at=AT + 3 * HOUR)
        assert not work.ticket_migrations.approve(number, "third", AT)
        work.commit()
    with database.reading() as work:
        found = work.ticket_migrations.get(number)
    assert (found.outcome, found.closed_by, found.closed_at) == (
        "finished",
        "third",
        AT + 2 * HOUR,
    )


def test_of_two_at_once_one_is_open(database: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        numbers = list(threads.map(lambda _: begun(database), range(4)))
    (first,) = (each for each in numbers if each is not None)
    assert begun(database, definition_id="lv_business") is not None
    with database.writing() as work:
        work.ticket_migrations.close(first, outcome="cancelled", by="chief", at=AT)
        work.commit()
    again = begun(database)
    assert again not in {None, first}
    with database.reading() as work:
        listed = [each.number for each in work.ticket_migrations.listing("lv_resident")]
        assert listed == [again, first]
        assert len(work.ticket_migrations.listing()) == 3


def test_what_is_left_are_open_tickets_of_other_versions_page_by_page(database: Database) -> None:
    first, second, third = (flying(database, version) for version in (1, 2, 1))
    flying(database, 3)
    flying(database, 1, "lv_business")
    ended(database, 1)
    every, of_two = begun(database), begun(database, definition_id="unknown")
    assert every is not None
    assert of_two is not None
    numbers = [first.ticket_no, second.ticket_no, third.ticket_no]
    with database.reading() as work:
        pending = work.ticket_migrations.pending
        assert pending(every, "", 10) == numbers
        assert pending(every, "", 2) == numbers[:2]
        assert pending(every, numbers[1], 10) == numbers[2:]
        assert pending(of_two, "", 10) == []
    assert examined(database, every, second)
    with database.reading() as work:
        assert work.ticket_migrations.pending(every, "", 10) == [numbers[0], numbers[2]]
    with database.writing() as work:
        work.ticket_migrations.close(every, outcome="cancelled", by="chief", at=AT)
        work.commit()
    only_two = begun(database, from_version=2)
    assert only_two is not None
    with database.reading() as work:
        assert work.ticket_migrations.pending(only_two, "", 10) == [second.ticket_no]


def test_a_ticket_is_examined_once_a_migration(database: Database) -> None:
    first, second = flying(database, 1), flying(database, 2)
    number = begun(database)
    assert number is not None
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: examined(database, number, first), range(4)))
    assert sorted(done) == [False, False, False, True]
    assert examined(database, number, second, "refused")
    with database.reading() as work:
        migrations = work.ticket_migrations
        assert migrations.totals(number) == {"moves": 1, "refused": 1}
        found = migrations.results(number, after="", limit=10)
        assert [each.ticket_no for each in found] == [first.ticket_no, second.ticket_no]
        assert (found[1].from_version, found[1].source_state, found[1].target_state) == (
            2,
            "grid_works",
            "works",
        )
        assert (list(found[1].reasons), found[1].examined_at) == ([REASON], AT + HOUR)
        assert migrations.results(number, after=first.ticket_no, limit=1) == found[1:]
        assert migrations.results(number, after="", limit=10, verdicts=["moves"]) == found[:1]
        assert migrations.totals(number + 1) == {}


def test_tickets_of_a_definition_page_by_page_open_or_ended(database: Database) -> None:
    old, new, done = flying(database, 1), flying(database, 2), ended(database, 1)
    flying(database, 1, "lv_business")
    with database.reading() as work:
        of = work.tickets.of_definition
        assert of("lv_resident", ended=False, after="", limit=10) == [old, new]
        assert of("lv_resident", ended=False, after="", limit=1) == [old]
        assert of("lv_resident", ended=False, after=old.ticket_no, limit=10) == [new]
        assert of("lv_resident", ended=False, after="", limit=10, other_than=2) == [old]
        assert of("lv_resident", ended=False, after="", limit=10, of=2) == [new]
        assert of("lv_resident", ended=True, after="", limit=10) == [done]
        assert work.tickets.in_flight() == {
            ("lv_resident", 1): 1,
            ("lv_resident", 2): 1,
            ("lv_business", 1): 1,
        }


def test_a_ticket_stored_before_there_were_agreements_has_none() -> None:
    ticket = a_ticket()
    kept = json.loads(dump_ticket(ticket))
    del kept["agreements"]
    assert load_ticket(json.dumps(kept)) == ticket
