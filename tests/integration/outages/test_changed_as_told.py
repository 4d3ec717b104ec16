"""A change is told as a change of what one was told before, whatever that was (N4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifications.message import MessageState
from tests.outages import (
    DISPATCHER,
    FENG,
    HOSPITAL,
    JIANG,
    PUMPS,
    ZHU,
    Listener,
    page_of,
    plan_outage,
)

if TYPE_CHECKING:
    from app.outages.results import OutageResult
    from tests.application import Office

S = MessageState


def moved(grid: Office, planned: OutageResult, day: int, *nodes: str) -> None:
    """It is put off to another day of September, and perhaps to other nodes."""
    grid.clock.pass_by(minutes=30)
    grid.application.outages.announcements.change(
        planned.outage.ticket_no,
        {
            "planned_start_at": f"2021-09-{day:02} 08:00",
            "planned_end_at": f"2021-09-{day:02} 18:00",
        },
        nodes=nodes,
        reason="天气原因",
        actor=DISPATCHER,
    )


def newest(grid: Office, address: str) -> str:
    """What is on its way to somebody."""
    (waiting,) = [
        m.text
        for m in grid.messages()
        if m.notice_id and (m.address, m.state) == (address, S.PENDING)
    ]
    return waiting.removeprefix("计划停电")


def test_a_time_that_nobody_was_told_is_not_quoted(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "T1")
    hear.arrived()
    moved(grid, planned, 10)
    hear.write_out()  # and ended by the next change
    moved(grid, planned, 12)
    hear.write_out()
    for each in (FENG, JIANG):
        assert newest(grid, each).startswith(
            "变更：原定9月8日08:00至18:00停电，现改为9月12日08:00至18:00"
        )


def test_whoever_was_told_nothing_reads_an_announcement(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "T1")
    hear.write_out()
    moved(grid, planned, 10)
    moved(grid, planned, 12)
    assert hear() == [(FENG, "outage_announced"), (JIANG, "outage_announced")]
    assert "定于9月12日08:00至18:00停电" in newest(grid, FENG)


def test_each_reads_what_he_was_told_last(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "T1")
    hear.arrived()
    moved(grid, planned, 10)
    hear.write_out()
    with grid.application.database.writing() as work:  # the second reaches Feng alone
        for each in grid.messages():
            if each.template_key == "outage_changed":
                state = S.ACCEPTED if each.address == FENG else S.FAILED
                work.outbox.settle(each.id, state, grid.clock())
        work.commit()
    moved(grid, planned, 12, "T1", "F2")
    hear.write_out()
    assert newest(grid, FENG).startswith(
        "变更：原定9月10日08:00至18:00停电，现改为9月12日08:00至18:00"
    )
    assert newest(grid, JIANG).startswith(
        "变更：原定9月8日08:00至18:00停电，现改为9月12日08:00至18:00"
    )
    for each in (ZHU, HOSPITAL):
        assert newest(grid, each).startswith("通知：")


def test_who_was_told_by_telephone_was_told(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "T1")
    hear.write_out()
    with grid.application.database.writing() as work:
        for each in grid.messages():
            if each.notice_id:
                work.outbox.settle(each.id, S.FAILED, grid.clock())
                if each.address == FENG:
                    work.outbox.handled(each.id, "tc-counter", grid.clock())
        work.commit()
    moved(grid, planned, 10)
    hear.write_out()
    assert newest(grid, FENG).startswith("变更：原定9月8日")
    assert newest(grid, JIANG).startswith("通知：")


def test_that_it_is_off_quotes_what_was_told_and_is_told_to_nobody_else(
    grid: Office, hear: Listener
) -> None:
    planned = plan_outage(grid, "T1")
    hear.arrived()
    moved(grid, planned, 10, "T1", "F2")
    hear.write_out()
    grid.clock.pass_by(minutes=30)
    grid.application.outages.announcements.cancel(
        planned.outage.ticket_no, reason="检修取消", actor=DISPATCHER
    )
    hear.write_out()
    for each in (FENG, JIANG):
        assert newest(grid, each).startswith("取消：原定9月8日08:00至18:00因设备检修的停电已取消")
    heard = {m.address for m in grid.messages() if m.template_key == "outage_cancelled"}
    assert heard == {FENG, JIANG}


def test_who_was_told_that_it_is_off_is_told_anew(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "F1")
    hear.arrived()
    moved(grid, planned, 10, "T1")
    hear.arrived()
    moved(grid, planned, 12, "T1", "T2")
    hear.write_out()
    assert newest(grid, PUMPS).startswith("通知：")
    # Her meter in T2 was off, the other one was not.
    assert newest(grid, FENG).startswith("变更：原定9月10日")


def test_parts_that_concern_nobody_are_not_shown(grid: Office, hear: Listener) -> None:
    planned = plan_outage(grid, "T1")
    hear.arrived()
    moved(grid, planned, 10)
    hear.arrived()
    moved(grid, planned, 12)
    hear.arrived()
    told = page_of(grid, planned).told
    assert [each.news_name for each in told] == ["停电通知", "变更通知", "变更通知"]
