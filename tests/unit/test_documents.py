"""The documents: links lead somewhere, and what they name (commands, settings, words) exists.

That the README's commands work is shown by `tests/integration/test_readme.py`, that
`docs/lifecycle.md` is up to date by `tests/unit/workflows/test_diagram.py`.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command

from app.cli.main import cli
from app.settings import PREFIX, Settings
from tests.pages import (
    README,
    README_ZH,
    ROOT,
    anchors_of,
    code_of,
    commands_of,
    links_of,
    pages,
    text_of,
)

if TYPE_CHECKING:
    from pathlib import Path

READMES = (README, README_ZH)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
ROOMS = ("engine", "workflows", "notifications", "storage", "app")
NO_SETTING = f"{PREFIX}TRACEBACK"
VARIABLE = re.compile(rf"\b{PREFIX}[A-Z_]+[A-Z]\b")

every_page = pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in links_of(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


@every_page
def test_commands_exist_with_their_options(page: Path) -> None:
    for line in code_of(page):
        for call in re.findall(r"(?:^|[\s/(])huodian ([^;|>#]+)", line):
            words = shlex.split(call)
            command = named_command(words)
            known = {option for each in command.params for option in each.opts}
            known |= {option for each in command.params for option in each.secondary_opts}
            options = {word for word in words if word.startswith("--")} - {"--help"}
            assert options <= known, f"{line}: {sorted(options - known)}"


def named_command(words: list[str]) -> Any:
    """The command that the words call; fails for one that does not exist."""
    command: Any = get_command(cli)
    for word in words:
        if not hasattr(command, "commands"):
            break
        assert word in command.commands, f"huodian {' '.join(words)}: no command {word}"
        command = command.commands[word]
    return command


@every_page
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for line in code_of(page) for name in re.findall(r"(?:^|\s)make ([a-z][a-z-]*)", line)
    }
    assert named <= targets


@every_page
def test_settings_exist(page: Path) -> None:
    assert set(VARIABLE.findall(text_of(page))) - {NO_SETTING} <= settings()


def test_every_setting_is_explained() -> None:
    assert set(VARIABLE.findall(text_of(ROOT / "docs" / "operations.md"))) >= settings()


def settings() -> set[str]:
    return {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_both_readmes_give_the_same_tour() -> None:
    assert commands_of(README_ZH) == commands_of(README)
    pictures = [[link for link in links_of(page) if link.endswith(".png")] for page in READMES]
    assert pictures[0] == pictures[1]
    assert pictures[0]


def test_words_of_the_glossary_are_words_of_the_code() -> None:
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \|", text_of(ROOT / "docs/glossary.md"), re.MULTILINE)
    names = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert len(names) > 100
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    texts = (path.read_text("utf-8") for path in files if path.suffix in {".py", ".yaml"})
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    assert names <= words | {path.stem for path in files}


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [path.name[:4] for path in DECISIONS] == [
        f"{n:04}" for n in range(1, len(DECISIONS) + 1)
    ]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_context_decision_consequences_and_alternatives(page: Path) -> None:
    title, *headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    assert title.startswith(page.name[:4])
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
