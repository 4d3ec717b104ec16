"""`huodian daemon|doctor|settings|outbox|ledger|user|branch|grid`."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.integration.test_cli_tickets import submitted

if TYPE_CHECKING:
    from tests.command_line import Shell

# --- the ledger --------------------------------------------------------------------------------


def tampered(shell: Shell, statement: str) -> None:
    """What somebody does who can write to the file itself."""
    connection = sqlite3.connect(shell.path)
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    for (name,) in triggers.fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    assert connection.execute(statement).rowcount == 1
    connection.commit()
    connection.close()


def test_a_sound_ledger(shell: Shell) -> None:
    submitted(shell)
    found = shell.json("ledger", "verify")
    assert set(found) == {"ok", "entries", "first_broken"}
    assert (found["ok"], found["first_broken"]) == (True, None)
    assert shell.run("ledger", "verify").out == f"台账完整，共 {found['entries']} 条\n"


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE ledger SET actor_name = '别人' WHERE stream = '{number}' AND seq = 2", 2),
        ("UPDATE ledger SET at = '2021-09-06' WHERE stream = '{number}' AND seq = 1", 1),
        ("DELETE FROM ledger WHERE stream = '{number}' AND seq = 2", 2),
        ("DELETE FROM ledger WHERE stream = '{number}' AND seq = 3", 3),
        ("UPDATE tickets SET revision = 4 WHERE ticket_no = '{number}'", 4),
    ],
    ids=["changed", "back-dated", "removed inside", "removed at the end", "head moved"],
)
def test_a_broken_ledger_is_named(shell: Shell, statement: str, seq: int) -> None:
    number = submitted(shell)["ticket_no"]
    shell.json("document", "verify", number, "1", user="tc-counter")
    shell.json("document", "reject", number, "1", "--reason", "字迹不清", user="tc-counter")
    tampered(shell, statement.format(number=number))
    ran = shell.run("ledger", "verify", "--json")
    found = json.loads(ran.out)
    assert (ran.code, ran.err, found["ok"]) == (6, "", False)
    assert (found["first_broken"]["stream"], found["first_broken"]["seq"]) == (number, seq)
    plain = shell.run("ledger", "verify")
    assert (plain.code, plain.out.startswith("台账已被破坏")) == (6, True)


# --- the daemon and its messages ---------------------------------------------------------------


def test_one_round_of_every_sweep(shell: Shell) -> None:
    number = submitted(shell)["ticket_no"]
    first = shell.json("daemon", "--once")
    assert {"calendar", "reclassification", "reminders", "dispatch"} < set(first)
    assert first["dispatch"] == {"done": 3, "unchanged": 0, "overtaken": 0, "failed": 0}
    assert shell.json("daemon", "--once")["dispatch"]["done"] == 0
    sent = shell.json("outbox", "list", "--ticket", number, user="auditor")
    assert {message["state"] for message in sent} == {"accepted"}
    assert shell.json("outbox", "list", "--state", "failed", user="auditor") == []
    told = shell.run("outbox", "list", user="auditor").out
    assert "138****8000" in told
    assert "13800138000" not in told
    assert shell.fails(4, "outbox", "list", "--ticket", number, user="ll-counter").codes == {
        "not_found"
    }
    assert shell.json("outbox", "list", user="ll-counter") == []


def test_the_doctor_says_what_is_missing(shell: Shell) -> None:
    ran = shell.run("doctor", "--json")
    findings = {finding["subject"]: finding for finding in json.loads(ran.out)}
    assert ran.code == 3
    assert findings["数据库与流程定义"]["ok"] is True
    assert findings["管理员"]["ok"] is False
    assert findings["巡检 消息发送"]["remark"] == "从未运行，请检查守护进程（huodian daemon）"
    shell.json("daemon", "--once")
    again = {each["subject"]: each["ok"] for each in json.loads(shell.run("doctor", "--json").out)}
    assert again["巡检 消息发送"] is True
    assert shell.run("doctor").out.splitlines()[0].split() == ["项目", "情况"]


# --- settings ----------------------------------------------------------------------------------


def test_settings_are_shown_without_secrets(shell: Shell) -> None:
    shell.set(
        database_url="postgresql+psycopg://huodian:s3cret-word@db.example/huodian",
        sms_secrets='{"password": "s3cret-word"}',
        receipt_secret="s3cret-word",
    )
    shown = shell.json("settings")
    assert shown["HUODIAN_DATABASE_URL"]["value"] == (
        "postgresql+psycopg://huodian:***@db.example/huodian"
    )
    assert shown["HUODIAN_RECEIPT_SECRET"]["value"] == "（已设置）"
    assert shown["HUODIAN_SMS_SECRETS"]["value"] == "password"
    assert all(each["meaning"] for each in shown.values())
    assert "s3cret-word" not in shell.run("settings").out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "eighty"),
        ("sms_errors", "no json"),
        ("sms_carrier", "pigeon"),
        ("wechat_carrier", "http"),
        ("office_opens", "18:00"),
        ("quiet_from", "08:00"),
        ("sms_success", "("),
        ("sms_errors", '{"(": "content"}'),
        ("sms_headers", '{"X": "{{ to"}'),
        ("sms_url", " "),
        ("sms_url", "{{ to"),
    ],
)
def test_a_bad_setting_is_named(shell: Shell, name: str, value: str) -> None:
    shell.set(sms_carrier="http", sms_url="http://127.0.0.1/{{ to }}", quiet_until="08:00")
    shell.set(**{name: value})
    ran = shell.fails(2, "settings")
    assert ran.codes == {"bad_setting"}
    assert f"HUODIAN_{name.upper()}" in ran.err


def test_a_bad_secret_is_not_repeated(shell: Shell) -> None:
    shell.set(sms_secrets='{"password": 12345678}')
    ran = shell.fails(2, "settings")
    assert '"HUODIAN_SMS_SECRETS"' in ran.err
    assert "其中 password 应为 文字" in ran.err
    assert "12345678" not in ran.err


# --- people and places -------------------------------------------------------------------------


def test_people(shell: Shell) -> None:
    add = ("user", "add", "tc.new", "--name", "新人", "--role", "operator", "--branch", "tengchong")
    assert shell.json(*add, user="chief") == {"id": "tc.new", "roles": ["operator"]}
    assert shell.fails(3, *add, user="chief").codes == {"user_exists"}
    assert shell.fails(3, *add, user="tc-counter").codes == {"not_permitted"}
    bad = ("user", "add", "New Man", "--name", " ", "--role", "operator", "--phone", "95598")
    ran = shell.fails(2, *bad, user="chief")
    assert {"bad_user_id", "bad_name"} < ran.codes
    assert '"field": "phone"' in ran.err
    assert shell.fails(2, *add[:5], "--role", "king", user="chief").codes == {"wrong_call"}
    reach = ("user", "add", "tc.two", "--name", "二号", "--role", "operator")
    shell.json(*reach, "--phone", "+86 138-0013-8000", user="chief")
    with sqlite3.connect(shell.path) as connection:
        (kept,) = connection.execute("SELECT phone FROM users WHERE id = 'tc.two'").fetchone()
    connection.close()
    assert kept == "13800138000"
    roles = ("user", "roles", "tc.new", "--role", "operator", "--role", "account_manager")
    assert shell.json(*roles, user="chief")["roles"] == ["account_manager", "operator"]
    url = shell.json("user", "link", "tc.new", user="chief")["url"]
    assert url.startswith("http://127.0.0.1:8000/sign-in/")
    assert shell.json("ticket", "list", user="tc.new")["rows"] == []
    assert shell.fails(3, "user", "disable", "tc.new", user="chief").codes == {"reason_missing"}
    shell.json("user", "disable", "tc.new", "--reason", "调离", user="chief")
    assert shell.fails(3, "ticket", "list", user="tc.new").codes == {"user_disabled"}
    listed = {each["id"]: each["active"] for each in shell.json("user", "list", user="chief")}
    assert (listed["tc.new"], listed["tc-counter"]) == (False, True)
    assert shell.fails(4, "user", "link", "nobody", user="chief").codes == {"not_found"}


def test_branches_and_grids(shell: Shell) -> None:
    branch = ("branch", "set", "yongchang", "--name", "永昌分公司", "--phone", "0875-0000101")
    assert shell.fails(2, *branch, "--code", "yc", user="chief").codes == {"bad_code"}
    assert shell.fails(5, *branch, "--code", "TC", user="chief").codes == {"branch_code_taken"}
    assert shell.json(*branch, "--code", "YC", user="chief")["id"] == "yongchang"
    assert [each["code"] for each in shell.json("branch", "list")] == ["LL", "TC", "YC"]

    def grid(project: str, account: str, *more: str) -> tuple[str, ...]:
        managers = ("--project-manager", project, "--account-manager", account)
        return (
            "grid",
            "set",
            "tc-03",
            "--branch",
            "tengchong",
            "--name",
            "新网格",
            *managers,
            *more,
        )

    good = grid("tc-project", "tc-account-2", "--node", "T1")
    assert shell.json(*good, user="chief")["nodes"] == ["T1"]
    assert shell.fails(3, *grid("tc-account", "tc-project"), user="chief").codes == {
        "unfit_manager"
    }
    unknown = grid("tc-project", "tc-account", "--node", "X9")
    assert shell.fails(4, *unknown, user="chief").codes == {"not_found"}
    grids = {each["id"]: each for each in shell.json("grid", "list", "--branch", "tengchong")}
    assert set(grids) == {"tc-01", "tc-02", "tc-03"}
    assert grids["tc-03"]["account_manager"] == "tc-account-2"
