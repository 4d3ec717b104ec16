"""Which tickets: their numbers, the sweeps' queues, the searches and the worklist."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from engine.application import Contact, ServiceRequest
from engine.definition import Ending
from engine.errors import NotFoundError, RefusedError
from engine.ticket import ManagerPair
from tests.contract.builders import (
    AT,
    DRAFT,
    OPERATOR,
    a_standing,
    a_ticket,
    an_application,
    stored,
)

if TYPE_CHECKING:
    from storage.database import Database

HOUR = timedelta(hours=1)


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
def test_under_each_code_a_day_has_every_number_once(database: Database) -> None:
    day = date(2021, 9, 6)
    with database.writing() as work:
        number, set_branch = work.tickets.next_number, work.grid.set_branch
        facts = {"name": "腾冲", "phone": ""}
        assert [number("tengchong", day) for _ in range(2)] == [
            "TC-20210906-0001",
            "TC-20210906-0002",
        ]
        assert set_branch("tengchong", code="TX", **facts) == "TC"
        assert number("tengchong", day) == "TX-20210906-0001"
        assert set_branch("tengchong", code="TC", **facts) == "TX"
        assert number("tengchong", day) == "TC-20210906-0003"
        assert set_branch("tengchong", code="TX", **facts) == "TC"
        assert number("tengchong", day) == "TX-20210906-0002"
        work.commit()


@pytest.mark.usefixtures("_branches")
def test_a_code_that_numbers_begin_with_goes_to_no_other_branch(database: Database) -> None:
    with database.writing() as work:
        work.tickets.next_number("tengchong", date(2021, 9, 6))
        work.grid.set_branch("tengchong", code="TX", name="腾冲", phone="")
        # LL was never used in a number, so it is free again once its branch lets it go.
        work.grid.set_branch("longling", code="LX", name="龙陵", phone="")
        assert work.grid.set_branch("changning", code="LL", name="昌宁", phone="") == ""
        work.commit()
    with database.writing() as work, pytest.raises(RefusedError, match="“tengchong”的工单编号"):
        work.grid.set_branch("longling", code="TC", name="龙陵", phone="")
    with database.reading() as work:
        codes = {each.id: each.code for each in work.grid.branches()}
    assert codes == {"tengchong": "TX", "longling": "LX", "changning": "LL"}


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
    renewed = a_standing(calendar_version="new", due_at=AT, pressing_at=AT, next_rung_at=AT)
    with database.writing() as work:
        assert not work.tickets.refresh_standing(kept.ticket_no, 2, renewed)
        assert work.tickets.refresh_standing(kept.ticket_no, 1, renewed)
        work.commit()
    with database.reading() as work:
        assert work.tickets.derived_with_other_calendar("new", 10) == []
        assert work.tickets.due_for_reminder(AT, 10) == [kept.ticket_no]
        assert [row.pressing_at for row in work.tickets.worklist()] == [AT]
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
        after = (page[-1].pressing_at, page[-1].ticket.ticket_no)
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
