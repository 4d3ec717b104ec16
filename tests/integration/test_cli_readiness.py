"""`huodian load|readiness|register`: results, exit codes, and that nothing is half done."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.clock import system_clock
from engine.calendar import local_date

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_line import Shell

FACTORY = (
    "applicant_name=示例县青石建材有限公司",
    "applicant_kind=enterprise",
    "id_number=91530599MA6XPLE05D",
    "phone=13000000308",
    "branch=tengchong",
    "area_class=town",
    "address=示例镇工业路1号",
    "requested_capacity_kw=630",
    "documents=business_licence",
)


def day(ahead: int) -> str:
    """A day so many days from today: the command line has the real clock."""
    return f"{local_date(system_clock()) + timedelta(days=ahead)}"


def loads(tmp_path: Path, kva: str = "112") -> str:
    path = tmp_path / "loads.csv"
    path.write_text(f"node_id,measured_at,peak_kva\nG-07,{day(-1)},{kva}\n", encoding="utf-8")
    return str(path)


def submitted(shell: Shell, *more: str) -> str:
    number: str = shell.json("ticket", "submit", *FACTORY, *more, user="tc-counter")["ticket_no"]
    return number


def test_loads_are_imported_once_and_bad_rows_refused(shell: Shell, tmp_path: Path) -> None:
    path = loads(tmp_path)
    found = shell.json("load", "import", path, "--dry-run", user="tc-counter")
    assert (found["accepted"], found["dry_run"]) == (1, True)
    assert shell.json("load", "import", path, user="tc-counter")["accepted"] == 1
    assert shell.json("load", "import", path, user="tc-counter")["unchanged"] == 1
    bad = tmp_path / "bad.csv"
    bad.write_text("node_id,measured_at,peak_kva\nF1,heute,x\n", encoding="utf-8")
    ran = shell.run("load", "import", str(bad), "--json", user="tc-counter")
    assert ran.code == 3
    assert {each["field"] for each in json.loads(ran.out)["refused"]} == {
        "node_id",
        "measured_at",
        "peak_kva",
    }
    assert [each["peak_kva"] for each in shell.json("load", "show", "G-07", user="chief")] == [
        "112"
    ]
    assert "112" in shell.run("load", "show", "G-07", user="chief").out
    shell.fails(4, "load", "show", "F1", user="chief")
    shell.fails(3, "load", "import", path, user="auditor")


def test_the_daemon_opens_what_must_be_opened(shell: Shell, tmp_path: Path) -> None:
    shell.json("load", "import", loads(tmp_path), user="tc-counter")
    assert shell.json("daemon", "--once")["readiness"]["done"] == 1
    (duty, cell) = shell.json("readiness", "list", user="chief")
    assert (duty["rule"], duty["subject_id"], duty["is_settled"]) == ("must_open", "G-07", False)
    assert (cell["rule"], cell["project_no"]) == ("early_control", duty["project_no"])
    text = shell.run("readiness", "list", user="chief").out
    assert "必须立项并出库" in text
    assert duty["project_no"] in text
    assert shell.json("readiness", "list", "--overdue", user="chief") == []
    (area,) = (a for a in shell.json("readiness", "areas", user="chief") if a["area_id"] == "G-07")
    assert (area["peak_percent"], area["rule"]) == ("70.0", "must_open")
    assert "70.0" in shell.run("readiness", "areas", user="chief").out
    refused = shell.fails(3, "readiness", "open", "G-07", "--reason", "再开", user="tc-project")
    assert refused.codes == {"open_already"}


def test_a_project_is_opened_by_hand_where_a_rule_or_a_reason_speaks_for_it(
    shell: Shell, tmp_path: Path
) -> None:
    shell.json("load", "import", loads(tmp_path, "80"), user="tc-counter")
    number = shell.json("readiness", "open", "G-07", user="tc-project")["ticket_no"]
    page = shell.json("ticket", "show", number, user="chief")
    assert page["definition_ref"].startswith("reinforcement_project@")
    assert page["grid"] == {"forecast": None, "works": None, "restricted": None, "points": []}
    shell.fails(4, "readiness", "open", "NOPE", user="tc-project")


def test_the_public_capacity_and_the_demand(shell: Shell, tmp_path: Path) -> None:
    shell.json("load", "import", loads(tmp_path), user="tc-counter")
    submitted(shell, "node_id=F2")
    found = {each["area_id"]: each for each in shell.json("readiness", "capacity")}
    assert (found["G-07"]["colour"], found["G-07"]["open_kva"]) == ("yellow", "16.0")
    assert found["T1"]["colour"] == "unknown"
    assert "黄（偏紧）" in shell.run("readiness", "capacity").out
    month = day(0)[:7]
    (row,) = shell.json("readiness", "demand", "--from", month, user="chief")
    assert (row["cell"], row["requested_kw"], row["month"]) == ("tc-02", "630", month)
    ran = shell.run("readiness", "demand", "--csv", user="chief")
    assert ran.out.splitlines()[1] == f"tengchong,tc-02,乡镇,{month},1,630,630,0,0"
    assert "乡镇" in shell.run("readiness", "demand", user="chief").out
    assert shell.fails(2, "readiness", "demand", "--from", "x", user="chief").codes == {
        "not_a_month"
    }


def test_a_two_step_supply_from_plan_to_withdrawal(shell: Shell) -> None:
    number = submitted(shell)
    plan = ("readiness", "restricted", "plan", number)
    steps = ("--first-kw", "300", "--first-by", day(30), "--full-by", day(90))
    assert shell.fails(3, *plan, *steps, user="tc-project").codes == {"reason_missing"}
    assert shell.fails(
        2, *plan, "--first-kw", "x", "--first-by", day(1), "--full-by", "bald", user="tc-project"
    ).codes == {"not_a_number", "not_a_day"}
    assert shell.json(*plan, *steps, "--reason", "线路重载", user="tc-project")["revision"] == 2
    (entry,) = shell.json("readiness", "restricted", "list", user="chief")
    assert (entry["outstanding_kw"], entry["first_kw"]) == ("630", "300")
    assert number in shell.run("readiness", "restricted", "list", user="chief").out
    shown = shell.run("ticket", "show", number, user="chief").out
    assert "两步供电  先行 300 kW" in shown
    complete = ("readiness", "restricted", "complete", number)
    assert shell.fails(3, *complete, user="tc-project").codes == {"not_energized"}
    assert shell.fails(5, *complete, "--revision", "1", user="tc-project").codes == {
        "stale_revision"
    }
    shell.json(
        "readiness", "restricted", "withdraw", number, "--reason", "提前投运", user="tc-project"
    )
    assert shell.json("readiness", "restricted", "list", user="chief") == []
    assert len(shell.json("readiness", "restricted", "list", "--all", user="chief")) == 1


def test_matching_works_from_date_to_finish(shell: Shell) -> None:
    number = submitted(shell, f"expected_energization_on={day(200)}")
    plan = ("readiness", "works", "plan", number, "设计:5", "施工:10")
    assert shell.json(*plan, user="tc-project")["revision"] == 2
    (works,) = shell.json("readiness", "works", "list", user="chief")
    assert (works["ticket_no"], works["schedule"]["is_red"]) == (number, False)
    assert len(works["schedule"]["milestones"]) == 2
    assert "正常" in shell.run("readiness", "works", "list", user="chief").out
    assert shell.json("readiness", "works", "list", "--red", user="chief") == []
    for step in ("begin", "finish"):
        shell.json("readiness", "works", step, number, "1", user="tc-project")
    shell.fails(4, "readiness", "works", "finish", number, "9", user="tc-project")
    shell.json(
        "ticket",
        "amend",
        number,
        f"expected_energization_on={day(1)}",
        "--reason",
        "客户提前",
        user="tc-counter",
    )
    shown = shell.run("ticket", "show", number, user="chief").out
    assert "晚于客户期望送电日期" in shown
    assert shell.json("ticket", "show", number, user="chief")["grid"]["works"]["is_red"] is True


def test_the_nearest_point_is_proposed_and_another_explained(shell: Shell) -> None:
    number = submitted(shell)
    points = ("readiness", "points")
    shell.json(
        *points,
        "survey",
        number,
        "node=F1,distance_m=120,free_kva=0",
        "node=F2,distance_m=300,free_kva=900",
        "node=S1,distance_m=900,free_kva=5000,public=yes",
        user="tc-project",
    )
    found = shell.json(*points, "show", number, user="chief")
    assert [(each["node_id"], each["is_proposed"]) for each in found] == [
        ("F2", True),
        ("S1", False),
        ("F1", False),
    ]
    assert "推荐" in shell.run(*points, "show", number, user="chief").out
    assert shell.fails(3, *points, "choose", number, "S1", user="tc-project").codes == {
        "not_nearest"
    }
    shell.json(*points, "choose", number, "S1", "--reason", "客户要求专线", user="tc-project")
    shell.fails(4, *points, "choose", number, "F9", user="tc-project")
    assert shell.fails(2, *points, "survey", number, "F1", user="tc-project").codes == {
        "not_a_pair"
    }


def test_a_low_voltage_ticket_says_what_it_does_to_its_area(shell: Shell, tmp_path: Path) -> None:
    shell.json("load", "import", loads(tmp_path, "111.68"), user="tc-counter")
    resident = (
        "applicant_name=李明",
        "applicant_kind=resident",
        "id_number=530599198805120018",
        "phone=13000000399",
        "branch=tengchong",
        "area_class=rural",
        "address=示例村1号",
        "requested_capacity_kw=20",
        "documents=identity",
        "node_id=P1",
    )
    number = shell.json("ticket", "submit", *resident, user="tc-counter")["ticket_no"]
    forecast = shell.json("ticket", "show", number, user="chief")["grid"]["forecast"]
    assert (forecast["percent_now"], forecast["percent_expected"]) == ("69.8", "83.7")
    assert forecast["exceeds"] is True
    assert "超过 80%，应提前立项" in shell.run("ticket", "show", number, user="chief").out
    shell.json("ticket", "advance", number, "complete_intake", user="tc-counter")


@pytest.mark.parametrize("name", ["undervoltage", "complaint", "community"])
def test_empty_registers_say_so(shell: Shell, name: str) -> None:
    assert shell.json("register", name, "list", user="chief") == []
    assert shell.run("register", name, "list", user="chief").out.startswith("没有")


def test_undervoltage_and_complaints_are_opened_and_closed(shell: Shell) -> None:
    register = ("register", "undervoltage")
    low = ("area=G-07", "source=patrol", "note=末端电压低")
    number = shell.json(*register, "open", *low, user="tc-counter")["number"]
    assert shell.fails(3, *register, "open", *low, user="tc-counter").codes == {"open_already"}
    assert "竹溪台区" in shell.run(*register, "list", user="chief").out
    shell.json(*register, "close", str(number), "--result", "已治理", user="tc-counter")
    shell.fails(5, *register, "close", str(number), "--result", "已治理", user="tc-counter")

    community = ("id=c1", "name=示例花园", "old=yes")
    shell.json("register", "community", "set", *community, user="tc-counter")
    assert shell.fails(2, "register", "community", "set", user="tc-counter").code == 2
    assert "示例花园" in shell.run("register", "community", "list", user="chief").out
    complaint = ("community=c1", "source=hotline", "subject=voltage", "note=晚上灯暗")
    for _ in range(3):
        number = shell.json("register", "complaint", "open", *complaint, user="tc-counter")[
            "number"
        ]
    (rank,) = shell.json("register", "complaint", "ranking", user="chief")
    assert (rank["complaints"], rank["is_frequent"], rank["is_old"]) == (3, True, True)
    assert "频繁" in shell.run("register", "complaint", "ranking", user="chief").out
    shell.json("register", "complaint", "close", str(number), "--result", "已办", user="tc-counter")
    assert len(shell.json("register", "complaint", "list", user="chief")) == 2
    assert "低电压" in shell.run("register", "complaint", "list", "--all", user="chief").out
    assert shell.fails(
        2, "register", "complaint", "open", "community=c9", user="tc-counter"
    ).codes >= {"unknown_community", "required"}
