"""Loads `policy/outages.yaml`: lead times, and the thresholds and targets of reliability."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal  # noqa: TC003  (pydantic reads it)
from functools import cache, cached_property
from typing import Annotated

from pydantic import Field

from engine.application import AreaClass  # noqa: TC001  (pydantic reads it)
from engine.outage import EstimatePolicy, OutageKind
from workflows.problems import DefinitionFaultsError
from workflows.rule_files import policy_text
from workflows.schema import Clause, Shape
from workflows.shape_check import checked_shape
from workflows.yaml_source import read_yaml

FILE = "outages.yaml"

Cited = Annotated[Clause, Field(min_length=1)]
Year = Annotated[int, Field(ge=2000, le=2999)]
Percent = Annotated[int, Field(ge=1, le=100)]
Count = Annotated[int, Field(ge=1)]


class LeadTime(Shape):
    """How long before it begins an outage of a kind is announced."""

    kind: OutageKind
    hours: Annotated[int, Field(ge=0)]
    clause: Cited

    @property
    def span(self) -> timedelta:
        """As a length of time."""
        return timedelta(hours=self.hours)


class LateEntry(Shape):
    """How long after it occurred a fault is entered at most without a reason, and at all."""

    hours: Count
    most_days: Count
    clause: Cited

    @property
    def span(self) -> timedelta:
        """As a length of time."""
        return timedelta(hours=self.hours)


class EstimateRule(Shape):
    """When a new estimate is worth a message."""

    least_shift_minutes: Count
    least_pause_minutes: Count


class FrequentOutages(Shape):
    """From how many outages a year on a line counts."""

    count: Count
    clause: Cited


class FrequentFaults(Shape):
    """From how many faults within the last months on a line counts."""

    count: Count
    months: Annotated[int, Field(ge=1, le=12)]
    clause: Cited


class FewerTarget(Shape):
    """By how many per cent of the base year's number it must have come down in a year."""

    year: Year
    percent: Percent


class FewerFrequent(Shape):
    """How many fewer lines with frequent outages there must be."""

    base_year: Year
    targets: list[FewerTarget]
    clause: Cited

    def percent_in(self, year: int) -> int | None:
        """The target of that year, if it has one."""
        return next((each.percent for each in self.targets if each.year == year), None)


class AreaHours(Shape):
    """How long at most an average customer of an area class is without supply in a year."""

    area_class: AreaClass
    hours: Annotated[Decimal, Field(gt=0)]


class OutageHours(Shape):
    """The limits by area class; or so many per cent less than in the year before."""

    most: list[AreaHours] = Field(min_length=1)
    or_less_percent: Percent
    clause: Cited


class OutagePolicy(Shape):
    """The whole file."""

    lead_times: list[LeadTime]
    late_entry: LateEntry
    estimates: EstimateRule
    frequent_outages: FrequentOutages
    frequent_faults: FrequentFaults
    fewer_frequent: FewerFrequent
    outage_hours: OutageHours
    sustained_minutes: Annotated[int, Field(ge=0)]

    def lead_time(self, kind: OutageKind) -> LeadTime | None:
        """How long ahead an outage of that kind is announced; None for what nobody can foresee."""
        return next((each for each in self.lead_times if each.kind is kind), None)

    @cached_property
    def estimate_policy(self) -> EstimatePolicy:
        """When a new estimate is told."""
        return EstimatePolicy(
            least_shift=timedelta(minutes=self.estimates.least_shift_minutes),
            least_pause=timedelta(minutes=self.estimates.least_pause_minutes),
        )


@cache
def shipped_outage_policy() -> OutagePolicy:
    """What the law and the plan ask."""
    return load_outage_policy(policy_text(FILE), path=FILE)


def load_outage_policy(text: str, *, path: str) -> OutagePolicy:
    """The policy that the YAML `text` describes; `path` names the file in messages.

    Raises:
        DefinitionFaultsError: it cannot be read; all problems at once.
    """
    source, problems = read_yaml(text, file=path)
    if source is None:
        raise DefinitionFaultsError(problems)
    policy, faults = checked_shape(source.root, OutagePolicy)
    if policy is None or faults:
        raise DefinitionFaultsError(source.problem(fault) for fault in faults)
    return policy
