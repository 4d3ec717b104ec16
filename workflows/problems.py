"""What is wrong with a file of rules: one value per problem, and the refusal that carries them all.

An administrator corrects a definition in one go only if everything wrong with it is said at once,
each with its line, the rule behind it and what to do (R-10.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import Reason, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

FORM_CLAUSE = "R-10.1"
"""Administrators write declarative files: what a fault breaks that breaks no other rule."""

Path = tuple[str | int, ...]
"""Where in a file: keys and list positions, from the outside in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a file.

    Args:
        code: stable English identifier.
        message: what was found and what is expected, in Chinese.
        file: the file it was found in.
        path: the place in the file, dotted, for example `stages.1.limit.days`; may be empty.
        line: line in the file, counted from 1.
        clause: the rule that is broken; of a wrong form, that a definition is a declarative file.
        remedy: what to do, in Chinese.
    """

    code: str
    message: str
    file: str
    path: str
    line: int
    clause: str = ""
    remedy: str = ""

    def as_reason(self) -> Reason:
        """The problem as every other refusal is shown."""
        place = f"{self.file}:{self.line}"
        return Reason(
            code=self.code,
            field=f"{place} {self.path}".rstrip(),
            message=self.message,
            clause=self.clause,
            remedy=self.remedy,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A problem before its line is known: checks work on values, which have no lines."""

    code: str
    message: str
    at: Path = ()
    clause: str = FORM_CLAUSE
    remedy: str = ""

    def found_in(self, file: str, line: int) -> Problem:
        """The problem, now that file and line are known."""
        return Problem(
            code=self.code,
            message=self.message,
            file=file,
            path=".".join(str(part) for part in self.at),
            line=line,
            clause=self.clause,
            remedy=self.remedy,
        )


class DefinitionFaultsError(RefusedError):
    """Files of rules are refused.

    Attributes:
        problems: everything that is wrong with them, by file and line.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(problem.as_reason() for problem in self.problems)
