"""What an import tells afterwards: how many rows went in, and what is wrong with the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.errors import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """One problem of one row. `line` is the physical line in the file; the header is line 1."""

    line: int
    reason: Reason

    @property
    def field(self) -> str:
        """The column concerned; empty if it is the whole row."""
        return self.reason.field

    @property
    def problem(self) -> str:
        """What is wrong in one sentence, with what to do and the clause."""
        remedy = f"；{self.reason.remedy_in_words}" if self.reason.remedy_in_words else ""
        clause = f"（依据 {self.reason.clause}）" if self.reason.clause else ""
        return f"{self.reason.message}{remedy}{clause}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowNote:
    """Something to know about a row that changed nothing."""

    line: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """The outcome of an import.

    `accepted` counts the rows that went in, or in a trial run would; `unchanged` those that were
    there already. A row with several problems appears several times in `refused`.
    """

    accepted: int = 0
    unchanged: int = 0
    refused: tuple[RefusedRow, ...] = ()
    notes: tuple[RowNote, ...] = ()
