"""What the law demands reaches people in time, at whatever hour it is announced (R-7.2, R-6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import RefusedError
from engine.outage import OutageKind
from engine.ticket import SYSTEM
from notifications.channels.base import ErrorClass
from notifications.message import MessageState
from tests.applicants import CHIEF
from tests.application import instant
from tests.courier import Courier, Dispatcher, to_customers
from tests.outages import (
    DISPATCHER,
    FENG,
    JIANG,
    QIN,
    Listener,
    expect_back,
    plan_outage,
    report_fault,
)

if TYPE_CHECKING:
    from app.outages.results import OutageResult
    from tests.application import Office

S = MessageState
URGENT_WORKS = {"cause": "urgent_defect", "late_announcement_reason": "设备危急缺陷，须立即处理"}


@pytest.fixture
def sms() -> Courier:
    return Courier()


@pytest.fixture
def by(grid: Office, sms: Courier) -> Dispatcher:
    return to_customers(grid, sms)


def told(office: Office, template: str) -> dict[str, MessageState]:
    """Customer's address -> what became of the last message with that text."""
    return {m.address: m.state for m in office.messages() if m.template_key == template}


def announced_urgently(office: Office, begins: str, ends: str, *nodes: str) -> OutageResult:
    given = URGENT_WORKS | {"planned_start_at": begins, "planned_end_at": ends}
    return office.application.outages.announcements.announce(
        OutageKind.TEMPORARY, nodes or ("T1",), given, actor=DISPATCHER
    )


def all_day_and_night(by: Dispatcher) -> None:
    for when in ("07 21:30:05", "07 23:00", "08 07:59", "08 08:00", "08 08:11", "08 08:30"):
        by.round(f"2021-09-{when}")


EVERYBODY = dict.fromkeys((FENG, JIANG), S.ACCEPTED)


def test_a_change_in_the_evening_is_told_before_the_works_begin(
    grid: Office, by: Dispatcher
) -> None:
    planned = plan_outage(grid, "T1")
    by.round("2021-09-01 08:00")
    grid.at("2021-09-07 21:30")
    grid.application.outages.announcements.change(
        planned.outage.ticket_no,
        {"planned_end_at": "2021-09-08 20:00", "late_announcement_reason": "施工延长"},
        reason="施工延长",
        actor=DISPATCHER,
    )
    by.round("2021-09-07 21:30:05")
    assert told(grid, "outage_changed") == EVERYBODY


@pytest.mark.parametrize(
    ("begins", "ends"), [("06:00", "07:30"), ("08:00", "12:00"), ("08:04", "12:00")]
)
def test_urgent_works_are_announced_at_night_if_they_begin_before_the_morning(
    grid: Office, by: Dispatcher, begins: str, ends: str
) -> None:
    grid.at("2021-09-07 21:30")
    announced_urgently(grid, f"2021-09-08 {begins}", f"2021-09-08 {ends}")
    by.round("2021-09-07 21:30:05")
    assert told(grid, "outage_announced") == EVERYBODY


def test_what_can_be_told_in_the_morning_wakes_nobody(grid: Office, by: Dispatcher) -> None:
    grid.at("2021-09-07 21:30")
    announced_urgently(grid, "2021-09-08 09:00", "2021-09-08 12:00")
    by.round("2021-09-07 21:30:05")
    assert told(grid, "outage_announced") == dict.fromkeys((FENG, JIANG), S.PENDING)
    all_day_and_night(by)
    assert told(grid, "outage_announced") == EVERYBODY


def test_that_works_of_the_night_are_off_is_told_at_night(grid: Office, by: Dispatcher) -> None:
    grid.at("2021-09-07 15:00")
    works = announced_urgently(grid, "2021-09-08 03:00", "2021-09-08 06:00")
    by.round("2021-09-07 15:00")
    grid.at("2021-09-07 21:30")
    grid.application.outages.announcements.cancel(
        works.outage.ticket_no, reason="天气原因", actor=DISPATCHER
    )
    by.round("2021-09-07 21:30:05")
    assert told(grid, "outage_cancelled") == EVERYBODY


def test_an_attempt_that_failed_in_the_evening_is_repeated_at_night(
    grid: Office, by: Dispatcher, sms: Courier
) -> None:
    grid.at("2021-09-07 21:30")
    announced_urgently(grid, "2021-09-08 06:00", "2021-09-08 07:30")
    sms.error = ErrorClass.THROTTLE
    by.round("2021-09-07 21:30:05")
    sms.error = None
    by.round("2021-09-07 21:31:10")
    assert told(grid, "outage_announced") == EVERYBODY


def test_no_cap_keeps_an_announcement_back(grid: Office, by: Dispatcher) -> None:
    for hour in range(7):
        grid.at(f"2021-09-07 {hour + 9:02}:00")
        announced_urgently(grid, f"2021-09-09 {hour + 8:02}:00", f"2021-09-09 {hour + 8:02}:30")
        by.round(f"2021-09-07 {hour + 9:02}:00")
    states = [m.state for m in grid.messages() if (m.address, m.kind) == (FENG, "outage")]
    assert states == [S.ACCEPTED] * 7


