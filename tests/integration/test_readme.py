"""The README's commands, run as they are written, one after the other, in a fresh installation.

What a command prints depends on the day; that it exists, what it is refused for and with which exit
code does not. `T=` is given the number that the command before it has printed, as the reader does.
The Chinese README gives the same commands (`tests/unit/test_documents.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import README, ROOT, SHOWS_EXIT_CODE, Command, commands_of

BINARIES = Path(sys.executable).parent
TICKET_NO = "TC-[0-9]{8}-[0-9]{4}"

pytestmark = pytest.mark.slow


def script(commands: list[Command], results: Path) -> str:
    """All commands as one shell script, each with its output and exit code kept."""
    lines = []
    for number, command in enumerate(commands):
        text = command.text.removesuffix(SHOWS_EXIT_CODE)
        if text.startswith("T="):
            text = f"T=$(grep -oE '{TICKET_NO}' '{results}/{number - 1}.out' | head -1)"
        lines += [f"{{ {text}; }} >'{results}/{number}.out' 2>&1", f"echo $? >'{results}/{number}'"]
    return "\n".join(lines)


def test_every_command_of_the_readme_does_what_it_says(tmp_path: Path) -> None:
    commands = commands_of(README)
    for name in ("app", "workflows"):
        (tmp_path / name).symlink_to(ROOT / name)
    results = tmp_path / "results"
    results.mkdir()
    own = {name: value for name, value in os.environ.items() if not name.startswith("HUODIAN_")}
    environment = {**own, "PATH": f"{BINARIES}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        ["bash", "-c", script(commands, results)],
        cwd=tmp_path,
        env=environment,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    wrong = [
        f"{command.text}\n  exit {found}: {(results / f'{number}.out').read_text()}"
        for number, command in enumerate(commands)
        if (found := int((results / str(number)).read_text())) not in command.exit_codes
    ]
    assert not wrong, "\n".join(wrong)
    assert len(commands) > 20
