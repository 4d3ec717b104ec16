"""What is entered late hits the network of then; looking ahead, and back (R-5.1a)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from engine.errors import RefusedError
from engine.outage import OutagePhase
from tests.applicants import CHIEF
from tests.application import codes, instant
from tests.integration.outages.points import HEAD, P11_TO_G07, put, stretches, sweep
from tests.outages import (
    DISPATCHER,
    FENG,
    JIANG,
    Listener,
    expect_back,
    plan_outage,
    report_fault,
    restore,
    text_to,
)

if TYPE_CHECKING:
    from app.outages.results import OutageResult
    from tests.application import Office


T2_TO_F2 = "T2,transformer_area,F2,知行台区,315,,county_seat,,\n"


LATE = {"occurred_source": "scada", "late_entry_reason": "台风期间通信中断"}


def points_of(office: Office, result: OutageResult) -> set[str]:
    kept = text("SELECT node_id FROM outage_affected WHERE ticket_no = :number")
    with office.application.database.reading() as work:
        rows = work.connection.execute(kept, {"number": result.outage.ticket_no})
        return set(rows.scalars())


# --- what is entered afterwards ------------------------------------------------------------------


def test_a_fault_that_is_entered_afterwards_hit_the_network_of_then(
    grid: Office, hear: Listener
) -> None:
    grid.at("2021-09-10 08:00")
    put(grid, P11_TO_G07)
    grid.at("2021-09-12 08:00")
    fault = report_fault(grid, "T1", occurred_at="2021-09-05 08:00", **LATE)
    assert points_of(grid, fault) == {"P11", "P12"}
    assert stretches(grid, fault, "P11") == [
        (instant("2021-09-05 08:00"), instant("2021-09-10 08:00"))
    ]
    assert fault.service_points == 2
    assert hear() == [(JIANG, "outage_fault")]  # who is still out
    elsewhere = report_fault(grid, "G-07", occurred_at="2021-09-05 08:00", **LATE)
    assert stretches(grid, elsewhere, "P11") == [(instant("2021-09-10 08:00"), None)]


def test_two_outages_of_last_week_were_out_together(grid: Office) -> None:
    grid.at("2021-09-12 08:00")
    other = report_fault(grid, "F2", occurred_at="2021-09-05 08:00", **LATE)
    restore(grid, other, restored_at="2021-09-05 12:00", restored_source="scada")
    fault = report_fault(grid, "T1", occurred_at="2021-09-05 09:00", **LATE)
    assert fault.service_points == 3
    assert stretches(grid, fault, "P13") == [
        (instant("2021-09-05 09:00"), instant("2021-09-05 12:00"))
    ]
    # and the other way round: what becomes known later counts from when it was
    third = report_fault(grid, "F2", occurred_at="2021-09-06 08:00", **LATE)
    restore(grid, third, restored_at="2021-09-06 12:00", restored_source="scada")
    grid.at("2021-09-12 08:01")
    sweep(grid)
    assert stretches(grid, fault, "P13")[1:] == [
        (instant("2021-09-06 08:00"), instant("2021-09-06 12:00"))
    ]


@pytest.mark.parametrize(
    ("occurred", "asked"), [("2021-09-11 08:00", False), ("2021-09-11 07:59", True)]
)
def test_a_fault_of_more_than_a_day_ago_needs_a_reason(
    grid: Office, occurred: str, asked: bool
) -> None:
    grid.at("2021-09-12 08:00")
    given = {"occurred_at": occurred, "occurred_source": "scada"}
    if asked:
        with pytest.raises(RefusedError) as caught:
            report_fault(grid, "T1", **given)
        assert codes(caught) == {"entered_late"}
        given["late_entry_reason"] = "台风期间通信中断"
    fault = report_fault(grid, "T1", **given)
    assert fault.outage.phase is OutagePhase.IN_PROGRESS


@pytest.mark.parametrize(("days", "too_long"), [(366, False), (367, True)])
def test_a_slip_of_the_pen_is_no_fault_of_long_ago(grid: Office, days: int, too_long: bool) -> None:
    occurred = f"{grid.clock() - timedelta(days=days):%Y-%m-%d %H:%M}+00:00"
    given = {"occurred_at": occurred, **LATE}
    if not too_long:
        assert report_fault(grid, "T1", **given).service_points == 2
        return
    with pytest.raises(RefusedError) as caught:
        report_fault(grid, "T1", **given)
    assert codes(caught) == {"too_long_ago"}


@pytest.mark.parametrize(
    ("restored", "is_told"), [("2021-09-11 08:00", False), ("2021-09-11 08:01", True)]
)
def test_nobody_hears_of_what_ended_a_day_ago(
    grid: Office, hear: Listener, restored: str, is_told: bool
) -> None:
    grid.at("2021-09-11 07:00")
    fault = report_fault(grid, "T1")
    expect_back(grid, fault, "2021-09-11 12:00")
    grid.at("2021-09-12 08:00")
    back = restore(grid, fault, restored_at=restored, restored_source="scada")
    heard = {template for _, template in hear()}
    assert ("outage_restored" in heard, back.told is not None) == (is_told, is_told)
    waiting = [m for m in grid.messages() if m.template_key == "outage_estimate" and m.is_waiting]
    assert waiting == []
    if is_told:
        [first, *_] = [m for m in grid.messages() if m.template_key == "outage_restored"]
        assert first.expires_at == instant("2021-09-12 08:01")


def test_a_fault_before_an_outage_that_is_on_is_entered_and_told_to_nobody(
    grid: Office, hear: Listener
) -> None:
    planned = plan_outage(grid, "T1")
    grid.at("2021-09-08 08:00")
    grid.application.outages.supply.start(planned.outage.ticket_no, {}, actor=DISPATCHER)
    hear()
    grid.at("2021-09-08 09:00")
    with pytest.raises(RefusedError) as caught:
        report_fault(grid, "T1", occurred_at="2021-09-08 08:30", occurred_source="scada")
    assert codes(caught) == {"declared_already"}
    fault = report_fault(grid, "T1", occurred_at="2021-09-07 10:00", occurred_source="scada")
    assert (fault.service_points, fault.told) == (2, None)
    restore(grid, fault, restored_at="2021-09-07 12:00", restored_source="scada")
    assert hear() == []
    assert stretches(grid, fault, "P11") == [
        (instant("2021-09-07 10:00"), instant("2021-09-07 12:00"))
    ]


# --- looking ahead, and back ---------------------------------------------------------------------


def test_an_outage_that_is_on_ends_when_it_is_expected_to(grid: Office, hear: Listener) -> None:
    today = plan_outage(grid, "F2")
    grid.at("2021-09-08 08:00")
    grid.application.outages.supply.start(today.outage.ticket_no, {}, actor=DISPATCHER)
    hear()
    later = {"planned_start_at": "2021-09-20 08:00", "planned_end_at": "2021-09-20 18:00"}
    assert plan_outage(grid, "T1", **later).service_points == 2
    assert hear() == [(FENG, "outage_announced"), (JIANG, "outage_announced")]
    assert report_fault(grid, "T1").service_points == 3  # at this moment F2 is dark


def test_a_preview_of_the_past_sees_the_tree_of_then(grid: Office) -> None:
    grid.at("2021-09-02 08:00")
    put(grid, T2_TO_F2)
    grid.at("2021-09-10 08:00")
    preview = grid.application.outages.plans.preview

    def count(*nodes: str, as_of: str = "") -> int:
        return preview(nodes, actor=DISPATCHER, as_of=as_of).service_points

    assert [count(*n, as_of="2021-09-01 12:00") for n in (["F2"], ["T2"], ["F2", "T2"])] == [
        1,
        4,
        5,
    ]
    assert count("F2", "T2") == 5
    rest = f"{HEAD}S1,substation,,城东变电站,,,,,\nF1,feeder,S1,10千伏城线,,,,,\n"
    grid.application.network.bring_in(rest.encode(), actor=CHIEF, retire_missing=True)
    assert count("T2", as_of="2021-09-01 12:00") == 4
    with pytest.raises(RefusedError, match="已停用"):
        count("T2")
    put(grid, "T9,transformer_area,F1,新台区,315,,county_seat,,\n")
    with pytest.raises(RefusedError, match="当时不在电网拓扑中"):
        count("T9", as_of="2021-09-01 12:00")


def test_an_outage_is_on_the_line_on_which_it_began(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "T2")
    hear()
    grid.at("2021-09-03 08:00")
    put(grid, T2_TO_F2)
    grid.at("2021-09-08 08:00")
    grid.application.outages.supply.start(planned.outage.ticket_no, {}, actor=DISPATCHER)
    hear()
    assert "10千伏乡线（知行台区）已于9月8日08:00停电" in text_to(grid, FENG, "outage_started")
    grid.at("2021-09-08 09:00")
    expect_back(grid, planned, "2021-09-08 20:00")
    hear()
    assert "10千伏乡线（知行台区）" in text_to(grid, FENG, "outage_estimate")
    grid.at("2021-09-08 12:00")
    restore(grid, planned)
    report = grid.application.outages.reliability.report(actor=DISPATCHER, year=2021)
    assert [(each.feeder_id, each.count) for each in report.feeders] == [("F2", 1)]


def test_the_words_that_somebody_chose_himself_stay(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "T2", affected_area="知行社区1至3栋", affected_line="城线7号杆后")
    grid.at("2021-09-03 08:00")
    put(grid, T2_TO_F2)
    grid.at("2021-09-08 08:00")
    grid.application.outages.supply.start(planned.outage.ticket_no, {}, actor=DISPATCHER)
    hear()
    assert "城线7号杆后（知行社区1至3栋）" in text_to(grid, FENG, "outage_started")


def test_how_far_the_works_were_is_said_once(grid: Office, hear: Listener) -> None:
    fault = report_fault(grid, "T2")
    report = grid.application.outages.supply.report_progress
    number = fault.outage.ticket_no
    first = {"progress": "正在换杆", "estimated_restoration_at": "2021-09-01 10:00"}
    report(number, first, actor=DISPATCHER)
    hear()
    assert "正在换杆，预计9月1日10:00送电" in text_to(grid, FENG, "outage_estimate")
    grid.at("2021-09-01 09:00")
    expect_back(grid, fault, "2021-09-01 12:00")
    hear()
    assert "正在抢修，预计9月1日12:00送电" in text_to(grid, FENG, "outage_estimate")
    grid.at("2021-09-01 09:10")
    too_soon = {"progress": "已更换导线", "estimated_restoration_at": "2021-09-01 13:00"}
    report(number, too_soon, actor=DISPATCHER)
    grid.at("2021-09-01 09:30")
    sweep(grid)
    hear()
    assert "已更换导线，预计9月1日13:00送电" in text_to(grid, FENG, "outage_estimate")
    grid.at("2021-09-01 09:40")
    expect_back(grid, fault, "2021-09-01 15:00")
    grid.at("2021-09-01 10:00")
    sweep(grid)
    hear()
    assert "正在抢修，预计9月1日15:00送电" in text_to(grid, FENG, "outage_estimate")
