"""`huodian ticket|document|import`: a ticket's life from the command line."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from tests.applicants import ACCOUNT, COUNTER, PROJECT, SECTION

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_line import Shell

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
FACTS = {
    "applicant_name": "李明",
    "applicant_kind": "resident",
    "id_number": "11010519491231002X",
    "phone": "13800138000",
    "branch": "tengchong",
    "area_class": "town",
    "address": "示例路1号",
    "requested_capacity_kw": "8",
    "documents": "identity",
}
COUNTER_ID, ACCOUNT_ID, PROJECT_ID = COUNTER.user_id, ACCOUNT.user_id, PROJECT.user_id


def submitted(shell: Shell, **facts: str) -> dict[str, Any]:
    fields = [f"{name}={value}" for name, value in (FACTS | facts).items()]
    found: dict[str, Any] = shell.json("ticket", "submit", *fields, user=COUNTER_ID)
    return found


def advanced(shell: Shell, number: str, trigger: str, user: str) -> dict[str, Any]:
    found: dict[str, Any] = shell.json("ticket", "advance", number, trigger, user=user)
    return found


def test_a_trip_from_the_command_line(shell: Shell) -> None:
    ticket = submitted(shell)
    number = ticket["ticket_no"]
    assert ticket == {
        "ticket_no": number,
        "revision": 1,
        "state": "submitted",
        "stage": "intake",
        "definition": "lv_resident@1",
        "boundary": "extended",
        "suspended": False,
    }
    assert advanced(shell, number, "complete_intake", COUNTER_ID)["state"] == "site_visit"
    advanced(shell, number, "finish_site_visit", ACCOUNT_ID)
    refused = shell.fails(3, "ticket", "advance", number, "release_works", user=PROJECT_ID)
    assert refused.codes == {"document_missing"}
    added = shell.json("document", "add", number, "property_proof", user=ACCOUNT_ID)
    assert (added["revision"], added["document"]["number"]) == (4, 2)
    advanced(shell, number, "release_works", PROJECT_ID)
    suspend = ("ticket", "suspend", number, "--cause", "external_line", "--evidence", "12号")
    assert shell.json(*suspend, user=PROJECT_ID)["suspended"] is True
    assert shell.fails(3, *suspend, user=PROJECT_ID).codes == {"already_suspended"}
    assert shell.json("ticket", "resume", number, user=PROJECT_ID)["suspended"] is False
    advanced(shell, number, "finish_works", PROJECT_ID)
    assert advanced(shell, number, "energize", PROJECT_ID)["state"] == "energized"

    page = shell.json("ticket", "show", number, user="auditor")
    assert (page["ticket_no"], page["revision"], page["is_open"]) == (number, 9, False)
    assert [line["seq"] for line in shell.json("ticket", "history", number, user="auditor")] == [
        *range(9, 0, -1)
    ]
    assert shell.json("ticket", "list", user="auditor")["rows"] == []
    listed = shell.json("ticket", "list", "--all", "--text", "示例路", user="auditor")["rows"]
    assert [row["ticket_no"] for row in listed] == [number]
    assert shell.json("ledger", "verify")["ok"] is True


def test_what_people_read(shell: Shell) -> None:
    number = submitted(shell)["ticket_no"]
    listed = shell.run("ticket", "list", user=COUNTER_ID)
    assert listed.code == 0
    assert number in listed.out
    shown = shell.run("ticket", "show", number, user=COUNTER_ID).out
    assert "业务受理 / 待受理" in shown
    assert "可办  complete_intake  完成业务受理 → 现场服务" in shown
    allowed = shell.run("ticket", "allowed", number, user=SECTION.user_id).out
    assert "不可办  complete_intake  完成业务受理" in allowed
    assert "只能由受理员、客户经理办理" in allowed
    history = shell.run("ticket", "history", number, user=COUNTER_ID).out
    assert "柳青禾" in history
    for text in (listed.out, shown, history):
        assert "李明" not in text
        assert "13800138000" not in text
    assert shell.run("ticket", "list", "--overdue", user=COUNTER_ID).out == "没有待办工单\n"


def test_what_may_be_done_next_is_told_with_reasons(shell: Shell) -> None:
    number = submitted(shell, documents="")["ticket_no"]
    offers = shell.json("ticket", "allowed", number, user=COUNTER_ID)
    keys = {"trigger", "name", "to", "allowed", "reason_required", "fields", "reasons"}
    assert all(set(offer) == keys for offer in offers)
    intake = next(each for each in offers if each["trigger"] == "complete_intake")
    assert (intake["allowed"], intake["reasons"][0]["code"]) == (False, "document_missing")


def test_every_bad_field_is_named_at_once(shell: Shell) -> None:
    fields = ["phone=12345", "requested_capacity_kw=-1", "branch=nowhere", "colour=red"]
    ran = shell.fails(2, "ticket", "submit", *fields, user=COUNTER_ID)
    for field in ("applicant_name", "phone", "requested_capacity_kw", "branch", "colour"):
        assert f'"field": "{field}"' in ran.err
    assert "12345" not in ran.err


def test_a_stale_revision_is_a_conflict(shell: Shell) -> None:
    number = submitted(shell)["ticket_no"]
    advanced(shell, number, "complete_intake", COUNTER_ID)
    for command in (
        ("ticket", "advance", number, "finish_site_visit"),
        ("ticket", "abort", number, "--reason", "撤回"),
        ("ticket", "amend", number, "name=李鸣", "--reason", "录错"),
        ("document", "add", number, "property_proof"),
        ("document", "verify", number, "1"),
        ("document", "reject", number, "1", "--reason", "不清晰"),
    ):
        assert shell.fails(5, *command, "--revision", "1", user=ACCOUNT_ID).codes == {
            "stale_revision"
        }
    shell.json("document", "verify", number, "1", "--revision", "2", user=ACCOUNT_ID)


def test_the_other_changes_of_a_ticket(shell: Shell) -> None:
    number = submitted(
        shell,
        applicant_kind="enterprise",
        id_number="91530599MA6XPLE04A",
        documents="business_licence",
    )["ticket_no"]
    amended = shell.json(
        "ticket", "amend", number, "name=李鸣", "--reason", "录错", user=COUNTER_ID
    )
    assert amended["revision"] == 2
    extend = ("ticket", "extend", number, "--reason", "重点项目")
    assert shell.fails(3, *extend, user=COUNTER_ID).codes == {"not_permitted"}
    assert shell.json(*extend, user=SECTION.user_id)["boundary"] == "extended"
    pair = ("--project-manager", "tc-project-2", "--account-manager", "tc-account-2")
    reassign = ("ticket", "reassign", number, *pair)
    assert shell.fails(3, *reassign, user=SECTION.user_id).codes == {"reason_missing"}
    assert shell.json(*reassign, "--reason", "轮岗", user=SECTION.user_id)["revision"] == 4
    assert shell.fails(3, "ticket", "abort", number, user=COUNTER_ID).codes == {"reason_missing"}
    aborted = shell.json("ticket", "abort", number, "--reason", "客户撤回", user=COUNTER_ID)
    assert aborted["state"] == "aborted"
    wrong = ("ticket", "suspend", number, "--cause", "rain", "--evidence", "x")
    assert shell.fails(2, *wrong, user=COUNTER_ID).codes == {"wrong_call"}


def test_another_process_is_opened(shell: Shell) -> None:
    command = ("--title", "示例小区", "--branch", "tengchong")
    opened = shell.json("ticket", "open", "asset_transfer", *command, user=COUNTER_ID)
    assert (opened["state"], opened["definition"]) == ("awaiting_assessment", "asset_transfer@1")
    wrong = shell.fails(2, "ticket", "open", "lv_resident", *command, user=COUNTER_ID)
    assert wrong.codes == {"needs_application"}
    odd = ("--title", " ", "--branch", "tengchong", "--phone", "12", "--node", "X9")
    bad = shell.fails(2, "ticket", "open", "asset_transfer", *odd, user=COUNTER_ID)
    assert {"required", "unknown_node"} < bad.codes
    assert len(bad.codes) == 3
    unknown = shell.fails(4, "ticket", "open", "unheard_of", *command, user=COUNTER_ID)
    assert unknown.codes == {"not_found"}


# --- documents ---------------------------------------------------------------------------------


def test_a_file_goes_in_and_comes_out(shell: Shell, tmp_path: Path) -> None:
    number = submitted(shell, documents="")["ticket_no"]
    (tmp_path / "deed.pdf").write_bytes(PDF)
    add = ("document", "add", number, "property_proof", "--file", str(tmp_path / "deed.pdf"))
    more = ("--source", "on_site", "--expires-on", "2031-01-01")
    document = shell.json(*add, *more, user=ACCOUNT_ID)["document"]
    assert (document["source"], document["expires_on"]) == ("on_site", "2031-01-01")
    target = tmp_path / "copy.pdf"
    fetch = ("document", "fetch", number, "1", "--to")
    assert shell.json(*fetch, str(target), user=ACCOUNT_ID)["size"] == len(PDF)
    assert target.read_bytes() == PDF
    for existing in (str(target), str(tmp_path / "missing" / "copy.pdf")):
        assert shell.fails(3, *fetch, existing, user=ACCOUNT_ID).codes == {"cannot_write"}
    fetch_none = ("document", "fetch", number, "2", "--to", str(tmp_path / "none.pdf"))
    assert shell.fails(4, *fetch_none, user=ACCOUNT_ID).codes == {"not_found"}
    assert not (tmp_path / "none.pdf").exists()


def test_a_document_is_judged(shell: Shell, tmp_path: Path) -> None:
    number = submitted(shell)["ticket_no"]
    verified = shell.json("document", "verify", number, "1", user=COUNTER_ID)
    assert verified == {"ticket_no": number, "revision": 2, "number": 1}
    reject = ("document", "reject", number, "1")
    assert shell.fails(2, *reject, user=COUNTER_ID).codes == {"reason_missing"}
    assert shell.json(*reject, "--reason", "不清晰", user=COUNTER_ID)["revision"] == 3
    assert shell.fails(3, *reject, user=PROJECT_ID).codes == {"not_permitted"}
    assert shell.fails(2, "document", "verify", number, "0").codes == {"wrong_call"}
    (tmp_path / "run.pdf").write_bytes(b"MZ\x90\x00")
    odd = ("document", "add", number, "property_proof", "--file", str(tmp_path / "run.pdf"))
    assert shell.fails(3, *odd, user=COUNTER_ID).codes == {"file_kind_refused"}
    kind = ("document", "add", number, "commitment_letter")
    assert shell.fails(2, *kind, user=COUNTER_ID).codes == {"unknown_document_kind"}


# --- imports -----------------------------------------------------------------------------------


def written(path: Path, *rows: dict[str, str]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def test_applications_are_imported_after_a_look(shell: Shell, tmp_path: Path) -> None:
    good = {"external_ref": "A1", **FACTS}
    bad = {**good, "external_ref": "A2", "phone": "12345"}
    file = written(tmp_path / "applications.csv", good, bad)
    ran = shell.run("import", "applications", file, "--json", user=COUNTER_ID)
    assert ran.code == 3
    assert '"accepted": 0, "unchanged": 0, "refused": [{"line": 3, "field": "phone"' in ran.out
    only_good = written(tmp_path / "good.csv", good)
    command = ("import", "applications", only_good)
    assert shell.json(*command, "--dry-run", user=COUNTER_ID)["accepted"] == 1
    assert shell.json("ticket", "list", user=COUNTER_ID)["rows"] == []
    result = shell.json(*command, user=COUNTER_ID)
    assert (result["accepted"], result["refused"]) == (1, [])
    again = shell.json(*command, user=COUNTER_ID)
    assert (again["accepted"], again["unchanged"]) == (0, 1)
    assert shell.run(*command, user=COUNTER_ID).out == "已导入 0 条，未变 1 条，问题 0 处\n"


@pytest.mark.parametrize("what", ["applications", "topology", "customers"])
def test_imports_want_a_file_and_somebody_who_may(shell: Shell, tmp_path: Path, what: str) -> None:
    assert shell.fails(2, "import", what, str(tmp_path / "none.csv")).codes == {"wrong_call"}
    file = written(tmp_path / "some.csv", {"node_id": "S9", "kind": "substation"})
    assert "not_permitted" in shell.fails(3, "import", what, file, user=PROJECT_ID).codes


def test_network_and_customers_are_imported(shell: Shell, tmp_path: Path) -> None:
    node = {"node_id": "T9", "kind": "transformer_area", "parent_id": "F1", "name": "新台区"}
    node |= {"rated_kva": "200", "area_class": "town"}
    network = written(tmp_path / "topology.csv", node)
    assert shell.json("import", "topology", network, user="chief")["accepted"] == 1
    customer = {"customer_no": "C1", "node_id": "P1", "name": "罗小满", "phone": "13800138001"}
    customer |= {"outage_notices": "yes"}
    customers = written(tmp_path / "customers.csv", customer)
    assert shell.json("import", "customers", customers, user="chief")["accepted"] == 1
    bad = written(tmp_path / "bad.csv", {**node, "parent_id": "X"})
    ran = shell.run("import", "topology", bad, "--json", user="chief")
    assert ran.code == 3
    assert '"line": 2' in ran.out
