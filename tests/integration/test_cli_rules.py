"""`huodian calendar|classify|definition`: results exactly as programs expect them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.official_calendar import LAW_2027
from workflows.rule_files import definition_texts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_line import Shell

# --- calendar ----------------------------------------------------------------------------------


def test_a_due_date(shell: Shell) -> None:
    due = shell.json("calendar", "due", "--from", "2021-09-17", "--days", "2")
    assert due == {"from": "2021-09-17", "days": 2, "due_on": "2021-09-22", "provisional": False}
    plain = shell.run("calendar", "due", "--from", "2021-09-17", "--days", "2")
    assert plain.out == "2021-09-17 起 2 个工作日：2021-09-22 24:00 前\n"


def test_a_due_date_explains_itself(shell: Shell) -> None:
    due = shell.json("calendar", "due", "--from", "2021-09-17", "--days", "2", "--explain")
    assert due["steps"] == [
        {"date": "2021-09-18", "counted": True, "why": "调休上班"},
        {"date": "2021-09-19", "counted": False, "why": "中秋节"},
        {"date": "2021-09-20", "counted": False, "why": "中秋节"},
        {"date": "2021-09-21", "counted": False, "why": "中秋节"},
        {"date": "2021-09-22", "counted": True, "why": "工作日"},
    ]


def test_a_due_date_in_an_unknown_year_says_so(shell: Shell) -> None:
    due = shell.json("calendar", "due", "--from", "2026-11-23", "--days", "30")
    assert (due["due_on"], due["provisional"]) == ("2027-01-05", True)
    assert "（暂定）" in shell.run("calendar", "due", "--from", "2026-11-23", "--days", "30").out


@pytest.mark.parametrize("days", ["0", "-1", "1001", "two"])
def test_a_limit_is_a_number_of_days(shell: Shell, days: str) -> None:
    shell.fails(2, "calendar", "due", "--from", "2021-09-17", f"--days={days}")


def test_a_year(shell: Shell) -> None:
    year = shell.json("calendar", "year", "2026")
    assert set(year) == {"year", "status", "working_days", "off_days", "make_up_days"}
    assert (year["year"], year["status"], year["working_days"]) == (2026, "official", 248)
    assert year["make_up_days"] == [
        "2026-01-04",
        "2026-02-14",
        "2026-02-28",
        "2026-05-09",
        "2026-09-20",
        "2026-10-10",
    ]
    assert year["working_days"] + len(year["off_days"]) == 365
    assert shell.json("calendar", "year", "2027")["status"] == "provisional"


def test_a_year_is_imported_after_a_look(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "cn-2027.csv"
    whole = f"date,kind,note\n2027-01-01,off,元旦\n2027-01-09,make_up,\n{LAW_2027}"
    file.write_text(whole, encoding="gbk")
    command = ("calendar", "import", str(file), "--year", "2027")
    assert shell.json(*command, "--dry-run", user="chief")["imported"] is False
    assert shell.json("calendar", "year", "2027")["status"] == "provisional"
    assert shell.json(*command, user="chief")["imported"] is True
    year = shell.json("calendar", "year", "2027")
    assert (year["status"], year["make_up_days"]) == ("imported", ["2027-01-09"])
    assert shell.fails(3, *command, user="tc-counter").codes == {"not_permitted"}
    bad = shell.fails(3, "calendar", "import", str(file), "--year", "2028", user="chief")
    assert bad.codes == {"other_year"}
    file.write_text(whole.replace("2027-10-01,off,国庆节\n", ""), encoding="gbk")
    assert shell.fails(3, *command, user="chief").codes == {"holiday_missing"}
    done = shell.run(*command, "--incomplete", "国务院另有安排", user="chief")
    assert done.code == 0
    assert "2027-10-01 国庆节 在文件中不是休息日" in done.out
    assert shell.fails(2, "calendar", "import", str(tmp_path / "none.csv")).codes == {"wrong_call"}


def test_a_day_is_overridden_with_a_reason(shell: Shell) -> None:
    command = ("calendar", "override", "--on", "2027-02-22", "--off", "--note")
    assert shell.json(*command, "抗震救灾", user="chief")["is_working"] is False
    assert "2027-02-22" in shell.json("calendar", "year", "2027")["off_days"]
    assert shell.fails(2, *command, " ", user="chief").codes == {"note_missing"}
    assert shell.fails(3, *command, "抗震救灾", user="tc-head").codes == {"not_permitted"}


# --- classify ----------------------------------------------------------------------------------


def classify(kind: str, kw: str, area: str, on: str, *more: str) -> tuple[str, ...]:
    facts = ("--applicant-kind", kind, "--capacity-kw", kw, "--area-class", area, "--on", on)
    return ("classify", *facts, *more)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            classify("farmers_cooperative", "90", "rural", "2022-01-05"),
            ("lv_business", "lv_business_three_zero", "three_zero", "extended"),
        ),
        (
            classify("small_micro", "100.1", "rural", "2022-06-01"),
            ("lv_business", "lv_business", "standard", "standard"),
        ),
        (
            classify("small_micro", "70", "city_centre", "2022-06-01", "--existing-kw", "100"),
            ("hv_single_supply", "hv_single_supply", "three_saving", "standard"),
        ),
        (
            classify("enterprise", "80", "town", "2022-06-01", "--supply-sources", "2"),
            ("hv_dual_supply", "hv_dual_supply", "three_saving", "standard"),
        ),
        (
            classify("enterprise", "80", "town", "2022-06-01", "--voltage-kv", "10"),
            ("lv_business", "lv_business", "standard", "standard"),
        ),
    ],
)
def test_a_customer_is_classified_with_reasons(
    shell: Shell, arguments: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    found = shell.json(*arguments)
    keys = ("customer_type", "definition", "service_scheme", "investment_boundary")
    assert set(found) == {*keys, "reasons"}
    assert tuple(found[key] for key in keys) == expected
    assert any("R-4" in reason for reason in found["reasons"])


def test_who_cannot_be_classified(shell: Shell) -> None:
    above = classify("enterprise", "8000", "town", "2022-06-01", "--voltage-kv", "35")
    assert shell.fails(3, *above).codes == {"no_applicable_workflow"}
    for kw in ("0", "-5", "NaN", "inf", "many"):
        arguments = classify("resident", "8", "town", "2022-06-01", f"--existing-kw={kw}")
        if kw != "0":
            assert shell.fails(2, *arguments).codes == {"bad_number"}
        wrong = ("classify", "--applicant-kind=resident", f"--capacity-kw={kw}")
        shell.fails(2, *wrong, "--area-class=town", "--on=2022-06-01")
    shell.fails(2, *classify("giant", "8", "town", "2022-06-01"))


# --- definition --------------------------------------------------------------------------------


def test_definitions_are_listed_and_shown(shell: Shell) -> None:
    listed = [(each["id"], each["version"]) for each in shell.json("definition", "list")]
    assert listed == [
        ("asset_transfer", 1),
        ("fault_outage", 2),
        ("follow_up_call", 1),
        ("hv_dual_supply", 1),
        ("hv_single_supply", 1),
        ("lv_business", 1),
        ("lv_business_three_zero", 1),
        ("lv_resident", 1),
        ("planned_outage", 2),
        ("reinforcement_project", 1),
        ("temporary_outage", 2),
        ("temporary_supply_lease", 1),
    ]
    shown = shell.json("definition", "show", "hv_single_supply")
    assert (shown["id"], shown["version"]) == ("hv_single_supply", 1)
    assert shown["stages"] == [
        {"id": "intake", "name": "业务受理", "limit_days": 1},
        {"id": "supply_plan_reply", "name": "供电方案答复", "limit_days": 4},
        {"id": "inspection_and_energization", "name": "竣工检验和装表接电", "limit_days": 10},
    ]
    assert (shown["handling_limit_days"], shown["end_to_end_limit_days"]) == (15, None)
    assert [each["id"] for each in shown["documents"]] == [
        "identity",
        "business_identity",
        "property_proof",
        "project_approval",
        "completion_report",
    ]
    first = shown["transitions"][0]
    assert (first["trigger"], first["from"], first["to"]) == (
        "complete_intake",
        "submitted",
        "site_visit",
    )
    assert "供电方案答复" in shell.run("definition", "show", "hv_single_supply").out


def test_a_diagram(shell: Shell) -> None:
    shown = shell.json("definition", "diagram", "lv_resident")
    assert shown["id"] == "lv_resident"
    assert shown["mermaid"].startswith("stateDiagram-v2")
    assert shell.run("definition", "diagram", "lv_resident").out == f"{shown['mermaid']}\n"


SHORTER = ("{days: 4,", "{days: 3,", "{days: 15,", "{days: 14,")
FAULTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("{days: 4,", "{days: 5,"), "R-1, 三(一), 附件"),
    (("{days: 15,", "{days: 14,"), "R-1, 附件"),
    (("any_of: [property_proof]", "any_of: [property_proof, lease]"), "R-3.1, 四(二)3"),
    (("name: 用电地址物权证件", "name: 用电承诺书"), "R-10.3, 四(二)3"),
)


def changed(tmp_path: Path, *pairs: str) -> Path:
    """The shipped high-voltage definition with some text replaced."""
    (source,) = (text for name, text in definition_texts() if name == "hv_single_supply.yaml")
    for before, after in zip(pairs[::2], pairs[1::2], strict=True):
        assert before in source
        source = source.replace(before, after)
    file = tmp_path / "draft.yaml"
    file.write_text(source, encoding="utf-8")
    return file


def checked(shell: Shell, file: Path) -> tuple[int, Any]:
    ran = shell.run("definition", "check", str(file), "--json")
    return ran.code, json.loads(ran.out)


def test_shorter_limits_are_allowed(shell: Shell, tmp_path: Path) -> None:
    assert checked(shell, changed(tmp_path, *SHORTER)) == (0, {"ok": True, "problems": []})
    assert shell.run("definition", "check", str(changed(tmp_path))).out == "没有问题\n"


@pytest.mark.parametrize(("pairs", "clause"), FAULTS)
def test_what_the_plan_forbids_is_refused_with_line_and_clause(
    shell: Shell, tmp_path: Path, pairs: tuple[str, ...], clause: str
) -> None:
    code, found = checked(shell, changed(tmp_path, *pairs))
    assert (code, found["ok"]) == (3, False)
    assert clause in {problem["clause"] for problem in found["problems"]}
    for problem in found["problems"]:
        assert {"code", "message", "path", "line", "clause"} <= set(problem)
        assert problem["line"] > 0


def test_a_file_that_cannot_be_read(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text("id: [", encoding="utf-8")
    code, found = checked(shell, file)
    assert (code, found["ok"]) == (3, False)
    file.write_bytes("id: 电".encode("gbk"))
    assert shell.fails(3, "definition", "check", str(file)).codes == {"encoding"}
    shell.fails(2, "definition", "check", str(tmp_path / "none.yaml"))
