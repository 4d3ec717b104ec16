"""Reminders from the real ladder: one message a person, and those above once it is overdue."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.amendments import extend_boundary
from engine.clocks import NO_TARGETS
from engine.definition import TimeLimit
from engine.reminders import deferrals_due_in_stage, due_rungs
from notifications.message import Audience, MessageKind
from notifications.reminders import EscalationStep, escalation, plan_reminder
from tests.unit.notifications.high_voltage import (
    CALENDAR,
    DEFINITION,
    HOURS,
    accepted_journey,
    context,
    local,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.ticket import Ticket
    from notifications.message import Message

STEPS = escalation(section_heads=("u-head",), branch_heads=("u-branch",), marketing=("u-market",))


def reminded(
    ticket: Ticket,
    at: str,
    steps: tuple[EscalationStep, ...] = STEPS,
    targets: Mapping[str, int] = NO_TARGETS,
) -> dict[tuple[str, str], Message]:
    """What is due at that moment, by (template, recipient)."""
    rungs = due_rungs(ticket, DEFINITION, CALENDAR, HOURS, local(at), targets=targets)
    deferred = deferrals_due_in_stage(ticket, DEFINITION, local(at))
    messages = plan_reminder(ticket, rungs, deferred, steps, context(at))
    found = {(each.template_key, each.recipient): each for each in messages}
    assert len(found) == len(messages)
    return found


def extended(ticket: Ticket) -> Ticket:
    return extend_boundary(ticket, DEFINITION, reason="重点项目").ticket


def test_nothing_is_said_before_the_first_rung() -> None:
    assert reminded(accepted_journey().ticket, "2021-09-07 09:00") == {}


def test_on_the_last_day_both_managers_are_reminded() -> None:
    found = reminded(accepted_journey().ticket, "2021-09-10 08:30")
    assert set(found) == {("limit_due", "u-pm"), ("limit_due", "u-am")}
    message = found["limit_due", "u-pm"]
    assert "供电方案答复应于 2021-09-10 前办结" in message.text
    assert message.expires_at == local("2021-09-11 00:00")
    assert (message.kind, message.audience) == (MessageKind.REMINDER, Audience.STAFF)


def test_what_is_overdue_goes_up_the_chain_step_by_step() -> None:
    ticket = accepted_journey().ticket

    def above(at: str) -> set[str]:
        found = reminded(ticket, at)
        assert {("limit_overdue", "u-pm"), ("limit_overdue", "u-am")} <= set(found)
        return {person for template, person in found if template == "limit_overdue_escalated"}

    assert above("2021-09-11 00:00") == {"u-head"}
    assert above("2021-09-13 08:30") == {"u-head", "u-branch"}
    assert above("2021-09-14 08:30") == {"u-head", "u-branch"}
    assert above("2021-09-15 08:30") == {"u-head", "u-branch", "u-market"}


def test_an_escalation_names_branch_managers_and_days() -> None:
    found = reminded(accepted_journey().ticket, "2021-09-14 08:30")
    message = found["limit_overdue_escalated", "u-head"]
    assert message.kind is MessageKind.ESCALATION
    assert message.text.startswith("腾冲分公司工单TC20210906-0001（现场勘查）已超时")
    assert "供电方案答复应于 2021-09-10 前办结（超时 2 个工作日）" in message.text
    assert "项目经理李工，客户经理王芳" in message.text
    assert message.expires_at is None


def test_clocks_due_together_make_one_message_with_the_most_urgent_first() -> None:  # R-6.3a
    ticket = accepted_journey().ticket
    found = reminded(ticket, "2021-09-24 09:00")
    text = found["limit_overdue", "u-pm"].text
    assert text.index("供电方案答复应于") < text.index("合计办理时间应于 2021-09-27 前办结")
    assert "、" in text


def test_who_is_manager_and_head_at_once_gets_one_message() -> None:
    steps = (EscalationStep(overdue_days=0, people=("u-pm", "u-head", "u-head")),)
    found = reminded(accepted_journey().ticket, "2021-09-13 08:30", steps)
    assert sorted(found) == [
        ("limit_overdue", "u-am"),
        ("limit_overdue", "u-pm"),
        ("limit_overdue_escalated", "u-head"),
    ]


def test_deferred_documents_have_their_own_to_customer_and_account_manager() -> None:
    found = reminded(extended(accepted_journey().ticket), "2021-09-10 08:30")
    told = found["deferred_documents_due", "和顺食品厂"]
    assert "尚待补交用电地址物权证件、用电工程项目批准文件，请于供电方案答复前补齐" in told.text
    assert told.audience is Audience.CUSTOMER
    assert ("deferred_documents_collect", "u-am") in found
    assert ("deferred_documents_collect", "u-pm") not in found


def test_the_customer_is_not_told_daily_of_documents_once_the_limit_has_run_out() -> None:
    found = reminded(extended(accepted_journey().ticket), "2021-09-13 08:30")
    assert ("deferred_documents_collect", "u-am") in found
    assert ("deferred_documents_due", "和顺食品厂") not in found


def test_a_branchs_own_target_concerns_the_managers_and_nobody_else() -> None:  # T3d
    ticket = extended(accepted_journey().ticket)
    found = reminded(ticket, "2021-09-09 16:00", targets={"supply_plan_reply": 3})
    text = found["limit_due", "u-pm"].text
    assert text.index("供电方案答复应于 2021-09-10") < text.index(
        "供电方案答复内部目标应于 2021-09-09"
    )

    alone = due_rungs(
        ticket,
        DEFINITION,
        CALENDAR,
        HOURS,
        local("2021-09-09 16:00"),
        targets={"supply_plan_reply": 3},
    )[-1:]
    deferred = deferrals_due_in_stage(ticket, DEFINITION, local("2021-09-09 16:00"))
    messages = plan_reminder(ticket, alone, deferred, STEPS, context("2021-09-09 16:00"))
    assert [(each.template_key, each.recipient) for each in messages] == [
        ("limit_due", "u-pm"),
        ("limit_due", "u-am"),
    ]
    assert "内部目标今日到期，距下班不足 2 小时" in messages[0].text


def test_a_target_is_not_spoken_of_once_the_plan_is_overdue() -> None:
    found = reminded(
        accepted_journey().ticket, "2021-09-13 08:30", targets={"supply_plan_reply": 3}
    )
    assert found
    assert not any("内部目标" in message.text for message in found.values())


def test_each_day_overdue_is_told_once() -> None:
    ticket = accepted_journey().ticket
    first = reminded(ticket, "2021-09-13 08:30")["limit_overdue", "u-pm"]
    again = reminded(ticket, "2021-09-13 17:00")["limit_overdue", "u-pm"]
    next_day = reminded(ticket, "2021-09-14 08:30")["limit_overdue", "u-pm"]
    assert first.dedupe_key == again.dedupe_key
    assert next_day.dedupe_key != first.dedupe_key


def test_a_ticket_without_managers_still_reaches_those_above() -> None:
    ticket = replace(accepted_journey().ticket, managers=None)
    found = reminded(ticket, "2021-09-13 08:30")
    assert "项目经理未指定" in found["limit_overdue_escalated", "u-head"].text


def test_each_clock_is_named_in_the_words_of_the_annex() -> None:
    ticket = accepted_journey().ticket
    definition = replace(DEFINITION, end_to_end_limit=TimeLimit(days=5))
    at = "2021-09-13 08:30"
    rungs = due_rungs(ticket, definition, CALENDAR, HOURS, local(at))
    messages = plan_reminder(ticket, rungs, (), (), context(at, definition=definition))
    assert [each.recipient for each in messages] == ["u-pm", "u-am"]
    assert "全过程时间应于 2021-09-13 前办结" in messages[0].text
