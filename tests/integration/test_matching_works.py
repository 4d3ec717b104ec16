"""Matching works of a ticket, scheduled back from the customer's date (R-9.1a, 四(一)3, T3b)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from app.readiness.works import parse_milestones
from engine.errors import MalformedError, NotFoundError, RefusedError
from tests.applicants import CHIEF, COUNTER, HIGH_VOLTAGE_PAPERS, PROJECT, WHO, a_factory
from tests.application import codes

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office
    from workflows.matching_works import Schedule

WORKS = ("设计:5", "物资:20", "施工:10")


@pytest.fixture
def ticket(office: Office) -> Ticket:
    office.at("2022-01-04 09:00")
    application = a_factory(expected_energization_on=date(2022, 3, 15))
    return office.submit(application, papers=HIGH_VOLTAGE_PAPERS)


def plan(office: Office, ticket: Ticket, *works: str, reason: str = "") -> Ticket:
    milestones = parse_milestones(works or WORKS)
    return office.application.readiness.works.plan(
        ticket.ticket_no, milestones, reason=reason, actor=PROJECT
    )


def seen(office: Office, ticket: Ticket) -> Schedule:
    found = office.application.readiness.tickets.of_ticket(ticket.ticket_no, actor=CHIEF).works
    assert found is not None
    return found


def listed(office: Office, *, red_only: bool = False) -> list[str]:
    found = office.application.readiness.works.listing(actor=CHIEF, red_only=red_only)
    return [each.ticket_no for each in found]


def test_the_works_are_counted_back_and_turn_red_a_day_too_late(
    office: Office, ticket: Ticket
) -> None:
    plan(office, ticket)
    starts = [str(each.start_by) for each in seen(office, ticket).milestones]
    assert starts == ["2022-01-20", "2022-01-27", "2022-03-01"]
    office.at("2022-01-20 17:00")
    assert str(seen(office, ticket).finish_on) == "2022-03-15"
    assert listed(office, red_only=True) == []
    office.at("2022-01-21 09:00")
    assert str(seen(office, ticket).finish_on) == "2022-03-16"
    assert listed(office, red_only=True) == [ticket.ticket_no]


def test_the_expected_date_can_be_corrected_and_moves_the_works(
    office: Office, ticket: Ticket
) -> None:
    plan(office, ticket)
    office.at("2022-01-21 09:00")
    office.application.amendments.amend(
        ticket.ticket_no,
        {"expected_energization_on": "2022-03-16"},
        reason="客户推迟投产",
        actor=COUNTER,
    )
    assert not seen(office, ticket).is_red
    line = office.application.queries.history(ticket.ticket_no, actor=CHIEF)[0]
    assert line.sentences == ("期望送电日期由“2022-03-15”更正为“2022-03-16”，原因：客户推迟投产",)


def test_without_an_expected_date_nothing_is_counted_back(office: Office) -> None:
    other = office.submit(a_factory(), papers=HIGH_VOLTAGE_PAPERS)
    with pytest.raises(RefusedError) as refusal:
        plan(office, other)
    assert codes(refusal) == {"no_expected_date"}


def test_milestones_are_begun_and_finished_in_their_order(office: Office, ticket: Ticket) -> None:
    plan(office, ticket)
    works = office.application.readiness.works
    number = ticket.ticket_no
    for attempt, which in ((works.begin, 2), (works.finish, 2)):
        with pytest.raises(RefusedError) as refusal:
            attempt(number, which, actor=PROJECT)
        assert codes(refusal) == {"not_its_turn"}
    works.begin(number, 1, actor=PROJECT)
    with pytest.raises(RefusedError):
        works.begin(number, 1, actor=PROJECT)
    office.at("2022-01-10 09:00")
    works.finish(number, 1, actor=PROJECT)
    with pytest.raises(RefusedError):
        works.finish(number, 1, actor=PROJECT)
    first = seen(office, ticket).milestones[0].milestone
    assert (str(first.started_on), str(first.finished_on)) == ("2022-01-04", "2022-01-10")
    works.finish(number, 2, actor=PROJECT)  # begun and finished at once
    second = seen(office, ticket).milestones[1].milestone
    assert (str(second.started_on), str(second.finished_on)) == ("2022-01-10", "2022-01-10")
    with pytest.raises(NotFoundError):
        works.begin(number, 4, actor=PROJECT)
    actions = [
        line.sentences[0] for line in office.application.queries.history(number, actor=CHIEF)
    ]
    assert actions[:3] == [
        "配套工程完成：工序 物资",
        "配套工程完成：工序 设计",
        "配套工程开工：工序 设计",
    ]


def test_a_new_plan_keeps_what_is_begun_and_needs_a_reason(office: Office, ticket: Ticket) -> None:
    plan(office, ticket)
    office.application.readiness.works.begin(ticket.ticket_no, 1, actor=PROJECT)
    with pytest.raises(RefusedError) as refusal:
        plan(office, ticket, "施工:8")
    assert codes(refusal) == {"reason_missing"}
    plan(office, ticket, "施工:8", reason="物资已在库")
    found = [(each.milestone.name, each.milestone.days) for each in seen(office, ticket).milestones]
    assert found == [("设计", 5), ("施工", 8)]


def test_works_behind_the_ticket_are_red(office: Office, ticket: Ticket) -> None:
    plan(office, ticket)
    office.fire(ticket, "complete_intake", "finish_site_visit", "reply_supply_plan")
    office.supply(ticket, "completion_report")
    office.fire(ticket, "report_completion")
    assert not seen(office, ticket).is_red
    office.fire(ticket, "pass_inspection")
    assert "落后于报装进度" in seen(office, ticket).warnings[0]
    office.fire(ticket, "energize")
    assert listed(office) == []
    office.application.readiness.works.begin(ticket.ticket_no, 1, actor=PROJECT)


@pytest.mark.parametrize(
    ("texts", "fields"),
    [
        ((), {"milestone"}),
        (("设计",), {"milestone", "days"}),
        (("设计:0", ":5", "施工:viel"), {"days", "milestone"}),
        (("设计:5",) * 21, {"milestone"}),
    ],
)
def test_milestones_that_make_no_sense_are_refused(
    texts: tuple[str, ...], fields: set[str]
) -> None:
    with pytest.raises(MalformedError) as refusal:
        parse_milestones(texts)
    assert {each.field for each in refusal.value.reasons} == fields


def test_a_full_width_colon_is_a_colon() -> None:
    assert [(each.name, each.days) for each in parse_milestones(["设计：5"])] == [("设计", 5)]


def test_role_branch_and_end(office: Office, ticket: Ticket) -> None:
    works = office.application.readiness.works
    with pytest.raises(RefusedError):
        works.plan(ticket.ticket_no, parse_milestones(WORKS), actor=COUNTER)
    with pytest.raises(NotFoundError):
        works.plan(ticket.ticket_no, parse_milestones(WORKS), actor=WHO["ll-project"])
    plan(office, ticket)
    assert works.listing(actor=WHO["ll-head"]) == ()
    office.fire(ticket, "abort", reason="客户撤回")
    with pytest.raises(RefusedError) as refusal:
        plan(office, ticket, reason="再来")
    assert codes(refusal) == {"ended"}
