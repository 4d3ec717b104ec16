"""Loads the dated thresholds of `policy/eligibility.yaml`, and lets them only widen.

An administrator may add rows and applicants. Nothing may come below an earlier row, nor below what
the shipped file, that is the plan, grants on the same day (四(三)1, 四(三)2, R-4.1).
"""

from __future__ import annotations

from collections import Counter
from datetime import date  # noqa: TC003  (pydantic reads it)
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from engine.application import ApplicantKind, CustomerType, ServiceScheme
from workflows.caps import shipped_caps
from workflows.classification import EligibilityPolicy, VoltageCap, ZeroInvestment
from workflows.problems import DefinitionFaultsError, Fault
from workflows.rule_files import policy_text
from workflows.schema import Clause, Identifier, Shape
from workflows.shape_check import checked_shape
from workflows.yaml_source import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FILE = "eligibility.yaml"
NARROWER = "R-4.1, 四(三)1, 四(三)2"

SERVED = (
    (CustomerType.LV_RESIDENT, ServiceScheme.THREE_ZERO),
    (CustomerType.LV_BUSINESS, ServiceScheme.THREE_ZERO),
    (CustomerType.LV_BUSINESS, ServiceScheme.STANDARD),
    (CustomerType.HV_SINGLE_SUPPLY, ServiceScheme.THREE_SAVING),
    (CustomerType.HV_DUAL_SUPPLY, ServiceScheme.THREE_SAVING),
)
"""Every outcome of classification; each needs a definition."""

Kilowatts = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
Cited = Annotated[Clause, Field(min_length=1)]


class CapShape(Shape):
    """A row of the low-voltage cap."""

    from_on: date = Field(alias="from")
    cap_kw: Kilowatts
    clause: Cited


class ThresholdShape(Shape):
    """A row of the zero-investment thresholds."""

    from_on: date = Field(alias="from")
    urban_kw: Kilowatts
    rural_kw: Kilowatts
    clause: Cited


class ServedShape(Shape):
    """Which definition serves a customer type under a scheme."""

    customer_type: CustomerType
    service_scheme: ServiceScheme
    definition: Identifier


class EligibilityShape(Shape):
    """The whole file."""

    low_voltage_cap: list[CapShape] = Field(min_length=1)
    zero_investment: list[ThresholdShape] = Field(min_length=1)
    zero_investment_applicants: list[ApplicantKind] = Field(min_length=1)
    definitions: list[ServedShape]

    def value(self) -> EligibilityPolicy:
        """As classification knows it."""
        return EligibilityPolicy(
            low_voltage_caps=tuple(
                VoltageCap(from_on=row.from_on, cap_kw=row.cap_kw, clause=row.clause)
                for row in self.low_voltage_cap
            ),
            zero_investment=tuple(
                ZeroInvestment(
                    from_on=row.from_on,
                    urban_kw=row.urban_kw,
                    rural_kw=row.rural_kw,
                    clause=row.clause,
                )
                for row in self.zero_investment
            ),
            zero_investment_applicants=frozenset(self.zero_investment_applicants),
            definitions={
                (row.customer_type, row.service_scheme): row.definition for row in self.definitions
            },
        )


@cache
def shipped_eligibility() -> EligibilityPolicy:
    """The thresholds of the plan."""
    return load_eligibility(policy_text(FILE), path=FILE)


def load_eligibility(
    text: str, *, path: str, floor: EligibilityPolicy | None = None
) -> EligibilityPolicy:
    """The policy that the YAML `text` describes; `path` names the file in messages.

    With `floor`, usually `shipped_eligibility()`, it must grant everywhere what that one grants.

    Raises:
        DefinitionFaultsError: it cannot be read or narrows what was granted; all at once.
    """
    source, problems = read_yaml(text, file=path)
    if source is None:
        raise DefinitionFaultsError(problems)
    shape, faults = checked_shape(source.root, EligibilityShape)
    if shape is None or faults:
        raise DefinitionFaultsError(source.problem(fault) for fault in faults)
    policy = shape.value()
    found = [
        *_narrowing(shape),
        *_unserved(shape),
        *_uncapped(shape),
        *_below_floor(policy, floor),
    ]
    if found:
        raise DefinitionFaultsError(source.problem(fault) for fault in found)
    return policy


