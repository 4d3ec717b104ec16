"""A fault from its report to its restoration, and what is told of the estimate (R-7.2, N4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.outage import OutagePhase
from notifications.message import MessageState
from tests.application import instant
from tests.outages import (
    DISPATCHER,
    FENG,
    JIANG,
    PUMPS,
    Listener,
    expect_back,
    page_of,
    plan_outage,
    report_fault,
    restore,
    text_to,
)

if TYPE_CHECKING:
    from tests.application import Office


# --- a fault -------------------------------------------------------------------------------------


def test_a_fault_from_its_report_to_its_restoration(grid: Office, hear: Listener) -> None:
    grid.at("2021-09-01 03:20")
    fault = report_fault(grid, "F1", occurred_at="2021-09-01 03:00", occurred_source="scada")
    assert (fault.service_points, fault.important) == (6, 1)  # the hospital has another supply
    assert hear() == [
        (FENG, "outage_fault"),
        (PUMPS, "outage_fault"),
        (JIANG, "outage_fault"),
    ]
    assert text_to(grid, FENG, "outage_fault") == (
        "故障停电：10千伏城线（和畅台区、知行台区）于9月1日03:00停电，正在抢修。"
        "给您带来不便，敬请谅解。咨询0875-0000103，监管热线12398。"
    )

    grid.at("2021-09-01 09:00")
    expect_back(grid, fault, "2021-09-01 11:00")
    assert hear() == [
        (FENG, "outage_estimate"),
        (PUMPS, "outage_estimate"),
        (JIANG, "outage_estimate"),
    ]

    grid.at("2021-09-01 10:00")
    part = restore(grid, fault, "T1", restoration_means="switching")
    assert (part.service_points, part.outage.phase) == (2, OutagePhase.IN_PROGRESS)
    assert hear() == [(FENG, "outage_restored"), (JIANG, "outage_restored")]
    assert "（和畅台区）已于9月1日10:00恢复供电" in text_to(grid, JIANG, "outage_restored")

    grid.at("2021-09-01 10:30")
    whole = restore(grid, fault, fault_cause="lightning")
    assert (whole.service_points, whole.outage.phase) == (4, OutagePhase.RESTORED)
    assert hear() == [(FENG, "outage_restored"), (PUMPS, "outage_restored")]
    assert page_of(grid, whole).line.cause == "雷击"
    assert "因雷击停电，已于9月1日10:30恢复供电" in text_to(grid, PUMPS, "outage_restored")


def test_what_is_kept_of_a_fault_holds_both_times_and_the_source(grid: Office) -> None:
    grid.at("2021-09-01 03:20")
    fault = report_fault(grid, "F1", occurred_at="2021-09-01 03:00", occurred_source="scada")
    grid.at("2021-09-01 05:00")
    restore(grid, fault, restored_at="2021-09-01 04:30", restored_source="field_crew")
    first, last = grid.entries(fault.outage.ticket_no)
    assert first.at == instant("2021-09-01 03:20")
    recorded = {
        name: after
        for entry in (first, last)
        for event in entry.facts["events"]
        for name, (_, after) in event.get("changes", {}).items()
    }
    assert recorded["occurred_at"] == "2021-08-31T19:00:00+00:00"
    assert (recorded["occurred_source"], recorded["restored_source"]) == ("scada", "field_crew")
    assert recorded["restored_at"] == "2021-08-31T20:30:00+00:00"
    assert recorded["fault_cause"] == "unknown"
    page = page_of(grid, fault)
    assert (page.line.begins_at, page.line.ends_at) == (
        instant("2021-09-01 03:00"),
        instant("2021-09-01 04:30"),
    )
    assert (page.begins_source, page.ends_source) == ("调度自动化系统", "现场人员")


def test_without_a_reported_time_the_dispatcher_saw_it_happen_now(grid: Office) -> None:
    fault = report_fault(grid, "F1")
    assert (fault.outage.begins_at, fault.outage.begins_source) == (
        instant("2021-09-01 08:00"),
        "dispatcher",
    )


def test_a_fault_and_its_end_are_told_at_night_a_planned_outage_is_not(
    grid: Office, hear: Listener
) -> None:
    grid.at("2021-08-30 23:00")
    plan_outage(grid, "T1")
    grid.at("2021-08-30 23:30")
    fault = report_fault(grid, "T2")
    grid.at("2021-08-31 02:00")
    restore(grid, fault)
    hear()
    told = [(each.template_key, each.not_before) for each in grid.messages() if each.notice_id]
    by_day = {at for template, at in told if template == "outage_announced"}
    assert {at for template, at in told if template == "outage_restored"} == {
        instant("2021-08-31 02:00")
    }
    assert min(by_day) >= instant("2021-08-31 08:00")
    assert max(by_day) < instant("2021-08-31 08:10")


def test_restored_ends_whatever_was_still_waiting(grid: Office, hear: Listener) -> None:
    fault = report_fault(grid, "T2")
    hear()
    grid.at("2021-09-01 08:30")
    expect_back(grid, fault, "2021-09-01 10:00")  # not even written yet
    grid.at("2021-09-01 08:40")
    restore(grid, fault)
    hear.write_out()
    states = {(each.template_key, each.state) for each in grid.messages() if each.notice_id}
    assert states == {
        ("outage_fault", MessageState.SUPERSEDED),
        ("outage_restored", MessageState.PENDING),
    }


def test_a_part_that_is_restored_ends_what_waits_for_it_alone(grid: Office, hear: Listener) -> None:
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 12:00")
    hear()
    grid.at("2021-09-01 08:10")
    restore(grid, fault, "T1", restoration_means="switching")
    assert hear() == [(FENG, "outage_restored"), (JIANG, "outage_restored")]
    states = {each.address: each.state for each in grid.messages() if each.urgent}
    waiting = {
        each.address: each.state for each in grid.messages() if each.template_key == "outage_fault"
    }
    assert states[PUMPS] is MessageState.PENDING
    assert waiting == {
        FENG: MessageState.PENDING,  # another meter of hers is still without supply
        PUMPS: MessageState.PENDING,
        JIANG: MessageState.SUPERSEDED,
    }


def test_who_was_switched_away_before_the_news_was_written_hears_nothing(
    grid: Office, hear: Listener
) -> None:
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 12:00")
    grid.at("2021-09-01 08:02")
    restore(grid, fault, "T1", restoration_means="switching")
    assert hear() == [
        (FENG, "outage_fault"),
        (FENG, "outage_restored"),
        (PUMPS, "outage_fault"),
        (JIANG, "outage_restored"),
    ]


def test_a_false_alarm_is_taken_back(grid: Office, hear: Listener) -> None:
    fault = report_fault(grid, "T1")
    hear()
    grid.at("2021-09-01 08:20")
    taken_back = grid.application.outages.announcements.cancel(
        fault.outage.ticket_no, reason="经核实未停电", actor=DISPATCHER
    )
    assert taken_back.outage.phase is OutagePhase.CANCELLED
    assert hear() == [(FENG, "outage_dismissed"), (JIANG, "outage_dismissed")]
    report = grid.application.outages.reliability.report(actor=DISPATCHER, year=2021)
    assert {each.customer_hours for each in report.areas} == {0}
    assert report.feeders == ()


# --- estimates -----------------------------------------------------------------------------------


def test_an_estimate_is_told_only_if_it_shifts_enough_and_not_too_often(
    grid: Office, hear: Listener
) -> None:
    fault = report_fault(grid, "T2")
    hear()

    def told(at: str, estimate: str) -> bool:
        grid.at(at)
        result = expect_back(grid, fault, estimate)
        heard = hear()
        assert bool(heard) == (result.told is not None)
        return bool(heard)

    assert told("2021-09-01 08:10", "2021-09-01 10:00")  # the first one at once
    assert not told("2021-09-01 08:50", "2021-09-01 10:29")  # 29 minutes later
    assert told("2021-09-01 08:51", "2021-09-01 10:30")  # 30 minutes later
    assert not told("2021-09-01 09:00", "2021-09-01 12:00")  # nine minutes after the last
    assert told("2021-09-01 09:21", "2021-09-01 12:00")  # half an hour after it
    assert not told("2021-09-01 11:00", "2021-09-01 11:31")  # earlier by 29 minutes
    assert not told("2021-09-01 11:59", "2021-09-01 12:20")  # not overdue yet
    assert told("2021-09-01 12:00", "2021-09-01 12:20")  # what was told has passed


def test_an_estimate_that_came_too_soon_is_told_by_the_daemon_in_time(
    grid: Office, hear: Listener
) -> None:
    fault = report_fault(grid, "T2")
    grid.at("2021-09-01 08:10")
    expect_back(grid, fault, "2021-09-01 10:00")
    grid.at("2021-09-01 08:20")
    expect_back(grid, fault, "2021-09-01 13:00")
    hear()
    sweep = grid.application.outages.sweep.sweep
    grid.at("2021-09-01 08:39")
    assert sweep().done == 0
    grid.at("2021-09-01 09:30")  # a daemon that was down at 08:40
    assert (sweep().done, sweep().done) == (1, 0)
    assert hear() == [(FENG, "outage_estimate"), (PUMPS, "outage_estimate")]
    assert "预计9月1日13:00送电" in text_to(grid, FENG, "outage_estimate")


def test_the_reason_is_said_with_the_estimate_once_it_is_known(
    grid: Office, hear: Listener
) -> None:
    fault = report_fault(grid, "T2", fault_cause="lightning")
    grid.at("2021-09-01 08:10")
    expect_back(grid, fault, "2021-09-01 10:00")
    hear()
    told = text_to(grid, PUMPS, "outage_estimate")
    assert "（知行台区）因雷击停电，正在抢修，预计9月1日10:00送电" in told
