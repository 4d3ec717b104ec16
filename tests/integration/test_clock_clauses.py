"""The dated examples of the plan through the use cases: M1, T1a, T2c, X1-X3, Q2-Q11, R-1.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import RefusedError
from engine.ticket import PauseCause
from tests.applicants import (
    COUNTER,
    HIGH_VOLTAGE_PAPERS,
    PROJECT,
    a_business,
    a_factory,
    a_hospital,
    an_enterprise,
)
from tests.application import codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.application import ConnectionApplication
    from engine.ticket import Ticket
    from tests.application import Office

TO_METERING = ("complete_intake", "finish_site_visit", "release_works", "finish_works")
TO_WORKS = ("complete_intake", "finish_site_visit", "reply_supply_plan")


def high_voltage(
    office: Office, when: str, application: ConnectionApplication | None = None
) -> Ticket:
    return office.at(when).submit(application or a_factory(), papers=HIGH_VOLTAGE_PAPERS)


# --- the table of the annex -------------------------------------------------------------------

INTAKE, REPLY, LAST = "业务受理", "供电方案答复", "竣工检验和装表接电"
TABLE = {
    "lv_resident": ([(INTAKE, 1), ("装表接电", 1)], 2, 2),
    "lv_business_three_zero": ([(INTAKE, 1), ("装表接电", 4)], 5, 5),
    "lv_business": ([(INTAKE, 1), ("装表接电", 4)], 5, None),
    "hv_single_supply": ([(INTAKE, 1), (REPLY, 4), (LAST, 10)], 15, None),
    "hv_dual_supply": ([(INTAKE, 1), (REPLY, 14), (LAST, 15)], 30, None),
    "asset_transfer": ([("资产评估", None), ("资产接收", None)], None, 30),
}  # fmt: skip


def test_the_definitions_in_force_are_the_table_of_the_annex(office: Office) -> None:
    found = {
        each.id: (
            [(stage.name, stage.limit.days) for stage in each.stages],
            each.handling_limit.days,
            each.end_to_end_limit.days,
        )
        for each in office.application.rulebook.all_in_force()
        if each.id in TABLE
    }
    assert found == TABLE


# --- due dates --------------------------------------------------------------------------------


def test_m1_the_limits_run_from_the_application(office: Office) -> None:
    office.at("2021-09-17 10:00")
    resident = office.submit()
    single = office.submit(a_factory(), papers=HIGH_VOLTAGE_PAPERS)
    dual = office.submit(a_hospital(), papers=HIGH_VOLTAGE_PAPERS)
    standard = office.submit(an_enterprise())
    three_zero = office.at("2021-12-31 10:00").submit(a_business())
    intake = {"stage:intake": "2021-09-18"}
    assert office.dues(resident) == {
        **intake,
        "handling": "2021-09-22",
        "end_to_end": "2021-09-22",
    }
    assert office.dues(standard) == {**intake, "handling": "2021-09-26"}
    assert office.dues(single) == {**intake, "handling": "2021-10-14"}
    assert office.dues(dual) == {**intake, "handling": "2021-11-04"}
    assert office.dues(three_zero) == {
        "stage:intake": "2022-01-04",
        "handling": "2022-01-10",
        "end_to_end": "2022-01-10",
    }


@pytest.mark.parametrize(
    ("energized_at", "is_late"),
    [("2021-09-22 23:59:59", False), ("2021-09-23 00:00:00", True)],
    ids=["the last second", "midnight"],
)
def test_m1b_the_last_day_ends_at_midnight(
    office: Office, energized_at: str, is_late: bool
) -> None:
    ticket = office.at("2021-09-17 10:00").submit()
    office.at("2021-09-18 09:00").fire(ticket, *TO_METERING)
    ticket = office.at(energized_at).fire(ticket, "energize")
    office.at("2021-12-01 09:00")
    clocks = office.clocks(ticket)
    assert {key: found.is_overdue for key, found in clocks.items()} == {
        "stage:intake": False,
        "stage:metering_and_energization": is_late,
        "handling": is_late,
        "end_to_end": is_late,
    }
    assert clocks["end_to_end"].elapsed_days == (3 if is_late else 2)


def test_t1a_a_stage_may_fall_due_on_a_working_sunday(office: Office) -> None:
    ticket = high_voltage(office, "2021-09-06 09:00", a_hospital())
    office.fire(ticket, "complete_intake")
    assert office.dues(ticket)["stage:supply_plan_reply"] == "2021-09-26"


def test_t2c_the_customer_is_told_the_next_stage_with_limit_and_date(office: Office) -> None:
    ticket = high_voltage(office, "2021-09-06 09:00")
    office.told()
    office.fire(ticket, "complete_intake")
    assert office.told() == [("customer", "application_accepted")]
    text = office.text(ticket, "application_accepted")
    assert "下一环节：供电方案答复，4 个工作日内，2021-09-10 前。" in text
    assert "项目经理顾长林，客户经理白若溪，电话0875-0000103。" in text
    assert text.endswith("监管热线12398。")


def test_x3_times_of_the_customers_works_do_not_count_for_the_company(office: Office) -> None:
    ticket = high_voltage(office, "2021-08-02 09:00")
    office.at("2021-08-02 16:00").fire(ticket, "complete_intake", "finish_site_visit")
    office.at("2021-08-06 16:00").fire(ticket, "reply_supply_plan")
    assert "stage:inspection_and_energization" not in office.dues(ticket)
    office.at("2021-09-06 09:00").supply(ticket, "completion_report")
    assert office.dues(ticket)["stage:inspection_and_energization"] == "2021-09-18"
    office.fire(ticket, "report_completion", "pass_inspection")
    office.at("2021-09-18 17:00").fire(ticket, "energize")
    assert office.elapsed(ticket) == {
        "stage:intake": 0,
        "stage:supply_plan_reply": 4,
        "stage:inspection_and_energization": 10,
        "handling": 14,
        "end_to_end": 35,
    }
    assert not any(found.is_overdue for found in office.clocks(ticket).values())


def test_q4_works_outside_count_for_the_whole_time_only(office: Office) -> None:
    ticket = office.at("2022-01-10 09:00").submit(a_business())
    office.at("2022-01-11 09:00").fire(ticket, "complete_intake", "finish_site_visit")
    office.fire(ticket, "release_works")
    suspend, resume = office.application.tickets.suspend, office.application.tickets.resume
    suspend(ticket.ticket_no, PauseCause.EXTERNAL_LINE, evidence="通知单12号", actor=PROJECT)
    office.at("2022-01-17 09:00")
    resume(ticket.ticket_no, actor=PROJECT)
    office.at("2022-01-19 09:00").fire(ticket, "finish_works", "energize")
    assert office.elapsed(ticket) == {
        "stage:intake": 1,
        "stage:metering_and_energization": 3,
        "handling": 4,
        "end_to_end": 7,
    }
    late = {key for key, found in office.clocks(ticket).items() if found.is_overdue}
    assert late == {"end_to_end"}


def test_q6_stages_and_the_sum_are_judged_one_by_one(office: Office) -> None:
    ticket = high_voltage(office, "2021-08-02 09:00")
    office.at("2021-08-04 09:00").fire(ticket, "complete_intake")
    office.at("2021-08-09 09:00").fire(ticket, "finish_site_visit", "reply_supply_plan")
    office.supply(ticket, "completion_report")
    office.fire(ticket, "report_completion", "pass_inspection")
    office.at("2021-08-20 09:00").fire(ticket, "energize")
    assert office.elapsed(ticket)["handling"] == 14
    late = {key for key, found in office.clocks(ticket).items() if found.is_overdue}
    assert late == {"stage:intake"}


# --- when clocks begin -----------------------------------------------------------------


def test_without_its_key_document_nothing_runs_until_it_is_received(office: Office) -> None:
    ticket = office.at("2021-09-22 10:00").submit(papers=("property_proof",))
    assert (ticket.state, office.dues(ticket)) == ("submitted", {})
    assert office.told() == [
        ("customer", "deficiency_notice"),
        ("tc-account", "manager_assigned"),
        ("tc-project", "manager_assigned"),
    ]
    text = office.text(ticket, "deficiency_notice")
    assert "受理前尚缺：有效身份证件。" in text
    assert "收到当日起计时" in text
    with pytest.raises(RefusedError) as refused:
        office.fire(ticket, "complete_intake")
    assert codes(refused) == {"document_missing"}

    office.at("2021-09-25 15:00").supply(ticket, "identity")
    assert office.dues(ticket) == {
        "stage:intake": "2021-09-26",
        "handling": "2021-09-27",
        "end_to_end": "2021-09-27",
    }
    assert office.told() == [("customer", "stage_started")]
    assert "业务受理，1 个工作日内，2021-09-26 前" in office.text(ticket, "stage_started")
    office.at("2021-09-26 10:00")
    office.application.documents.verify(ticket.ticket_no, 2, actor=COUNTER)
    assert office.dues(ticket)["end_to_end"] == "2021-09-27"


def test_an_organisation_is_not_accepted_on_a_persons_identity(office: Office) -> None:
    ticket = office.at("2022-01-10 10:00").submit(a_business(), papers=())
    assert office.dues(ticket) == {}
    text = office.text(ticket, "deficiency_notice")
    assert "受理前尚缺：营业执照或组织机构代码证；以下资料可后补：用电地址物权证件。" in text
    office.supply(ticket, "organization_code")
    assert office.fire(ticket, "complete_intake").deferred == ("property_proof",)


def test_q10_the_completion_report_starts_the_last_stage(office: Office) -> None:
    ticket = high_voltage(office, "2021-08-02 09:00")
    office.fire(ticket, *TO_WORKS)
    office.told()
    office.at("2021-08-28 10:00").supply(ticket, "completion_report")
    assert office.dues(ticket)["stage:inspection_and_energization"] == "2021-09-10"
    assert office.told() == [("customer", "stage_started")]
    office.at("2021-08-30 10:00").fire(ticket, "report_completion")
    assert office.dues(ticket)["stage:inspection_and_energization"] == "2021-09-10"


def test_q11_attempts_at_the_inspection_share_one_budget(office: Office) -> None:
    ticket = high_voltage(office, "2021-08-02 09:00")
    office.fire(ticket, *TO_WORKS)
    office.supply(ticket, "completion_report")
    office.fire(ticket, "report_completion")
    office.told()
    office.at("2021-08-06 09:00").fire(ticket, "fail_inspection", reason="接地电阻不合格")
    assert office.told() == [("customer", "inspection_failed")]
    assert "接地电阻不合格" in office.text(ticket, "inspection_failed")
    assert "stage:inspection_and_energization" not in office.dues(ticket)
    office.at("2021-08-23 09:00").fire(ticket, "request_reinspection")
    assert office.dues(ticket)["stage:inspection_and_energization"] == "2021-08-30"
    office.fire(ticket, "pass_inspection")
    ticket = office.at("2021-08-31 09:00").fire(ticket, "energize")
    last = office.clocks(ticket)["stage:inspection_and_energization"]
    assert (last.elapsed_days, last.is_overdue) == (11, True)
    assert len(ticket.stage_runs) == 3


# --- an office that lets a period end at its close of business ---------------------


@pytest.fixture
def closing(office: Office) -> Iterator[Office]:
    """The same office, whose periods end at 17:30."""
    other = office.another(ends_at_close=True)
    yield other
    other.close()


def test_a_pause_after_close_on_the_due_day_leaves_the_ticket_overdue(closing: Office) -> None:
    ticket = closing.at("2021-09-06 09:00").submit(an_enterprise())
    closing.fire(ticket, "complete_intake", "finish_site_visit", "release_works")
    stage = "stage:metering_and_energization"
    assert closing.dues(ticket)[stage] == "2021-09-10"
    tickets, number = closing.application.tickets, ticket.ticket_no
    closing.at("2021-09-10 17:30")
    assert closing.clocks(ticket)[stage].is_overdue
    tickets.suspend(number, PauseCause.EXTERNAL_LINE, evidence="通知单", actor=PROJECT)
    closing.at("2021-09-14 10:00")
    standing_still = closing.clocks(ticket)
    assert (standing_still[stage].is_overdue, standing_still[stage].remaining_days) == (True, 0)
    assert closing.overdue() == [number]
    tickets.resume(number, actor=PROJECT)
    assert closing.dues(ticket)[stage] == "2021-09-10"
    assert closing.overdue() == [number]


def test_a_pause_before_close_on_the_due_day_holds_the_clock(closing: Office) -> None:
    ticket = closing.at("2021-09-06 09:00").submit(an_enterprise())
    closing.fire(ticket, "complete_intake", "finish_site_visit", "release_works")
    tickets, number = closing.application.tickets, ticket.ticket_no
    closing.at("2021-09-10 17:29:59")
    tickets.suspend(number, PauseCause.EXTERNAL_LINE, evidence="通知单", actor=PROJECT)
    closing.at("2021-09-14 10:00")
    assert closing.overdue() == []
    tickets.resume(number, actor=PROJECT)
    assert closing.dues(ticket)["stage:metering_and_energization"] == "2021-09-13"


def test_a_changed_end_of_the_day_derives_the_dates_again(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit()
    office.at("2021-09-07 18:00")
    assert office.overdue() == []
    other = office.another(ends_at_close=True)
    report = other.application.calendars.recompute()
    assert (report.done, report.unchanged) == (0, 1)
    assert other.overdue() == [ticket.ticket_no]
    assert other.application.calendars.recompute().unchanged == 0
    other.close()
