"""Two-step supply where the grid is restricted: 800 kW asked, 300 now, 500 later (T1c)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from app.readiness.restricted import parse_plan
from engine.calendar import CalendarExhaustedError
from engine.errors import ConflictError, MalformedError, NotFoundError, RefusedError
from tests.applicants import CHIEF, HIGH_VOLTAGE_PAPERS, PROJECT, WHO, a_factory, a_quarter
from tests.application import codes
from tests.grid import swept

if TYPE_CHECKING:
    from app.readiness.restricted_register import RestrictedEntry
    from engine.ticket import Ticket
    from tests.application import Office

PLAN = {"first_kw": "300", "first_by": "2022-03-01", "full_by": "2022-12-31"}
WHY = "10千伏乡线重载，待新建线路"
TRIP = (
    "complete_intake",
    "finish_site_visit",
    "reply_supply_plan",
    "report_completion",
    "pass_inspection",
    "energize",
)


@pytest.fixture
def ticket(office: Office) -> Ticket:
    office.at("2021-09-06 09:00")
    return office.submit(
        a_factory(requested_capacity_kw=Decimal(800), node_id="F2"), papers=HIGH_VOLTAGE_PAPERS
    )


def plan(office: Office, ticket: Ticket, reason: str = WHY, **changes: str) -> Ticket:
    restricted = office.application.readiness.restricted
    return restricted.plan(
        ticket.ticket_no, parse_plan(PLAN | changes), reason=reason, actor=PROJECT
    )


def energized(office: Office, ticket: Ticket) -> Ticket:
    office.fire(ticket, *TRIP[:3])
    office.supply(ticket, "completion_report")
    return office.fire(ticket, *TRIP[3:])


def register(office: Office, **wanted: Any) -> list[RestrictedEntry]:
    return list(office.application.readiness.restricted.register(actor=CHIEF, **wanted))


def test_800_asked_300_now_500_by_the_end_of_the_year(office: Office, ticket: Ticket) -> None:
    office.told()
    planned = plan(office, ticket)
    assert planned.revision == 2
    assert office.told() == [("customer", "restricted_supply_planned")]
    text = office.text(ticket, "restricted_supply_planned")
    assert "先于2022-03-01前满足您急需的300千瓦，其余500千瓦于2022-12-31前补足" in text
    (entry,) = register(office)
    assert (entry.requested_kw, entry.supplied_kw, entry.outstanding_kw) == (800, 0, 800)

    energized(office, ticket)
    (entry,) = register(office)
    assert (entry.supplied_kw, entry.outstanding_kw) == (300, 500)
    assert (entry.is_energized, entry.is_overdue, entry.outcome) == (True, False, "")

    office.at("2022-11-30 09:00").told()
    office.application.readiness.restricted.complete(ticket.ticket_no, actor=PROJECT)
    assert office.told() == [("customer", "restricted_supply_whole")]
    assert register(office) == []
    (entry,) = register(office, everything=True)
    assert (entry.supplied_kw, entry.outstanding_kw, entry.outcome) == (800, 0, "whole")
    history = office.application.queries.history(ticket.ticket_no, actor=CHIEF)
    assert history[0].sentences == ("满负荷供电已实现：待补足（千瓦） 500",)
    (told,) = (each for line in history for each in line.sentences if "电网受限" in each)
    assert told == (
        "电网受限，两步供电：先行供电（千瓦） 300，先行供电日期 2022-03-01，"
        f"待补足（千瓦） 500，满负荷供电日期 2022-12-31，原因：{WHY}"
    )


@pytest.mark.parametrize(
    ("changes", "reason", "expected"),
    [
        ({"first_kw": "800"}, WHY, {"first_is_whole"}),
        ({"full_by": "2022-03-01"}, WHY, {"turned_round"}),
        ({"first_by": "2021-09-05"}, WHY, {"past"}),
        (
            {"first_kw": "801", "first_by": "2021-09-05", "full_by": "2021-09-04"},
            "",
            {"first_is_whole", "past", "turned_round", "reason_missing"},
        ),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_every_reason(
    office: Office, ticket: Ticket, changes: dict[str, str], reason: str, expected: set[str]
) -> None:
    with pytest.raises(RefusedError) as refusal:
        plan(office, ticket, reason, **changes)
    assert codes(refusal) == expected
    assert register(office) == []
    assert office.ticket(ticket).revision == 1


def test_the_first_step_may_be_promised_for_today(office: Office, ticket: Ticket) -> None:
    plan(office, ticket, first_by="2021-09-06", full_by="2021-09-07")
    assert len(register(office)) == 1


def test_malformed_fields_are_all_named() -> None:
    with pytest.raises(MalformedError) as refusal:
        parse_plan({"first_kw": "viel", "first_by": "bald", "until": "2022-12-31"})
    assert {each.field for each in refusal.value.reasons} == {
        "first_kw",
        "first_by",
        "full_by",
        "until",
    }


def test_a_promise_beyond_the_calendar_is_refused(office: Office, ticket: Ticket) -> None:
    with pytest.raises(CalendarExhaustedError):
        plan(office, ticket, full_by="2200-01-01")
    assert register(office) == []


def test_a_plan_can_be_changed_with_a_reason_and_after_the_first_step_only_its_end(
    office: Office, ticket: Ticket
) -> None:
    plan(office, ticket)
    plan(office, ticket, "客户急需增加", first_kw="400")
    assert [each.first_kw for each in register(office)] == [400]
    energized(office, ticket)
    with pytest.raises(RefusedError) as refusal:
        plan(office, ticket, "再改", first_kw="300")
    assert codes(refusal) == {"first_supplied"}
    office.at("2022-06-01 09:00")
    plan(office, ticket, "线路提前投运", first_kw="400", full_by="2022-09-30")
    assert [str(each.full_by) for each in register(office)] == ["2022-09-30"]


def test_only_what_is_owed_can_be_completed_or_withdrawn(office: Office, ticket: Ticket) -> None:
    restricted = office.application.readiness.restricted
    for attempt in (restricted.complete, restricted.withdraw):
        with pytest.raises(RefusedError) as refusal:
            attempt(ticket.ticket_no, reason="无", actor=PROJECT)
        assert codes(refusal) == {"nothing_owed"}
    plan(office, ticket)
    with pytest.raises(RefusedError) as refusal:
        restricted.complete(ticket.ticket_no, actor=PROJECT)
    assert codes(refusal) == {"not_energized"}
    with pytest.raises(RefusedError) as refusal:
        restricted.withdraw(ticket.ticket_no, reason=" ", actor=PROJECT)
    assert codes(refusal) == {"reason_missing"}
    restricted.withdraw(ticket.ticket_no, reason="线路改造提前完成", actor=PROJECT)
    assert register(office) == []
    plan(office, ticket)  # restricted again
    energized(office, ticket)
    with pytest.raises(RefusedError) as refusal:
        restricted.withdraw(ticket.ticket_no, reason="算了", actor=PROJECT)
    assert codes(refusal) == {"energized"}
    restricted.complete(ticket.ticket_no, actor=PROJECT)
    with pytest.raises(RefusedError) as refusal:
        plan(office, ticket)
    assert codes(refusal) == {"energized"}


def test_what_was_energized_whole_owes_nothing(office: Office, ticket: Ticket) -> None:
    energized(office, ticket)
    with pytest.raises(RefusedError) as refusal:
        plan(office, ticket)
    assert codes(refusal) == {"energized"}


def test_a_ticket_that_is_given_up_leaves_the_register(office: Office, ticket: Ticket) -> None:
    plan(office, ticket)
    office.fire(ticket, "abort", reason="客户撤回")
    assert swept(office)["done"] == 1
    assert register(office) == []
    assert [each.outcome for each in register(office, everything=True)] == ["aborted"]
    with pytest.raises(RefusedError) as refusal:
        plan(office, ticket)
    assert codes(refusal) == {"aborted"}


def test_both_managers_are_reminded_once_a_rung_before_and_after_the_day(
    office: Office, ticket: Ticket
) -> None:
    plan(office, ticket)
    energized(office, ticket)
    office.at("2022-11-01 09:00").told()
    due = [("tc-account-2", "restricted_supply_due"), ("tc-project-2", "restricted_supply_due")]
    seen = {}
    for at in (
        "2022-12-02 08:29",
        "2022-12-02 08:30",
        "2022-12-05 09:00",
        "2022-12-23 08:30",
        "2022-12-30 08:29",
        "2022-12-30 08:30",
        "2023-01-03 08:30",
        "2023-01-04 09:00",
        "2023-01-10 08:30",
    ):
        swept(office.at(at))
        seen[at] = office.told() == due
    assert [at for at, told in seen.items() if told] == [
        "2022-12-02 08:30",
        "2022-12-23 08:30",
        "2022-12-30 08:29",
        "2022-12-30 08:30",
        "2023-01-03 08:30",
        "2023-01-10 08:30",
    ]
    texts = {each.text for each in office.messages(ticket) if "两步供电" in each.text}
    assert any("尚有500千瓦应于2022-12-31前补足，还剩 5 个工作日" in each for each in texts)
    assert any("今天是期限前最后一个工作日" in each for each in texts)
    assert any("已超期 6 个工作日" in each for each in texts)


def test_a_changed_promise_begins_a_new_ladder(office: Office, ticket: Ticket) -> None:
    plan(office, ticket, full_by="2022-12-30")
    energized(office, ticket)
    swept(office.at("2022-12-30 09:00"))
    plan(office, ticket, "新线路推迟", full_by="2023-01-06")
    office.told()
    assert swept(office)["done"] == 1
    assert swept(office)["done"] == 0


def test_an_overdue_first_step_is_seen(office: Office, ticket: Ticket) -> None:
    plan(office, ticket)
    assert [each.is_overdue for each in register(office.at("2022-03-01 23:59"))] == [False]
    assert [each.is_overdue for each in register(office.at("2022-03-02 00:00"))] == [True]


def test_branch_role_revision_and_kind_of_ticket(office: Office, ticket: Ticket) -> None:
    restricted = office.application.readiness.restricted
    with pytest.raises(RefusedError):
        restricted.plan(ticket.ticket_no, parse_plan(PLAN), reason=WHY, actor=WHO["tc-counter"])
    with pytest.raises(NotFoundError):
        restricted.plan(ticket.ticket_no, parse_plan(PLAN), reason=WHY, actor=WHO["ll-project"])
    with pytest.raises(ConflictError):
        restricted.plan(
            ticket.ticket_no, parse_plan(PLAN), reason=WHY, actor=PROJECT, expected_revision=7
        )
    other = office.application.tickets.open(
        "asset_transfer", a_quarter(), branch="tengchong", actor=WHO["tc-counter"]
    )
    with pytest.raises(RefusedError) as refusal:
        plan(office, other)
    assert codes(refusal) == {"no_application"}
    plan(office, ticket)
    assert restricted.register(actor=WHO["ll-head"]) == ()
    assert len(restricted.register(actor=WHO["tc-head"])) == 1
