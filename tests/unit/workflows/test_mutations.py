"""Every rule that a definition could break is broken once, and refused by its code and clause.

And the other way round: what is better for the customer always passes (R-10.3).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine.soundness
import workflows
from tests.unit.workflows.conduct_mutations import CONDUCT
from tests.unit.workflows.drafts import FILE
from tests.unit.workflows.field_mutations import FIELDS
from tests.unit.workflows.mutations import Mutation, content_of
from tests.unit.workflows.policy_mutations import POLICY
from tests.unit.workflows.soundness_mutations import SOUNDNESS
from tests.unit.workflows.stricter import STRICTER, stricter_text
from workflows.catalog import load_shipped
from workflows.loader import check_definition

if TYPE_CHECKING:
    from collections.abc import Iterator

MUTATIONS = [*POLICY, *CONDUCT, *SOUNDNESS, *FIELDS]
SHIPPED = [definition.id for definition, _ in load_shipped()]
POLICED = (
    "policy_check",
    "policy_conduct",
    "policy_documents",
    "policy_exceptions",
    "policy_fields",
    "structure",
)
FORM = {"unknown_word", "wrong_value"}
ENGINE_ONLY = {  # a file with such a fault is refused before, by its shape or its references
    "nobody_may_fire",
    "undeclared_role",
    "unknown_document",
    "unknown_field",
    "unknown_guard",
    "unknown_stage",
    "unknown_state",
}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_a_broken_definition_is_refused(mutation: Mutation) -> None:
    problems = check_definition(mutation.text(), FILE)
    found = [each for each in problems if each.code == mutation.code]
    assert found, f"{mutation.code} not among {[each.code for each in problems]}"
    assert all(mutation.clause in each.clause for each in found)
    assert all(each.path and each.line for each in found)
    assert all(each.remedy for each in found if each.code not in FORM)


def test_there_are_enough_of_them_and_each_is_another() -> None:
    assert len(MUTATIONS) >= 60
    assert len({each.text() for each in MUTATIONS}) >= 60
    assert len({each.name for each in MUTATIONS}) == len(MUTATIONS)


def test_no_rule_is_left_unbroken() -> None:
    assert set(_codes_in_the_source()) - ENGINE_ONLY == {each.code for each in MUTATIONS} - {
        "unknown_reference",
        "unknown_word",
        "wrong_value",
    }


def _codes_in_the_source() -> Iterator[str]:
    house = Path(workflows.__file__).parent
    sources = [house / f"{name}.py" for name in POLICED]
    sources += Path(engine.soundness.__file__).parent.glob("*.py")
    for source in sources:
        text = source.read_text(encoding="utf-8")
        yield from re.findall(r'code="(\w+)"', text)
        yield from re.findall(
            r'_(?:finding|idle|lost)\(\s*(?:definition, index, "\w+", )?"(\w+)"', text
        )


@pytest.mark.parametrize("definition_id", SHIPPED)
def test_the_shipped_definitions_survive_being_rewritten(definition_id: str) -> None:
    assert check_definition(content_of(definition_id).text(), FILE) == ()


@pytest.mark.parametrize(
    ("definition_id", "name"), [(each, name) for each in STRICTER for name in STRICTER[each]]
)
def test_what_is_better_for_the_customer_passes(definition_id: str, name: str) -> None:
    assert check_definition(stricter_text(definition_id, [name]), FILE) == ()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_combination_of_what_is_better_passes(data: st.DataObject) -> None:
    definition_id = data.draw(st.sampled_from(sorted(STRICTER)))
    names = data.draw(st.lists(st.sampled_from(sorted(STRICTER[definition_id])), unique=True))
    assert check_definition(stricter_text(definition_id, names), FILE) == ()
