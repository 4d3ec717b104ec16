"""The walks of the proof reach exactly what the engine reaches, configuration by configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.definition import Applicants
from engine.soundness.clock_walk import ClockWalk
from engine.soundness.paper_walk import PaperWalk
from tests.unit.engine.definitions import (
    ASSET_TRANSFER,
    BUSINESS_KEY,
    COMPLETION_REPORT,
    HV_SINGLE,
    LV_RESIDENT,
    LV_STANDARD,
    PROPERTY_PROOF,
)
from tests.unit.engine.random_definitions import small_definitions
from tests.unit.engine.soundness_oracle import (
    Product,
    seen_of_the_clocks,
    seen_of_the_paper,
    told_apart,
)

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition

KINDS = (Applicants.RESIDENT, Applicants.ORGANISATION)


def assert_the_walks_reach_the_same(definition: WorkflowDefinition, applicants: Applicants) -> None:
    product = Product(definition, applicants).explored()
    clocks = ClockWalk(definition=definition, applicants=applicants).explored()
    walked = frozenset(told_apart(definition, each) for each in clocks.came_from)
    assert walked == seen_of_the_clocks(definition, product)
    for index, each in enumerate(definition.documents):
        if each.applies_to in {Applicants.ALL, applicants}:
            walk = PaperWalk(definition=definition, requirement=each)
            seen = seen_of_the_paper(index, walk.borders, product, deferrable=each.deferrable)
            assert frozenset(walk.explored().came_from) == seen


@pytest.mark.parametrize(
    ("definition", "applicants"),
    [
        (LV_RESIDENT, Applicants.RESIDENT),
        (LV_STANDARD, Applicants.ORGANISATION),
        (ASSET_TRANSFER, Applicants.ORGANISATION),
    ],
)
def test_on_the_definitions_of_the_annex(
    definition: WorkflowDefinition, applicants: Applicants
) -> None:
    assert_the_walks_reach_the_same(definition, applicants)


@pytest.mark.slow
def test_at_high_voltage() -> None:
    fewer = (BUSINESS_KEY, PROPERTY_PROOF, COMPLETION_REPORT)
    definition = replace(HV_SINGLE, documents=fewer)
    assert_the_walks_reach_the_same(definition, Applicants.ORGANISATION)


@settings(max_examples=150, deadline=None)
@given(small_definitions(), st.sampled_from(KINDS))
def test_on_any_small_definition(definition: WorkflowDefinition, applicants: Applicants) -> None:
    assert_the_walks_reach_the_same(definition, applicants)
