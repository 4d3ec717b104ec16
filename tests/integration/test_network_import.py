"""The network comes in as a difference, keeps where everything stood, and forgets nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app.imports.network_difference import NodeChangeKind
from engine.errors import RefusedError
from engine.network import SupplyView
from tests.applicants import CHIEF, COUNTER, WHO
from tests.application import codes, instant
from tests.outages import report_fault, restore

if TYPE_CHECKING:
    from app.imports.network import NetworkReport
    from tests.application import Office

HEAD = "node_id,kind,parent_id,name,rated_kva,contract_kw,area_class,important,alternative_node_id"
FURNISHED = """\
S1,substation,,城东变电站,,,,,
F1,feeder,S1,10千伏城线,,,,,
T1,transformer_area,F1,和畅台区,400,,city_centre,,
F2,feeder,S1,10千伏乡线,,,,,
G-07,transformer_area,F2,竹溪台区,160,,rural,,
P1,service_point,G-07,竹溪1号表位,,8,rural,,
"""
"""What the office has."""


def bring_in(office: Office, rows: str, **how: bool) -> NetworkReport:
    return office.application.network.bring_in(f"{HEAD}\n{rows}".encode(), actor=CHIEF, **how)


def changes(report: NetworkReport) -> dict[str, tuple[str, ...]]:
    return {each.node_id: tuple(map(str, each.kinds)) for each in report.difference.changes}


def stood(office: Office, node_id: str) -> list[tuple[str | None, bool]]:
    page = office.application.network_reader.node(node_id, actor=COUNTER)
    return [(each.parent_id, each.until is None) for each in page.stood]


def points_below(office: Office, node_id: str, at: str) -> list[str]:
    with office.application.database.reading() as work:
        return work.affected.node_ids_below([node_id], SupplyView.at(instant(at)))


def test_what_differs_is_told_by_kind_before_and_after(office: Office) -> None:
    rows = FURNISHED.replace("P1,service_point,G-07", "P1,service_point,T1").replace(
        "10千伏乡线", "10千伏竹溪线"
    )
    rows = rows.replace("竹溪台区,160", "竹溪新台区,200") + "P2,service_point,T1,新表位,,,,,\n"
    report = bring_in(office, rows, dry_run=True)
    assert changes(report) == {
        "F2": ("renamed",),
        "G-07": ("renamed", "changed"),
        "P1": ("moved",),
        "P2": ("added",),
    }
    moved = next(each for each in report.difference.changes if each.node_id == "P1")
    assert moved.fields == {"parent_id": ("G-07", "T1")}
    assert (report.difference.unchanged, report.difference.missing) == (3, 0)
    assert stood(office, "P1") == [("G-07", True)]
    assert changes(bring_in(office, rows)) == changes(report)
    assert changes(bring_in(office, rows)) == {}


def test_a_moved_point_stands_on_its_old_place_for_what_was_before(office: Office) -> None:
    office.at("2021-08-10 12:00")
    bring_in(office, "P1,service_point,T1,竹溪1号表位,,8,rural,,\n")
    assert stood(office, "P1") == [("G-07", False), ("T1", True)]
    assert points_below(office, "F2", "2021-08-10 11:59") == ["P1"]
    assert points_below(office, "F2", "2021-08-10 12:00") == []
    assert points_below(office, "F1", "2021-08-10 11:59") == []
    assert points_below(office, "F1", "2021-08-10 12:00") == ["P1"]
    # What the first import describes has been so before it.
    assert points_below(office, "F2", "2021-01-01 00:00") == ["P1"]


def test_moved_there_and_back_at_one_instant_leaves_no_trace_of_it(office: Office) -> None:
    office.at("2021-08-10 12:00")
    bring_in(office, "P1,service_point,T1,竹溪1号表位,,8,rural,,\n")
    bring_in(office, "P1,service_point,G-07,竹溪1号表位,,8,rural,,\n")
    assert stood(office, "P1") == [("G-07", False), ("G-07", True)]
    assert points_below(office, "F2", "2021-08-10 12:00") == ["P1"]


def test_what_a_file_lacks_stays_unless_it_is_to_be_retired(office: Office) -> None:
    without_p1 = FURNISHED[: FURNISHED.index("P1,")]
    report = bring_in(office, without_p1)
    assert (changes(report), report.difference.missing) == ({}, 1)
    assert points_below(office, "S1", "2021-07-28 09:00") == ["P1"]

    office.at("2021-08-10 12:00")
    report = bring_in(office, without_p1, retire_missing=True)
    assert changes(report) == {"P1": ("retired",)}
    assert points_below(office, "S1", "2021-08-10 11:59") == ["P1"]
    assert points_below(office, "S1", "2021-08-10 12:00") == []
    assert not office.application.queries.knows_node("P1")
    page = office.application.network_reader.node("P1", actor=COUNTER)
    assert page.retired_at == instant("2021-08-10 12:00")

    office.at("2021-09-01 08:00")
    assert changes(bring_in(office, FURNISHED)) == {"P1": ("added",)}
    assert points_below(office, "S1", "2021-08-31 12:00") == []
    assert points_below(office, "S1", "2021-09-01 08:00") == ["P1"]


def test_a_whole_network_may_not_refer_to_what_it_does_not_have(office: Office) -> None:
    report = bring_in(
        office, FURNISHED.replace("G-07,transformer_area", "G-08,transformer_area"),
        retire_missing=True,
    )  # fmt: skip
    assert [(each.line, each.field) for each in report.refused] == [(7, "parent_id")]


def test_every_import_leaves_one_entry_with_its_counts(office: Office) -> None:
    bring_in(office, "P2,service_point,T1,新表位,,,,,\n")
    bring_in(office, "P2,service_point,T1,新表位,,,,,\n")
    entries = [e for e in office.entries("administration") if e.action == "import_topology"]
    assert len(entries) == 2  # the furnishing, and the first of these two
    found = json.loads(entries[-1].details)
    assert (found["added"], found["unchanged"], len(found["file_sha256"])) == (1, 0, 64)


def test_only_who_may_import_brings_a_network_in(office: Office) -> None:
    with pytest.raises(RefusedError, match="导入数据"):
        office.application.network.bring_in(b"", actor=WHO["tc-dispatch"])
    assert NodeChangeKind.ADDED == "added"


def as_somebody(office: Office, rows: str, who: str, **how: bool) -> NetworkReport:
    return office.application.network.bring_in(f"{HEAD}\n{rows}".encode(), actor=WHO[who], **how)


def test_only_the_company_says_what_the_whole_network_is(office: Office) -> None:
    for who in ("tc-counter", "ll-counter"):
        with pytest.raises(RefusedError) as caught:
            as_somebody(office, FURNISHED, who, retire_missing=True)
        assert codes(caught) == {"company_wide"}
    assert points_below(office, "S1", "2021-07-28 09:00") == ["P1"]


@pytest.mark.parametrize(
    ("rows", "foreign"),
    [
        ("P1,service_point,G-07,改名,,8,rural,,\n", {"P1"}),  # tc-02 covers F2
        ("P2,service_point,G-07,新表位,,8,rural,,\n", {"P2"}),
        ("P1,service_point,T1,竹溪1号表位,,8,rural,,\n", {"P1"}),  # taken away from it
        ("S1,substation,,改名,,,,,\n", {"S1"}),  # everything below hangs on it
        ("P2,service_point,T1,新表位,,8,city_centre,,\n", set()),  # T1 is nobody's
        ("F2,feeder,S1,10千伏乡线,,,,,\n", set()),  # named, and not changed
    ],
)
def test_a_branch_brings_in_its_own_nodes_and_nobodys(
    office: Office, rows: str, foreign: set[str]
) -> None:
    if foreign:
        with pytest.raises(RefusedError) as caught:
            as_somebody(office, rows, "ll-counter")
        assert codes(caught) == {"other_branch"}
        assert {each for each in foreign if f"“{each}”" in str(caught.value)} == foreign
    else:
        as_somebody(office, rows, "ll-counter")
    assert as_somebody(office, rows, "tc-counter").refused == ()


def test_what_lies_below_an_open_outage_is_not_taken_out_of_use(office: Office) -> None:
    """Also not if its points hang elsewhere then: supply comes back by way of it (0028)."""
    office.at("2021-09-01 08:00")
    fault = report_fault(office, "F2")
    renewed = FURNISHED.replace("G-07,transformer_area", "G-08,transformer_area").replace(
        "P1,service_point,G-07", "P1,service_point,G-08"
    )
    with pytest.raises(RefusedError) as caught:
        bring_in(office, renewed, retire_missing=True)
    assert codes(caught) == {"node_has_outage"}
    assert "“G-07”" in str(caught.value)
    office.at("2021-09-01 09:00")
    restore(office, fault)
    assert changes(bring_in(office, renewed, retire_missing=True))["G-07"] == ("retired",)


def test_a_branch_says_who_is_behind_its_own_points(office: Office) -> None:
    head = "customer_no,node_id,name,phone,wechat_openid,outage_notices\n"
    customers = office.application.imports.customers
    one = (head + "C1,P1,朱某,13000001001,,yes\n").encode()
    with pytest.raises(RefusedError) as caught:
        customers(one, actor=WHO["ll-counter"])
    assert codes(caught) == {"other_branch"}
    assert customers(one, actor=WHO["tc-counter"]).accepted == 1
    bring_in(office, "P2,service_point,T1,新表位,,8,city_centre,,\n")
    taken = (head + "C1,P2,朱某,13000001001,,yes\n").encode()  # P2 is nobody's, C1 stood on F2
    with pytest.raises(RefusedError):
        customers(taken, actor=WHO["ll-counter"])
    assert customers(taken, actor=CHIEF).accepted == 1
    assert customers(taken, actor=WHO["ll-counter"]).unchanged == 1
