"""What a measurement found: one line with a goal, and the figures behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.rounds import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One goal. `goal` is what `value` must reach, or must not exceed where `at_most`."""

    what: str
    value: float
    goal: float
    at_most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the goal is reached."""
        return self.value <= self.goal if self.at_most else self.value >= self.goal

    def __str__(self) -> str:
        """A row of the table of goals."""
        sign = "<=" if self.at_most else ">="
        verdict = "met" if self.is_met else "MISSED"
        return f"| {self.what} | {self.value:.2f} | {sign} {self.goal:.2f} | {verdict} |"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The findings of one measurement with its timings; a note says what a reader must know."""

    title: str
    timings: tuple[Timing, ...]
    findings: tuple[Finding, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        """The measurement as Markdown."""
        lines = [f"## {self.title}", ""]
        if self.note:
            lines += [self.note, ""]
        lines += ["| contender | µs each | spread | a second |", "| --- | ---: | ---: | ---: |"]
        lines += [_row(each) for each in self.timings]
        if self.findings:
            lines += ["", *goals(self.findings)]
        return "\n".join(lines)


def goals(findings: Iterable[Finding]) -> list[str]:
    """The table of goals."""
    return ["| goal | found | wanted | |", "| --- | ---: | ---: | --- |", *map(str, findings)]


def _row(timing: Timing) -> str:
    microseconds = timing.middle * 1e6
    figure = f"{microseconds:,.0f}" if microseconds >= 100 else f"{microseconds:.1f}"  # noqa: PLR2004
    return f"| {timing.name} | {figure} | ±{timing.spread:.0%} | {1 / timing.middle:,.0f} |"
