"""Who comes into an outage and who leaves it, by whatever changes elsewhere, and what he hears."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from engine.errors import RefusedError
from engine.outage import OutagePhase
from engine.ticket import SYSTEM
from tests.applicants import CHIEF
from tests.application import codes, instant
from tests.outages import (
    CUSTOMERS,
    DISPATCHER,
    FENG,
    HOSPITAL,
    JIANG,
    PUMPS,
    QIN,
    ZHU,
    Listener,
    expect_back,
    furnish_outages,
    page_of,
    plan_outage,
    report_fault,
    restore,
)

if TYPE_CHECKING:
    from app.outages.results import OutageResult
    from tests.application import Office

HEAD = (
    "node_id,kind,parent_id,name,rated_kva,contract_kw,area_class,important,alternative_node_id\n"
)
P11_TO_G07 = "P11,service_point,G-07,和畅1号表位,,8,city_centre,,\n"
P12_TO_T2 = "P12,service_point,T2,和畅2号表位,,8,city_centre,,\n"
P1_TO_T1 = "P1,service_point,T1,竹溪1号表位,,8,rural,,\n"
T2_TO_F2 = "T2,transformer_area,F2,知行台区,315,,county_seat,,\n"
LATE = {"occurred_source": "scada", "late_entry_reason": "台风期间通信中断"}


@pytest.fixture
def grid(office: Office) -> Office:
    furnish_outages(office)
    return office.at("2021-09-01 08:00")


@pytest.fixture
def hear(grid: Office) -> Listener:
    return Listener(grid)


def put(office: Office, *rows: str) -> None:
    content = HEAD + "".join(rows)
    assert office.application.imports.topology(content.encode(), actor=SYSTEM).refused == ()


def sweep(office: Office) -> int:
    return office.application.outages.sweep.sweep().done


def cancel(office: Office, result: OutageResult) -> None:
    number = result.outage.ticket_no
    office.application.outages.announcements.cancel(number, reason="取消", actor=DISPATCHER)


def stretches(
    office: Office, result: OutageResult, node_id: str
) -> list[tuple[datetime | None, datetime | None]]:
    """From when until when the point was without supply by the outage."""
    kept = text(
        "SELECT interrupted_at, restored_at FROM outage_affected"
        " WHERE ticket_no = :number AND node_id = :node_id ORDER BY episode"
    )
    with office.application.database.reading() as work:
        rows = work.connection.execute(
            kept, {"number": result.outage.ticket_no, "node_id": node_id}
        )
        return [(as_instant(begins), as_instant(ends)) for begins, ends in rows]


def as_instant(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(str(value))


def points_of(office: Office, result: OutageResult) -> set[str]:
    kept = text("SELECT node_id FROM outage_affected WHERE ticket_no = :number")
    with office.application.database.reading() as work:
        rows = work.connection.execute(kept, {"number": result.outage.ticket_no})
        return set(rows.scalars())


def hours(office: Office, area_class: str) -> Fraction:
    report = office.application.outages.reliability.report(actor=DISPATCHER, year=2021)
    [found] = [each for each in report.areas if each.area_class == area_class]
    return sum((each.customer_hours for each in found.records), Fraction())


def text_to(office: Office, address: str, template: str) -> str:
    found = [
        each
        for each in office.messages()
        if (each.address, each.template_key) == (address, template)
    ]
    return found[-1].text


# --- out, in again, out again ------------------------------------------------------------------


def test_a_point_that_goes_out_a_second_time_is_out(grid: Office, hear: Listener) -> None:
    fault = report_fault(grid, "T1")
    hear()
    for hour, goes_out in ((9, True), (10, False), (11, True)):
        grid.at(f"2021-09-01 {hour:02}:00")
        if goes_out:
            other = report_fault(grid, "F2")
        else:
            restore(grid, other)
        sweep(grid)
        assert page_of(grid, fault).line.out == (3 if goes_out else 2)
        assert (HOSPITAL, "outage_fault" if goes_out else "outage_restored") in hear()
    grid.at("2021-09-01 13:00")
    restore(grid, fault)
    assert (HOSPITAL, "outage_restored") in hear()
    assert stretches(grid, fault, "P13") == [
        (instant("2021-09-01 09:00"), instant("2021-09-01 10:00")),
        (instant("2021-09-01 11:00"), instant("2021-09-01 13:00")),
    ]
    page = page_of(grid, fault)
    assert (page.line.service_points, page.line.out, page.restored) == (3, 0, 3)
    assert hours(grid, "city_centre") == 5 + 5 + 1 + 2


def test_a_restored_point_that_is_moved_to_what_is_still_out_is_out(
    grid: Office, hear: Listener
) -> None:
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 18:00")
    grid.at("2021-09-01 09:00")
    restore(grid, fault, "T1", restoration_means="switching")
    hear()
    grid.at("2021-09-01 10:00")
    put(grid, P12_TO_T2)
    sweep(grid)
    assert page_of(grid, fault).line.out == 5
    assert hear() == [(JIANG, "outage_fault")]
    grid.at("2021-09-01 12:00")
    restore(grid, fault)
    assert (JIANG, "outage_restored") in hear()
    assert stretches(grid, fault, "P12") == [
        (instant("2021-09-01 08:00"), instant("2021-09-01 09:00")),
        (instant("2021-09-01 10:00"), instant("2021-09-01 12:00")),
    ]


def test_a_point_goes_out_when_it_did_not_when_that_was_noticed(grid: Office) -> None:
    fault = report_fault(grid, "T1")
    grid.at("2021-09-01 09:30")
    other = report_fault(grid, "F2", occurred_at="2021-09-01 09:00", occurred_source="scada")
    sweep(grid)
    grid.at("2021-09-01 11:30")
    restore(grid, other, restored_at="2021-09-01 11:00", restored_source="scada")
    grid.at("2021-09-01 11:40")
    sweep(grid)
    assert stretches(grid, fault, "P13") == [
        (instant("2021-09-01 09:00"), instant("2021-09-01 11:00"))
    ]


# --- told that supply is out, and that it is back ------------------------------------------------


def test_who_was_told_that_supply_is_out_hears_that_it_is_back(
    grid: Office, hear: Listener
) -> None:
    other = report_fault(grid, "F2")
    fault = report_fault(grid, "T1")
    assert (HOSPITAL, "outage_fault") in hear()
    grid.at("2021-09-01 09:00")
    restore(grid, other)
    sweep(grid)
    assert hear() == [(ZHU, "outage_restored"), (HOSPITAL, "outage_restored")]
    assert "（您的用电地址）已于9月1日09:00恢复供电" in text_to(grid, HOSPITAL, "outage_restored")
    grid.at("2021-09-01 10:00")
    restore(grid, fault)
    assert hear() == [(FENG, "outage_restored"), (JIANG, "outage_restored")]


def test_who_is_moved_out_of_an_announced_outage_hears_that_it_is_off_there(
    grid: Office, hear: Listener
) -> None:
    plan_outage(grid, "T1")
    hear()
    grid.at("2021-09-02 09:00")
    put(grid, P11_TO_G07)
    assert (sweep(grid), sweep(grid)) == (1, 0)
    assert hear() == [(FENG, "outage_cancelled")]
    assert "（您的用电地址）正常供电" in text_to(grid, FENG, "outage_cancelled")


def test_who_was_never_told_of_it_does_not_hear_that_it_is_off(
    grid: Office, hear: Listener
) -> None:
    plan_outage(grid, "T1")
    grid.at("2021-09-01 08:01")
    put(grid, P11_TO_G07)
    assert hear() == [(JIANG, "outage_announced")]


def test_who_is_moved_away_by_one_meter_only_hears_nothing(grid: Office, hear: Listener) -> None:
    plan_outage(grid, "F1")
    hear()
    grid.at("2021-09-02 09:00")
    put(grid, P11_TO_G07)  # her other meter is in T2
    sweep(grid)
    assert hear() == []


@pytest.mark.parametrize("rows", [P1_TO_T1, "P31,service_point,T1,和畅4号表位,,8,city_centre,,\n"])
def test_who_joins_an_announced_outage_hears_of_it_and_nobody_else_again(
    grid: Office, hear: Listener, rows: str
) -> None:
    planned = plan_outage(grid, "T1")
    hear()
    hear.arrived()
    grid.at("2021-09-02 09:00")
    put(grid, rows)
    if rows != P1_TO_T1:
        new = "C31,P31,新用户,13000001031,,no\n"
        customers = CUSTOMERS.splitlines(keepends=True)[0] + new
        grid.application.imports.customers(customers.encode(), actor=SYSTEM)
    joins = ZHU if rows == P1_TO_T1 else "13000001031"
    sweep(grid)
    assert hear() == [(joins, "outage_announced")]
    assert "定于9月8日08:00至18:00停电" in text_to(grid, joins, "outage_announced")
    sweep(grid)
    assert hear() == []
    assert page_of(grid, planned).line.service_points == 3
    hear.arrived()
    grid.at("2021-09-07 09:00")
    sweep(grid)
    assert len(hear()) == (3 if joins == ZHU else 2)  # reminded as all the others
    cancel(grid, planned)
    assert (joins, "outage_cancelled") in hear()


def test_a_new_customer_at_a_point_of_an_announced_outage_hears_of_it(
    grid: Office, hear: Listener
) -> None:
    plan_outage(grid, "T1")
    hear()
    grid.at("2021-09-02 09:00")
    head, *rows = CUSTOMERS.splitlines(keepends=True)
    moved_in = "C14,P12,租户,13000001014,,yes\n"
    changed = [each.replace("13000001011", "13000001099") for each in rows if "C11" in each]
    bring = grid.application.imports.customers
    bring((head + moved_in + "".join(changed)).encode(), actor=SYSTEM)
    sweep(grid)
    assert hear() == [("13000001014", "outage_announced"), ("13000001099", "outage_announced")]
    grid.at("2021-09-02 09:05")
    bring((head + changed[0].replace("冯某", "冯先生")).encode(), actor=SYSTEM)  # only a name
    sweep(grid)
    assert hear() == []


def test_who_loses_his_other_supply_to_an_announcement_hears_of_both(
    grid: Office, hear: Listener
) -> None:
    plan_outage(grid, "T1")
    hear()
    grid.at("2021-09-01 10:00")
    other = plan_outage(grid, "F2", late_announcement_reason="线路隐患")
    sweep(grid)
    assert hear() == [(ZHU, "outage_announced"), (HOSPITAL, "outage_announced")]
    staff = [m for m in grid.messages() if m.template_key == "outage_important_users"]
    assert [m.params["users"] for m in staff] == ["示例医院"]
    hear.arrived()
    grid.at("2021-09-01 11:00")
    cancel(grid, other)
    sweep(grid)
    assert hear() == [(ZHU, "outage_cancelled"), (HOSPITAL, "outage_cancelled")]


def test_joining_is_urgent_only_where_supply_has_failed(grid: Office, hear: Listener) -> None:
    plan_outage(grid, "T1")
    report_fault(grid, "T2")
    hear()
    grid.at("2021-09-01 23:00")
    put(grid, P1_TO_T1, "P5,service_point,T2,知行5号表位,,8,county_seat,,\n")
    new = CUSTOMERS.splitlines(keepends=True)[0] + "C5,P5,新用户,13000001005,,yes\n"
    grid.application.imports.customers(new.encode(), actor=SYSTEM)
    sweep(grid)
    hear()
    waits = {
        each.address: each.not_before
        for each in grid.messages()
        if each.address in {ZHU, "13000001005"} and each.notice_id
    }
    assert waits.keys() == {ZHU, "13000001005"}
    assert instant("2021-09-02 08:00") <= waits[ZHU] < instant("2021-09-02 08:30")
    assert waits["13000001005"] == instant("2021-09-01 23:00")


def test_one_phone_does_not_hear_that_it_is_off_and_that_it_is_not(
    grid: Office, hear: Listener
) -> None:
    planned = plan_outage(grid, "F1")
    hear()
    hear.arrived()
    grid.at("2021-09-01 10:00")
    grid.application.outages.announcements.change(
        planned.outage.ticket_no, {}, nodes=["T1"], reason="缩小范围", actor=DISPATCHER
    )
    assert hear() == [
        (FENG, "outage_changed"),
        (PUMPS, "outage_cancelled"),
        (QIN, "outage_cancelled"),
        (JIANG, "outage_changed"),
    ]
    assert "10千伏城线（知行台区）正常供电" in text_to(grid, PUMPS, "outage_cancelled")


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
