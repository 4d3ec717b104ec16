"""What cannot happen to an outage in its course: every reason at once, and nothing is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import (
    HuodianError,
    RefusedError,
)
from engine.outage import OutagePhase
from tests.application import codes
from tests.integration.outages.refusals import fields, refused
from tests.outages import (
    DISPATCHER,
    PLANNED,
    expect_back,
    page_of,
    plan_outage,
    report_fault,
    restore,
)

if TYPE_CHECKING:
    from tests.application import Office


def test_supply_does_not_go_out_earlier_than_announced_without_a_reason(grid: Office) -> None:
    number = plan_outage(grid, "T1").outage.ticket_no
    start = grid.application.outages.supply.start
    grid.at("2021-09-08 09:00")
    for occurred, against in (
        ("2021-09-08 07:59", "earlier_than_announced"),
        ("2021-09-01 07:59", "before_the_announcement"),
        ("2021-09-08 09:01", "reported_in_the_future"),
    ):
        given = {"occurred_at": occurred, "occurred_source": "scada"}
        with pytest.raises(RefusedError) as caught:
            start(number, given, actor=DISPATCHER)
        assert codes(caught) == {against}
    excused = {
        "occurred_at": "2021-09-08 07:50",
        "occurred_source": "scada",
        "early_start_reason": "应客户要求提前",
    }
    assert start(number, excused, actor=DISPATCHER).outage.phase is OutagePhase.IN_PROGRESS


@pytest.mark.parametrize(
    ("occurred", "against"),
    [("2021-09-08 17:59", set()), ("2021-09-08 18:00", {"later_than_announced"})],
)
def test_supply_does_not_go_out_after_all_that_was_announced_without_a_reason(
    grid: Office, occurred: str, against: set[str]
) -> None:
    planned = plan_outage(grid, "T1")
    number = planned.outage.ticket_no
    start = grid.application.outages.supply.start
    grid.at("2021-09-20 08:00")
    given = {"occurred_at": occurred, "occurred_source": "scada"}
    assert refused(lambda: start(number, given, actor=DISPATCHER)) == against
    if not against:
        assert page_of(grid, planned).line.late_reason == ""
        return
    assert refused(lambda: start(number, {}, actor=DISPATCHER)) == against  # now, without a word
    start(number, {"early_start_reason": "作业推迟，未及变更公告"}, actor=DISPATCHER)
    assert page_of(grid, planned).line.late_reason == "作业推迟，未及变更公告"


def test_a_time_comes_with_its_own_source(grid: Office) -> None:
    """The source of an earlier part says nothing of the last one's time (R-5.1a)."""
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 12:00")
    grid.at("2021-09-01 09:00")
    restore(grid, fault, "T1", restored_at="2021-09-01 08:30", restored_source="scada")
    grid.at("2021-09-01 10:00")
    for nodes in ((), ("P21",)):
        with pytest.raises(RefusedError) as caught:
            restore(grid, fault, *nodes, restored_at="2021-09-01 09:30")
        assert fields(caught) == {("field_missing", "restored_source")}
    last = restore(grid, fault, restored_at="2021-09-01 09:30", restored_source="metering")
    assert last.outage.ends_source == "metering"


def test_an_estimate_lies_ahead(grid: Office) -> None:
    fault = report_fault(grid, "T1")
    for estimate in ("2021-09-01 08:00", "2021-09-01 07:00"):
        with pytest.raises(RefusedError) as caught:
            expect_back(grid, fault, estimate)
        assert codes(caught) == {"estimate_in_the_past"}
    with pytest.raises(RefusedError) as caught:
        report_fault(grid, "T2", estimated_restoration_at="2021-09-01 08:00")
    assert codes(caught) == {"estimate_in_the_past"}


def test_what_is_not_out_is_not_restored(grid: Office) -> None:
    planned = plan_outage(grid, "T1")
    with pytest.raises(RefusedError) as caught:
        restore(grid, planned)
    assert codes(caught) == {"not_out", "trigger_not_allowed"}
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 12:00")
    with pytest.raises(RefusedError) as caught:
        restore(grid, fault, "G-07", "NOPE", "S1")
    assert fields(caught) == {("not_part_of_it", "nodes"), ("unknown_node", "nodes")}
    assert len(caught.value.reasons) == 3


