"""How wide a text is, and how it breaks into lines, without asking a font.

Chinese characters are as wide as the text is high; of the others the widest that is usual is taken,
so that a text fits its box whatever font a reader has.
"""

from __future__ import annotations

import re
from unicodedata import combining, east_asian_width

NARROW = 0.62
"""Width of a character that is not wide, in heights of the text."""

_CLOSING = "[，。、；：！？）】》”’…]*"
_UNITS = re.compile(rf"[!-~]+{_CLOSING}| +|.{_CLOSING}", re.DOTALL)
_PIECES = re.compile(rf".{_CLOSING}", re.DOTALL)
"""A run of letters stays together, and a mark of punctuation with what it follows."""


def width(text: str, size: float) -> float:
    """The width of one line, in the unit of `size`, the height of the text."""
    return size * sum(_share(char) for char in text)


def wrapped(text: str, size: float, limit: float) -> list[str]:
    """The text in as few lines of at most `limit` as it needs, of about the same length."""
    fewest = _filled(text, size, limit)
    even = width(text, size) / len(fewest)
    while even < limit:
        lines = _filled(text, size, even)
        if len(lines) == len(fewest):
            return lines
        even += size
    return fewest


def _filled(text: str, size: float, limit: float) -> list[str]:
    """Line after line as full as it gets; a run of letters that is longer is broken."""
    lines = [""]
    for unit in _UNITS.findall(text):
        parts = _PIECES.findall(unit) if width(unit, size) > limit else [unit]
        for part in parts:
            if lines[-1] and width(lines[-1] + part, size) > limit:
                lines.append("")
            if lines[-1] or part.strip():
                lines[-1] += part
    return [line.rstrip() for line in lines]


def _share(char: str) -> float:
    if combining(char):
        return 0
    return 1 if east_asian_width(char) in "WFA" else NARROW
