"""The project's pages as the tests of documents see them: files, links, and shell commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
README_ZH = ROOT / "README.zh-CN.md"
FOLDERS = ("docs", "app", "storage", "tests", "bench")

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)
NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")
SHOWS_EXIT_CODE = "; echo $?"
DOCTOR_COMPLAINS = 3
"""Exit code of `huodian doctor` while no administrator has a password, as in the tour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A shell command of a page, and the exit codes that the page leads one to expect."""

    text: str
    exit_codes: frozenset[int]


def pages() -> list[Path]:
    """Every page that people read, the generated one included."""
    below = (page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))
    return sorted([*ROOT.glob("*.md"), *below])


def text_of(page: Path) -> str:
    """The text of a page."""
    return page.read_text(encoding="utf-8")


def commands_of(page: Path) -> list[Command]:
    """The commands in the `console` blocks of a page: the lines that begin with `$ `."""
    commands = []
    for language, block in BLOCK.findall(text_of(page)):
        shown = re.split(r"^\$ ", block, flags=re.MULTILINE) if language == "console" else []
        for each in shown[1:]:
            text, _, output = each.partition("\n")
            commands.append(Command(text=text, exit_codes=_exit_codes(text, output)))
    return commands


def _exit_codes(text: str, output: str) -> frozenset[int]:
    if text.endswith(SHOWS_EXIT_CODE):
        return frozenset({int(output.rsplit(maxsplit=1)[-1])})
    if text == "huodian doctor":
        return frozenset({0, DOCTOR_COMPLAINS})
    return frozenset({0})


def code_of(page: Path) -> list[str]:
    """Every line of shell in a page, in blocks and in running text, without its prompt."""
    text = text_of(page)
    lines = [
        line.removeprefix("$ ").strip()
        for language, block in BLOCK.findall(text)
        if language in {"console", "sh"}
        for line in block.splitlines()
    ]
    return [*lines, *INLINE_CODE.findall(BLOCK.sub("", text))]


def links_of(page: Path) -> list[str]:
    """Where the page's links lead, those in code left out."""
    return LINK.findall(INLINE_CODE.sub("", BLOCK.sub("", text_of(page))))


def anchors_of(page: Path) -> set[str]:
    """What a link may add after `#`: the headings, as forges spell them."""
    headings = HEADING.findall(BLOCK.sub("", text_of(page)))
    return {NOT_IN_ANCHORS.sub("", each.lower()).replace(" ", "-") for each in headings}
