"""`huodian topology|outage|report`: results, exit codes, and that nothing is half done."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.clock import system_clock
from engine.calendar import SHANGHAI
from tests.outages import CUSTOMERS, NETWORK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_line import Shell

DISPATCHER = "tc-dispatch"


def moment(hours: float) -> str:
    """A local time so many hours from now: the command line has the real clock."""
    at = system_clock().astimezone(SHANGHAI) + timedelta(hours=hours)
    return f"{at:%Y-%m-%d %H:%M}"


def network(tmp_path: Path, text: str = NETWORK) -> str:
    path = tmp_path / "topology.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def desk(shell: Shell, tmp_path: Path) -> Shell:
    """A command line in a network with customers."""
    assert not shell.json("topology", "import", network(tmp_path), user="admin")["refused"]
    customers = tmp_path / "customers.csv"
    customers.write_text(CUSTOMERS, encoding="utf-8")
    assert not shell.json("import", "customers", str(customers), user="admin")["refused"]
    return shell


def planned(hours: float = 24 * 8) -> tuple[str, ...]:
    return (
        *("outage", "announce", "--kind", "planned", "--node", "T1", "--cause", "maintenance"),
        *("--from", moment(hours), "--until", moment(hours + 10)),
        *("--live-work", "not_feasible", "--live-work-considered", "线路间距不足"),
    )


def test_a_file_of_the_network_is_compared_before_it_is_taken(desk: Shell, tmp_path: Path) -> None:
    moved = network(tmp_path, NETWORK.replace("P21,service_point,T2", "P21,service_point,T1"))
    before = desk.json("topology", "show", "P21", user=DISPATCHER)
    found = desk.json("topology", "diff", moved, user="admin")
    assert [each["node_id"] for each in found["changes"]] == ["P21"]
    assert desk.json("topology", "show", "P21", user=DISPATCHER) == before
    desk.json("topology", "import", moved, user="admin")
    after = desk.json("topology", "show", "P21", user=DISPATCHER)
    assert [each["node_id"] for each in after["above"]] == ["T1", "F1", "S1"]
    assert [each["parent_id"] for each in after["stood"]] == ["T2", "T1"]
    assert desk.fails(4, "topology", "show", "NONE", user=DISPATCHER).codes == {"not_found"}


def test_a_preview_counts_whom_it_would_concern(desk: Shell) -> None:
    assert desk.json("outage", "preview", "--node", "F1", user=DISPATCHER) == {
        "service_points": 6,
        "phones": 4,
        "important": 1,
        "without_phone": 1,
    }
    ran = desk.fails(3, "outage", "preview", "--node", "F1", "--node", "NONE", user=DISPATCHER)
    assert ran.codes == {"unknown_node"}


def test_a_fault_from_its_report_to_its_restoration(desk: Shell) -> None:
    fault = ("outage", "announce", "--kind", "fault", "--node", "F1")
    told = desk.json(*fault, "--occurred", moment(-2), "--source", "scada", user=DISPATCHER)
    number = told["ticket_no"]
    assert (told["phase"], told["service_points"], told["told"]) == ("in_progress", 6, "announced")
    estimate = ("--estimate", moment(3))
    progress = desk.json("outage", "progress", number, *estimate, user=DISPATCHER)
    assert progress["told"] == "estimate"
    part = desk.json(
        *("outage", "restore", number, "--node", "T1", "--by", "switching"),
        *estimate,
        user=DISPATCHER,
    )
    assert (part["phase"], part["service_points"]) == ("in_progress", 2)
    whole = desk.json("outage", "restore", number, "--cause", "lightning", user=DISPATCHER)
    assert (whole["phase"], whole["service_points"]) == ("restored", 4)
    listed = desk.json("outage", "unreachable", number, user=DISPATCHER)
    assert [each["node_id"] for each in listed["without_address"]] == ["P22"]
    assert [each["news"] for each in desk.json("outage", "show", number)["told"]] == [
        "announced",
        "estimate",
        "restored",
        "restored",
    ]
    assert desk.json("outage", "list", user=DISPATCHER) == []
    report = desk.json("report", "reliability", user=DISPATCHER)
    assert [(each["feeder_id"], each["count"]) for each in report["feeders"]] == [("F1", 1)]
    assert report["feeders"][0]["outages"] == [number]


def test_a_planned_outage_is_changed_started_and_another_one_cancelled(desk: Shell) -> None:
    number = desk.json(*planned(), user=DISPATCHER)["ticket_no"]
    later = ("--from", moment(24 * 9), "--until", moment(24 * 9 + 5), "--reason", "材料未到")
    assert desk.json("outage", "change", number, *later, user=DISPATCHER)["told"] == "changed"
    assert desk.fails(3, "outage", "start", number, user=DISPATCHER).codes == {
        "earlier_than_announced"
    }
    started = desk.json("outage", "start", number, "--early-reason", "抢险", user=DISPATCHER)
    assert started["phase"] == "in_progress"
    other = desk.json(*planned(hours=24 * 12), user=DISPATCHER)["ticket_no"]
    assert desk.fails(3, "outage", "cancel", other, user=DISPATCHER).codes == {"reason_missing"}
    called_off = desk.json("outage", "cancel", other, "--reason", "改期", user=DISPATCHER)
    assert (called_off["phase"], called_off["told"]) == ("cancelled", "cancelled")


@pytest.mark.parametrize(
    ("arguments", "code", "reasons"),
    [
        (("restore", "{number}"), 3, {"not_out", "trigger_not_allowed"}),
        (("restore", "NONE"), 4, {"not_found"}),
        (("change", "{number}", "--until", "heute", "--reason", "改"), 2, {"field_malformed"}),
        (("cancel", "{number}", "--reason", "改", "--revision", "1"), 5, {"stale_revision"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_says_why_and_does_nothing(
    desk: Shell, arguments: tuple[str, ...], code: int, reasons: set[str]
) -> None:
    number = desk.json(*planned(), user=DISPATCHER)["ticket_no"]
    before = desk.json("outage", "show", number, user=DISPATCHER)
    ran = desk.fails(
        code, "outage", *(each.format(number=number) for each in arguments), user=DISPATCHER
    )
    assert ran.codes == reasons
    assert desk.json("outage", "show", number, user=DISPATCHER) == before


def test_a_late_announcement_is_refused_until_its_reason_is_given(desk: Shell) -> None:
    late = planned(hours=48)
    assert desk.fails(3, *late, user=DISPATCHER).codes == {"announced_late"}
    assert desk.json("outage", "list", user=DISPATCHER) == []
    assert desk.json(*late, "--late-reason", "危急缺陷", user=DISPATCHER)["late"]


def test_arguments_that_cannot_be_are_wrong_calls_and_no_faults(desk: Shell) -> None:
    preview = ("outage", "preview", "--node", "F1", "--as-of", moment(-1), "--from", moment(200))
    assert desk.fails(2, *preview, user=DISPATCHER).codes == {"exclusive"}
    for day in ("0001-01-01", "9999-12-31"):
        ran = desk.fails(2, "report", "reliability", "--faults-until", day, user=DISPATCHER)
        assert ran.codes == {"out_of_range"}
    for month in ("9999-12", "0001-01"):
        ran = desk.fails(2, "readiness", "demand", "--to", month, user="chief")
        assert ran.codes == {"out_of_range"}
    assert desk.fails(4, "report", "reliability", "--feeder", "F9", user=DISPATCHER).codes == {
        "not_found"
    }
    found = desk.json("report", "reliability", "--feeder", "F1", user=DISPATCHER)
    assert (found["outages"], found["faults"]) == ([], [])


def test_a_late_announcement_is_told_wherever_an_outage_is_looked_at(desk: Shell) -> None:
    late = (*planned(hours=48), "--late-reason", "危急缺陷")
    number = desk.json(*late, user=DISPATCHER)["ticket_no"]
    [line] = desk.json("outage", "list", user=DISPATCHER)
    assert line["late_reason"] == "危急缺陷"
    assert "未按规定时间公告：危急缺陷" in desk.run("outage", "show", number).out
    assert "⚑ 未按规定时间公告" in desk.run("outage", "list").out
