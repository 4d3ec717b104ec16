"""What becomes of tickets that move to another version, by agreement and many at once (R-10.2)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.rules.impact import Wanted
from engine.errors import ConflictError, NotFoundError, RefusedError
from engine.migration import MigrationVerdict
from engine.ticket import PauseCause
from tests.applicants import ACCOUNT, CHIEF, PROJECT, an_enterprise
from tests.application import codes, instant
from tests.drafting import SECOND, THIRD, at_once, published
from tests.migrating import (
    EARLIER,
    ID,
    MOVES,
    REFUSED,
    RENAMED,
    SHORTER,
    in_works,
    looked_at,
    on_site,
    proposed,
    steps,
)
from tests.unit.workflows.drafts import edited, shipped_text

if TYPE_CHECKING:
    from app.rules.migration_views import MigrationView
    from engine.ticket import Actor, Ticket
    from tests.application import Office


AGREED, ASKS = MigrationVerdict.AGREED, MigrationVerdict.NEEDS_AGREEMENT


def migrated(office: Office, version: int = 2, **how: Any) -> MigrationView:
    return office.application.migrations.run(proposed(office, version, **how), actor=SECOND)


def restored(office: Office, version: int = 1) -> None:
    """An old version's content in force again."""
    drafts = office.application.drafts
    drafts.publish(drafts.rollback(ID, version, actor=CHIEF).number, actor=SECOND)


# --- what becomes of the tickets -----------------------------------------------------------------


def test_the_run_finds_what_the_dry_run_showed(office: Office) -> None:
    tickets = [on_site(office, "示例路1号"), in_works(office, "示例路2号")]
    suspended = in_works(office, "示例路3号")
    office.application.tickets.suspend(
        suspended.ticket_no, PauseCause.CUSTOMER_WORKS, evidence="通知单", actor=PROJECT
    )
    late = office.at("2021-09-01 09:00").submit(an_enterprise(address="示例路9号"))
    office.fire(late, "complete_intake")
    ended = office.fire(on_site(office, "示例路4号"), "abort", reason="客户撤回")
    no_stop = SHORTER.replace(
        "suspendable: [external_line, customer_works]", "suspendable: [external_line]"
    )
    published(office.at("2021-09-08 10:00"), no_stop)
    shown = {each.ticket_no: each.verdict for each in looked_at(office).tickets}
    view = migrated(office)
    results = office.application.migrations.results(view.number, Wanted(), actor=SECOND)
    assert {each.ticket_no: each.verdict for each in results} == shown
    assert shown == {
        **{each.ticket_no: EARLIER for each in tickets},
        suspended.ticket_no: REFUSED,
        late.ticket_no: REFUSED,
    }
    assert (view.moved, view.kept) == (2, 2)
    why = {each.ticket_no: {reason.code for reason in each.reasons} for each in results}
    assert why[suspended.ticket_no] == {"pause_not_allowed"}
    assert why[late.ticket_no] == {"due_passed"}
    assert all(office.ticket(each).definition_version == 2 for each in tickets)
    for kept in (suspended, late, ended):
        assert office.ticket(kept).definition_version == 1
    assert looked_at(office).examined == 2
    flying = {(each.version, each.is_in_force): each.tickets for each in versions(office)}
    assert flying == {(1, False): 2, (2, True): 2}


def versions(office: Office) -> list[Any]:
    found = office.application.migrations.in_flight()
    return [each for each in found if each.definition_id == ID]


def test_the_customer_is_told_of_an_earlier_date_and_sees_it_as_changed(office: Office) -> None:
    ticket = on_site(office)
    waiting = office.at("2021-09-06 10:00").submit(an_enterprise(address="示例路2号"), papers=())
    published(office, SHORTER)
    office.told()
    migrated(office.at("2021-09-07 10:00"))
    assert office.told() == [("customer", "ticket_migrated")]
    told = office.text(ticket, "ticket_migrated")
    assert "装表接电办结日期改为2021-09-09 前（原定2021-09-10）" in told
    assert "同意" not in told
    assert office.dues(ticket) == {
        "stage:intake": "2021-09-07",
        "stage:metering_and_energization": "2021-09-09",
        "handling": "2021-09-10",
    }
    with office.application.database.reading() as work:
        token = work.tickets.progress_token(ticket.ticket_no)
        (row,) = work.tickets.worklist(text=ticket.ticket_no)
    assert row.pressing_at == instant("2021-09-10 00:00")
    entry = office.application.queries.progress(token).timetable[-1]
    assert (str(entry.due_on), str(entry.changed_from)) == ("2021-09-09", "2021-09-10")
    assert office.ticket(waiting).definition_version == 2