def _narrowing(shape: EligibilityShape) -> Iterator[Fault]:
    caps = [(row.from_on, (row.cap_kw,)) for row in shape.low_voltage_cap]
    thresholds = [(row.from_on, (row.urban_kw, row.rural_kw)) for row in shape.zero_investment]
    yield from _narrowing_rows("low_voltage_cap", caps)
    yield from _narrowing_rows("zero_investment", thresholds)


def _narrowing_rows(key: str, rows: Sequence[tuple[date, tuple[Decimal, ...]]]) -> Iterator[Fault]:
    for index, ((earlier, before), (later, after)) in enumerate(pairwise(rows), start=1):
        if later <= earlier:
            yield Fault(
                code="not_in_order",
                message=f"各行须按日期先后排列，{later} 不晚于上一行的 {earlier}",
                at=(key, index, "from"),
            )
        if any(now < then for then, now in zip(before, after, strict=True)):
            yield Fault(
                code="narrower_than_before",
                message=f"{later} 起的标准低于此前的标准，不得缩减已给予客户的范围",
                at=(key, index),
                clause=NARROWER,
                remedy="只能维持或提高",
            )


def _unserved(shape: EligibilityShape) -> Iterator[Fault]:
    listed = Counter((row.customer_type, row.service_scheme) for row in shape.definitions)
    for customer_type, scheme in SERVED:
        times = listed[customer_type, scheme]
        if times != 1:
            yield Fault(
                code="definition_not_unique",
                message=f"{customer_type} + {scheme} 须有且只有一个流程，现有 {times} 个",
                at=("definitions",),
                clause="R-4.4",
            )


def _uncapped(shape: EligibilityShape) -> Iterator[Fault]:
    """A definition without caps would serve customers with any limit it likes."""
    caps = shipped_caps()
    for index, row in enumerate(shape.definitions):
        if caps.of(row.definition) is None:
            yield Fault(
                code="definition_without_caps",
                message=f"流程“{row.definition}”没有方案规定的上限，不能用于用电报装",
                at=("definitions", index, "definition"),
                clause="R-4.4, R-10.3",
                remedy=f"可用的流程：{'、'.join(cap.id for cap in caps.definitions)}",
            )


def _below_floor(policy: EligibilityPolicy, floor: EligibilityPolicy | None) -> Iterator[Fault]:
    if floor is None:
        return
    for day in sorted({row.from_on for row in (*floor.low_voltage_caps, *policy.low_voltage_caps)}):
        granted, now = floor.low_voltage_cap(day), policy.low_voltage_cap(day)
        if now.cap_kw < granted.cap_kw:
            message = f"{day} 的低压接入容量上限 {now.cap_kw} kW 低于 {granted.cap_kw} kW"
            yield _too_low("low_voltage_cap", message)
    for day in sorted({rule.from_on for rule in (*floor.zero_investment, *policy.zero_investment)}):
        if not _covers(policy.zero_investment_rule(day), floor.zero_investment_rule(day)):
            yield _too_low("zero_investment", f"{day} 的“零投资”标准低于方案的标准")
    if not floor.zero_investment_applicants <= policy.zero_investment_applicants:
        message = "“零投资”的申请人范围小于方案的范围"
        yield _too_low("zero_investment_applicants", message)
    yield from _served_elsewhere(policy, floor)


def _served_elsewhere(policy: EligibilityPolicy, floor: EligibilityPolicy) -> Iterator[Fault]:
    """三零 customers keep the definition with their limits."""
    for (customer_type, scheme), granted_by in floor.definitions.items():
        served_by = policy.definitions.get((customer_type, scheme))
        if scheme is ServiceScheme.THREE_ZERO and served_by != granted_by:
            message = f"“三零”服务的 {customer_type} 应走流程“{granted_by}”，现为“{served_by}”"
            yield _too_low("definitions", message)


def _covers(rule: ZeroInvestment | None, granted: ZeroInvestment | None) -> bool:
    if granted is None:
        return True
    return (
        rule is not None and rule.urban_kw >= granted.urban_kw and rule.rural_kw >= granted.rural_kw
    )


def _too_low(key: str, message: str) -> Fault:
    return Fault(
        code="below_the_plan", message=message, at=(key,), clause=NARROWER, remedy="只能维持或提高"
    )
