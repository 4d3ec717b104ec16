"""How tests of outages read a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import (
    HuodianError,
    RefusedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def fields(caught: pytest.ExceptionInfo[HuodianError]) -> set[tuple[str, str]]:
    return {(each.code, each.field) for each in caught.value.reasons}


def refused(act: Callable[[], object]) -> set[str]:
    """The codes of every reason against it, none if it was done."""
    try:
        act()
    except RefusedError as refusal:
        return {each.code for each in refusal.reasons}
    return set()
