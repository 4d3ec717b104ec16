"""Tickets: what goes in comes out, and of two who change one ticket only one succeeds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from engine.application import Contact, ServiceRequest
from engine.errors import ConflictError, NotFoundError, RefusedError
from engine.ledger import LedgerDraft
from storage.database import open_database
from tests.contract.builders import (
    AT,
    DRAFT,
    OPERATOR,
    a_full_ticket,
    a_standing,
    a_ticket,
    an_application,
    changed,
    stored,
)

if TYPE_CHECKING:
    from storage.database import Database
    from storage.unit_of_work import UnitOfWork
    from tests.databases import Cluster

HOUR = timedelta(hours=1)


def saved(work: UnitOfWork, ticket_no: str) -> None:
    ticket = work.tickets.get(ticket_no)
    work.tickets.save(ticket, DRAFT, actor=OPERATOR, at=AT, standing=a_standing())


def test_a_ticket_comes_back_as_it_went_in(database: Database) -> None:
    kept = stored(database, a_full_ticket())
    with database.reading() as work:
        assert work.tickets.get(kept.ticket_no) == kept
    assert kept.revision == 1


def test_a_ticket_of_another_process_comes_back_as_it_went_in(database: Database) -> None:
    request = ServiceRequest(
        title="桂花小区", contact=Contact(name="陈水"), details={"households": "120"}
    )
    kept = stored(database, a_ticket(definition_id="asset_transfer", request=request))
    with database.reading() as work:
        assert work.tickets.get(kept.ticket_no) == kept


def test_instants_come_back_aware_and_in_utc(database: Database) -> None:
    east = timezone(timedelta(hours=8))
    due = datetime(2021, 9, 8, 0, 0, 0, 123456, tzinfo=east)
    kept = stored(database, due_at=due)
    with database.reading() as work:
        row = work.tickets.worklist()[0]
        entry = work.ledger.entries(kept.ticket_no)[0]
    assert row.pressing_at == due
    assert row.pressing_at is not None
    assert row.pressing_at.utcoffset() == timedelta(0)
    assert entry.at == AT
    assert entry.at.utcoffset() == timedelta(0)


def test_a_naive_instant_is_refused(database: Database) -> None:
    naive = AT.replace(tzinfo=None)
    with pytest.raises(Exception, match="has no time zone"):
        stored(database, due_at=naive)
    with database.reading() as work, pytest.raises(Exception, match="has no time zone"):
        work.tickets.due_for_reminder(naive, 1)


def test_an_unknown_ticket_is_not_found(database: Database) -> None:
    with database.reading() as work:
        with pytest.raises(NotFoundError, match="TC-0"):
            work.tickets.get("TC-0")
        with pytest.raises(NotFoundError, match="TC-0"):
            work.tickets.progress_token("TC-0")


def test_saving_raises_the_revision_and_writes_one_entry(database: Database) -> None:
    kept = stored(database)
    after = changed(database, kept.ticket_no, times=2)
    with database.reading() as work:
        entries = work.ledger.entries(kept.ticket_no)
        head = work.ledger.head(kept.ticket_no)
    assert after.revision == 3
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert entries[-1].head == head
    assert entries[-1].definition_ref == "lv_resident@1"
    assert entries[-1].facts == {"number": 1}


def test_one_unit_of_work_may_save_a_ticket_twice(database: Database) -> None:
    kept = stored(database)
    with database.writing() as work:
        saved(work, kept.ticket_no)
        saved(work, kept.ticket_no)
        work.commit()
    with database.reading() as work:
        assert work.tickets.get(kept.ticket_no).revision == 3
        assert work.ledger.verify() == (3, None)


def test_without_commit_nothing_stays(database: Database) -> None:
    kept = stored(database)
    with database.writing() as work:
        saved(work, kept.ticket_no)
    with database.reading() as work:
        assert work.tickets.get(kept.ticket_no).revision == 1
        assert len(work.ledger.entries(kept.ticket_no)) == 1


def test_a_ticket_that_was_changed_since_it_was_loaded_is_a_conflict(database: Database) -> None:
    kept = stored(database)
    seen = kept
    changed(database, kept.ticket_no)
    with database.writing() as work:
        work.tickets.get(kept.ticket_no)
        with pytest.raises(ConflictError, match="刷新") as conflict:
            work.tickets.save(seen, DRAFT, actor=OPERATOR, at=AT, standing=a_standing())
    assert conflict.value.reasons[0].code == "stale_revision"


def test_of_two_writers_with_one_revision_one_gets_the_conflict(database: Database) -> None:
    kept = stored(database)
    both_loaded = Barrier(2)

    def write(name: str) -> bool:
        # Loaded by a reading unit, as a console page is; on SQLite writers would queue.
        with database.reading() as work:
            seen = work.tickets.get(kept.ticket_no)
        both_loaded.wait()
        try:
            with database.writing() as work:
                work.tickets.get(kept.ticket_no)
                draft = LedgerDraft(action=name)
                work.tickets.save(seen, draft, actor=OPERATOR, at=AT, standing=a_standing())
                work.commit()
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(write, ["first", "second"]))
    assert sorted(outcomes) == [False, True]
    with database.reading() as work:
        assert len(work.ledger.entries(kept.ticket_no)) == 2
        assert work.ledger.verify() == (2, None)


@pytest.mark.postgresql
def test_two_open_transactions_cannot_continue_the_same_entry(cluster: Cluster) -> None:
    # PostgreSQL only: SQLite lets one writer in at a time.
    url = cluster.fresh()
    database = open_database(url)
    kept = stored(database)
    with database.writing() as slow, database.writing() as quick:
        seen = slow.tickets.get(kept.ticket_no)
        saved(quick, kept.ticket_no)
        quick.commit()
        with pytest.raises(ConflictError):
            slow.tickets.save(seen, DRAFT, actor=OPERATOR, at=AT, standing=a_standing())
    with database.reading() as work:
        assert work.ledger.verify() == (2, None)
    database.close()
    cluster.drop(url)


def test_saving_what_was_not_loaded_is_a_mistake(database: Database) -> None:
    kept = stored(database)
    with database.writing() as work, pytest.raises(LookupError, match="not loaded"):
        work.tickets.save(kept, DRAFT, actor=OPERATOR, at=AT, standing=a_standing())


def test_an_external_reference_comes_in_once(database: Database) -> None:
    request = an_application(external_ref="A0001")
    kept = stored(database, a_ticket(request=request))
    with pytest.raises(RefusedError, match="A0001") as refusal:
        stored(database, a_ticket(request=request))
    assert refusal.value.reasons[0].field == "external_ref"
    with database.reading() as work:
        assert work.tickets.find_by_external_ref("A0001") == kept
        assert work.tickets.find_by_external_ref("A0002") is None


def test_a_refused_reference_leaves_the_transaction_usable(database: Database) -> None:
    request = an_application(external_ref="A0001")
    stored(database, a_ticket(request=request))
    other = a_ticket()
    with database.writing() as work:
        facts = {"actor": OPERATOR, "at": AT, "standing": a_standing()}
        with pytest.raises(RefusedError):
            work.tickets.add(a_ticket(request=request), DRAFT, progress_token="x", **facts)
        work.tickets.add(other, DRAFT, progress_token="y", **facts)
        work.commit()
    with database.reading() as work:
        assert work.tickets.get(other.ticket_no).revision == 1
        assert work.ledger.verify() == (2, None)


def test_many_tickets_may_have_no_external_reference(database: Database) -> None:
    stored(database)
    stored(database)
    with database.reading() as work:
        assert work.tickets.counts().open == 2
        assert work.tickets.find_by_external_ref("") is None


def test_a_progress_token_finds_its_ticket(database: Database) -> None:
    kept = stored(database)
    with database.reading() as work:
        token = work.tickets.progress_token(kept.ticket_no)
        assert work.tickets.find_by_progress_token(token) == kept
        assert work.tickets.find_by_progress_token("") is None


def test_a_reading_unit_sees_one_moment(database: Database) -> None:
    kept = stored(database)
    with database.reading() as work:
        before = work.tickets.get(kept.ticket_no)
        changed(database, kept.ticket_no)
        assert work.tickets.get(kept.ticket_no) == before
    with database.reading() as work:
        assert work.tickets.get(kept.ticket_no).revision == 2


def test_aware_instants_in_the_snapshot_are_utc(database: Database) -> None:
    kept = stored(database, a_full_ticket())
    with database.reading() as work:
        ticket = work.tickets.get(kept.ticket_no)
    assert ticket.submitted_at.astimezone(UTC) == AT
    assert ticket.submitted_at.utcoffset() == timedelta(0)