# --- who said no ---------------------------------------------------------------------------------


def test_who_said_no_is_told_what_is_foreseen_and_nothing_else(
    grid: Office, by: Dispatcher
) -> None:
    with grid.application.database.writing() as work:
        work.suppressions.add(FENG, grid.clock(), source="reply", reason="TD", by="system")
        work.commit()
    plan_outage(grid, "T1")
    fault = report_fault(grid, "T2")
    by.round("2021-09-01 08:00")
    grid.at("2021-09-01 08:10")
    expect_back(grid, fault, "2021-09-01 10:00")
    by.round("2021-09-01 08:11")
    assert told(grid, "outage_announced")[FENG] is S.ACCEPTED
    assert told(grid, "outage_fault")[FENG] is S.SUPPRESSED
    assert told(grid, "outage_estimate")[FENG] is S.SUPPRESSED


# --- what came too late all the same -------------------------------------------------------------


def expired(grid: Office, by: Dispatcher) -> OutageResult:
    """Nobody could be told, because the provider refused everything until the works began."""
    grid.at("2021-09-01 21:30")
    works = announced_urgently(grid, "2021-09-02 06:00", "2021-09-02 07:30", "T2")
    for channel in by.transport.channels.values():
        for courier in channel:
            assert isinstance(courier, Courier)
            courier.error = ErrorClass.THROTTLE
    for when in ("01 21:30:05", "02 05:59", "02 06:01", "02 08:30"):
        by.round(f"2021-09-{when}")
    return works


def test_an_announcement_that_expired_is_for_a_person(grid: Office, by: Dispatcher) -> None:
    works = expired(grid, by)
    states = told(grid, "outage_announced")
    assert set(states.values()) == {S.EXPIRED}
    number = works.outage.ticket_no
    listed = grid.application.outages.reader.unreachable(number, actor=DISPATCHER).undelivered
    assert len(listed) == len(states) == 3
    assert {each.problem for each in listed} == {"expired 轮到发送时已过期"}
    queue = by.transport.queue
    assert by.transport.watch.status(actor=CHIEF).dead_letters == 3
    with grid.application.database.reading() as work:
        assert work.outbox.unhandled_by_state() == {S.EXPIRED: 3}
    queue.handled(listed[0].message_id, "已电话告知", actor=CHIEF)
    assert by.transport.watch.status(actor=CHIEF).dead_letters == 2
    left = grid.application.outages.reader.unreachable(number, actor=DISPATCHER).undelivered
    assert len(left) == 2


def test_service_that_expired_needs_nobody(grid: Office, by: Dispatcher) -> None:
    grid.at("2021-09-01 22:00")
    fault = report_fault(grid, "T2")
    by.round("2021-09-01 22:00")
    grid.at("2021-09-01 22:10")
    expect_back(grid, fault, "2021-09-02 02:00")
    by.round("2021-09-01 22:10")
    by.round("2021-09-02 08:15")
    (estimate, *_) = [m for m in grid.messages() if m.template_key == "outage_estimate"]
    assert estimate.state is S.EXPIRED
    assert by.transport.watch.status(actor=CHIEF).dead_letters == 0
    with pytest.raises(RefusedError, match="逾期未发的法定通知"):
        by.transport.queue.handled(estimate.id, "已电话告知", actor=CHIEF)


# --- the morning ---------------------------------------------------------------------------------


def test_the_pages_of_a_notice_are_spread_over_the_morning(grid: Office) -> None:
    grid.at("2021-09-01 22:00")
    plan_outage(grid, "F1", planned_start_at="2021-09-10 08:00", planned_end_at="2021-09-10 18:00")
    Listener(grid, page=1).write_out()
    instants = {m.not_before for m in grid.messages() if m.template_key == "outage_announced"}
    assert len(instants) > 1
    assert min(instants) >= instant("2021-09-02 08:00")
    assert max(instants) < instant("2021-09-02 08:10")


# --- nobody is forgotten -------------------------------------------------------------------------


def test_whom_only_wechat_would_reach_is_listed_while_that_is_off(grid: Office) -> None:
    content = b"customer_no,node_id,name,phone,wechat_openid,outage_notices\nC22,P22,x,,oWX22,yes\n"
    assert grid.application.imports.customers(content, actor=SYSTEM).refused == ()
    off = grid.another(wechat_carrier="off")
    fault = report_fault(off, "T2")
    heard = {address for address, _ in Listener(off)()}
    listed = off.application.outages.reader.unreachable(
        fault.outage.ticket_no, actor=DISPATCHER
    ).without_address
    assert "oWX22" not in heard
    assert [each.customer_no for each in listed] == ["C22"]
    off.close()
    on = grid.application.outages.reader.unreachable(fault.outage.ticket_no, actor=DISPATCHER)
    assert on.without_address == ()
    assert QIN not in heard
