"""`python -m bench`: measures what the goals of speed are about, each beside its floor or peer.

python -m bench                     everything, in less than eight minutes
python -m bench --quick             a smoke run of less than a minute
python -m bench --only due engine   some measurements only
"""

from __future__ import annotations

import argparse
import platform
import sqlite3
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

from bench.report import goals

if TYPE_CHECKING:
    from bench.report import Finding

MEASUREMENTS = ("durable", "due", "engine", "outages", "start", "dispatch")
LIBRARIES = (
    "sqlalchemy",
    "sqlmodel",
    "psycopg",
    "pydantic",
    "transitions",
    "jinja2",
    "typer",
    "spiffworkflow",
    "dbos",
    "aiohttp",
)


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure.")
    parser.add_argument("--quick", action="store_true", help="a smoke run, figures mean little")
    parser.add_argument("--only", nargs="+", choices=MEASUREMENTS, default=MEASUREMENTS)
    chosen = parser.parse_args()
    print(_machine(), flush=True)
    findings: list[Finding] = []
    for name in chosen.only:
        for report in import_module(f"bench.{name}").measure(quick=chosen.quick):
            print(f"\n{report}", flush=True)
            findings += report.findings
    print("\n## All goals\n")
    print("\n".join(goals(findings)))


def _machine() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {versions}"
    )


if __name__ == "__main__":
    main()