def test_the_customer_is_told_of_papers_that_are_asked_no_more(office: Office) -> None:
    ticket = on_site(office, papers=("business_licence",))
    fewer = shipped_text(ID).partition("  - id: property_proof\n")
    rest = fewer[2].partition("\ndeferral:")
    published(office, fewer[0] + rest[1] + rest[2])
    office.told()
    view = migrated(office.at("2021-09-07 10:00"))
    assert view.totals[MOVES] == 1
    assert office.told() == [("customer", "ticket_migrated")]
    told = office.text(ticket, "ticket_migrated")
    assert "办理流程已更新。无须再交用电地址物权证件。" in told
    assert "办结日期" not in told
    office.fire(ticket, "finish_site_visit", "release_works", "finish_works", "energize")
    assert office.ticket(ticket).state == "energized"


def test_a_moved_ticket_goes_on_under_its_new_version(office: Office) -> None:
    ticket = on_site(office)
    published(office, RENAMED)
    assert migrated(office, mapping={"site_visit": "survey"}).moved == 1
    assert office.ticket(ticket).state == "survey"
    office.at("2021-09-08 10:00")
    office.fire(ticket, "finish_site_visit", "release_works", "finish_works", "energize")
    assert office.ticket(ticket).state == "energized"
    history = office.application.queries.history(ticket.ticket_no, actor=ACCOUNT)
    told = [sentence for line in history for sentence in line.sentences]
    assert any("第 1 版改为“低压非居民用电报装”第 2 版" in each for each in told)
    assert "由“待受理”转为“现场服务”" in told  # though the new version has no such state
    assert "迁移到新版本" in {line.action_name for line in history}


def test_only_tickets_of_the_version_asked_for(office: Office) -> None:
    first = on_site(office, "示例路1号")
    published(office, SHORTER)
    second = on_site(office, "示例路2号")
    published(office, edited(ID, ("name: 现场服务", "name: 上门服务"), *_SHORTER_WORDS))
    view = migrated(office.at("2021-09-07 10:00"), 3, from_version=2)
    assert (view.moved, view.from_version) == (1, 2)
    assert office.ticket(second).definition_version == 3
    assert office.ticket(first).definition_version == 1
    assert [(each.version, each.tickets) for each in versions(office)] == [(1, 1), (3, 1)]


_SHORTER_WORDS = (
    ("limit: {days: 4,", "limit: {days: 3,"),
    ("handling_limit: {days: 5,", "handling_limit: {days: 4,"),
)


def loosened(office: Office) -> tuple[Ticket, int]:
    """A ticket of three days whose definition has four again, and the migration that waits."""
    published(office, SHORTER)
    ticket = on_site(office)
    restored(office)
    return ticket, proposed(office, 3, reason="恢复旧版")


# --- the customer's agreement --------------------------------------------------------------------


def test_a_promise_is_loosened_only_with_the_customers_agreement(office: Office) -> None:
    ticket, number = loosened(office)
    other = on_site(office, "示例路2号")
    assert other.definition_version == 3
    silent = office.application.migrations
    assert looked_at(office, 3).totals[ASKS] == 1
    agreed = silent.agree(ticket.ticket_no, number, evidence="同意书第5号", actor=ACCOUNT)
    entry = office.entries(ticket)[-1]
    assert (entry.action, entry.actor_id) == ("record_agreement", "tc-account")
    (event,) = entry.facts["events"]
    assert (event["event"], event["definition"], event["evidence"]) == (
        "MigrationAgreed",
        f"{ID}@3",
        "同意书第5号",
    )
    assert {each["clock"]: each["due_after"] for each in event["terms"]} == {
        "stage:metering_and_energization": "2021-09-10",
        "handling": "2021-09-13",
    }
    assert agreed.revision == ticket.revision + 1
    office.told()
    view = silent.run(number, actor=SECOND)
    assert view.totals[AGREED] == 1
    assert office.told() == [("customer", "ticket_migrated")]
    assert "经您同意，办理流程已更新" in office.text(ticket, "ticket_migrated")
    assert office.dues(ticket)["stage:metering_and_energization"] == "2021-09-10"
    history = office.application.queries.history(ticket.ticket_no, actor=ACCOUNT)
    told = "".join(sentence for line in history for sentence in line.sentences)
    assert "客户同意改按“低压非居民用电报装”第 3 版办理" in told
    assert "同意书第5号" in told


def test_without_agreement_the_ticket_stays_and_says_why(office: Office) -> None:
    ticket, number = loosened(office)
    view = office.application.migrations.run(number, actor=SECOND)
    assert (view.moved, view.totals[ASKS]) == (0, 1)
    assert office.ticket(ticket) == ticket
    (result,) = office.application.migrations.results(
        number, Wanted(verdicts=frozenset({ASKS})), actor=SECOND
    )
    assert {reason.code for reason in result.reasons} == {"promise_loosened"}
    with pytest.raises(ConflictError) as conflict:
        office.application.migrations.agree(
            ticket.ticket_no, number, evidence="晚了", actor=ACCOUNT
        )
    assert codes(conflict) == {"migration_closed"}