def test_supply_comes_back_once(grid: Office) -> None:
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 12:00")
    with pytest.raises(RefusedError) as caught:
        restore(grid, fault, "T1", "P11")
    assert codes(caught) == {"restored_twice"}
    restore(grid, fault, "T1")
    for again in ("T1", "P12"):
        with pytest.raises(RefusedError) as caught:
            restore(grid, fault, again)
        assert codes(caught) == {"restored_already"}
    restore(grid, fault, "F1")  # what is left of it
    with pytest.raises(RefusedError) as caught:
        restore(grid, fault)
    assert codes(caught) == {"trigger_not_allowed"}


@pytest.mark.parametrize(
    ("restored", "against"),
    [
        ("2021-09-01 07:59", {"restored_before_it_began"}),
        ("2021-09-01 08:00", set()),
        ("2021-09-01 09:00", set()),
        ("2021-09-01 09:01", {"reported_in_the_future"}),
    ],
)
def test_supply_comes_back_between_the_fault_and_now(
    grid: Office, restored: str, against: set[str]
) -> None:
    fault = report_fault(grid, "T1")
    grid.at("2021-09-01 09:00")
    given = {"restored_at": restored, "restored_source": "scada"}
    assert refused(lambda: restore(grid, fault, **given)) == against


def test_the_rest_needs_an_estimate_when_a_part_is_back(grid: Office) -> None:
    fault = report_fault(grid, "F1")
    with pytest.raises(RefusedError) as caught:
        restore(grid, fault, "T1")
    assert fields(caught) == {("field_missing", "estimated_restoration_at")}


def test_an_estimate_that_has_passed_is_none_for_the_rest(grid: Office) -> None:
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 09:00")
    grid.at("2021-09-01 10:00")
    with pytest.raises(RefusedError) as refused:
        restore(grid, fault, "T1")
    assert [each.code for each in refused.value.reasons] == ["estimate_in_the_past"]
    report = grid.application.outages.supply.report_progress
    number = fault.outage.ticket_no
    with pytest.raises(RefusedError):
        report(number, {"progress": "正在换线"}, actor=DISPATCHER)
    crew = {"crew": "抢修一班", "estimated_restoration_at": ""}
    report(number, crew, trigger="dispatch_crew", actor=DISPATCHER)


def test_a_point_that_has_supply_is_not_restored(grid: Office) -> None:
    fault = report_fault(grid, "F1")
    rest = {"estimated_restoration_at": "2021-09-01 12:00"}
    grid.at("2021-09-01 09:00")
    with pytest.raises(RefusedError) as refused:
        restore(grid, fault, "P13", **rest)  # the hospital has another supply
    assert [each.code for each in refused.value.reasons] == ["not_out"]


def test_the_last_part_ends_the_outage(grid: Office) -> None:
    fault = report_fault(grid, "F1")
    rest = {"estimated_restoration_at": "2021-09-01 12:00"}
    grid.at("2021-09-01 09:00")
    for point in ("P21", "P22", "P23", "P24"):
        assert restore(grid, fault, point, **rest).outage.phase is OutagePhase.IN_PROGRESS
    with pytest.raises(RefusedError) as refused:
        restore(grid, fault, "T2", **rest)
    assert [each.code for each in refused.value.reasons] == ["restored_already"]
    last = restore(grid, fault, "T1", **rest)
    assert (last.service_points, last.outage.phase) == (2, OutagePhase.RESTORED)


def test_changing_and_calling_off_need_a_reason_and_another_time_its_lead(grid: Office) -> None:
    number = plan_outage(grid, "T1").outage.ticket_no
    outages = grid.application.outages.announcements
    with pytest.raises(RefusedError) as caught:
        outages.change(
            number, {"planned_start_at": "2021-09-05 08:00"}, reason="", actor=DISPATCHER
        )
    assert codes(caught) == {"reason_missing", "announced_late"}
    with pytest.raises(RefusedError) as caught:
        outages.cancel(number, reason="", actor=DISPATCHER)
    assert codes(caught) == {"reason_missing"}
    words = {"affected_area": "和畅社区1至3栋"}
    assert outages.change(number, words, reason="更正", actor=DISPATCHER).outage.area == (
        "和畅社区1至3栋"
    )


