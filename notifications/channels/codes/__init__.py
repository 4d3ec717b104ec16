"""What the codes of a provider mean for a message: one file of data a provider.

A code that no file knows stops its message and is logged as an error, so that somebody adds it:
guessing would either send twice or hide a fault of ours.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from notifications.channels.base import ErrorClass

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

UNKNOWN_CODE = "服务商返回了未收录的代码"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a code says. `text` is for the operator who looks at the message."""

    error_class: ErrorClass
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTable:
    """The codes of one provider. A code that ends in `*` stands for all that begin like it."""

    provider: str
    meanings: Mapping[str, Meaning]

    def find(self, code: str) -> Meaning | None:
        """What a code means, if it is known; the longest fit counts."""
        exact = self.meanings.get(code)
        if exact is not None:
            return exact
        families = (each for each in self.meanings if each.endswith("*"))
        fitting = [each for each in families if code.startswith(each[:-1])]
        return self.meanings[max(fitting, key=len)] if fitting else None

    def meaning(self, code: str) -> Meaning:
        """What a code means; an unknown one stops the message."""
        found = self.find(code)
        if found is None:
            logger.error("%s answered with the unknown code %s", self.provider, code)
            return Meaning(error_class=ErrorClass.CONTENT, text=UNKNOWN_CODE)
        return found


@cache
def code_table(provider: str) -> CodeTable:
    """The table of a provider, from its file."""
    from ruamel.yaml import YAML  # noqa: PLC0415  (only who sends needs it)

    text = (files(__name__) / f"{provider}.yaml").read_text(encoding="utf-8")
    form = YAML(typ="safe", pure=True).load(text)
    meanings = {
        str(code): Meaning(error_class=ErrorClass(error_class), text=str(meant))
        for error_class, codes in form["codes"].items()
        for code, meant in codes.items()
    }
    return CodeTable(provider=provider, meanings=meanings)
