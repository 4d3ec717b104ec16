"""The list of guards is closed, and every role has a Chinese name."""

from __future__ import annotations

import re
from pathlib import Path

from engine.guards import GUARDS, ROLE_NAMES
from engine.ticket import Role


def test_a_definition_may_name_these_guards_and_no_others() -> None:
    """A guard that is added here needs a clause of the plan: it is a precondition (四(二)3)."""
    assert set(GUARDS) == {"managers_named"}


def test_every_guard_is_explained_and_nothing_else_is() -> None:
    page = (Path(__file__).parents[3] / "docs" / "guards.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## `(\w+)`", page, re.MULTILINE)) == set(GUARDS)


def test_every_role_has_a_name_that_a_refusal_can_use() -> None:
    assert set(ROLE_NAMES) == set(Role)
    assert len(set(ROLE_NAMES.values())) == len(Role)
