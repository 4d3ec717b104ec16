"""When the grid must be made ready for what is asked of it (R-9.1, 四(一)4, Q16, Q22).

The numbers are dated policy, made by `workflows.readiness_policy`; the rules that read them are
here. Arithmetic is in fractions: a kW over the power factor has no end as a decimal, and the sum
of two that were cut off would exceed the border that they exactly meet. A number is rounded only to
be shown, and away from its border, so that a shown 70.0 % has really reached 70 %.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HUNDRED = 100
NOTHING = Fraction(0)
HALF = Fraction(1, 2)

Exact = Decimal | Fraction
"""A number as it was entered, or as it follows from such; both are exact."""


class ReadinessRule(StrEnum):
    """What makes an area or a cell ripe for a reinforcement project (立项)."""

    MAY_OPEN = "may_open"
    MUST_OPEN = "must_open"
    EARLY_CONTROL = "early_control"
    FORECAST = "forecast"

    @property
    def is_duty(self) -> bool:
        """Whether a project has to follow; at the first border it only may."""
        return self is not ReadinessRule.MAY_OPEN


class CapacityClass(StrEnum):
    """How much an area can still take, as the public is told (I1b)."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    UNKNOWN = "unknown"
    """Nothing was measured, or the rated capacity is not known: nothing is claimed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessRules:
    """The rules in force from a day on; see `policy/readiness.yaml` for each number."""

    from_on: date
    may_open_percent: Decimal
    must_open_percent: Decimal
    forecast_percent: Decimal
    cell_kva: Decimal
    admissible_percent: Decimal
    demand_factor: Decimal
    power_factor: Decimal
    clause: str

    def measured_kva(self, peak: MeasuredPeak) -> Fraction | None:
        """The peak in kVA, the larger of what was measured in kVA and in kW."""
        as_measured = None if peak.kva is None else Fraction(peak.kva)
        from_kw = None if peak.kw is None else Fraction(peak.kw) / Fraction(self.power_factor)
        return max((each for each in (as_measured, from_kw) if each is not None), default=None)

    def added_kva(self, requested_kw: Decimal) -> Fraction:
        """By how many kVA a new connection of that many kW raises the peak (Q22)."""
        return Fraction(requested_kw) * Fraction(self.demand_factor) / Fraction(self.power_factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityClasses:
    """From which load rates on an area is shown yellow, and red."""

    yellow_from_percent: Decimal
    red_from_percent: Decimal
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedSupplyLadder:
    """Working days before the promised full load, and then every so many, managers are reminded."""

    days_before: tuple[int, ...]
    overdue_every_days: int
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintPolicy:
    """From how many complaints in a period on a community counts as one that complains often."""

    frequent_from: int
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessPolicy:
    """The whole file; `rules` oldest first."""

    rules: tuple[ReadinessRules, ...]
    capacity_classes: CapacityClasses
    restricted_supply: RestrictedSupplyLadder
    complaints: ComplaintPolicy

    def in_force(self, on: date) -> ReadinessRules:
        """The rules of that day; before the first row, the first row."""
        begun = [row for row in self.rules if row.from_on <= on]
        return begun[-1] if begun else self.rules[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPeak:
    """The highest readings of an area in a window, in the units in which they were taken."""

    kva: Decimal | None = None
    kw: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaLoad:
    """The rated capacity of an area's transformers and the highest load on them, in kVA."""

    rated_kva: Decimal
    peak_kva: Exact

    @property
    def percent(self) -> Fraction:
        """Load rate (负载率)."""
        return Fraction(self.peak_kva) * HUNDRED / Fraction(self.rated_kva)

    def free_kva(self, rules: ReadinessRules) -> Fraction:
        """What the area may still take (总体允许接入容量, Q22); never below 0."""
        admissible = Fraction(self.rated_kva) * Fraction(rules.admissible_percent) / HUNDRED
        return max(NOTHING, admissible - Fraction(self.peak_kva))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The load of an area after a new connection, in kVA.

    `committed_kva` is what others who were accepted before will add; no reading shows it yet.
    """

    load: AreaLoad
    committed_kva: Exact
    added_kva: Exact

    @property
    def expected(self) -> AreaLoad:
        """The area as it will be."""
        parts = (self.load.peak_kva, self.committed_kva, self.added_kva)
        peak = sum((Fraction(each) for each in parts), NOTHING)
        return AreaLoad(rated_kva=self.load.rated_kva, peak_kva=peak)

    def exceeds(self, rules: ReadinessRules) -> bool:
        """Whether a project must be opened early (超过: the border itself does not)."""
        return self.expected.percent > rules.forecast_percent

    def sentence(self, rules: ReadinessRules) -> str:
        """The forecast in words, with the rule."""
        now, then = shown_down(self.load.percent), shown_up(self.expected.percent)
        others = f"、在途容量 {shown(self.committed_kva)} kVA" if self.committed_kva else ""
        figures = (
            f"预计配变最高负载率 {then}%（现有最高 {now}%{others}，"
            f"本次增加 {shown(self.added_kva)} kVA）"
        )
        limit = plain(rules.forecast_percent)
        if self.exceeds(rules):
            return f"{figures}，超过 {limit}%，应提前立项（依据 {rules.clause}）"
        return f"{figures}，未超过 {limit}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that holds, with its evidence in Chinese and the clause."""

    rule: ReadinessRule
    message: str
    clause: str


