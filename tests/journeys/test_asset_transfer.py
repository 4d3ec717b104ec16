"""A new quarter hands over its installations, at once or after they were put right (M1c, R-1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.applicants import COUNTER, a_quarter

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office

MANAGERS = [("tc-account", "limit_due"), ("tc-project", "limit_due")]


def opened(office: Office, when: str) -> Ticket:
    office.at(when)
    return office.application.tickets.open(
        "asset_transfer", a_quarter(), branch="tengchong", actor=COUNTER
    )


def test_assets_up_to_the_standard_are_received_in_30_days(office: Office) -> None:
    ticket = opened(office, "2021-09-01 09:00")
    assert office.told() == [
        ("customer", "application_received"),
        ("tc-account", "manager_assigned"),
        ("tc-project", "manager_assigned"),
    ]
    text = office.text(ticket, "application_received")
    assert text.startswith("您的新建住宅小区供配电设施资产接收申请已登记，工单号TC-20210901-0001。")
    assert office.tick("2021-09-05 12:00") == []

    office.at("2021-09-06 09:00").fire(ticket, "pass_assessment")
    assert office.told() == [("customer", "next_stage")]
    assert office.dues(ticket) == {"end_to_end": "2021-10-22"}
    half = office.tick("2021-09-27 08:30")  # the 15th day after the 6th
    assert half == []
    assert office.tick("2021-09-28 08:30") == MANAGERS
    assert office.tick("2021-10-22 08:30") == MANAGERS
    ended = office.at("2021-10-22 23:59").fire(ticket, "receive")
    assert office.told() == [("customer", "energized")]
    assert "您的工单TC-20210901-0001已办结" in office.text(ticket, "energized")
    assert (ended.state, office.elapsed(ticket)["end_to_end"]) == ("received", 30)
    assert not office.clocks(ticket)["end_to_end"].is_overdue


def test_assets_below_it_are_metered_first_and_received_later(office: Office) -> None:
    ticket = opened(office, "2021-09-06 09:00")
    office.told()
    office.fire(ticket, "fail_assessment", reason="变压器容量不足")
    assert office.dues(ticket) == {}
    office.at("2021-09-20 09:00").fire(ticket, "start_rectification")
    assert office.tick("2022-02-01 12:00") == [("customer", "clock_stopped")]
    office.at("2022-02-15 09:00").fire(ticket, "reassess")
    office.fire(ticket, "fail_assessment", reason="接地电阻仍不合格")
    office.at("2022-02-28 09:00").fire(ticket, "reassess")
    assert office.dues(ticket) == {}
    office.at("2022-03-01 09:00").fire(ticket, "pass_assessment")
    assert office.dues(ticket) == {"end_to_end": "2022-04-13"}
    office.told()
    assert office.tick("2022-04-14 00:00") == [
        ("tc-account", "limit_overdue"),
        ("tc-project", "limit_overdue"),
        ("tc-section", "limit_overdue_escalated"),
    ]
    late = office.fire(ticket, "receive")
    assert office.clocks(late)["end_to_end"].is_overdue


def test_one_assessed_at_the_end_of_september_spans_the_holidays(office: Office) -> None:
    ticket = opened(office, "2021-09-30 09:00")
    office.fire(ticket, "pass_assessment")
    assert office.dues(ticket) == {"end_to_end": "2021-11-17"}
