"""`huodian token`: issued once, listed without the secret, revoked with a reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.command_line import Shell

ISSUE = ("token", "issue", "采集系统", "--user", "tc-counter", "--scope", "loads:write")
TOKEN = re.compile(r"hd_[A-Za-z0-9_-]{43}")


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(shell: Shell) -> None:
    assert shell.json("token", "list") == []
    assert shell.run("token", "list").out == "没有令牌\n"
    issued = shell.json(*ISSUE, "--days", "30")
    assert TOKEN.fullmatch(issued["token"])
    (listed,) = shell.json("token", "list")
    assert listed == {key: value for key, value in issued.items() if key != "token"}
    assert (listed["user"], listed["branch"], listed["scopes"], listed["state"]) == (
        "tc-counter",
        "tengchong",
        ["loads:write"],
        "active",
    )
    shown = shell.run("token", "list").out
    assert not TOKEN.search(shown)
    assert "写入负载数据" in shown

    number = str(listed["id"])
    revoked = shell.json("token", "revoke", number, "--reason", "更换令牌")
    assert (revoked["state"], revoked["id"]) == ("revoked", listed["id"])
    assert "已吊销" in shell.run("token", "list").out
    again = shell.fails(5, "token", "revoke", number, "--reason", "更换令牌")
    assert again.codes == {"token_revoked"}
    assert shell.json("ledger", "verify")["ok"] is True


def test_for_people_the_token_stands_on_a_line_of_its_own(shell: Shell) -> None:
    ran = shell.run(*ISSUE)
    assert (ran.code, ran.err) == (0, "")
    first, second, last = ran.out.splitlines()
    assert "tc-counter" in first
    assert "只显示这一次" in second
    assert TOKEN.fullmatch(last)


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("token", "issue", "采集系统", "--user", "tc-counter"), 2, "wrong_call"),
        (("token", "issue", "采集系统", "--scope", "loads:write"), 2, "wrong_call"),
        ((*ISSUE[:-1], "loads:read"), 2, "wrong_call"),
        ((*ISSUE, "--days", "0"), 2, "out_of_range"),
        ((*ISSUE, "--days", "731"), 2, "out_of_range"),
        ((*ISSUE, "--days", "bald"), 2, "wrong_call"),
        (("token", "issue", " ", *ISSUE[3:]), 2, "required"),
        ((*ISSUE, "--as", "tc-counter"), 3, "not_permitted"),
        (("token", "issue", "x", "--user", "auditor", *ISSUE[5:]), 3, "scope_beyond_roles"),
        (("token", "issue", "x", "--user", "nobody", *ISSUE[5:]), 4, "not_found"),
        (("token", "list", "--as", "tc-counter"), 3, "not_permitted"),
        (("token", "revoke", "1"), 3, "reason_missing"),
        (("token", "revoke", "1", "--reason", "x"), 4, "not_found"),
        (("token", "revoke", "eins", "--reason", "x"), 2, "wrong_call"),
    ],
)
def test_what_is_wrong_is_said(
    shell: Shell, arguments: tuple[str, ...], code: int, expected: str
) -> None:
    assert shell.fails(code, *arguments).codes == {expected}
    assert shell.json("token", "list") == []


def test_a_scope_that_does_not_exist_is_answered_with_those_that_do(shell: Shell) -> None:
    assert "loads:write（写入负载数据）" in shell.run(*ISSUE[:-1], "loads:read").err
