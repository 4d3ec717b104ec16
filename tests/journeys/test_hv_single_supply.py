"""A factory at 10 kV: plan, the customer's works, an inspection that fails once (X3, Q10, Q11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifications.message import MessageState
from tests.applicants import HIGH_VOLTAGE_PAPERS, SECTION, a_factory

if TYPE_CHECKING:
    from tests.application import Office

MANAGERS = [("tc-account", "limit_due"), ("tc-project", "limit_due")]
LATE = [("tc-account", "limit_overdue"), ("tc-project", "limit_overdue")]


def test_from_the_application_to_energization(office: Office) -> None:
    ticket = office.at("2021-08-02 09:00").submit(a_factory(), papers=HIGH_VOLTAGE_PAPERS)
    assert office.told() == [
        ("customer", "application_received"),
        ("tc-account", "manager_assigned"),
        ("tc-project", "manager_assigned"),
    ]
    office.at("2021-08-02 16:00").fire(ticket, "complete_intake")
    assert office.told() == [("customer", "application_accepted")]
    assert "供电方案答复，4 个工作日内，2021-08-06 前。" in office.text(
        ticket, "application_accepted"
    )
    office.at("2021-08-04 16:00").fire(ticket, "finish_site_visit")
    assert office.tick("2021-08-05 08:30") == MANAGERS
    office.at("2021-08-06 08:00").fire(ticket, "reply_supply_plan")
    assert office.told() == [("customer", "next_stage")]
    assert "供电方案答复已办结。下一环节：竣工检验和装表接电，10 个工作日内，" in office.text(
        ticket, "next_stage"
    )
    assert "自收到工程竣工报告（含竣工图纸）之日起计算" in office.text(ticket, "next_stage")
    assert office.tick("2021-09-05 12:00") == []  # the customer builds for a month

    office.at("2021-09-06 09:00").supply(ticket, "completion_report")
    assert office.told() == [("customer", "stage_started")]
    office.fire(ticket, "report_completion")
    office.at("2021-09-08 09:00").fire(ticket, "fail_inspection", reason="接地电阻不合格")
    assert office.told() == [("customer", "inspection_failed")]
    assert office.tick("2021-09-22 12:00") == []  # and repairs for two weeks
    office.fire(ticket, "request_reinspection")
    assert office.told() == [("customer", "clock_resumed")]
    assert "2021-09-30 前办结（原定2021-09-18）" in office.text(ticket, "clock_resumed")

    office.at("2021-09-23 09:00").fire(ticket, "pass_inspection")
    ended = office.at("2021-09-24 09:00").fire(ticket, "energize")
    assert office.told() == [("customer", "energized")]
    assert (ended.state, ended.flags) == ("energized", ())
    assert office.elapsed(ticket) == {
        "stage:intake": 0,
        "stage:supply_plan_reply": 4,
        "stage:inspection_and_energization": 5,
        "handling": 9,
        "end_to_end": 38,
    }
    assert not any(clock.is_overdue for clock in office.clocks(ticket).values())


def test_a_plan_that_is_late_is_escalated_day_by_day(office: Office) -> None:
    ticket = office.at("2021-08-02 09:00").submit(a_factory(), papers=("business_licence",))
    office.fire(ticket, "complete_intake")
    office.application.tickets.extend_boundary(
        ticket.ticket_no, reason="污染防治项目优先延伸", actor=SECTION
    )
    office.told()
    section = ("tc-section", "limit_overdue_escalated")
    head = ("tc-head", "limit_overdue_escalated")
    collect = ("tc-account", "deferred_documents_collect")
    assert office.tick("2021-08-07 00:00") == sorted(
        [
            *LATE,
            section,
            collect,
            ("customer", "deferred_documents_due"),
        ]
    )
    assert {m.state for m in office.messages() if m.kind == "escalation"} == {MessageState.PENDING}
    assert office.tick("2021-08-07 08:10") == []  # the quiet hours are over
    assert {m.state for m in office.messages()} == {MessageState.ACCEPTED}
    assert office.tick("2021-08-09 08:30") == sorted([*LATE, section, head, collect])
    office.supply(ticket, "property_proof", "project_approval")
    office.fire(ticket, "finish_site_visit", "reply_supply_plan")
    assert office.told() == [("customer", "next_stage")]
    assert office.tick("2021-08-10 08:30") == []
