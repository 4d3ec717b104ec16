"""What a definition answers quickly: its states, its ways out, its name in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import a_definition
from tests.unit.engine.definitions import EVERY, LV_THREE_ZERO

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition


@pytest.mark.parametrize("definition", EVERY, ids=lambda each: each.id)
def test_every_transition_is_found_by_state_and_trigger(definition: WorkflowDefinition) -> None:
    for each in definition.transitions:
        assert definition.edges[each.source, each.trigger] is each
        assert each in definition.offered[each.source]
    assert sum(len(found) for found in definition.offered.values()) == len(definition.transitions)
    assert all(not definition.offered[each.id] for each in definition.states if each.is_final)


def test_it_is_written_with_its_version_in_the_ledger() -> None:
    assert a_definition(version=3).ref == "lv_business_three_zero@3"


def test_a_changed_definition_answers_for_itself() -> None:
    """The lookups are computed once a value; a changed value computes its own."""
    assert "intake" in LV_THREE_ZERO.stage_by_id
    assert "intake" not in a_definition(stages=LV_THREE_ZERO.stages[1:]).stage_by_id
