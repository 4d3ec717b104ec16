"""Drafts of definitions for tests: a shipped file with a few words changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.catalog import shipped
from workflows.loader import check_definition

if TYPE_CHECKING:
    from workflows.problems import Problem

FILE = "draft.yaml"


def shipped_text(definition_id: str) -> str:
    """The file of a shipped definition."""
    return dict(shipped())[f"{definition_id}.yaml"]


def edited(definition_id: str, *changes: tuple[str, str]) -> str:
    """A shipped file with each first text replaced; one that is not in it is a mistake."""
    text = shipped_text(definition_id)
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {definition_id}"
        text = text.replace(old, new)
    return text


def problems_of(definition_id: str, *changes: tuple[str, str]) -> tuple[Problem, ...]:
    """What is wrong with the edited file."""
    return check_definition(edited(definition_id, *changes), FILE)


def problem_of(definition_id: str, *changes: tuple[str, str]) -> Problem:
    """The one thing that is wrong with the edited file."""
    (only,) = problems_of(definition_id, *changes)
    return only


def codes(problems: tuple[Problem, ...]) -> list[str]:
    """The codes, in the order of the lines."""
    return [each.code for each in problems]


def line_of(text: str, fragment: str) -> int:
    """The line, from 1, in which the fragment stands for the first time."""
    return text[: text.index(fragment)].count("\n") + 1
