"""Wrong calls and wrong settings are told in Chinese, with the option and what to write instead."""

from __future__ import annotations

import json
import re
from itertools import takewhile
from typing import TYPE_CHECKING

import pytest

from tests.integration.test_cli_contract import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_line import Shell

ENGLISH = re.compile(
    r"\b(Invalid|Missing|No such|Input should|Value error|requires|unexpected|Usage|does not)\b"
)


def told(shell: Shell, *arguments: str) -> str:
    """What is said of a wrong call, the same for people and for programs."""
    plain = shell.run(*arguments)
    assert (plain.code, plain.out) == (2, "")
    words = list(takewhile(lambda word: not word.startswith("-"), arguments))
    command = next((n for n in range(len(words), 0, -1) if tuple(words[:n]) in COMMANDS), 2)
    ran = shell.run(*arguments[:command], "--json", *arguments[command:])
    assert (ran.code, ran.out) == (2, "")
    body = json.loads(ran.err)
    assert body["error"] == "MalformedError"
    (reason,) = body["reasons"]
    assert reason["code"] == "wrong_call"
    field = f"{reason['field']}：" if reason["field"] else ""
    assert plain.err == f"✕ {field}{reason['message']}；{reason['remedy']}\n"
    assert not ENGLISH.search(plain.err)
    return plain.err.removeprefix("✕ ").rstrip("\n")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("tiket list", "没有命令“tiket”；是否应为 ticket；用法见 huodian --help"),
        ("ticket lst", "没有命令“lst”；是否应为 list；用法见 huodian ticket --help"),
        ("ticket list --branc x", "--branc：没有这个选项；是否应为 --branch；"),
        ("ticket list -q", "-q：没有这个选项；用法见 huodian ticket list --help"),
        ("ticket show", "TICKET：必须给出；用法见 huodian ticket show --help"),
        ("ticket show A B", "多余的参数：B；含空格的值请加引号；"),
        ("calendar due --days 2", "--from：必须给出；"),
        (
            "calendar due --days 2 --from",
            "--from：后面须给出值；用法见 huodian calendar due --help",
        ),
        ("ticket list --mine=yes", "--mine：不接受值；用法见 huodian ticket list --help"),
        ("calendar due --from x --days 2", "--from：“x”不是日期；请写成 2021-09-17 的样子；"),
        ("calendar due --from 2021-02-30 --days 2", "--from：“2021-02-30”不是日期；"),
        (
            "calendar due --from 2021-01-01 --days 0",
            "--days：“0”不符合要求；请填 1 至 1000 的整数；",
        ),
        ("calendar due --from 2021-01-01 --days 1001", "--days：“1001”不符合要求；请填 1 至 1000 "),
        (
            "calendar due --from 2021-01-01 --days x",
            "--days：“x”不符合要求；请填 1 至 1000 的整数；",
        ),
        ("document verify T 0", "number：“0”不符合要求；请填不小于 1 的整数；"),
        ("ticket abort T --revision x", "--revision：“x”不符合要求；应为 整数；"),
        (
            "ticket suspend T --cause lunch --evidence x",
            "--cause：“lunch”不在可选范围内；可选：external_line（外线工程施工）、customer_works（",
        ),
        (
            "ticket suspend T --evidence x",
            "--cause：必须给出；可选：external_line（外线工程施工）、",
        ),
        (
            "user add a --name x --role boss",
            "--role：“boss”不在可选范围内；可选：operator（受理员）、",
        ),
        ("outbox list --state lost", "--state：“lost”不在可选范围内；可选：pending（待发送）、"),
        ("import applications /nope.csv", "file：“/nope.csv”不存在；请核对路径；"),
        ("import applications /", "file：“/”是目录，不是文件；"),
        ("definition check", "请给出一个文件，或用 --draft 指定一份草稿；"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_what_to_write(
    shell: Shell, call: str, expected: str
) -> None:
    assert told(shell, *call.split()).startswith(expected)


@pytest.mark.parametrize("words", [c for c in COMMANDS if c != ("serve",)], ids=" ".join)
def test_every_command_refuses_an_option_that_it_has_not(
    shell: Shell, words: tuple[str, ...]
) -> None:
    said = told(shell, *words, "--no-such-option")
    assert said.startswith("--no-such-option：没有这个选项")
    assert said.endswith(f"用法见 huodian {' '.join(words)} --help")


# --- FIELD=VALUE -------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["submit", "amend"])
def test_a_field_is_given_once(shell: Shell, command: str) -> None:
    number = () if command == "submit" else ("TC-20210906-0001",)
    pairs = ("phone=13800138000", "phone=13800138001", "name=李明", "alone", "name=王芳", "name=x")
    ran = shell.fails(2, "ticket", command, *number, *pairs, user="tc-counter")
    reasons = json.loads(ran.err)["reasons"]
    assert [(each["field"], each["code"]) for each in reasons] == [
        ("alone", "not_a_pair"),
        ("phone", "repeated_field"),
        ("name", "repeated_field"),
    ]
    assert [each["message"] for each in reasons[1:]] == ["给出了 2 次", "给出了 3 次"]
    assert shell.json("ticket", "list", user="auditor")["rows"] == []


def test_the_same_value_twice_is_a_repetition_too(shell: Shell) -> None:
    same = ("phone=13800138000", "phone=13800138000")
    ran = shell.fails(2, "ticket", "amend", "TC-20210906-0001", *same, user="tc-counter")
    assert ran.codes == {"repeated_field"}


# --- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("port", "abc", "应为 整数（现为“abc”）"),
        ("port", "0", "应为 不小于 1 的数（现为“0”）"),
        ("port", "65536", "应为 不大于 65535 的数（现为“65536”）"),
        ("behind_https", "maybe", "应为 true 或 false（现为“maybe”）"),
        ("office_opens", "25:00", "应为 时刻，例如 08:30（现为“25:00”）"),
        ("sms_carrier", "pigeon", "应为 aliyun、file、http、kannel、off、tencent（现为“pigeon”）"),
        ("sms_method", "PUT", "应为 GET、POST 之一（现为“PUT”）"),
        ("sms_timeout_seconds", "-1", "应为 大于 0 的数（现为“-1”）"),
        ("sms_timeout_seconds", "x", "应为 数字（现为“x”）"),
        ("sms_headers", "[]", "应为 JSON 对象，例如 {}（现为“[]”）"),
        ("sms_headers", "{", "应为 JSON 对象，例如 {}"),
        ("sms_errors", '{"busy": "later"}', "其中 busy 应为 recipient、frequency、content、"),
        ("sms_secrets", '{"key": 1}', "其中 key 应为 文字（内容保密）"),
    ],
)
def test_a_wrong_setting_says_what_was_expected(
    shell: Shell, name: str, value: str, expected: str
) -> None:
    shell.set(**{name: value})
    for arguments in (("settings",), ("doctor",), ("ticket", "list")):
        ran = shell.fails(2, *arguments)
        (reason,) = json.loads(ran.err)["reasons"]
        assert reason["field"] == f"HUODIAN_{name.upper()}"
        assert reason["message"].startswith(f"设置无效：{expected}")
        assert not ENGLISH.search(ran.err)


def test_a_variable_that_means_nothing_is_seen_by_the_doctor(shell: Shell) -> None:
    shell.set(prot="8001", traceback="")
    findings = json.loads(shell.run("doctor", "--json").out)
    (finding,) = (each for each in findings if each["subject"] == "设置")
    assert finding["remark"] == "不认识的环境变量：HUODIAN_PROT（是否应为 HUODIAN_PORT）"
    assert finding["ok"] is False


def test_a_file_with_a_blank_in_its_name(shell: Shell, tmp_path: Path) -> None:
    missing = tmp_path / "my file.csv"
    ran = shell.run("import", "applications", str(missing))
    assert f"“{missing}”不存在" in ran.err
