"""A small invented sample for the first start: branches, people, grids, network, applications.

Everything in these files is made up; README.md says how. They have the shapes of the import files,
so loading them goes through the same checks as anybody's own.
"""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

FOLDER = Path(__file__).parent


def content(name: str) -> bytes:
    """One of the files as an import takes it, for example `topology.csv`."""
    return (FOLDER / name).read_bytes()


def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one of the files, by column."""
    return tuple(csv.DictReader(StringIO(content(name).decode("utf-8"))))
