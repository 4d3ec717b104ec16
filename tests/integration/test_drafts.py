"""Changing a definition: a draft, and how it differs (R-10.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import (
    ConflictError,
    HuodianError,
    NotFoundError,
)
from tests.applicants import CHIEF
from tests.application import codes
from tests.drafting import (
    ID,
    LOOSER,
    OTHER,
    SECOND,
    STRICTER,
    THIRD,
    at_once,
    drafted,
    in_force,
    publications,
)
from tests.unit.workflows.drafts import edited, shipped_text
from workflows.problems import DefinitionFaultsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.application import Office


# --- drafts --------------------------------------------------------------------------------------


def test_a_draft_stands_beside_the_version_in_force(office: Office) -> None:
    view = drafted(office)
    assert (view.definition_id, view.base_version, view.revision, view.author) == (
        ID,
        1,
        1,
        "chief",
    )
    assert (view.is_current, view.problems, view.outcome) == (True, (), "")
    assert in_force(office) == f"{ID}@1"
    assert [each.number for each in office.application.drafts.open_drafts()] == [view.number]
    assert office.application.drafts.get(view.number) == view


def test_saving_again_needs_the_revision_that_was_seen(office: Office) -> None:
    first = drafted(office)
    again = drafted(office, OTHER, revision=1)
    assert (again.number, again.revision) == (first.number, 2)
    for seen in (None, 1, 3):
        with pytest.raises(ConflictError) as conflict:
            drafted(office, STRICTER, revision=seen)
        assert codes(conflict) == {"stale_draft"}
        assert "现为第 2 次保存（chief）" in str(conflict.value)
        assert "R-10.2" in str(conflict.value)
        assert ("--revision 2" in str(conflict.value)) is (seen is None)
    assert office.application.drafts.get(first.number).source == OTHER


def test_another_administrator_is_told_whose_draft_is_open(office: Office) -> None:
    view = drafted(office)
    for revision in (None, 1):
        with pytest.raises(ConflictError, match="已有 chief 的草稿") as conflict:
            drafted(office, OTHER, by=SECOND, revision=revision)
        assert f"作废草稿 {view.number}" in str(conflict.value)
        assert "R-10.2" in str(conflict.value)
    office.application.drafts.discard(view.number, actor=SECOND, reason="与起草人商定")
    taken_over = drafted(office, OTHER, by=SECOND)
    assert taken_over.author == "second"
    assert office.application.drafts.get(view.number).outcome == "discarded"
    (entry,) = publications(office)
    assert (entry.action, entry.actor_id, entry.facts["author"]) == (
        "discard_draft",
        "second",
        "chief",
    )


def test_a_draft_that_ended_is_not_saved_published_or_discarded_again(office: Office) -> None:
    drafts = office.application.drafts
    number = drafted(office).number
    drafts.publish(number, actor=SECOND)
    attempts: list[Callable[[], object]] = [
        lambda: drafted(office, OTHER, revision=1),
        lambda: drafts.publish(number, actor=THIRD),
        lambda: drafts.discard(number, actor=THIRD, reason="不需要"),
    ]
    for attempt in attempts:
        with pytest.raises(ConflictError) as conflict:
            attempt()
        assert codes(conflict) == {"draft_closed"}


def test_two_administrators_at_once_get_one_draft_and_one_conflict(office: Office) -> None:
    outcomes = at_once(
        lambda who: drafted(office, OTHER if who is CHIEF else STRICTER, by=who), CHIEF, SECOND
    )
    won = [each for each in outcomes if not isinstance(each, HuodianError)]
    (lost,) = (each for each in outcomes if isinstance(each, HuodianError))
    assert isinstance(lost, ConflictError)
    assert [each.number for each in office.application.drafts.open_drafts()] == [won[0].number]
    assert won[0].author in str(lost)


def test_two_windows_of_one_author_save_once(office: Office) -> None:
    number = drafted(office).number
    texts = iter((STRICTER, OTHER))
    outcomes = at_once(lambda text: drafted(office, text, revision=1), *texts)
    assert sorted(type(each).__name__ for each in outcomes) == ["ConflictError", "DraftView"]
    assert office.application.drafts.get(number).revision == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &a [x]\nb: [*a, *a]\n", "anchor"),
        ("x" * 10_000_000, "file_too_large"),
        (shipped_text(ID).replace("version: 1", "version: 1\nversion: 2", 1), "duplicate_key"),
        (shipped_text(ID).replace("  - id: intake", "\t- id: intake", 1), "tab"),
        (shipped_text(ID) + "colour: red\n", "unknown_key"),
        (shipped_text(ID).replace("days: 4", "days: vier", 1), "wrong_type"),
        (shipped_text(ID).replace("name: ", "name： ", 1), "full_width_punctuation"),
    ],
    ids=["bomb", "10 MB", "twice", "tab", "unknown key", "wrong type", "full width"],
)
def test_a_text_whose_form_is_wrong_is_no_draft(office: Office, text: str, code: str) -> None:
    with pytest.raises(DefinitionFaultsError) as refusal:
        drafted(office, text)
    assert code in codes(refusal)
    assert all(problem.line >= 1 for problem in refusal.value.problems)
    assert all(problem.clause for problem in refusal.value.problems)
    assert office.application.drafts.open_drafts() == ()
    assert publications(office) == []


def test_a_draft_may_still_break_the_plan_but_is_not_published(office: Office) -> None:
    view = drafted(office, LOOSER)
    assert {problem.clause.split(",")[0] for problem in view.problems} <= {"R-1", "R-10.3"}
    with pytest.raises(DefinitionFaultsError) as refusal:
        office.application.drafts.publish(view.number, actor=SECOND)
    assert refusal.value.problems == view.problems
    with pytest.raises(DefinitionFaultsError):
        office.application.drafts.definition(view.number)
    assert in_force(office) == f"{ID}@1"
    assert publications(office) == []
    assert office.application.drafts.get(view.number).outcome == ""


# --- difference ----------------------------------------------------------------------------------


def test_the_difference_of_a_draft_is_against_the_newest_version(office: Office) -> None:
    view = drafted(office)
    found = office.application.drafts.difference(view.number)
    assert (found.before, found.after) == (f"{ID}@1", f"草稿 {view.number}")
    assert [each.key for each in found.changes] == ["metering_and_energization", "handling_limit"]
    assert found.loosened == ()
    assert "-    limit: {days: 4," in found.text
    assert "【变更】" in found.diagram
    looser = office.application.drafts.save(LOOSER, actor=CHIEF, revision=1)
    assert len(office.application.drafts.difference(looser.number).loosened) == 2
    with pytest.raises(NotFoundError):
        office.application.drafts.difference(999)
    with pytest.raises(NotFoundError):
        office.application.drafts.between(ID, 1, 9)


def test_a_draft_with_a_name_that_leads_nowhere_has_no_picture(office: Office) -> None:
    text = edited(ID, ("    to: metering\n", "    to: nowhere\n"))
    view = drafted(office, text)
    assert view.problems
    found = office.application.drafts.difference(view.number)
    assert (found.diagram, len(found.changes)) == ("", 1)