def judge_area(load: AreaLoad, rules: ReadinessRules) -> Finding | None:
    """Whether an area's load rate allows or demands a project (达到: the border itself does)."""
    figures = (
        f"最高负载率 {shown_down(load.percent)}%"
        f"（峰值 {shown_down(load.peak_kva)} kVA，额定 {plain(load.rated_kva)} kVA）"
    )
    if load.percent >= rules.must_open_percent:
        message = f"{figures}，已达 {plain(rules.must_open_percent)}%，必须立项并出库"
        return Finding(rule=ReadinessRule.MUST_OPEN, message=message, clause=rules.clause)
    if load.percent >= rules.may_open_percent:
        message = f"{figures}，已达 {plain(rules.may_open_percent)}%，可以立项"
        return Finding(rule=ReadinessRule.MAY_OPEN, message=message, clause=rules.clause)
    return None


def judge_cell(loads: Iterable[AreaLoad], rules: ReadinessRules) -> Finding | None:
    """Whether a low-voltage cell has so little left that it is controlled early (小于).

    A cell of which nothing is measured is not judged.
    """
    measured = list(loads)
    free = sum((each.free_kva(rules) for each in measured), NOTHING)
    if not measured or free >= rules.cell_kva:
        return None
    message = (
        f"网格内配变总体允许接入容量 {shown_down(free)} kVA，小于 {plain(rules.cell_kva)} kVA，"
        "启动预管控，应提前立项"
    )
    return Finding(rule=ReadinessRule.EARLY_CONTROL, message=message, clause=rules.clause)


def capacity_class(load: AreaLoad | None, classes: CapacityClasses) -> CapacityClass:
    """The colour in which the public sees an area."""
    if load is None:
        return CapacityClass.UNKNOWN
    if load.percent >= classes.red_from_percent:
        return CapacityClass.RED
    if load.percent >= classes.yellow_from_percent:
        return CapacityClass.YELLOW
    return CapacityClass.GREEN


def window_start(until: date, months: int) -> date:
    """The first day of the window of so many months that ends with `until`.

    Twelve months that end on 2021-09-06 begin on 2020-09-07. Where the month is too short for the
    day, the window begins with the next month.
    """
    year, month = divmod(until.year * 12 + until.month - 1 - months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(until.day, last)) + timedelta(days=1)


def shown_down(value: Exact) -> str:
    """One decimal, never more than there is: for what is held against 达到 and 小于."""
    return _tenths(floor(Fraction(value) * 10))


def shown_up(value: Exact) -> str:
    """One decimal, never less than there is: for what is held against 超过."""
    return _tenths(ceil(Fraction(value) * 10))


def shown(value: Exact) -> str:
    """One decimal, for what is held against nothing."""
    return _tenths(floor(Fraction(value) * 10 + HALF))


def whole_va(value: Exact) -> Decimal:
    """Down to the volt-ampere, as meters count: what is kept, and what is held against that."""
    return Decimal(floor(Fraction(value) * 1000)).scaleb(-3)


def plain(number: Decimal) -> str:
    """A number without trailing zeros."""
    return f"{number.normalize():f}"


def _tenths(count: int) -> str:
    return f"{Decimal(count).scaleb(-1):f}"
