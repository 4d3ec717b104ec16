"""Reminders at their instants, once, through downtime and beside other daemons: R-6.1, R-6.3."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text

from engine.ticket import PauseCause
from notifications.message import MessageState
from tests.applicants import (
    HIGH_VOLTAGE_PAPERS,
    PROJECT,
    SECTION,
    WHO,
    a_factory,
    a_resident,
    an_enterprise,
)
from tests.application import instant

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office

MANAGERS = ("tc-account", "tc-project")
TO_WORKS = ("complete_intake", "finish_site_visit", "release_works")


def plan_due_on_10_september(
    office: Office, papers: tuple[str, ...] = HIGH_VOLTAGE_PAPERS
) -> Ticket:
    """A factory whose supply plan is due on Friday 10 September 2021, 4 working days."""
    ticket = office.at("2021-09-06 09:00").submit(a_factory(), papers=papers)
    ticket = office.fire(ticket, "complete_intake")
    office.told()
    return ticket


def sweep(office: Office, when: str) -> list[tuple[str, str]]:
    """What one round of the reminders at that local time tells whom."""
    office.at(when).application.reminders.sweep()
    return office.told()


def to(template: str, *people: str) -> list[tuple[str, str]]:
    return sorted((person, template) for person in people)


# --- the ladder --------------------------------------------------------------------------------


def test_each_rung_speaks_at_its_instant_and_escalates(office: Office) -> None:
    ticket = plan_due_on_10_september(office)
    due, late = to("limit_due", *MANAGERS), to("limit_overdue", *MANAGERS)
    up = "limit_overdue_escalated"
    section = sorted([*late, *to(up, "tc-section")])
    head = sorted([*section, *to(up, "tc-head")])
    company = sorted([*head, *to(up, "marketing")])
    expected = {
        "2021-09-09 08:29:59": [],
        "2021-09-09 08:30:00": due,  # half the limit is left
        "2021-09-10 08:29:59": [],
        "2021-09-10 08:30:00": due,  # the last day
        "2021-09-10 15:29:59": [],
        "2021-09-10 15:30:00": due,  # two hours before close
        "2021-09-10 23:59:59": [],
        "2021-09-11 00:00:00": section,  # overdue, though it is Saturday
        "2021-09-12 12:00:00": [],
        "2021-09-13 08:30:00": head,  # one working day
        "2021-09-14 08:30:00": head,
        "2021-09-15 08:30:00": company,  # three working days
    }
    assert {when: sweep(office, when) for when in expected} == expected
    assert sweep(office, "2021-09-15 23:00") == []
    overdue = office.text(ticket, up, "marketing")
    assert "腾冲分公司工单" in overdue
    assert "供电方案答复应于 2021-09-10 前办结（超时 3 个工作日）" in overdue
    assert "项目经理顾长林，客户经理白若溪" in overdue


def test_a_one_day_limit_has_no_half(office: Office) -> None:
    office.at("2021-09-06 09:00").submit()
    office.told()
    assert sweep(office, "2021-09-07 08:29") == []
    assert sweep(office, "2021-09-07 08:30") == to("limit_due", *MANAGERS)


def test_clocks_that_fall_due_together_make_one_message(office: Office) -> None:
    ticket = office.at("2021-09-17 09:00").submit()
    office.at("2021-09-18 09:00").fire(ticket, "complete_intake")
    office.told()
    assert sweep(office, "2021-09-22 08:30") == to("limit_due", *MANAGERS)
    text = office.text(ticket, "limit_due", "tc-project")
    for clock in ("装表接电", "合计办理时间", "全过程时间"):
        assert f"{clock}应于 2021-09-22 前办结" in text


def test_the_other_branchs_people_hear_nothing(office: Office) -> None:
    office.at("2021-09-06 09:00").submit(actor=WHO["ll-counter"])
    office.told()
    told = sweep(office, "2021-09-09 08:30")
    assert {who for who, _ in told} == {
        "ll-account",
        "ll-project",
        "ll-section",
        "ll-head",
    }


# --- once, and not too late --------------------------------------------------------------------


def test_after_days_of_downtime_everybody_gets_one_message(office: Office) -> None:
    ticket = plan_due_on_10_september(office)
    told = sweep(office, "2021-09-16 12:00")
    people = [who for who, _ in told]
    assert people == sorted({*MANAGERS, "tc-section", "tc-head", "marketing"})
    assert "超时 4 个工作日" in office.text(ticket, "limit_overdue", "tc-project")
    assert sweep(office, "2021-09-16 12:01") == []
    assert [template for _, template in sweep(office, "2021-09-17 08:30")].count(
        "limit_overdue"
    ) == 2


def test_a_change_just_before_the_sweep_does_not_swallow_a_reminder(office: Office) -> None:
    ticket = plan_due_on_10_september(office)
    office.at("2021-09-11 10:00").supply(ticket, "property_proof")
    assert "limit_overdue" in {template for _, template in sweep(office, "2021-09-11 10:01")}
    assert sweep(office, "2021-09-11 10:02") == []
    office.at("2021-09-11 11:00").supply(ticket, "property_proof")
    assert sweep(office, "2021-09-11 11:01") == []


def test_moving_on_silences_the_stage_that_was_left(office: Office) -> None:
    ticket = plan_due_on_10_september(office)
    office.at("2021-09-10 08:29").fire(ticket, "finish_site_visit", "reply_supply_plan")
    office.told()
    assert sweep(office, "2021-09-10 08:30") == []


def test_ended_tickets_are_silent(office: Office) -> None:
    ticket = plan_due_on_10_september(office)
    office.fire(ticket, "abort", reason="客户撤回")
    office.told()
    assert sweep(office, "2021-12-10 08:30") == []


def test_a_suspended_ticket_is_silent_until_it_is_resumed(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit(an_enterprise())
    office.fire(ticket, *TO_WORKS)
    tickets = office.application.tickets
    tickets.suspend(ticket.ticket_no, PauseCause.CUSTOMER_WORKS, evidence="施工计划", actor=PROJECT)
    office.told()
    assert sweep(office, "2021-09-30 12:00") == []
    tickets.resume(ticket.ticket_no, actor=PROJECT)
    office.told()
    assert office.dues(ticket)["stage:metering_and_energization"] == "2021-10-11"
    assert sweep(office, "2021-10-09 08:29") == []
    assert sweep(office, "2021-10-09 08:30") == to("limit_due", *MANAGERS)


def test_the_whole_time_is_reminded_of_even_while_suspended(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit()
    office.fire(ticket, *TO_WORKS)
    office.application.tickets.suspend(
        ticket.ticket_no, PauseCause.EXTERNAL_LINE, evidence="通知单", actor=PROJECT
    )
    office.told()
    assert sweep(office, "2021-09-08 08:30") == to("limit_due", *MANAGERS)
    message = office.text(ticket, "limit_due", "tc-project")
    assert "全过程时间应于 2021-09-08 前办结" in message
    assert "合计办理时间" not in message


def test_three_daemons_remind_of_everything_once(office: Office) -> None:
    office.at("2021-09-06 09:00")
    tickets = [office.submit(a_resident(address=f"{n}号")) for n in range(12)]
    daemons = [office.another() for _ in range(3)]
    office.told()
    office.at("2021-09-10 08:30")
    gate = Barrier(len(daemons))

    def run(daemon: Office) -> int:
        gate.wait()
        return daemon.application.reminders.sweep().done

    with ThreadPoolExecutor(len(daemons)) as pool:
        done = sum(pool.map(run, daemons))
    told = office.told()
    for each in daemons:
        each.close()
    assert done == len(tickets)
    assert len(told) == len(tickets) * 5  # two managers, section head, branch head, marketing
    assert sweep(office, "2021-09-10 08:31") == []


def test_a_ticket_that_fails_does_not_stop_the_others(office: Office, office_url: str) -> None:
    bad, good = (office.at("2021-09-06 09:00").submit(a_resident(address=n)) for n in "甲乙")
    office.told()
    engine = create_engine(office_url)
    with engine.begin() as connection:
        of_bad = {"number": bad.ticket_no}
        kept = connection.execute(
            text("SELECT snapshot FROM tickets WHERE ticket_no = :number"), of_bad
        ).scalar()
        connection.execute(
            text("UPDATE tickets SET snapshot = '{}' WHERE ticket_no = :number"), of_bad
        )
    report = office.at("2021-09-07 08:30").application.reminders.sweep()
    assert (report.done, report.failed) == (1, 1)
    assert {message.ticket_no for message in office.messages() if message.kind == "reminder"} == {
        good.ticket_no
    }
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE tickets SET snapshot = :kept WHERE ticket_no = :number"),
            of_bad | {"kept": kept},
        )
    engine.dispose()
    assert sweep(office, "2021-09-07 08:31") != []


# --- documents ---------------------------------------------------------------------------------


def test_deferred_documents_are_reminded_of_where_they_are_due(office: Office) -> None:
    ticket = plan_due_on_10_september(office, papers=("business_licence",))
    assert sweep(office, "2021-09-09 08:30") == to("limit_due", *MANAGERS)
    office.application.tickets.extend_boundary(ticket.ticket_no, reason="重点项目", actor=SECTION)
    office.told()
    with_documents = [("tc-account", "deferred_documents_collect"), *to("limit_due", *MANAGERS)]
    assert sweep(office, "2021-09-10 08:30") == sorted(
        [
            ("customer", "deferred_documents_due"),
            *with_documents,
        ]
    )
    assert "尚待补交用电地址物权证件、用电工程项目批准文件，请于供电方案答复前补齐" in office.text(
        ticket, "deferred_documents_due"
    )
    told = sweep(office, "2021-09-11 00:00")
    assert ("customer", "deferred_documents_due") in told
    told = sweep(office, "2021-09-13 08:30")
    assert ("customer", "deferred_documents_due") not in told
    assert ("tc-account", "deferred_documents_collect") in told
    office.supply(ticket, "property_proof", "project_approval")
    assert "deferred_documents_collect" not in dict(sweep(office, "2021-09-14 08:30")).values()


# --- quiet hours -------------------------------------------------------------------------------


def test_what_falls_due_at_night_waits_until_morning(office: Office) -> None:
    ticket = plan_due_on_10_september(office)
    sweep(office, "2021-09-11 00:00")
    (message,) = (m for m in office.messages(ticket) if m.template_key.endswith("escalated"))
    morning = instant("2021-09-11 08:00")
    assert morning <= message.not_before < morning + timedelta(minutes=10)
    dispatch = office.application.sending.dispatch
    office.at(message.not_before - timedelta(seconds=1))
    dispatch()
    assert state_of(office, message.id) is MessageState.PENDING
    office.at(message.not_before)
    dispatch()
    assert state_of(office, message.id) is MessageState.ACCEPTED


def state_of(office: Office, message_id: str) -> MessageState:
    with office.application.database.reading() as work:
        return work.outbox.get(message_id).state
