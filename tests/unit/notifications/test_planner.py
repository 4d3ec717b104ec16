"""Who is told what when a ticket moves: the real machine, calendar and templates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.amendments import amend, assign_managers, extend_boundary
from engine.application import Contact
from engine.definition import TimeLimit
from engine.documents import reject
from engine.events import Outcome, PromiseChanged, TicketReclassified
from engine.machine import TicketMachine
from engine.suspensions import resume, suspend
from engine.ticket import ManagerPair, PauseCause
from notifications.message import Audience, Channel, MessageKind, MessageState
from tests.unit.notifications.high_voltage import (
    CALENDAR,
    DEFINITION,
    MACHINE,
    accepted_journey,
    act,
    application,
    journey,
    local,
)

if TYPE_CHECKING:
    from notifications.message import Message
    from tests.unit.notifications.high_voltage import Journey


def only(messages: tuple[Message, ...]) -> Message:
    assert len(messages) == 1
    return messages[0]


def metering(trip: Journey) -> Journey:
    trip.supply("property_proof", "2021-09-07 09:00")
    trip.supply("project_approval", "2021-09-07 09:00")
    trip.fire("finish_site_visit", "2021-09-08 10:00")
    trip.fire("reply_supply_plan", "2021-09-09 10:00")
    trip.supply("completion_report", "2021-09-10 10:00")
    trip.fire("report_completion", "2021-09-10 11:00")
    trip.fire("pass_inspection", "2021-09-13 11:00")
    return trip


def test_acceptance_tells_the_next_stage_its_limit_and_its_date() -> None:  # T2c
    trip = journey()
    trip.supply("business_licence", "2021-09-06 08:50")
    trip.submit("2021-09-06 09:00")
    message = only(trip.fire("complete_intake", "2021-09-06 10:00"))
    assert message.template_key == "application_accepted"
    assert "供电方案答复，4 个工作日内，2021-09-10 前" in message.text
    assert "项目经理李工，客户经理王芳，电话0875-5551234" in message.text
    assert "请于装表接电前补齐：用电地址物权证件、用电工程项目批准文件" in message.text
    assert "https://hd.example/p/k7" in message.text
    assert "三省" in message.text
    assert (message.kind, message.audience) == (MessageKind.NOTICE, Audience.CUSTOMER)
    assert message.address == "13800138000"


def test_a_date_that_reaches_into_an_unknown_year_is_called_provisional() -> None:
    trip = journey("2026-12-30 09:00")
    trip.supply("business_licence", "2026-12-30 08:50")
    trip.submit("2026-12-30 09:00")
    message = only(trip.fire("complete_intake", "2026-12-30 10:00"))
    assert "前（暂定）" in message.text


def test_the_leaflet_is_sent_at_acceptance() -> None:  # I3
    trip = journey()
    trip.supply("business_licence", "2021-09-06 08:50")
    trip.submit("2021-09-06 09:00")
    outcome = MACHINE.fire(trip.ticket, "complete_intake", act("2021-09-06 10:00"), CALENDAR)
    message = only(trip.happens(outcome, "2021-09-06 10:00", leaflet="https://hd.example/zc"))
    assert "办电政策：https://hd.example/zc" in message.text


def test_an_application_without_its_key_document_gets_one_notice_of_all_that_is_missing() -> None:
    message = only(journey().submit("2021-09-06 09:00"))
    assert message.template_key == "deficiency_notice"
    assert "尚缺：营业执照或组织机构代码证；" in message.text
    assert "可后补：用电地址物权证件、用电工程项目批准文件" in message.text
    assert message.ticket_no in message.text


def test_a_complete_application_gets_a_receipt_with_its_first_date() -> None:
    trip = journey()
    trip.supply("organization_code", "2021-09-06 08:50")
    message = only(trip.submit("2021-09-06 09:00"))
    assert message.template_key == "application_received"
    assert "业务受理，1 个工作日内，2021-09-07 前" in message.text


def test_the_key_document_that_comes_later_starts_the_clock_and_says_so() -> None:
    trip = journey()
    trip.submit("2021-09-06 09:00")
    message = only(trip.supply("business_licence", "2021-09-08 09:00"))
    assert message.template_key == "stage_started"
    assert "业务受理，1 个工作日内，2021-09-09 前" in message.text


def test_a_move_inside_a_stage_is_not_told() -> None:
    assert accepted_journey().fire("finish_site_visit", "2021-09-07 10:00") == ()


def test_a_stage_that_waits_for_a_document_says_from_when_it_counts() -> None:
    trip = accepted_journey()
    trip.fire("finish_site_visit", "2021-09-07 10:00")
    message = only(trip.fire("reply_supply_plan", "2021-09-08 10:00"))
    assert "供电方案答复已办结" in message.text
    assert "竣工检验和装表接电，10 个工作日内，自收到工程竣工报告之日起计算" in message.text


def test_a_suspension_is_told_with_cause_and_evidence_and_can_be_contested() -> None:
    trip = metering(accepted_journey())
    cause = PauseCause.EXTERNAL_LINE
    stopped = suspend(trip.ticket, DEFINITION, cause, "施工单 W-17", act("2021-09-14 10:00"))
    message = only(trip.happens(stopped, "2021-09-14 10:00"))
    assert "因外线工程施工（施工单 W-17），竣工检验和装表接电自2021-09-14起暂停计时" in message.text
    assert "如有异议请致电0875-5551234" in message.text

    resumed = resume(trip.ticket, DEFINITION, CALENDAR, at=local("2021-09-17 10:00"))
    message = only(trip.happens(resumed, "2021-09-17 10:00"))
    assert "已恢复计时，2021-09-28 前办结（原定2021-09-26）" in message.text


def test_a_clock_that_resumes_too_late_promises_no_past_date() -> None:
    trip = metering(accepted_journey())
    cause = PauseCause.EXTERNAL_LINE
    due_day = "2021-09-26 10:00"
    trip.happens(suspend(trip.ticket, DEFINITION, cause, "W-17", act(due_day)), due_day)
    resumed = resume(trip.ticket, DEFINITION, CALENDAR, at=local("2021-09-29 10:00"))
    message = only(trip.happens(resumed, "2021-09-29 10:00"))
    assert "已恢复计时，原定 2021-09-28 前，现已超期，将尽快办结" in message.text


def test_a_failed_inspection_tells_what_to_mend_in_one_message() -> None:
    trip = accepted_journey()
    trip.fire("finish_site_visit", "2021-09-07 10:00")
    trip.fire("reply_supply_plan", "2021-09-08 10:00")
    trip.supply("completion_report", "2021-09-10 10:00")
    trip.fire("report_completion", "2021-09-10 11:00")
    failed = only(trip.fire("fail_inspection", "2021-09-13 11:00", "接地电阻\n不合格。"))
    assert "请整改：接地电阻 不合格。整改期间不计入" in failed.text
    resumed = only(trip.fire("request_reinspection", "2021-09-16 11:00"))
    assert resumed.template_key == "clock_resumed"


def test_a_rejected_document_tells_why_and_what_to_do() -> None:
    trip = accepted_journey()
    outcome = reject(trip.ticket, DEFINITION, 1, "照片不清晰")
    message = only(trip.happens(outcome, "2021-09-06 11:00"))
    assert "您提交的营业执照未通过审核，原因：照片不清晰" in message.text
    assert "请重新提交营业执照或组织机构代码证" in message.text


def test_an_extended_boundary_moves_the_border_of_deferred_documents() -> None:
    trip = accepted_journey()
    outcome = extend_boundary(trip.ticket, DEFINITION, reason="重点项目")
    message = only(trip.happens(outcome, "2021-09-06 11:00"))
    assert "含电能计量装置" in message.text
    assert "请于供电方案答复前补齐：用电地址物权证件、用电工程项目批准文件" in message.text


def test_a_correction_names_fields_and_no_values() -> None:  # R-5.1b
    trip = accepted_journey()
    contact = Contact(name="和顺食品厂", phone="13700137000")
    corrected = application(contact=contact, requested_capacity_kw=Decimal(900))
    outcome = amend(trip.ticket, DEFINITION, corrected, reason="客户来电")
    message, former = trip.happens(outcome, "2021-09-06 11:00")
    assert "已更正您的联系电话、申请容量。进度：https://hd.example/p/k7 。" in message.text
    assert "900" not in message.text
    assert message.address == "13700137000"
    assert former.address == "13800138000"
    assert "今后的通知不再发到本机。如非您本人要求，请致电" in former.text
    assert "https://" not in former.text


def test_a_changed_definition_is_told_and_an_unchanged_one_is_not() -> None:
    trip = accepted_journey()
    moved = TicketReclassified(before="lv@1", after="hv_single_supply@1", reasons=())
    outcome = Outcome(ticket=trip.ticket, events=(moved,))
    message = only(trip.happens(outcome, "2021-09-06 11:00"))
    assert "改按高压单电源用电报装办理" in message.text
    same = replace(moved, before=moved.after)
    assert trip.happens(replace(outcome, events=(same,)), "2021-09-06 11:00") == ()


def test_a_date_moved_by_the_calendar_is_shown_as_changed() -> None:
    trip = accepted_journey()
    event = PromiseChanged(
        stage="supply_plan_reply",
        before=date(2027, 1, 6),
        after=date(2027, 1, 7),
        provisional=False,
    )
    outcome = Outcome(ticket=trip.ticket, events=(event,))
    message = only(trip.happens(outcome, "2021-09-06 11:00"))
    assert "供电方案答复办结日期改为2027-01-07 前（原定2027-01-06）" in message.text


def test_energization_thanks_and_links_the_progress_page() -> None:
    message = only(metering(accepted_journey()).fire("energize", "2021-09-14 16:00"))
    assert "已装表接电，感谢您的支持" in message.text
    assert "办理情况：https://hd.example/p/k7" in message.text


def test_an_abort_tells_the_reason_and_nothing_of_clocks() -> None:
    message = only(accepted_journey().fire("abort", "2021-09-07 16:00", "客户撤回申请"))
    assert "已中止，原因：客户撤回申请。" in message.text


def test_a_long_remark_is_cut() -> None:
    message = only(accepted_journey().fire("abort", "2021-09-07 16:00", "长" * 300))
    assert "长" * 59 + "…。" in message.text
    assert "长" * 60 not in message.text


def test_both_managers_hear_of_an_assignment_and_of_each_other() -> None:  # T2a
    trip = accepted_journey()
    pair = ManagerPair(project_manager="u-head", account_manager="u-am")
    outcome = assign_managers(trip.ticket, DEFINITION, pair, reason="网格调整")
    customer, project, account = trip.happens(outcome, "2021-09-07 10:00")
    assert (customer.audience, customer.template_key) == (Audience.CUSTOMER, "managers_changed")
    assert "项目经理科长，客户经理王芳，电话0875-5551234" in customer.text
    assert (project.recipient, project.address) == ("u-head", "13900000003")
    assert "由您任项目经理，客户经理王芳" in project.text
    assert "由您任客户经理，项目经理科长" in account.text
    assert {project.audience, account.audience} == {Audience.STAFF}
    assert "2021-09-10 前" in project.text


def test_managers_hear_from_when_a_clock_counts_that_has_not_started() -> None:
    pair = ManagerPair(project_manager="u-head", account_manager="u-am")
    waiting = journey()
    waiting.submit("2021-09-06 09:00")
    outcome = assign_managers(waiting.ticket, DEFINITION, pair, reason="网格调整")
    project, _ = waiting.happens(outcome, "2021-09-06 10:00")
    assert "业务受理，自收到身份证明资料之日起计算" in project.text

    trip = metering(accepted_journey())
    cause = PauseCause.EXTERNAL_LINE
    stopped = suspend(trip.ticket, DEFINITION, cause, "施工单 W-17", act("2021-09-14 10:00"))
    outcome = assign_managers(stopped.ticket, DEFINITION, pair, reason="网格调整")
    _, project, _ = trip.happens(outcome, "2021-09-14 11:00")
    assert "竣工检验和装表接电，自恢复办理之日起计算" in project.text


def test_a_stage_without_a_limit_promises_no_date() -> None:
    trip = journey()
    trip.supply("business_licence", "2021-09-06 08:50")
    unlimited = replace(DEFINITION.stages[0], limit=TimeLimit(days=None))
    definition = replace(DEFINITION, stages=(unlimited, *DEFINITION.stages[1:]))
    outcome = TicketMachine(definition).submit(trip.ticket, act("2021-09-06 09:00"), CALENDAR)
    message = only(trip.happens(outcome, "2021-09-06 09:00", definition=definition))
    assert "业务受理。办理进度" in message.text


def test_a_person_without_a_number_is_kept_for_a_call() -> None:
    trip = journey(contact=Contact(name="和顺食品厂"))
    message = only(trip.submit("2021-09-06 09:00"))
    assert message.state is MessageState.UNREACHABLE
    assert message.address == ""
    pair = ManagerPair(project_manager="u-gone", account_manager="u-am")
    outcome = assign_managers(trip.ticket, DEFINITION, pair, reason="网格调整")
    project, account = trip.happens(outcome, "2021-09-07 10:00")
    assert (project.state, account.state) == (MessageState.UNREACHABLE, MessageState.PENDING)


@pytest.mark.parametrize(
    ("openid", "channels", "channel", "to"),
    [
        ("o-1", {Channel.SMS, Channel.WECHAT}, Channel.WECHAT, "o-1"),
        ("o-1", {Channel.SMS}, Channel.SMS, "13800138000"),
        ("", {Channel.SMS, Channel.WECHAT}, Channel.SMS, "13800138000"),
    ],
)
def test_wechat_is_used_where_it_is_set_up_and_known(
    openid: str, channels: set[Channel], channel: Channel, to: str
) -> None:
    contact = Contact(name="和顺食品厂", phone="13800138000", wechat_openid=openid)
    trip = journey(contact=contact)
    trip.submit("2021-09-06 09:00")
    outcome = extend_boundary(trip.ticket, DEFINITION, reason="重点项目")
    message = only(trip.happens(outcome, "2021-09-06 10:00", channels=frozenset(channels)))
    assert (message.channel, message.address) == (channel, to)


def test_keys_are_unique_stable_and_name_nobody() -> None:
    def told() -> list[Message]:
        trip = journey()
        steps = [*trip.submit("2021-09-06 09:00")]
        steps += trip.supply("business_licence", "2021-09-06 09:05")
        return [*steps, *trip.fire("complete_intake", "2021-09-06 10:00")]

    messages = told()
    assert messages == told()
    assert len({each.dedupe_key for each in messages}) == len({each.id for each in messages}) == 3
    assert messages[0].dedupe_key == "TC20210906-0001:0:deficiency_notice:customer:customer:sms"
    for each in messages:
        assert "13800138000" not in each.dedupe_key
        assert "和顺" not in each.dedupe_key


def test_what_is_planned_at_night_waits_until_morning() -> None:
    message = only(journey("2021-09-06 22:30").submit("2021-09-06 22:30"))
    assert message.created_at == local("2021-09-06 22:30")
    assert message.not_before == local("2021-09-07 08:00")
