"""What an outage may not be announced as: every reason at once, and nothing half written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import (
    MalformedError,
    RefusedError,
)
from engine.outage import OutageKind
from tests.applicants import CHIEF, COUNTER
from tests.application import codes
from tests.integration.outages.refusals import fields, refused
from tests.outages import (
    DISPATCHER,
    PLANNED,
    plan_outage,
    report_fault,
)

if TYPE_CHECKING:
    from tests.application import Office


def nothing_is_kept(office: Office) -> bool:
    with office.application.database.reading() as work:
        outages = work.outages.listing(open_only=False)
        notices = work.notices.unfinished()
        tickets = work.tickets.open_numbers()
    return not (outages or notices or tickets)


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
