"""`huodian definition|template|calendar` where rules are changed: results, refusals, exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notifications.renderer import shipped_sources
from tests.applicants import COUNTER
from tests.integration.test_cli_tickets import submitted
from tests.unit.workflows.drafts import edited, shipped_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_line import Shell

ID = "lv_business"
STRICTER = edited(
    ID,
    ("limit: {days: 4,", "limit: {days: 3,"),
    ("handling_limit: {days: 5,", "handling_limit: {days: 4,"),
)
FAULTY = shipped_text(ID).replace("limit: {days: 4,", "limit: {days: 40,")
KEY = "next_stage"
SOURCE = shipped_sources()[KEY]
SECOND = "second"


@pytest.fixture
def administrators(shell: Shell) -> Shell:
    """`chief` acts unless the other administrator, `second`, is named."""
    shell.set(actor="chief")
    shell.json("user", "add", SECOND, "--name", "方晓白", "--role", "administrator")
    return shell


def written(tmp_path: Path, text: str | bytes, name: str = "file.yaml") -> str:
    """A file to hand over."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


# --- definitions -------------------------------------------------------------------------------


def test_a_definition_goes_from_draft_to_publication_and_back(
    administrators: Shell, tmp_path: Path
) -> None:
    shell, file = administrators, written(tmp_path, STRICTER)
    assert shell.json("definition", "check", file) == {"ok": True, "problems": []}
    draft = shell.json("definition", "draft", file)
    assert (draft["number"], draft["revision"], draft["problems"]) == (1, 1, [])
    assert shell.json("definition", "drafts")[0]["author"] == "chief"

    difference = shell.json("definition", "diff", "1")
    assert [each["direction"] for each in difference["changes"]] == ["stricter", "stricter"]
    told = shell.run("definition", "diff", "1").out
    assert "由“4 个工作日”缩短为“3 个工作日”" in told
    assert "+    limit: {days: 3," in told
    assert "【变更】装表接电" in told

    assert shell.fails(3, "definition", "publish", "1").codes == {"second_person"}
    published = shell.json("definition", "publish", "1", "--revision", "1", user=SECOND)
    assert (published["ref"], published["supersedes"]) == (f"{ID}@2", f"{ID}@1")
    rollback = shell.json("definition", "rollback", ID, "--to", "1", user=SECOND)
    assert (rollback["kind"], rollback["restores"]) == ("rollback", 1)
    number = str(rollback["number"])
    later = shell.json("definition", "publish", number, "--in-force-from", "2999-01-01")
    assert (later["ref"], later["restores"]) == (f"{ID}@3", 1)
    versions = shell.json("definition", "versions", ID)
    assert [each["version"] for each in versions] == [3, 2, 1]
    assert versions[1]["superseded_at"] == versions[0]["in_force_from"]
    assert shell.json("definition", "diff", ID, "--from", "1", "--to", "3")["changes"] == []
    assert f"{ID}@3" in shell.run("definition", "versions").out


def test_what_is_wrong_with_a_definition_is_told_and_keeps_it_from_being_published(
    administrators: Shell, tmp_path: Path
) -> None:
    shell, file = administrators, written(tmp_path, FAULTY)
    checked = shell.run("definition", "check", file)
    assert (checked.code, checked.err) == (3, "")
    assert "第 14 行 stages.1.limit.days" in checked.out
    assert shell.json("definition", "draft", file)["problems"]
    assert shell.run("definition", "check", "--draft", "1").code == 3
    assert "limit_above_plan" in shell.fails(3, "definition", "publish", "1", user=SECOND).codes


def test_two_administrators_and_one_draft(administrators: Shell, tmp_path: Path) -> None:
    shell, draft = administrators, ("definition", "draft", written(tmp_path, STRICTER))
    shell.json(*draft)
    assert shell.fails(5, *draft).codes == {"stale_draft"}
    assert shell.fails(5, *draft, user=SECOND).codes == {"draft_taken"}
    assert shell.fails(3, *draft, user=COUNTER.user_id).codes == {"not_permitted"}
    assert shell.json(*draft, "--revision", "1")["revision"] == 2
    assert shell.run("definition", "discard", "1", "--reason", "重写").code == 0
    assert shell.fails(5, "definition", "publish", "1", user=SECOND).codes == {"draft_closed"}
    assert shell.run("definition", "drafts").out == "没有草稿\n"
    assert shell.json(*draft, user=SECOND)["number"] == 2


