"""What holds for every command: help, exit codes, streams, and that none takes a time (R-5.1)."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import typer

from app.cli.main import CLAIMS_OF_TIME, cli
from tests.applicants import ENTERPRISE
from tests.daemon_process import HUODIAN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.command_line import Shell


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command that does something."""
    below = getattr(command, "commands", None)
    if below is None:
        yield path
        return
    for name, each in below.items():
        yield from leaves(each, (*path, name))


SINGLE = ("serve", "daemon", "simulate", "doctor", "settings", "classify")
TREE: Any = typer.main.get_command(cli)
COMMANDS = sorted(leaves(TREE))


def examples(command: Any) -> list[list[str]]:
    """The calls that a command's help shows."""
    text = " ".join(command.help.split())
    calls = re.findall(r"Example: huodian ((?:(?!Example:)[^>])+)", text)
    return [shlex.split(each) for each in calls]


def test_there_are_the_commands_that_were_asked_for() -> None:
    asked = """
    ticket submit|open|list|show|history|allowed|advance|abort|suspend|resume|reassign|extend|amend
    document add|verify|reject|fetch
    definition list|show|diagram|draft|check|diff|impact|replay|publish|rollback|migrate|export
    calendar due|year|import|override
    import applications|topology|customers
    user add|list|link|roles|disable
    token issue|list|revoke
    branch list|set
    grid list|set
    outbox list
    ledger verify|export
    """
    wanted = {
        (group, name)
        for group, names in (line.split() for line in asked.strip().splitlines())
        for name in names.split("|")
    }
    wanted |= {(name,) for name in SINGLE}
    assert wanted <= set(COMMANDS)


def test_every_command_shows_an_example_that_can_be_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in COMMANDS:
        command = TREE
        for word in words:
            command = command.commands[word]
        found = examples(command)
        assert found, f"{words} shows no example"
        for call in found:
            assert tuple(call[: len(words)]) == words
            rest = call[len(words) :]
            for argument in rest:
                if re.fullmatch(r"[\w-]+\.(csv|yaml|j2|pdf)", argument) and "fetch" not in words:
                    (tmp_path / argument).touch()
            command.make_context(" ".join(words), list(rest))


def test_help_is_a_result(shell: Shell) -> None:
    for words in (("--help",), ("ticket", "--help"), ("ticket", "submit", "--help")):
        ran = shell.run(*words)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("Usage: huodian")


def test_nothing_to_do_shows_the_help_and_is_a_wrong_call(shell: Shell) -> None:
    for words in ((), ("ticket",)):
        ran = shell.run(*words)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("Usage: huodian")


@pytest.mark.parametrize("option", sorted(CLAIMS_OF_TIME))
def test_no_command_takes_a_time(shell: Shell, option: str) -> None:
    for given in ((option, "2021-09-06"), (f"{option}=2021-09-06T10:00",)):
        ran = shell.run("ticket", "advance", "TC-20210906-0001", "complete_intake", *given)
        assert (ran.code, ran.out) == (2, "")
        assert option in ran.err
        assert "R-5.1" in ran.err
    assert shell.fails(2, "ticket", "list", option, "now").codes == {"claims_time"}


def test_no_field_takes_a_time(shell: Shell) -> None:
    ran = shell.fails(2, "ticket", "submit", "applicant_name=x", "submitted_at=2021-09-06")
    assert "time_claimed" in ran.codes
    assert "R-5.1" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("ticket", "show"), 2, "wrong_call"),
        (("ticket", "list", "--colour"), 2, "wrong_call"),
        (("fly",), 2, "wrong_call"),
        (("ticket", "submit", "no pair"), 2, "not_a_pair"),
        (("outbox", "list", "--state", "lost"), 2, "wrong_call"),
        (("calendar", "due", "--from", "yesterday", "--days", "2"), 2, "wrong_call"),
        (("calendar", "due", "--from", "1949-10-01", "--days", "2"), 3, "calendar_exhausted"),
        (("ticket", "show", "TC-20990101-0001"), 4, "not_found"),
        (("definition", "show", "unheard_of"), 4, "not_found"),
        (("ticket", "list", "--as", "nobody"), 4, "not_found"),
    ],
)
def test_exit_codes(shell: Shell, arguments: tuple[str, ...], code: int, expected: str) -> None:
    assert shell.fails(code, *arguments).codes == {expected}
    plain = shell.run(*arguments)
    assert (plain.code, plain.out) == (code, "")
    assert plain.err.startswith("✕ ")


@pytest.mark.slow
def test_the_installed_program_behaves_the_same(shell: Shell, tmp_path: Path) -> None:
    """Exit code and streams of a real process; a reader that stops reading is no fault."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [HUODIAN, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
        )

    good = call("branch", "list", "--json")
    assert (good.returncode, good.stderr) == (0, "")
    bad = call("ticket", "show", "TC-20990101-0001")
    assert (bad.returncode, bad.stdout) == (4, "")
    assert "Traceback" not in bad.stderr
    with subprocess.Popen(
        [HUODIAN, "calendar", "year", "2026", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert shell.path.exists()


@pytest.mark.slow
@pytest.mark.postgresql
def test_the_program_on_postgresql(
    furnished_postgresql: Any, cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = furnished_postgresql()
    monkeypatch.setenv("HUODIAN_DATABASE_URL", url)
    monkeypatch.setenv("HUODIAN_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("HUODIAN_SAMPLE", "false")
    submit = [
        "ticket",
        "submit",
        f"applicant_name={ENTERPRISE.contact.name}",
        "applicant_kind=enterprise",
        "id_number=91530599MA6XPLE04A",
        "phone=13800138000",
        "branch=tengchong",
        "area_class=county_seat",
        "address=示例路1号",
        "requested_capacity_kw=80",
        "documents=business_licence;property_proof",
        "--as",
        "tc-counter",
    ]
    for arguments in (submit, ["daemon", "--once"], ["ledger", "verify"]):
        ran = subprocess.run(
            [HUODIAN, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert (ran.returncode, "Traceback" in ran.stderr) == (0, False), ran.stderr
    cluster.drop(url)
