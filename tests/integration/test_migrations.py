"""Moving tickets to another version: looked at beforehand, decided by two (R-10.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.rules.impact import Wanted
from engine.errors import ConflictError, MalformedError, NotFoundError, RefusedError
from tests.applicants import CHIEF, COUNTER, an_enterprise
from tests.application import codes, instant
from tests.drafting import SECOND, THIRD, at_once, drafted, published
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

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.rules.impact import TicketImpact
    from engine.ticket import Actor
    from tests.application import Office


# --- beforehand ----------------------------------------------------------------------------------


def test_the_impact_of_a_draft_has_one_verdict_a_ticket_and_changes_nothing(
    office: Office,
) -> None:
    first, second = on_site(office), in_works(office, "示例路2号")
    entries = office.verify()
    office.at("2021-09-07 10:00")
    impact = office.application.impact
    candidate = impact.of_draft(drafted(office, SHORTER).number)
    found = impact.impact(candidate, actor=SECOND)
    assert (found.examined, found.totals[EARLIER]) == (2, 2)
    assert [each.ticket_no for each in found.tickets] == [first.ticket_no, second.ticket_no]
    assert found.tickets[0].changes == (
        "装表接电由 4 个工作日改为 3 个工作日，最迟由 2021-09-10 改为 2021-09-09",
        "合计办理时间由 5 个工作日改为 4 个工作日，最迟由 2021-09-13 改为 2021-09-10",
        "由客户经理继续办理",
    )
    assert office.verify() == entries
    assert office.ticket(first) == first


def test_a_renamed_state_is_shown_as_lost_until_the_mapping_names_it(office: Office) -> None:
    visited = on_site(office)
    impact = office.application.impact
    number = drafted(office, RENAMED).number
    lost = impact.impact(impact.of_draft(number), actor=SECOND)
    assert (lost.totals[REFUSED], codes_of(lost.tickets[0])) == (1, {"state_unknown"})
    assert lost.tickets[0].effects is None
    candidate = impact.of_draft(number, {"site_visit": "survey"})
    found = impact.impact(candidate, actor=SECOND)
    assert (found.totals[MOVES], found.tickets[0].ticket_no) == (1, visited.ticket_no)
    assert found.tickets[0].changes == (
        "状态由“现场服务”（site_visit）对应为“现场服务”（survey）",
        "由客户经理继续办理",
    )
    for mapping in ({"site_visits": "survey"}, {"site_visit": "site_visit"}):
        with pytest.raises(MalformedError) as malformed:
            impact.of_draft(number, mapping)
        assert codes(malformed) == {"unknown_state"}


def codes_of(impact: TicketImpact) -> set[str]:
    return {reason.code for reason in impact.reasons}


def test_tickets_are_named_page_by_page_and_by_verdict(office: Office) -> None:
    numbers = [on_site(office, f"示例路{n}号").ticket_no for n in range(3)]
    late = office.at("2021-09-01 09:00").submit(an_enterprise(address="示例路9号"))
    office.fire(late, "complete_intake")
    published(office.at("2021-09-08 10:00"), SHORTER)
    first = looked_at(office, limit=2)
    assert (first.examined, first.totals[EARLIER], first.totals[REFUSED]) == (4, 3, 1)
    assert len(first.tickets) == 2
    impact = office.application.impact
    candidate = impact.of_version(ID, 2)
    rest = impact.page(candidate, Wanted(after=first.after, limit=2), actor=SECOND)
    named = [each.ticket_no for each in (*first.tickets, *rest)]
    assert named == sorted([*numbers, late.ticket_no])
    assert looked_at(office, after=first.after, limit=2).after == ""
    refused = looked_at(office, verdicts=frozenset({REFUSED})).tickets
    assert [(each.ticket_no, codes_of(each)) for each in refused] == [
        (late.ticket_no, {"due_passed"})
    ]


def test_only_administrators_of_the_company_look_propose_and_run(office: Office) -> None:
    on_site(office)
    published(office, SHORTER)
    number = proposed(office)
    app = office.application
    for who, code in (
        (COUNTER, "not_permitted"),
        (replace(SECOND, branch="tengchong"), "company_wide"),
    ):
        attempts: list[Callable[[Actor], object]] = [
            lambda who: app.impact.impact(app.impact.of_version(ID, 2), actor=who),
            lambda who: app.impact.page(app.impact.of_version(ID, 2), Wanted(), actor=who),
            lambda who: app.migrations.propose(ID, 2, reason="x", actor=who),
            lambda who: app.migrations.run(number, actor=who),
            lambda who: app.migrations.cancel(number, reason="x", actor=who),
            lambda who: app.migrations.results(number, Wanted(), actor=who),
        ]
        for attempt in attempts:
            with pytest.raises(RefusedError) as refusal:
                attempt(who)
            assert codes(refusal) == {code}


# --- the decision --------------------------------------------------------------------------------


def test_a_second_person_carries_it_out_and_the_ledger_tells_who_did_what(office: Office) -> None:
    ticket = on_site(office)
    published(office.at("2021-09-07 09:00"), SHORTER)
    number = proposed(office, reason="时限缩短，在途一并从快")
    view = office.application.migrations.get(number)
    assert (view.state, view.proposed_by, view.approved_at) == ("proposed", "chief", None)
    with pytest.raises(RefusedError, match="另一名管理员") as refusal:
        office.application.migrations.run(number, actor=CHIEF)
    assert codes(refusal) == {"second_person"}
    assert office.ticket(ticket) == ticket

    done = office.at("2021-09-07 10:00").application.migrations.run(number, actor=SECOND)
    assert (done.state, done.approved_by, done.moved, done.kept, done.is_done) == (
        "finished",
        "second",
        1,
        0,
        True,
    )
    assert steps(office) == [
        ("propose_migration", "chief"),
        ("migrate", "second"),
        ("finished_migration", "second"),
    ]
    begun, _, finished = (e for e in office.entries("definitions") if "migrat" in e.action)
    assert begun.facts["reason"] == "时限缩短，在途一并从快"
    assert (finished.facts["migration"], finished.facts["totals"]) == (number, {"earlier": 1})
    entry = office.entries(ticket)[-1]
    assert (entry.action, entry.actor_id, entry.definition_ref) == ("migrate", "second", f"{ID}@2")
    migrated_event, promise = entry.facts["events"]
    assert (migrated_event["event"], migrated_event["before"], migrated_event["after"]) == (
        "TicketMigrated",
        f"{ID}@1",
        f"{ID}@2",
    )
    assert migrated_event["migration"] == number
    assert (promise["before"], promise["after"]) == ("2021-09-10", "2021-09-09")


def test_a_migration_is_refused_that_leads_nowhere_or_says_nothing(office: Office) -> None:
    propose = office.application.migrations.propose
    with pytest.raises(RefusedError) as refusal:
        propose(ID, 1, reason="x", actor=CHIEF)
    assert codes(refusal) == {"nothing_to_move"}
    ticket = on_site(office)
    with pytest.raises(NotFoundError):
        propose(ID, 2, reason="x", actor=CHIEF)
    published(office, SHORTER, in_force_from=instant("2021-09-20 00:00").date())
    with pytest.raises(RefusedError, match="现行的是") as refusal:
        propose(ID, 2, reason="x", actor=CHIEF)
    assert codes(refusal) == {"not_in_force"}
    assert "现行的是第 1 版" in looked_at(office).note
    office.at("2021-09-20 00:00")
    with pytest.raises(MalformedError) as malformed:
        propose(ID, 2, reason="  ", actor=CHIEF)
    assert codes(malformed) == {"reason_missing"}
    with pytest.raises(MalformedError):
        propose(ID, 2, reason="x", actor=CHIEF, mapping={"submitted": "nowhere"})
    with pytest.raises(NotFoundError):
        propose(ID, 2, reason="x", actor=CHIEF, from_version=7)
    with pytest.raises(RefusedError):
        propose(ID, 2, reason="x", actor=CHIEF, from_version=2)
    assert office.application.migrations.listing() == ()
    assert steps(office) == []
    assert office.ticket(ticket) == ticket


def test_one_migration_of_a_definition_at_a_time(office: Office) -> None:
    on_site(office)
    published(office, SHORTER)
    outcomes = at_once(lambda who: proposed(office, actor=who), CHIEF, SECOND)
    (lost,) = (each for each in outcomes if isinstance(each, ConflictError))
    (number,) = (each for each in outcomes if isinstance(each, int))
    assert {reason.code for reason in lost.reasons} == {"migration_open"}
    assert f"迁移 {number}" in str(lost)
    cancelled = office.application.migrations.cancel(number, reason="改用新方案", actor=THIRD)
    assert (cancelled.state, cancelled.closed_by) == ("cancelled", "third")
    with pytest.raises(ConflictError) as conflict:
        office.application.migrations.run(number, actor=THIRD)
    assert codes(conflict) == {"migration_closed"}
    assert proposed(office) != number
    assert [each.state for each in office.application.migrations.listing(ID)] == [
        "proposed",
        "cancelled",
    ]


def test_cancelling_says_why(office: Office) -> None:
    on_site(office)
    published(office, SHORTER)
    number = proposed(office)
    with pytest.raises(MalformedError):
        office.application.migrations.cancel(number, reason=" ", actor=SECOND)
    assert office.application.migrations.get(number).state == "proposed"