def test_what_changes_nothing_is_no_change(grid: Office) -> None:
    planned = plan_outage(grid, "T1", "T2", affected_area="和畅社区")
    number = planned.outage.ticket_no
    change = grid.application.outages.announcements.change
    same = {name: PLANNED[name] for name in ("planned_start_at", "planned_end_at")}
    for given, nodes in (
        ({}, ()),
        (same, ()),
        ({"late_announcement_reason": "临时"}, ()),
        ({}, ("T2", "T1")),
    ):
        with pytest.raises(RefusedError) as caught:
            change(number, given, nodes=nodes, reason="核对", actor=DISPATCHER)
        assert codes(caught) == {"nothing_changed"}
    assert [each.news for each in page_of(grid, planned).told] == ["announced"]
    assert not change(number, {"works": "更换变压器"}, reason="补充", actor=DISPATCHER).late


@pytest.mark.parametrize(
    ("ends", "late"), [("2021-09-08 17:00", False), ("2021-09-08 18:01", True)]
)
def test_a_later_end_is_announced_with_the_lead_time_too(
    grid: Office, ends: str, late: bool
) -> None:
    planned = plan_outage(grid, "T1")
    number = planned.outage.ticket_no
    change = grid.application.outages.announcements.change
    grid.at("2021-09-08 07:00")
    given = {"planned_end_at": ends}
    if not late:
        assert not change(number, given, reason="工期缩短", actor=DISPATCHER).late
        return
    with pytest.raises(RefusedError) as caught:
        change(number, given, reason="延长", actor=DISPATCHER)
    assert fields(caught) == {("announced_late", "late_announcement_reason")}
    excused = given | {"late_announcement_reason": "发现新的缺陷"}
    changed = change(number, excused, reason="延长", actor=DISPATCHER)
    assert (changed.late, changed.outage.late_reason) == (True, "发现新的缺陷")


def test_why_it_was_announced_late_is_seen_until_it_is_announced_in_time(grid: Office) -> None:
    grid.at("2021-09-05 08:00")
    planned = plan_outage(grid, "T1", late_announcement_reason="市政抢修")
    number = planned.outage.ticket_no
    reader = grid.application.outages.reader
    assert reader.outage(number, actor=DISPATCHER).line.late_reason == "市政抢修"
    assert [each.late_reason for each in reader.listing(actor=DISPATCHER)] == ["市政抢修"]
    change = grid.application.outages.announcements.change
    change(number, {"works": "换杆"}, reason="补充", actor=DISPATCHER)
    assert page_of(grid, planned).line.late_reason == "市政抢修"
    later = {"planned_start_at": "2021-09-20 08:00", "planned_end_at": "2021-09-20 18:00"}
    assert not change(number, later, reason="改期", actor=DISPATCHER).late
    assert page_of(grid, planned).line.late_reason == ""


def test_a_reason_that_was_not_needed_makes_nothing_late(grid: Office) -> None:
    planned = plan_outage(grid, "T1", late_announcement_reason="多余的说明")
    assert page_of(grid, planned).line.late_reason == ""


def test_more_nodes_need_the_lead_time_too_fewer_do_not(grid: Office) -> None:
    planned = plan_outage(grid, "T1", "T2")
    number = planned.outage.ticket_no
    change = grid.application.outages.announcements.change
    grid.at("2021-09-08 07:00")
    with pytest.raises(RefusedError) as refused:
        change(number, {}, nodes=["T1", "F2"], reason="扩大范围", actor=DISPATCHER)
    assert [each.code for each in refused.value.reasons] == ["announced_late"]
    fewer = change(number, {}, nodes=["T1"], reason="缩小范围", actor=DISPATCHER)
    assert not fewer.late
    known = {"late_announcement_reason": "线路隐患"}
    assert change(number, known, nodes=["F2"], reason="改线路", actor=DISPATCHER).late


def test_an_ended_outage_stays_as_it_is(grid: Office) -> None:
    fault = report_fault(grid, "T1")
    grid.at("2021-09-01 09:00")
    restore(grid, fault)
    number = fault.outage.ticket_no
    for act in (
        lambda: expect_back(grid, fault, "2021-09-01 12:00"),
        lambda: grid.application.outages.announcements.cancel(
            number, reason="错误", actor=DISPATCHER
        ),
        lambda: grid.application.outages.supply.start(number, {}, actor=DISPATCHER),
    ):
        with pytest.raises(HuodianError) as caught:
            act()
        assert codes(caught) <= {"trigger_not_allowed", "unknown_trigger"}
