"""Lays figures out for a terminal: Chinese characters take two columns, numbers stand right."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GAP = "  "


def section(title: str, lines: Sequence[str]) -> str:
    """A title with its lines below it."""
    return "\n".join([title, *(f"  {line}" for line in lines)])


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Aligned lines, the heads first; None is shown as a dash."""
    cells = [["-" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(_width(line[i]) for line in [list(heads), *cells]) for i in range(len(heads))]
    is_number = [all(not isinstance(row[i], str) for row in rows) for i in range(len(heads))]
    return [
        GAP.join(
            _padded(cell, width, right=right)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in [list(heads), *cells]
    ]


def counted(counts: Mapping[str, int], names: Mapping[str, str]) -> str:
    """Counts in one line, in the order of the names; what has no name comes last as it is."""
    ordered = [
        *(key for key in names if key in counts),
        *(key for key in counts if key not in names),
    ]
    return "、".join(f"{names.get(key, key)} {counts[key]}" for key in ordered) or "无"


def _padded(cell: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - _width(cell))
    return blanks + cell if right else cell + blanks


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
