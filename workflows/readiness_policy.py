"""Loads the dated rules of `policy/readiness.yaml`, and lets later rows only ask for more."""

from __future__ import annotations

from datetime import date  # noqa: TC003  (pydantic reads it)
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from workflows.problems import DefinitionFaultsError, Fault
from workflows.readiness import (
    CapacityClasses,
    ComplaintPolicy,
    ReadinessPolicy,
    ReadinessRules,
    RestrictedSupplyLadder,
)
from workflows.rule_files import policy_text
from workflows.schema import Clause, Days, Shape
from workflows.shape_check import checked_shape
from workflows.yaml_source import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "readiness.yaml"

Percent = Annotated[Decimal, Field(gt=0, le=100, allow_inf_nan=False)]
Kilovoltamperes = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
Factor = Annotated[Decimal, Field(gt=0, le=1, allow_inf_nan=False)]
Cited = Annotated[Clause, Field(min_length=1)]
DaysBefore = Annotated[int, Field(ge=0, le=250)]


class RulesShape(Shape):
    """A row of rules."""

    from_on: date = Field(alias="from")
    may_open_percent: Percent
    must_open_percent: Percent
    forecast_percent: Percent
    cell_kva: Kilovoltamperes
    admissible_percent: Percent
    demand_factor: Factor
    power_factor: Factor
    clause: Cited


class ClassesShape(Shape):
    """Colours of capacity."""

    yellow_from_percent: Percent
    red_from_percent: Percent
    clause: Cited


class LadderShape(Shape):
    """Reminders of a promised full load."""

    days_before: list[DaysBefore] = Field(min_length=1)
    overdue_every_days: Days
    clause: Cited


class ComplaintsShape(Shape):
    """When complaints are frequent."""

    frequent_from: Annotated[int, Field(ge=1, le=1000)]
    clause: Cited


class ReadinessShape(Shape):
    """The whole file."""

    rules: list[RulesShape] = Field(min_length=1)
    capacity_classes: ClassesShape
    restricted_supply: LadderShape
    complaints: ComplaintsShape

    def value(self) -> ReadinessPolicy:
        """As the rules know it."""
        ladder = self.restricted_supply
        return ReadinessPolicy(
            rules=tuple(ReadinessRules(**row.model_dump()) for row in self.rules),
            capacity_classes=CapacityClasses(**self.capacity_classes.model_dump()),
            restricted_supply=RestrictedSupplyLadder(
                days_before=tuple(sorted(ladder.days_before, reverse=True)),
                overdue_every_days=ladder.overdue_every_days,
                clause=ladder.clause,
            ),
            complaints=ComplaintPolicy(**self.complaints.model_dump()),
        )


@cache
def shipped_readiness() -> ReadinessPolicy:
    """The rules of the plan."""
    return load_readiness(policy_text(FILE), path=FILE)


def load_readiness(text: str, *, path: str) -> ReadinessPolicy:
    """The policy that the YAML `text` describes; `path` names the file in messages.

    Raises:
        DefinitionFaultsError: it cannot be read, contradicts itself, or loosens an earlier row.
    """
    source, problems = read_yaml(text, file=path)
    if source is None:
        raise DefinitionFaultsError(problems)
    shape, faults = checked_shape(source.root, ReadinessShape)
    if shape is None or faults:
        raise DefinitionFaultsError(source.problem(fault) for fault in faults)
    found = [*_contradictions(shape), *_loosened(shape)]
    if found:
        raise DefinitionFaultsError(source.problem(fault) for fault in found)
    return shape.value()


def _contradictions(shape: ReadinessShape) -> Iterator[Fault]:
    for index, row in enumerate(shape.rules):
        if row.may_open_percent > row.must_open_percent:
            yield Fault(
                code="borders_out_of_order",
                message=f"“可以立项”{row.may_open_percent}% 高于“必须立项”{row.must_open_percent}%",
                at=("rules", index, "may_open_percent"),
                clause=row.clause,
            )
    classes = shape.capacity_classes
    if classes.yellow_from_percent >= classes.red_from_percent:
        yield Fault(
            code="borders_out_of_order",
            message="黄色的起点须低于红色的起点",
            at=("capacity_classes", "yellow_from_percent"),
            clause=classes.clause,
        )


def _loosened(shape: ReadinessShape) -> Iterator[Fault]:
    for index, (before, after) in enumerate(pairwise(shape.rules), start=1):
        if after.from_on <= before.from_on:
            yield Fault(
                code="not_in_order",
                message=f"各行须按日期先后排列，{after.from_on} 不晚于上一行的 {before.from_on}",
                at=("rules", index, "from"),
            )
        looser = [
            name
            for name in ("may_open_percent", "must_open_percent", "forecast_percent")
            if getattr(after, name) > getattr(before, name)
        ]
        looser += ["cell_kva"] if after.cell_kva < before.cell_kva else []
        for name in looser:
            yield Fault(
                code="looser_than_before",
                message=f"{after.from_on} 起的“{name}”宽于此前的标准",
                at=("rules", index, name),
                clause=after.clause,
                remedy="只能维持或收紧",
            )
