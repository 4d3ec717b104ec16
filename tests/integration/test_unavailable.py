"""A database that is away at the start or in the middle: every face says so, and goes on after."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from engine.errors import UnavailableError
from tests.applicants import COUNTER, a_resident
from tests.away import database_away
from tests.daemon_process import HUODIAN, environment_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.application import Office
    from tests.command_line import Shell


def test_in_the_middle_every_use_case_says_it_and_works_again_after(office: Office) -> None:
    ticket = office.submit()
    services = office.application
    attempts = (
        lambda: services.queries.ticket(ticket.ticket_no, actor=COUNTER),
        lambda: services.tickets.submit(
            a_resident(address="别处"), branch="tengchong", actor=COUNTER
        ),
        lambda: services.tickets.advance(ticket.ticket_no, "complete_intake", actor=COUNTER),
        services.reminders.sweep,
        services.sending.dispatch,
        services.calendars.recompute,
    )
    with database_away(office.application.settings.database_url):
        for attempt in attempts:
            with pytest.raises(UnavailableError) as refusal:
                attempt()
            (reason,) = refusal.value.reasons
            assert reason.remedy
            assert reason.code in {"database_moved", "database_away", "database_connection_lost"}
    assert office.ticket(ticket) == ticket
    assert office.fire(ticket, "complete_intake").state == "site_visit"


# --- the command line --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [("ticket", "list"), ("daemon", "--once"), ("ledger", "verify"), ("definition", "list")],
)
def test_commands_give_a_sentence_and_exit_1(shell: Shell, arguments: tuple[str, ...]) -> None:
    shell.path.write_bytes(b"no database, but long enough to be looked at as if it were one\n" * 9)
    ran = shell.fails(1, *arguments)
    assert json.loads(ran.err)["error"] == "UnavailableError"
    assert ran.codes == {"not_a_database"}
    told = shell.run(*arguments)
    assert told.err.startswith(f"✕ {shell.path} 不是数据库文件；请核对 HUODIAN_DATABASE_URL")
    assert "程序内部错误" not in told.err


def test_the_doctor_says_what_is_wrong_and_exits_1(shell: Shell) -> None:
    shell.path.write_bytes(b"no database, but long enough to be looked at as if it were one\n" * 9)
    ran = shell.run("doctor", "--json")
    (finding,) = json.loads(ran.out)
    assert (ran.code, ran.err) == (1, "")
    assert (finding["subject"], finding["ok"]) == ("数据库", False)
    assert "不是数据库文件；请核对 HUODIAN_DATABASE_URL" in finding["remark"]
    assert "✕  数据库" in shell.run("doctor").out


BRANCH = ("branch", "set", "changning", "--code", "CN", "--name", "昌宁分公司", "--phone", "1")


def without_privileges() -> list[str]:
    """What makes a command of root subject to the rights of files like anybody else's."""
    privileges = "-dac_override,-dac_read_search"
    setpriv = ["setpriv", f"--bounding-set={privileges}", f"--inh-caps={privileges}"]
    return setpriv if os.geteuid() == 0 else []


@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "said"),
    [
        (0o444, 0o700, "不可写"),
        (0o000, 0o700, "无法打开数据库文件"),
        (0o600, 0o500, "不可写"),
    ],
    ids=["read-only file", "not even readable", "read-only folder"],
)
def test_a_file_that_may_not_be_written(
    shell: Shell, tmp_path: Path, file_mode: int, folder_mode: int, said: str
) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    path = shell.path.rename(folder / "huodian.db")
    path.chmod(file_mode)
    folder.chmod(folder_mode)
    try:
        ran = subprocess.run(
            [*without_privileges(), str(HUODIAN), *BRANCH],
            env=environment_of(
                database_url=f"sqlite:///{path}", var_dir=tmp_path / "var", actor="chief"
            ),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        folder.chmod(0o700)
    assert (ran.returncode, ran.stdout) == (1, ""), ran.stderr
    assert f"{said}" in ran.stderr
    assert str(path) in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_folder_for_files_that_cannot_be_made(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("HUODIAN_VAR_DIR", str(blocked))
    monkeypatch.setenv("HUODIAN_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    assert shell.fails(1, "ticket", "list").codes == {"var_dir_unusable"}
