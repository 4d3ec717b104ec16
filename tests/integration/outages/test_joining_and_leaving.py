"""Who joins or leaves an outage by changes elsewhere hears of it, and nobody else again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.ticket import SYSTEM
from tests.application import instant
from tests.integration.outages.points import P11_TO_G07, put, sweep
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
    page_of,
    plan_outage,
    report_fault,
    restore,
    text_to,
)

if TYPE_CHECKING:
    from app.outages.results import OutageResult
    from tests.application import Office


P1_TO_T1 = "P1,service_point,T1,竹溪1号表位,,8,rural,,\n"


def cancel(office: Office, result: OutageResult) -> None:
    number = result.outage.ticket_no
    office.application.outages.announcements.cancel(number, reason="取消", actor=DISPATCHER)


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