@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("diff", ID),
        ("publish", "1", "--in-force-from", "morgen"),
        ("publish", "one"),
        ("discard", "1"),
        ("rollback", ID),
    ],
)
def test_a_wrong_call_is_told_from_a_refusal(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell.fails(2, "definition", *words).codes == {"wrong_call"}


def test_what_does_not_exist_and_what_is_past(administrators: Shell, tmp_path: Path) -> None:
    shell = administrators
    shell.fails(4, "definition", "publish", "99")
    shell.fails(4, "definition", "diff", "99")
    shell.fails(4, "definition", "rollback", ID, "--to", "9")
    shell.json("definition", "draft", written(tmp_path, STRICTER))
    past = ("definition", "publish", "1", "--in-force-from", "2021-07-28")
    assert shell.fails(2, *past, user=SECOND).codes == {"not_in_future"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"id: x\nname: \xd6\xd0\n", "encoding"),
        (b"a: &a [x]\nb: [*a, *a]\n", "anchor"),
        (b"id: x\n" * 2_000_000, "file_too_large"),
    ],
    ids=["GBK", "bomb", "12 MB"],
)
def test_a_file_that_is_no_definition_is_no_draft(
    administrators: Shell, tmp_path: Path, content: bytes, code: str
) -> None:
    refused = administrators.fails(3, "definition", "draft", written(tmp_path, content))
    assert code in refused.codes
    assert administrators.json("definition", "drafts") == []


# --- message texts -----------------------------------------------------------------------------


def test_a_message_text_goes_from_draft_to_use(administrators: Shell, tmp_path: Path) -> None:
    shell = administrators
    number = submitted(shell)["ticket_no"]
    assert len(shell.json("template", "list")) == len(shipped_sources())
    assert shell.run("template", "show", KEY).out.strip() == SOURCE.strip()
    file = written(tmp_path, SOURCE.replace("下一环节：", "接下来："), "next.j2")
    assert shell.json("template", "check", KEY, file)["ok"]
    preview = shell.run("template", "preview", KEY, file, "--ticket", number)
    assert preview.code == 0
    assert "接下来：" in preview.out
    assert "〔done〕" in preview.out
    assert "按短信计" in preview.out
    assert shell.json("template", "draft", KEY, file)["faults"] == []
    assert len(shell.json("template", "drafts")) == 1
    assert shell.fails(3, "template", "publish", "1").codes == {"second_person"}
    published = shell.json("template", "publish", "1", user=SECOND)
    assert published == {"key": KEY, "version": 2}
    assert "接下来：" in shell.run("template", "show", KEY).out
    assert "接下来：" not in shell.run("template", "show", KEY, "--version", "1").out


def test_a_message_text_that_could_run_for_ever_is_refused(
    administrators: Shell, tmp_path: Path
) -> None:
    shell = administrators
    file = written(tmp_path, SOURCE + "{% for a in stage %}{{ a }}{% endfor %}", "loop.j2")
    checked = shell.run("template", "check", KEY, file)
    assert (checked.code, "不允许语法“For”" in checked.out) == (3, True)
    shell.fails(4, "template", "check", "no_such", file)
    number = str(shell.json("template", "draft", KEY, file)["number"])
    assert shell.fails(3, "template", "publish", number, user=SECOND).codes == {
        "template_construct"
    }
    assert shell.run("template", "discard", number, "--reason", "不用循环").code == 0
    assert shell.run("template", "drafts").out == "没有草稿\n"


# --- the calendar ------------------------------------------------------------------------------


def test_a_change_of_the_calendar_shows_beforehand_whose_dates_move(
    administrators: Shell, tmp_path: Path
) -> None:
    shell = administrators
    number = submitted(shell)["ticket_no"]
    clock = next(
        each
        for each in shell.json("ticket", "show", number)["clocks"]
        if each["id"].startswith("s")
    )
    due = clock["due_on"]
    call = ("calendar", "override", "--on", due, "--off", "--note", "临时放假")
    shown = shell.json(*call, "--dry-run")
    assert shown["set"] is False
    moves = [each for each in shown["impact"]["moves"] if each["clock"] == clock["id"]]
    assert [(each["ticket_no"], each["before"]) for each in moves] == [(number, due)]
    assert moves[0]["after"] > due
    assert shown["impact"]["customers_told"] == [number]

    done = shell.run(*call)
    assert done.code == 0
    assert f"{number}  业务受理  {due} → {moves[0]['after']}" in done.out
    assert f"{due} 已设为休息日" in done.out
    after = moves[0]["after"]
    file = written(tmp_path, f"date,kind,note\n{after},off,防汛\n", "year.csv")
    shown = shell.json("calendar", "import", file, "--year", after[:4], "--dry-run")
    assert shown["imported"] is False
    assert number in {each["ticket_no"] for each in shown["impact"]["moves"]}