def test_an_agreement_needs_evidence_a_reason_to_ask_and_somebody_who_may(office: Office) -> None:
    ticket, number = loosened(office)
    agree = office.application.migrations.agree
    stranger = on_site(office, "示例路2号")
    cases: list[tuple[str, str, Actor, type[Exception], str]] = [
        (ticket.ticket_no, "  ", ACCOUNT, RefusedError, "evidence_missing"),
        (stranger.ticket_no, "同意书", ACCOUNT, RefusedError, "nothing_to_agree"),
        (ticket.ticket_no, "同意书", CHIEF, RefusedError, "not_permitted"),
        ("TC-20210906-9999", "同意书", ACCOUNT, NotFoundError, "not_found"),
    ]
    for ticket_no, evidence, who, kind, code in cases:
        with pytest.raises(kind) as refusal:
            agree(ticket_no, number, evidence=evidence, actor=who)
        assert codes(refusal) == {code}  # type: ignore[arg-type]
    with pytest.raises(ConflictError) as conflict:
        agree(
            ticket.ticket_no,
            number,
            evidence="同意书",
            actor=ACCOUNT,
            expected_revision=ticket.revision - 1,
        )
    assert codes(conflict) == {"stale_revision"}
    office.fire(ticket, "abort", reason="客户撤回")
    with pytest.raises(RefusedError) as refused:
        agree(ticket.ticket_no, number, evidence="同意书", actor=ACCOUNT)
    assert codes(refused) == {"not_concerned"}


# --- many at once --------------------------------------------------------------------------------


def test_two_who_carry_it_out_at_once_move_each_ticket_once(office: Office) -> None:
    tickets = [on_site(office, f"示例路{n}号") for n in range(12)]
    published(office.at("2021-09-07 10:00"), SHORTER)
    number = proposed(office)
    others = [office.another(), office.another()]
    outcomes = at_once(lambda each: each.application.migrations.run(number, actor=SECOND), *others)
    for other in others:
        other.close()
    assert {each.state for each in outcomes if not isinstance(each, ConflictError)} <= {
        "running",
        "finished",
    }
    view = office.application.migrations.get(number)
    assert (view.state, view.moved) == ("finished", 12)
    for ticket in tickets:
        actions = [each.action for each in office.entries(ticket)]
        assert actions.count("migrate") == 1
    told = Counter(each.ticket_no for each in office.messages() if "migrated" in each.template_key)
    assert set(told.values()) == {1}
    assert len(told) == 12
    assert [action for action, _ in steps(office)].count("finished_migration") == 1


def test_a_ticket_that_cannot_be_read_does_not_keep_the_others_back(
    office: Office, office_url: str
) -> None:
    broken, sound = on_site(office, "示例路1号"), on_site(office, "示例路2号")
    published(office.at("2021-09-07 10:00"), SHORTER)
    number = proposed(office)
    with stored(office_url, broken, "no ticket"):
        view = office.application.migrations.run(number, actor=SECOND)
        assert (view.state, view.moved, view.is_done) == ("running", 1, False)
        assert office.ticket(sound).definition_version == 2
    view = office.application.migrations.run(number, actor=CHIEF)  # who goes on does not matter
    assert (view.state, view.moved) == ("finished", 2)


class stored:  # noqa: N801  (reads like the statement that it is)
    """A ticket whose stored text is another one meanwhile."""

    def __init__(self, url: str, ticket: Ticket, snapshot: str) -> None:
        self._engine = create_engine(url, poolclass=NullPool)
        self._ticket_no, self._snapshot = ticket.ticket_no, snapshot

    def __enter__(self) -> None:
        with self._engine.begin() as connection:
            found = connection.execute(
                text("SELECT snapshot FROM tickets WHERE ticket_no = :no"), {"no": self._ticket_no}
            )
            self._kept = found.scalar_one()
        self._write(self._snapshot)

    def __exit__(self, *_: object) -> None:
        self._write(self._kept)

    def _write(self, snapshot: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                text("UPDATE tickets SET snapshot = :text WHERE ticket_no = :no"),
                {"text": snapshot, "no": self._ticket_no},
            )


def test_what_happens_meanwhile_is_looked_at_ticket_by_ticket(office: Office) -> None:
    """A run that was interrupted: what was cancelled or superseded since is not carried on."""
    tickets = [on_site(office, f"示例路{n}号") for n in range(3)]
    published(office.at("2021-09-07 10:00"), SHORTER)
    number = proposed(office)

    def interrupt(_tickets: int) -> None:
        office.application.migrations.cancel(number, reason="改用新方案", actor=THIRD)

    with pytest.raises(ConflictError):
        office.application.migrations.run(number, actor=SECOND, progress=interrupt)
    assert office.application.migrations.get(number).state == "cancelled"
    assert all(office.ticket(each).definition_version == 2 for each in tickets)

    restored(office)
    again = proposed(office, 3, reason="恢复旧版")
    published(office, SHORTER)
    with pytest.raises(RefusedError) as refusal:
        office.application.migrations.run(again, actor=SECOND)
    assert codes(refusal) == {"not_in_force"}
    assert office.application.migrations.get(again).moved == 0
