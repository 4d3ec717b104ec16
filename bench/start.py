"""Goal 4: how long the commands take to start, as whole processes, against importing alone."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bench.report import Finding, Report
from bench.rounds import Contender, ratio, side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.rounds import Operation

GOAL = 1.5
HUODIAN = str(Path(sys.executable).with_name("huodian"))


def measure(*, quick: bool) -> Iterator[Report]:
    """`--help` beside Typer alone, `ticket show` beside Typer and SQLModel alone."""
    with TemporaryDirectory(prefix="huodian-bench-start-") as folder:
        environment = {
            **os.environ,
            "HUODIAN_DATABASE_URL": f"sqlite:///{folder}/huodian.db",
            "HUODIAN_VAR_DIR": folder,
        }
        ticket_no = _first_ticket(environment)
        pairs = (
            ("huodian --help", [HUODIAN, "--help"], "import typer"),
            (
                "huodian ticket show",
                [HUODIAN, "ticket", "show", ticket_no, "--json"],
                "import typer, sqlmodel",
            ),
        )
        for name, command, imports in pairs:
            yield _compared(name, command, imports, environment, rounds=5 if quick else 15)


def _compared(
    name: str, command: list[str], imports: str, environment: dict[str, str], *, rounds: int
) -> Report:
    alone = [sys.executable, "-c", imports]
    timings = side_by_side(
        [
            Contender(name=name, turn=partial(_turn, command, environment)),
            Contender(name=imports, turn=partial(_turn, alone, environment)),
        ],
        rounds,
    )
    return Report(
        title=f"Start of {name}",
        timings=tuple(timings),
        findings=(
            Finding(
                what=f"{name}: times `{imports}`",
                value=ratio(timings[0], timings[1]),
                goal=GOAL,
                at_most=True,
            ),
        ),
    )


def _turn(command: list[str], environment: dict[str, str]) -> Iterator[Operation]:
    yield partial(
        subprocess.run,
        command,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _first_ticket(environment: dict[str, str]) -> str:
    """A ticket of the sample, which the first command loads."""
    listed = subprocess.run(
        [HUODIAN, "ticket", "list"], env=environment, check=True, capture_output=True, text=True
    )
    return next(word for word in listed.stdout.split() if word.count("-") == 2)  # noqa: PLR2004
