"""Outages that are foreseen, and who cannot be told of them (R-7.2, N4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.outage import OutageKind, OutagePhase
from engine.ticket import SYSTEM
from notifications.message import MessageState
from tests.application import instant
from tests.outages import (
    DISPATCHER,
    FENG,
    HOSPITAL,
    JIANG,
    PUMPS,
    QIN,
    ZHU,
    Listener,
    page_of,
    plan_outage,
    report_fault,
    restore,
    text_to,
)

if TYPE_CHECKING:
    from tests.application import Office


# --- what is foreseen ----------------------------------------------------------------------------


def test_a_planned_outage_from_its_announcement_to_its_end(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "F1")
    number = planned.outage.ticket_no
    assert (planned.late, planned.important, planned.outage.phase) == (
        False,
        1,
        OutagePhase.SCHEDULED,
    )
    assert hear() == [
        (FENG, "outage_announced"),
        (PUMPS, "outage_announced"),
        (QIN, "outage_announced"),  # the law wants him told
        (JIANG, "outage_announced"),
    ]
    assert text_to(grid, FENG, "outage_announced") == (
        "计划停电通知：因设备检修，10千伏城线（和畅台区、知行台区）定于9月8日08:00至18:00停电，"
        "请提前做好准备。咨询0875-0000103，监管热线12398。"
    )

    sweep = grid.application.outages.sweep.sweep
    grid.at("2021-09-07 07:59")
    assert sweep().done == 0
    grid.at("2021-09-07 08:00")
    assert (sweep().done, sweep().done) == (1, 0)
    assert hear() == [
        (FENG, "outage_reminder"),
        (PUMPS, "outage_reminder"),
        (JIANG, "outage_reminder"),  # a courtesy, so Qin is left alone
    ]

    grid.at("2021-09-08 08:05")
    started = grid.application.outages.supply.start(number, {}, actor=DISPATCHER)
    assert (started.service_points, started.outage.estimated_at) == (
        6,
        instant("2021-09-08 18:00"),
    )
    assert hear() == [
        (FENG, "outage_started"),
        (PUMPS, "outage_started"),
        (JIANG, "outage_started"),
    ]
    assert "已于9月8日08:05停电，预计9月8日18:00送电" in text_to(grid, FENG, "outage_started")

    grid.at("2021-09-08 17:40")
    restore(grid, planned)
    assert hear() == [
        (FENG, "outage_restored"),
        (PUMPS, "outage_restored"),
        (JIANG, "outage_restored"),
    ]
    assert "因设备检修停电，已于9月8日17:40恢复供电" in text_to(grid, FENG, "outage_restored")
    assert [each.action for each in grid.entries(number)] == [
        "submit",
        "announce",
        "start",
        "restore",
    ]


def test_a_postponement_quotes_what_was_told_before(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "T1")
    hear()
    hear.arrived()
    grid.at("2021-09-01 10:00")
    grid.application.outages.announcements.change(
        planned.outage.ticket_no,
        {"planned_start_at": "2021-09-10 08:00", "planned_end_at": "2021-09-10 18:00"},
        reason="天气原因",
        actor=DISPATCHER,
    )
    assert hear() == [(FENG, "outage_changed"), (JIANG, "outage_changed")]
    assert "原定9月8日08:00至18:00停电，现改为9月10日08:00至18:00" in text_to(
        grid, FENG, "outage_changed"
    )


def test_who_is_no_longer_concerned_hears_that_it_is_off(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "F1")
    hear()
    hear.arrived()
    grid.at("2021-09-01 10:00")
    changed = grid.application.outages.announcements.change(
        planned.outage.ticket_no,
        {"late_announcement_reason": "调整作业范围"},
        nodes=["T1", "F2"],
        reason="调整范围",
        actor=DISPATCHER,
    )
    assert changed.outage.nodes == ("T1", "F2")
    assert hear() == [
        (ZHU, "outage_announced"),  # concerned for the first time
        # Her meter in T2 is out of it, the one in T1 is not: on one phone "cancelled, supply is
        # normal" beside "still on" contradicts itself, and the change names what it is about.
        (FENG, "outage_changed"),
        (HOSPITAL, "outage_announced"),  # its other supply goes out too
        (PUMPS, "outage_cancelled"),
        (QIN, "outage_cancelled"),
        (JIANG, "outage_changed"),
    ]
    assert "（知行台区）正常供电" in text_to(grid, PUMPS, "outage_cancelled")


def test_that_it_is_off_is_told_even_if_the_rest_is_changed_again(
    grid: Office, hear: Listener
) -> None:
    planned = plan_outage(grid, "F1")
    hear()
    hear.arrived()
    change = grid.application.outages.announcements.change
    number = planned.outage.ticket_no
    grid.at("2021-09-01 09:00")
    change(number, {}, nodes=["T1"], reason="缩小范围", actor=DISPATCHER)
    hear()
    grid.at("2021-09-01 10:00")
    later = {"planned_start_at": "2021-09-10 08:00", "planned_end_at": "2021-09-10 18:00"}
    change(number, later, reason="天气原因", actor=DISPATCHER)
    assert hear() == [(FENG, "outage_changed"), (JIANG, "outage_changed")]
    waiting = [
        each.template_key
        for each in grid.messages()
        if (each.address, each.state) == (PUMPS, MessageState.PENDING)
    ]
    assert waiting == ["outage_cancelled"]


def test_a_cancelled_outage_is_called_off_for_all(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "T2")
    hear()
    hear.arrived()
    grid.at("2021-09-02 10:00")
    off = grid.application.outages.announcements.cancel(
        planned.outage.ticket_no, reason="检修取消", actor=DISPATCHER
    )
    assert (off.service_points, off.outage.phase) == (4, OutagePhase.CANCELLED)
    assert hear() == [
        (FENG, "outage_cancelled"),
        (PUMPS, "outage_cancelled"),
        (QIN, "outage_cancelled"),
    ]
    grid.at("2021-09-07 09:00")
    assert grid.application.outages.sweep.sweep().done == 0


def test_no_reminder_of_what_was_announced_or_moved_only_on_the_day_before(
    grid: Office, hear: Listener
) -> None:
    planned = plan_outage(grid, "T1")
    sweep = grid.application.outages.sweep.sweep
    grid.at("2021-09-07 09:00")
    grid.application.outages.announcements.change(
        planned.outage.ticket_no,
        {"planned_start_at": "2021-09-08 09:00", "late_announcement_reason": "抢险占用队伍"},
        reason="推迟",
        actor=DISPATCHER,
    )
    hear()
    assert sweep().done == 0
    grid.at("2021-09-07 09:30")
    assert sweep().done == 0  # told half an hour ago


def test_a_reminder_that_nobody_sent_in_time_is_not_sent_afterwards(grid: Office) -> None:
    plan_outage(grid, "T1")
    sweep = grid.application.outages.sweep.sweep
    grid.at("2021-09-08 08:00")  # a daemon that was down since the day before
    assert sweep().done == 0


def test_the_set_is_determined_when_the_news_is_written(grid: Office, hear: Listener) -> None:
    plan_outage(grid, "T1")
    grid.at("2021-09-01 08:01")
    moved = "P11,service_point,G-07,和畅1号表位,,8,city_centre,,\n"
    head = "node_id,kind,parent_id,name,rated_kva,contract_kw,area_class,important,"
    moved = f"{head}alternative_node_id\n{moved}P1,service_point,T1,竹溪1号表位,,8,rural,,\n"
    grid.application.imports.topology(moved.encode(), actor=SYSTEM)
    assert hear() == [(ZHU, "outage_announced"), (JIANG, "outage_announced")]


def test_another_supply_counts_only_while_it_is_alive(grid: Office, hear: Listener) -> None:
    fault = report_fault(grid, "T1")
    assert fault.service_points == 2
    grid.at("2021-09-01 08:10")
    other = report_fault(grid, "F2")
    assert other.service_points == 1
    grid.application.outages.sweep.sweep()
    assert page_of(grid, fault).line.service_points == 3  # the hospital lies in the dark now
    grid.at("2021-09-01 08:30")
    restore(grid, other)
    grid.application.outages.sweep.sweep()
    page = page_of(grid, fault)
    assert (page.line.out, page.restored) == (2, 1)
    hear()


def test_what_has_not_begun_as_planned_leaves_nobody_in_the_dark(grid: Office) -> None:
    late = plan_outage(grid, "F2")
    grid.at("2021-09-08 09:00")
    assert report_fault(grid, "F1").service_points == 6  # the hospital still has F2
    grid.at("2021-09-08 09:30")
    number = late.outage.ticket_no
    grid.application.outages.supply.start(number, {}, actor=DISPATCHER)
    grid.application.outages.sweep.sweep()
    fault = grid.application.outages.reader.listing(actor=DISPATCHER)[0]
    assert (fault.kind, fault.out) == (OutageKind.FAULT, 7)


def test_who_lies_in_the_dark_by_another_outage_is_not_told_that_supply_is_back(
    grid: Office, hear: Listener
) -> None:
    nested = report_fault(grid, "T2")
    grid.at("2021-09-01 08:10")
    whole = report_fault(grid, "F1")
    hear()
    grid.at("2021-09-01 09:00")
    restore(grid, whole)
    assert hear() == [(FENG, "outage_restored"), (JIANG, "outage_restored")]  # for meters in T1
    grid.at("2021-09-01 10:00")
    restore(grid, nested)
    assert hear() == [(FENG, "outage_restored"), (PUMPS, "outage_restored")]


def test_a_temporary_outage_is_announced_a_day_ahead(grid: Office, hear: Listener) -> None:
    given = {
        "cause": "urgent_defect",
        "planned_start_at": "2021-09-02 08:00",
        "planned_end_at": "2021-09-02 10:00",
    }
    result = grid.application.outages.announcements.announce(
        OutageKind.TEMPORARY, ["T2"], given, actor=DISPATCHER
    )
    assert (result.late, result.important) == (False, 1)
    assert hear() == [
        (FENG, "outage_announced"),
        (PUMPS, "outage_announced"),
        (QIN, "outage_announced"),
    ]
    staff = [m for m in grid.messages() if m.template_key == "outage_important_users"]
    assert [(m.recipient, m.params["users"]) for m in staff] == [("tc-account", "示例泵站")]


# --- who cannot be reached -----------------------------------------------------------------------


def test_who_has_no_number_and_whose_message_failed_are_listed(
    grid: Office, hear: Listener
) -> None:
    fault = report_fault(grid, "T2")
    hear()
    with grid.application.database.writing() as work:
        [message] = [m for m in work.outbox.listing(limit=50) if m.address == PUMPS]
        work.outbox.settle(message.id, MessageState.SENDING, grid.clock())
        work.outbox.settle(
            message.id, MessageState.FAILED, grid.clock(), error_code="unknown_number"
        )
        work.commit()
    found = grid.application.outages.reader.unreachable(fault.outage.ticket_no, actor=DISPATCHER)
    assert [(each.node_id, each.customer_name) for each in found.without_address] == [
        ("P22", "吕*")
    ]
    assert [(each.address, each.problem) for each in found.undelivered] == [
        ("130****1023", "unknown_number")
    ]


def test_a_poster_says_what_a_message_says_and_names_nobody(grid: Office) -> None:
    planned = plan_outage(grid, "T1")
    poster = grid.application.outages.reader.poster(planned.outage.ticket_no, actor=DISPATCHER)
    assert (poster.area, poster.line, poster.window, poster.cause) == (
        "和畅台区",
        "10千伏城线",
        "9月8日08:00至18:00",
        "设备检修",
    )
    assert (poster.branch_name, poster.branch_phone) == ("腾冲分公司", "0875-0000103")
