"""Tickets: what goes in comes out, and of two who change one ticket only one succeeds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from engine.application import Contact, ServiceRequest
from engine.definition import Ending
from engine.errors import ConflictError, NotFoundError, RefusedError
from engine.ledger import LedgerDraft
from engine.ticket import ManagerPair
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
    assert row.due_at == due
    assert row.due_at is not None
    assert row.due_at.utcoffset() == timedelta(0)
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
def test_two_open_transactions_cannot_continue_the_same_entry(database: Database) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    kept = stored(database)
    with database.writing() as slow, database.writing() as quick:
        seen = slow.tickets.get(kept.ticket_no)
        saved(quick, kept.ticket_no)
        quick.commit()
        with pytest.raises(ConflictError):
            slow.tickets.save(seen, DRAFT, actor=OPERATOR, at=AT, standing=a_standing())
    with database.reading() as work:
        assert work.ledger.verify() == (2, None)


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


def numbered(database: Database, *, commit: bool = True) -> str:
    with database.writing() as work:
        number = work.tickets.next_number("tengchong", date(2021, 9, 6))
        if commit:
            work.commit()
    return number


@pytest.fixture
def _branches(database: Database) -> None:
    with database.writing() as work:
        for branch, code in (("tengchong", "TC"), ("longling", "LL")):
            work.grid.set_branch(branch, code=code, name=branch, phone="")
        work.commit()


@pytest.mark.usefixtures("_branches")
def test_numbers_count_by_branch_and_day(database: Database) -> None:
    with database.writing() as work:
        number = work.tickets.next_number
        assert number("tengchong", date(2021, 9, 6)) == "TC-20210906-0001"
        assert number("tengchong", date(2021, 9, 6)) == "TC-20210906-0002"
        assert number("tengchong", date(2021, 9, 7)) == "TC-20210907-0001"
        assert number("longling", date(2021, 9, 6)) == "LL-20210906-0001"
        with pytest.raises(NotFoundError, match="分公司"):
            number("kunming", date(2021, 9, 6))


@pytest.mark.usefixtures("_branches")
def test_a_rolled_back_number_is_given_out_again(database: Database) -> None:
    assert numbered(database) == "TC-20210906-0001"
    assert numbered(database, commit=False) == "TC-20210906-0002"
    assert numbered(database) == "TC-20210906-0002"


@pytest.mark.usefixtures("_branches")
def test_numbers_have_no_gaps_under_eight_threads(database: Database) -> None:
    def take(turn: int) -> str:
        return numbered(database, commit=turn % 4 != 0)

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(take, range(80)))
    kept = sorted(number for turn, number in enumerate(taken) if turn % 4 != 0)
    assert kept == [f"TC-20210906-{number:04}" for number in range(1, 61)]


def test_the_sweep_finds_what_is_due_the_longest_due_first(database: Database) -> None:
    late = stored(database, next_rung_at=AT - HOUR)
    now = stored(database, next_rung_at=AT)
    stored(database, next_rung_at=AT + timedelta(microseconds=1))
    stored(database, next_rung_at=None)
    with database.reading() as work:
        assert work.tickets.due_for_reminder(AT, 10) == [late.ticket_no, now.ticket_no]
        assert work.tickets.due_for_reminder(AT, 1) == [late.ticket_no]


def test_the_next_rung_is_set_only_at_the_revision_that_was_seen(database: Database) -> None:
    kept = stored(database, next_rung_at=AT)
    with database.writing() as work:
        assert not work.tickets.set_next_rung(kept.ticket_no, 2, None)
        assert work.tickets.set_next_rung(kept.ticket_no, 1, AT + HOUR)
        work.commit()
    with database.reading() as work:
        assert work.tickets.due_for_reminder(AT, 10) == []
        assert work.tickets.due_for_reminder(AT + HOUR, 10) == [kept.ticket_no]
        assert work.tickets.get(kept.ticket_no).revision == 1
        assert work.ledger.verify() == (1, None)


def test_a_refreshed_standing_changes_derived_columns_only(database: Database) -> None:
    kept = stored(database, calendar_version="old")
    with database.reading() as work:
        assert work.tickets.derived_with_other_calendar("new", 10) == [kept.ticket_no]
    renewed = a_standing(calendar_version="new", due_at=AT, next_rung_at=AT)
    with database.writing() as work:
        assert not work.tickets.refresh_standing(kept.ticket_no, 2, renewed)
        assert work.tickets.refresh_standing(kept.ticket_no, 1, renewed)
        work.commit()
    with database.reading() as work:
        assert work.tickets.derived_with_other_calendar("new", 10) == []
        assert work.tickets.due_for_reminder(AT, 10) == [kept.ticket_no]
        assert [row.due_at for row in work.tickets.worklist()] == [AT]
        assert work.tickets.get(kept.ticket_no) == kept


def test_related_tickets_are_those_of_one_applicant_at_one_address(database: Database) -> None:
    first = stored(database, a_ticket(submitted_at=AT - HOUR))
    ended = a_ticket(request=an_application(address=" 示例路２８号 "), ended_at=AT)
    second = stored(database, ended, ending=Ending.ABORTED)
    stored(database, a_ticket(request=an_application(address="示例路29号")))
    stored(database, a_ticket(request=an_application(id_number="530502199001010000")))
    stored(
        database,
        a_ticket(
            request=ServiceRequest(title="x", contact=Contact(name="x"), address="示例路28号")
        ),
    )
    with database.reading() as work:
        found = work.tickets.related("530502200310082006", "示例路28号")
    assert [each.ticket_no for each in found] == [second.ticket_no, first.ticket_no]
    assert found[0].ending is Ending.ABORTED
    assert found[0].ended_at == AT
    assert (found[1].ending, found[1].ended_at) == (None, None)


def test_open_tickets_are_listed_by_definition(database: Database) -> None:
    one = stored(database, a_ticket(definition_id="lv_resident"))
    other = stored(database, a_ticket(definition_id="hv_dual_supply"))
    stored(database, a_ticket(ended_at=AT), ending=Ending.COMPLETED)
    with database.reading() as work:
        assert work.tickets.open_numbers() == [one.ticket_no, other.ticket_no]
        assert work.tickets.open_numbers("hv_dual_supply") == [other.ticket_no]


def test_counts_tell_open_from_ended_by_branch(database: Database) -> None:
    stored(database)
    stored(database, a_ticket(ended_at=AT), ending=Ending.COMPLETED)
    stored(database, a_ticket(ended_at=AT, branch="longling"), ending=Ending.ABORTED)
    with database.reading() as work:
        counts, of_branch = work.tickets.counts(), work.tickets.counts("longling")
    assert (counts.open, counts.completed, counts.aborted) == (1, 1, 1)
    assert (of_branch.open, of_branch.completed, of_branch.aborted) == (0, 0, 1)


def numbers(database: Database, **filters: object) -> list[str]:
    with database.reading() as work:
        return [row.ticket.ticket_no for row in work.tickets.worklist(**filters)]  # type: ignore[arg-type]


def test_the_worklist_pages_through_everything_in_order(database: Database) -> None:
    undated = [stored(database).ticket_no for _ in range(3)]
    dated = [stored(database, due_at=AT + HOUR * (3 - n // 2)).ticket_no for n in range(6)]
    expected = [dated[4], dated[5], dated[2], dated[3], dated[0], dated[1], *undated]

    paged: list[str] = []
    after: tuple[datetime | None, str] | None = None
    while True:
        with database.reading() as work:
            page = work.tickets.worklist(limit=2, after=after)
        if not page:
            break
        paged += [row.ticket.ticket_no for row in page]
        after = (page[-1].due_at, page[-1].ticket.ticket_no)
    assert paged == expected
    assert numbers(database) == expected


def test_the_worklist_filters(database: Database) -> None:
    pair = ManagerPair(project_manager="pm", account_manager="am")
    managed = stored(database, a_ticket(managers=pair, branch="longling"), due_at=AT).ticket_no
    ended = stored(database, a_ticket(ended_at=AT), ending=Ending.COMPLETED).ticket_no
    contact = Contact(name="100%_可靠 Ltd")
    named = stored(database, a_ticket(request=an_application(contact=contact))).ticket_no

    assert numbers(database, branch="longling") == [managed]
    assert numbers(database, manager="pm") == [managed]
    assert numbers(database, manager="am") == [managed]
    assert numbers(database, manager="x") == []
    assert numbers(database, text="%_可靠 ltd") == [named]
    assert numbers(database, text="_%") == []
    assert numbers(database, text=named[-6:]) == [named]
    assert numbers(database, text="示例路") == [managed, named]
    assert numbers(database, open_only=False, text=ended) == [ended]
    assert numbers(database, due_before=AT) == []
    assert numbers(database, due_before=AT + HOUR) == [managed]


def test_the_worklist_follows_a_change(database: Database) -> None:
    kept = stored(database, due_at=AT)
    with database.writing() as work:
        ticket = replace(work.tickets.get(kept.ticket_no), ended_at=AT, state="energized")
        done = a_standing(stage_id="metering", ending=Ending.COMPLETED)
        work.tickets.save(ticket, DRAFT, actor=OPERATOR, at=AT, standing=done)
        work.commit()
    assert numbers(database) == []
    assert numbers(database, open_only=False) == [kept.ticket_no]


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
