"""What an outage may not be: every reason at once, with what to do, and nothing half written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from app.people.organisation import NewGrid
from engine.errors import (
    ConflictError,
    HuodianError,
    IntegrityError,
    MalformedError,
    NotFoundError,
    RefusedError,
)
from engine.outage import OutageKind, OutagePhase
from engine.ticket import SYSTEM, Actor, ManagerPair, Role
from tests.applicants import CHIEF, COUNTER, WHO, a_business
from tests.application import codes
from tests.outages import (
    DISPATCHER,
    PLANNED,
    expect_back,
    furnish_outages,
    page_of,
    plan_outage,
    report_fault,
    restore,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.application import Office


@pytest.fixture
def grid(office: Office) -> Office:
    furnish_outages(office)
    return office.at("2021-09-01 08:00")


def fields(caught: pytest.ExceptionInfo[HuodianError]) -> set[tuple[str, str]]:
    return {(each.code, each.field) for each in caught.value.reasons}


def refused(act: Callable[[], object]) -> set[str]:
    """The codes of every reason against it, none if it was done."""
    try:
        act()
    except RefusedError as refusal:
        return {each.code for each in refusal.reasons}
    return set()


def nothing_is_kept(office: Office) -> bool:
    with office.application.database.reading() as work:
        outages = work.outages.listing(open_only=False)
        notices = work.notices.unfinished()
        tickets = work.tickets.open_numbers()
    return not (outages or notices or tickets)


# --- announcing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "late"), [("2021-09-01 08:00", False), ("2021-09-01 08:01", True)])
def test_a_planned_outage_is_announced_seven_times_24_hours_ahead(
    grid: Office, at: str, late: bool
) -> None:
    grid.at(at)
    if not late:
        assert not plan_outage(grid, "T1").late
        return
    with pytest.raises(RefusedError) as caught:
        plan_outage(grid, "T1")
    assert fields(caught) == {("announced_late", "late_announcement_reason")}
    assert "最迟应于 2021-09-01 08:00 公告" in str(caught.value)
    assert nothing_is_kept(grid)
    excused = plan_outage(grid, "T1", late_announcement_reason="市政抢修临时提出")
    assert excused.late


@pytest.mark.parametrize(("at", "late"), [("2021-09-07 08:00", False), ("2021-09-07 08:01", True)])
def test_a_temporary_outage_is_announced_24_hours_ahead(grid: Office, at: str, late: bool) -> None:
    grid.at(at)
    given = {name: PLANNED[name] for name in ("planned_start_at", "planned_end_at")}
    given["cause"] = "safety"
    announce = grid.application.outages.announcements.announce
    against = refused(lambda: announce(OutageKind.TEMPORARY, ["T1"], given, actor=DISPATCHER))
    assert against == ({"announced_late"} if late else set())


def test_everything_wrong_with_an_announcement_is_said_at_once(grid: Office) -> None:
    with pytest.raises(RefusedError) as caught:
        grid.application.outages.announcements.announce(
            OutageKind.PLANNED,
            ["NOPE", "T1", "GONE"],
            {
                "cause": "boredom",
                "planned_start_at": "2021-09-02 18:00",
                "planned_end_at": "2021-09-02 08:00",
                "works": "",
                "colour": "red",
            },
            serves=["TC-20210901-0099"],
            actor=COUNTER,
        )
    assert fields(caught) == {
        ("role_not_allowed", ""),
        ("unknown_node", "nodes"),
        ("field_missing", "live_work"),
        ("field_missing", "live_work_considered"),
        ("ends_before_it_begins", "planned_end_at"),
        ("announced_late", "late_announcement_reason"),
        ("field_malformed", "cause"),
        ("field_unknown", "colour"),
        ("unfit_connection", "serves"),
    }
    assert all(each.remedy for each in caught.value.reasons)
    assert nothing_is_kept(grid)


def test_fields_alone_that_cannot_be_read_are_a_wrong_call(grid: Office) -> None:
    with pytest.raises(MalformedError) as caught:
        report_fault(grid, "T1", occurred_at="gestern", occurred_source="scada")
    assert fields(caught) == {("field_malformed", "occurred_at")}


def test_what_is_asked_for_twice_is_missing_once(grid: Office) -> None:
    with pytest.raises(RefusedError) as caught:
        grid.application.outages.announcements.announce(
            OutageKind.PLANNED, ["T1"], {}, actor=DISPATCHER
        )
    missing = [each.field for each in caught.value.reasons if each.code == "field_missing"]
    assert sorted(missing) == sorted(
        ["cause", "planned_start_at", "planned_end_at", "live_work", "live_work_considered"]
    )


def test_an_outage_needs_nodes(grid: Office) -> None:
    with pytest.raises(RefusedError) as caught:
        report_fault(grid)
    assert fields(caught) == {("nodes_missing", "nodes")}


def test_a_node_that_is_out_of_use_cannot_go_out(grid: Office) -> None:
    head = "node_id,kind,parent_id,name"
    whole = f"{head}\nS1,substation,,城东变电站\nF1,feeder,S1,10千伏城线\n"
    grid.application.network.bring_in(whole.encode(), actor=CHIEF, retire_missing=True)
    with pytest.raises(RefusedError, match="已停用"):
        report_fault(grid, "T1")


def test_what_is_planned_lies_ahead(grid: Office) -> None:
    with pytest.raises(RefusedError) as caught:
        plan_outage(grid, "T1", planned_start_at="2021-09-01 08:00")
    assert codes(caught) == {"begins_in_the_past", "announced_late"}


def test_a_node_below_another_one_is_part_of_it(grid: Office) -> None:
    assert plan_outage(grid, "P11", "T1", "T1").outage.nodes == ("T1",)


@pytest.mark.parametrize(
    ("occurred", "against"),
    [("2021-09-01 08:00", set()), ("2021-09-01 08:01", {"reported_in_the_future"})],
)
def test_a_fault_is_not_reported_before_it_happens(
    grid: Office, occurred: str, against: set[str]
) -> None:
    given = {"occurred_at": occurred, "occurred_source": "customer"}
    assert refused(lambda: report_fault(grid, "T1", **given)) == against


# --- in its course -------------------------------------------------------------------------------


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


# --- who, and whose ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["tc-dispatch", "tc-section", "tc-head"])
def test_dispatchers_and_heads_declare_outages(grid: Office, who: str) -> None:
    announce = grid.application.outages.announcements.announce
    result = announce(OutageKind.FAULT, ["T1"], {}, actor=WHO[who])
    assert result.outage.branch == "tengchong"


@pytest.mark.parametrize("who", ["tc-counter", "tc-account", "marketing", "auditor", "chief"])
def test_nobody_else_does(grid: Office, who: str) -> None:
    with pytest.raises(RefusedError) as caught:
        grid.application.outages.announcements.announce(
            OutageKind.FAULT, ["T1"], {}, actor=WHO[who], branch="tengchong"
        )
    assert codes(caught) == {"role_not_allowed"}


def of_longling() -> Actor:
    return Actor(
        user_id="ll-dispatch",
        name="调度",
        roles=frozenset({Role.DISPATCHER}),
        branch="longling",
    )


def of_the_company() -> Actor:
    return Actor(user_id="dispatch", name="调度", roles=frozenset({Role.DISPATCHER}))


def test_a_branch_declares_outages_on_its_own_nodes(grid: Office) -> None:
    announce: Any = grid.application.outages.announcements.announce
    for node in ("F2", "G-07", "S1"):  # grid tc-02 covers F2
        with pytest.raises(RefusedError) as caught:
            announce(OutageKind.FAULT, [node], {}, actor=of_longling())
        assert codes(caught) == {"other_branch"}
    assert announce(OutageKind.FAULT, ["F1"], {}, actor=of_longling()).outage.branch == "longling"
    with pytest.raises(RefusedError) as caught:
        announce(OutageKind.FAULT, ["F1"], {}, actor=of_longling(), branch="tengchong")
    assert codes(caught) == {"other_branch"}


def test_for_the_company_the_nodes_say_whose_outage_it_is(grid: Office) -> None:
    announce = grid.application.outages.announcements.announce
    company = of_the_company()
    assert announce(OutageKind.FAULT, ["G-07"], {}, actor=company).outage.branch == "tengchong"
    with pytest.raises(RefusedError) as caught:
        announce(OutageKind.FAULT, ["F1"], {}, actor=company)
    assert codes(caught) == {"branch_missing"}
    given = announce(OutageKind.FAULT, ["F1"], {}, actor=company, branch="longling")
    assert given.outage.branch == "longling"


def test_another_branch_does_not_learn_of_an_outage(grid: Office) -> None:
    fault = report_fault(grid, "T1")
    number = fault.outage.ticket_no
    reader = grid.application.outages.reader
    for look in (
        lambda: reader.outage(number, actor=of_longling()),
        lambda: reader.unreachable(number, actor=of_longling()),
        lambda: reader.poster(number, actor=of_longling()),
        lambda: grid.application.outages.supply.restore(number, {}, actor=of_longling()),
    ):
        with pytest.raises(NotFoundError):
            look()
    assert reader.listing(actor=of_longling()) == ()
    with pytest.raises(NotFoundError):
        reader.outage("TC-20210901-0099", actor=DISPATCHER)


def test_an_outage_is_not_moved_past_its_desk(grid: Office) -> None:
    number = plan_outage(grid, "T1").outage.ticket_no
    with pytest.raises(RefusedError) as caught:
        grid.application.tickets.advance(number, "cancel", actor=DISPATCHER, reason="x")
    assert codes(caught) == {"outage_desk"}


# --- two at once, and the network underneath -----------------------------------------------------


def test_of_two_dispatchers_one_is_told_that_the_other_was_faster(grid: Office) -> None:
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 12:00")
    number, seen = fault.outage.ticket_no, fault.revision
    grid.at("2021-09-01 08:30")

    def put_back(node: str) -> str:
        try:
            grid.application.outages.supply.restore(
                number, {}, nodes=[node], actor=DISPATCHER, expected_revision=seen
            )
        except ConflictError:
            return "conflict"
        return "done"

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(put_back, ("T1", "T2")))
    assert outcomes == ["conflict", "done"]
    page = page_of(grid, fault)
    assert len(page.restored_nodes) == 1
    assert page.line.out + page.restored == 6


def test_two_who_restore_the_whole_at_once_restore_it_once(grid: Office) -> None:
    fault = report_fault(grid, "T2")
    grid.at("2021-09-01 08:30")

    def put_back(_: int) -> bool:
        try:
            restore(grid, fault)
        except (ConflictError, RefusedError):
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(put_back, range(2))) == [False, True]
    assert [each.action for each in grid.entries(fault.outage.ticket_no)].count("restore") == 1


def test_a_node_with_an_open_outage_is_not_taken_out_of_use(grid: Office) -> None:
    fault = report_fault(grid, "T2")
    head = "node_id,kind,parent_id,name"
    rest = f"{head}\nS1,substation,,城东变电站\nF1,feeder,S1,10千伏城线\nF2,feeder,S1,10千伏乡线\n"
    bring_in = grid.application.network.bring_in
    with pytest.raises(RefusedError) as caught:
        bring_in(rest.encode(), actor=CHIEF, retire_missing=True)
    assert codes(caught) == {"node_has_outage"}
    named = {each.message.split("”")[0].split("“")[1] for each in caught.value.reasons}
    assert named == {"T2", "P21", "P22", "P23", "P24"}
    assert fault.outage.ticket_no in str(caught.value)
    grid.at("2021-09-01 09:00")
    restore(grid, fault)
    bring_in(rest.encode(), actor=CHIEF, retire_missing=True)


# --- planning ------------------------------------------------------------------------------------


def test_planning_shows_whom_another_outage_hits_within_thirty_days(grid: Office) -> None:
    first = plan_outage(grid, "T1")
    plans = grid.application.outages.plans
    near = plans.plan(["F1"], "2021-10-08 08:00", "2021-10-08 18:00", actor=DISPATCHER)
    assert [(e.ticket_no, e.service_points, e.may_be_merged) for e in near.nearby] == [
        (first.outage.ticket_no, 2, True)
    ]
    assert (near.service_points, near.phones, near.important, near.without_phone) == (6, 4, 1, 1)
    far = plans.plan(["F1"], "2021-10-08 08:01", "2021-10-08 18:00", actor=DISPATCHER)
    assert far.nearby == ()
    elsewhere = plans.plan(["T2"], "2021-09-20 08:00", "2021-09-20 18:00", actor=DISPATCHER)
    assert elsewhere.nearby == ()
    second = plan_outage(
        grid, "F1", planned_start_at="2021-09-20 08:00", planned_end_at="2021-09-20 18:00"
    )
    assert [each.ticket_no for each in second.nearby] == [first.outage.ticket_no]
    grid.application.outages.announcements.cancel(
        first.outage.ticket_no, reason="合并", actor=DISPATCHER
    )
    assert page_of(grid, second).nearby == ()


def test_a_connection_whose_works_need_an_outage_is_found_and_linked(grid: Office) -> None:
    below = grid.submit(a_business(node_id="P21"))
    grid.submit(a_business(node_id="P1", address="别处1号"))
    plan = grid.application.outages.plans.plan(
        ["F1"], "2021-09-09 08:00", "2021-09-09 18:00", actor=DISPATCHER
    )
    assert [(each.ticket_no, each.node_id) for each in plan.connections] == [
        (below.ticket_no, "P21")
    ]
    result = grid.application.outages.announcements.announce(
        OutageKind.PLANNED,
        ["T2"],
        PLANNED,
        serves=[below.ticket_no, below.ticket_no],
        actor=DISPATCHER,
    )
    assert page_of(grid, result).serves == (below.ticket_no,)
    serving = grid.application.outages.reader.serving
    assert [each.ticket_no for each in serving(below.ticket_no, actor=COUNTER)] == [
        result.outage.ticket_no
    ]
    assert serving(below.ticket_no, actor=WHO["ll-counter"]) == ()
    assert serving(result.outage.ticket_no, actor=COUNTER) == ()


def test_a_preview_looks_back_but_not_ahead(grid: Office) -> None:
    plans = grid.application.outages.plans
    counts = plans.preview(["F1"], actor=DISPATCHER, as_of="2021-08-15 12:00")
    assert tuple(counts) == (6, 4, 1, 1)  # type: ignore[call-overload]
    for wrong in ("2021-09-01 08:01", "bald"):
        with pytest.raises(MalformedError) as caught:
            plans.preview(["F1"], actor=DISPATCHER, as_of=wrong)
        assert fields(caught) == {("bad_instant", "as_of")}
    with pytest.raises(RefusedError) as caught:
        plans.preview(["F1", "NOPE"], actor=DISPATCHER)
    assert fields(caught) == {("unknown_node", "nodes")}


def test_a_grid_of_another_branch_on_a_part_makes_the_whole_a_matter_of_the_company(
    grid: Office,
) -> None:
    pair = ManagerPair(project_manager="ll-project", account_manager="ll-account")
    grid.application.organisation.set_grid(
        NewGrid(id="ll-02", branch="longling", name="城区", managers=pair, nodes=("T2",)),
        actor=SYSTEM,
    )
    for node in ("F1", "T2", "P21"):
        with pytest.raises(RefusedError) as caught:
            report_fault(grid, node)
        assert codes(caught) == {"other_branch"}
    report_fault(grid, "T1")


def test_a_notice_without_its_outage_is_a_fault_and_not_told_to_nobody(grid: Office) -> None:
    application = grid.application
    with application.database.writing() as work, pytest.raises(IntegrityError) as broken:
        application.outage_fan_out.page(work, "outage-of-nobody-1", "", 10)
    assert codes(broken) == {"notice_without_outage"}
