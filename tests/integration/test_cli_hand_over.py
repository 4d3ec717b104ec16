"""What managers leave behind, by `huodian user`, `ticket reassign` and `grid reassign`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.test_cli_tickets import submitted

if TYPE_CHECKING:
    from tests.command_line import Shell

ALL_OF = ("ticket", "reassign", "--all-of", "tc-project", "--to", "tc-project-2")


def test_disabling_names_what_is_left_and_how_to_hand_it_over(shell: Shell) -> None:
    number = submitted(shell)["ticket_no"]
    disable = ("user", "disable", "tc-project", "--reason", "调离")
    told = shell.run(*disable, user="chief").out
    assert told.startswith("账号 tc-project 已停用\n仍由该账号任经理的网格 1 个：tc-01（城区）\n")
    assert f"仍由该账号任经理的在办工单 1 张：{number}" in told
    assert "huodian ticket reassign --all-of tc-project --to 接手人账号 --reason 原因" in told
    assert "提醒改发营销科科长" in told
    assert shell.json(*disable, user="chief") == {
        "id": "tc-project",
        "active": False,
        "grids": [{"id": "tc-01", "branch": "tengchong", "name": "城区"}],
        "tickets": [number],
    }
    silent = shell.run("user", "disable", "tc-head", "--reason", "调离", user="chief").out
    assert silent == "账号 tc-head 已停用\n"


def test_a_role_that_is_taken_away_leaves_things_behind_too(shell: Shell) -> None:
    number = submitted(shell)["ticket_no"]
    roles = ("user", "roles", "tc-account", "--role", "operator")
    told = shell.json(*roles, user="chief")
    assert (told["roles"], told["tickets"]) == (["operator"], [number])


def test_tickets_are_handed_over_each_with_its_result(shell: Shell) -> None:
    number = submitted(shell)["ticket_no"]
    refused = shell.run(*ALL_OF[:-1], "tc-account-2", "--reason", "调离", user="tc-section")
    assert refused.code == 3
    assert f"{number}  未移交" in refused.out
    assert refused.out.endswith("已移交 0 张，未移交 1 张\n")
    found = shell.json(*ALL_OF, "--reason", "调离", user="tc-section")
    assert found == {
        "from": "tc-project",
        "to": "tc-project-2",
        "tickets": [
            {
                "ticket_no": number,
                "managers": {"project_manager": "tc-project-2", "account_manager": "tc-account"},
                "reasons": [],
            }
        ],
        "handed_over": 1,
    }
    assert shell.run(*ALL_OF, "--reason", "调离", user="tc-section").out == (
        "已移交 0 张，未移交 0 张\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("ticket", "reassign"), 2),
        (("ticket", "reassign", "--all-of", "tc-project"), 2),
        (("ticket", "reassign", "TC-1", *ALL_OF[2:]), 2),
        ((*ALL_OF, "--revision", "1"), 2),
        (("ticket", "reassign", "TC-1", "--project-manager", "tc-project"), 2),
        (ALL_OF, 3),
        (("ticket", "reassign", "--all-of", "tc-project", "--to", "x", "--reason", "调离"), 4),
        (("grid", "reassign", "--all-of", "x", "--to", "tc-project-2", "--reason", "调离"), 4),
    ],
    ids=[
        "nothing",
        "no successor",
        "one and all",
        "all at one revision",
        "half a pair",
        "no reason",
        "unknown successor",
        "unknown manager",
    ],
)
def test_an_unclear_hand_over_is_refused(
    shell: Shell, arguments: tuple[str, ...], code: int
) -> None:
    user = "chief" if arguments[0] == "grid" else "tc-section"
    ran = shell.fails(code, *arguments, user=user)
    assert ran.codes <= {"wrong_call", "reason_missing", "not_found"}


def test_grids_are_handed_over(shell: Shell) -> None:
    hand_over = ("grid", "reassign", "--all-of", "tc-account", "--reason", "调离")
    assert shell.json(*hand_over, "--to", "tc-account-2", user="chief")["grids"] == ["tc-01"]
    grids = {each["id"]: each["account_manager"] for each in shell.json("grid", "list")}
    assert grids["tc-01"] == "tc-account-2"
