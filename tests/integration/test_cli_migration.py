"""`huodian definition impact|replay|migrate` and what goes with them, from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.applicants import ACCOUNT, COUNTER
from tests.integration.test_cli_changing_rules import (
    ID,
    SECOND,
    STRICTER,
    administrators,
    written,
)
from tests.integration.test_cli_tickets import advanced, submitted
from tests.migrating import RENAMED
from tests.unit.workflows.drafts import edited

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_line import Shell

__all__ = ["administrators"]

ENTERPRISE = {
    "applicant_name": "示例县知行文化有限公司",
    "applicant_kind": "enterprise",
    "id_number": "91530599MA6XPLE04A",
    "requested_capacity_kw": "80",
    "documents": "business_licence;property_proof",
}


def enterprise(shell: Shell, address: str = "示例路1号") -> str:
    """A ticket of low-voltage business."""
    return str(submitted(shell, **ENTERPRISE, address=address)["ticket_no"])


def drafted(shell: Shell, tmp_path: Path, text: str = STRICTER) -> str:
    draft = shell.json("definition", "draft", written(tmp_path, text))
    return str(draft["number"])


def published(shell: Shell, tmp_path: Path, text: str = STRICTER) -> None:
    shell.json("definition", "publish", drafted(shell, tmp_path, text), user=SECOND)


def proposed(shell: Shell, *options: str, version: int = 2) -> str:
    call = ("definition", "migrate", ID, "--to", str(version), "--reason", "时限缩短")
    return str(shell.json(*call, *options)["number"])


def test_the_impact_of_a_draft(administrators: Shell, tmp_path: Path) -> None:
    shell = administrators
    number = enterprise(shell)
    draft = drafted(shell, tmp_path)
    shown = shell.json("definition", "impact", draft)
    assert (shown["examined"], shown["totals"]["earlier"], shown["after"]) == (1, 1, "")
    (ticket,) = shown["tickets"]
    assert (ticket["ticket_no"], ticket["verdict"], ticket["version"]) == (number, "earlier", 1)
    assert {each["clock"] for each in ticket["effects"]["terms"]} == {
        "handling",
        "stage:metering_and_energization",
    }
    text = shell.run("definition", "impact", draft).out
    assert f"{number}  第 1 版  待受理  可迁移，时限提前" in text
    assert "由 4 个工作日改为 3 个工作日" in text


def test_from_the_dry_run_to_the_result(administrators: Shell, tmp_path: Path) -> None:
    shell = administrators
    number = enterprise(shell)
    published(shell, tmp_path)
    listed = {each["id"]: each for each in shell.json("definition", "list")}
    assert (listed[ID]["version"], listed[ID]["in_flight"]) == (2, 0)
    assert listed[ID]["older"] == [{"version": 1, "in_flight": 1}]
    assert "第1版 1" in shell.run("definition", "list").out
    dry = shell.json("definition", "migrate", ID, "--to", "2", "--dry-run")
    assert (dry["examined"], dry["totals"]["earlier"], dry["note"]) == (1, 1, "")
    assert shell.json("definition", "migrations") == []

    migration = proposed(shell)
    assert shell.fails(3, "definition", "migrate", "--run", migration).codes == {"second_person"}
    ran = shell.run("definition", "migrate", "--run", migration, user=SECOND)
    assert (ran.code, "已处理 1 张" in ran.err) == (0, True)
    assert "已迁移 1 张，未迁移 0 张" in ran.out
    view = shell.json("definition", "migration", migration)
    assert (view["state"], view["moved"]) == ("finished", 1)
    assert [each["ticket_no"] for each in view["tickets"]] == [number]
    assert f"{ID} 各版 → 第 2 版" in shell.run("definition", "migrations", ID).out
    assert number in shell.run("definition", "migration", migration).out
    assert shell.json("ticket", "show", number)["definition_ref"] == f"{ID}@2"
    assert "迁移到新版本" in shell.run("ticket", "history", number).out
    assert shell.json("ledger", "verify")["ok"]
    again = shell.fails(5, "definition", "migrate", "--run", migration, user=SECOND)
    assert again.codes == {"migration_closed"}


def test_a_mapping_comes_as_options_or_as_a_file(administrators: Shell, tmp_path: Path) -> None:
    shell = administrators
    number = enterprise(shell)
    advanced(shell, number, "complete_intake", COUNTER.user_id)
    draft = drafted(shell, tmp_path, RENAMED)
    call = ("definition", "impact", draft)
    assert shell.json(*call)["totals"]["refused"] == 1
    told = shell.run(*call, "--verdict", "refused").out
    assert "新版本没有接替“现场服务”（site_visit）的状态" in told
    assert shell.json(*call, "--map", "site_visit=survey")["totals"]["moves"] == 1
    for name, content in (
        ("map.yaml", "states:\n  site_visit: survey\n"),
        ("map.json", '{"states": {"site_visit": "survey"}}'),
    ):
        file = written(tmp_path, content, name)
        assert shell.json(*call, "--mapping", file)["totals"]["moves"] == 1
    assert shell.fails(2, *call, "--map", "site_visit").codes == {"malformed_mapping"}
    assert shell.fails(2, *call, "--map", "visit=survey").codes == {"unknown_state"}


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("states:\n\tsite_visit: survey\n", "tab", 2),
        ("states:\n  site_visit： survey\n", "full_width_punctuation", 1),
        ("states: {a: b}\nstates: {c: d}\n", "duplicate_key", 2),
        ("a: &a [x]\nb: *a\n", "anchor", 1),
        ("states: [site_visit]\n", "wrong_type", 1),
        ("states: {Site: survey}\n", "wrong_value", 1),
        ("stages: {a: b}\n", "unknown_key", 1),
        ("x" * 300_000, "file_too_large", 1),
    ],
    ids=["tab", "full width", "twice", "anchor", "list", "upper case", "unknown key", "300 kB"],
)
def test_a_mapping_file_is_refused_by_line(
    administrators: Shell, tmp_path: Path, content: str, code: str, line: int
) -> None:
    shell = administrators
    file = written(tmp_path, content, "map.yaml")
    refused = shell.fails(
        3, "definition", "migrate", ID, "--to", "1", "--mapping", file, "--dry-run"
    )
    assert code in refused.codes
    assert f"map.yaml:{line}" in refused.err


def test_the_customers_agreement_from_the_command_line(
    administrators: Shell, tmp_path: Path
) -> None:
    shell = administrators
    published(shell, tmp_path)
    number = enterprise(shell)
    rollback = shell.json("definition", "rollback", ID, "--to", "1")["number"]
    shell.json("definition", "publish", str(rollback), user=SECOND)
    migration = proposed(shell, version=3)
    call = ("definition", "agree", number, "--migration", migration, "--evidence")
    assert shell.fails(3, *call, "", user=ACCOUNT.user_id).codes == {"evidence_missing"}
    agreed = shell.json(*call, "客户同意书第5号", "--revision", "1", user=ACCOUNT.user_id)
    assert agreed == {"ticket_no": number, "migration": int(migration), "revision": 2}
    assert shell.fails(3, *call, "再来一次", user=ACCOUNT.user_id).codes == {"nothing_to_agree"}
    view = shell.json("definition", "migrate", "--run", migration, user=SECOND)
    assert view["totals"]["agreed"] == 1


def test_what_a_draft_would_have_done_to_finished_tickets(
    administrators: Shell, tmp_path: Path
) -> None:
    shell = administrators
    number = enterprise(shell)
    shell.json("ticket", "abort", number, "--reason", "客户撤回", user=COUNTER.user_id)
    draft = drafted(shell, tmp_path)
    found = shell.json("definition", "replay", draft)
    assert (found["totals"]["examined"], found["totals"]["same"], found["tickets"]) == (1, 1, [])
    told = shell.run("definition", "replay", draft)
    assert (told.code, "重演已结束的工单 1 张，与原来一致 1 张" in told.out) == (0, True)


def test_cancelling(administrators: Shell, tmp_path: Path) -> None:
    shell = administrators
    enterprise(shell)
    published(shell, tmp_path)
    migration = proposed(shell)
    other = ("definition", "migrate", ID, "--to", "2", "--reason", "再来")
    assert shell.fails(5, *other).codes == {"migration_open"}
    call = ("definition", "cancel-migration", migration, "--reason", "改用新方案")
    assert shell.json(*call, user=SECOND)["state"] == "cancelled"
    assert shell.fails(5, *call, user=SECOND).codes == {"migration_closed"}
    assert "已取消" in shell.run("definition", "migrations").out


@pytest.mark.parametrize(
    "words",
    [
        ("migrate",),
        ("migrate", ID),
        ("migrate", "--to", "2"),
        ("migrate", "--run", "1", "--dry-run"),
        ("migrate", ID, "--to", "2", "--run", "1"),
        ("migrate", "--run", "1", "--map", "a=b"),
        ("migrate", ID, "--to", "zwei"),
        ("migration",),
        ("agree", "TC-20210906-0001", "--migration", "1"),
        ("cancel-migration", "1"),
        ("impact", "first"),
        ("impact", "1", "--verdict", "perhaps"),
        ("impact", "1", "--limit", "0"),
        ("replay",),
    ],
)
def test_a_wrong_call_is_told_from_a_refusal(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell.fails(2, "definition", *words).codes == {"wrong_call"}


def test_what_does_not_exist_and_what_is_not_allowed(administrators: Shell, tmp_path: Path) -> None:
    shell = administrators
    enterprise(shell)
    assert shell.fails(4, "definition", "impact", "9").codes == {"not_found"}
    assert shell.fails(4, "definition", "replay", "9").codes == {"not_found"}
    assert shell.fails(4, "definition", "migrate", "--run", "9").codes == {"not_found"}
    assert shell.fails(4, "definition", "migration", "9").codes == {"not_found"}
    call = ("definition", "migrate", ID, "--reason", "x")
    assert shell.fails(4, *call, "--to", "9").codes == {"not_found"}
    assert shell.fails(3, *call, "--to", "1").codes == {"nothing_to_move"}
    assert shell.fails(2, "definition", "migrate", ID, "--to", "1").codes == {"reason_missing"}
    shell.json("definition", "draft", written(tmp_path, STRICTER))
    outsider = ("definition", "impact", "1")
    assert shell.fails(3, *outsider, user=COUNTER.user_id).codes == {"not_permitted"}
    faulty = edited(ID, ("limit: {days: 4,", "limit: {days: 40,"))
    shell.json("definition", "draft", written(tmp_path, faulty), "--revision", "1")
    assert "limit_above_plan" in shell.fails(3, *outsider).codes
    assert "limit_above_plan" in shell.fails(3, "definition", "replay", "1").codes
