"""Looser than the plan only by a law and with a second person (R-10.3)."""

from __future__ import annotations

import pytest

from tests.unit.workflows.drafts import FILE, codes
from tests.unit.workflows.mutations import BUSINESS, LOW_LAST, SINGLE, Content, content_of
from workflows.caps import shipped_caps
from workflows.loader import check_definition, load_definition


def with_longer_limit() -> Content:
    draft = content_of(BUSINESS)
    draft.stage(LOW_LAST)["limit"]["days"] = 5
    draft.root["handling_limit"]["days"] = 6
    return draft


def with_exceptions() -> Content:
    draft = with_longer_limit()
    draft.except_from("limit_above_plan", LOW_LAST)
    draft.except_from("limit_above_plan", "handling_limit")
    return draft


def problems(draft: Content) -> list[str]:
    return codes(check_definition(draft.text(), FILE))


def test_a_law_and_a_second_person_allow_a_longer_limit() -> None:
    assert problems(with_longer_limit()) == ["limit_above_plan", "limit_above_plan"]
    assert problems(with_exceptions()) == []


def test_an_exception_excuses_the_one_thing_it_names() -> None:
    draft = with_exceptions()
    draft.stage("intake")["limit"]["days"] = 2
    draft.root["handling_limit"]["days"] = 7
    (problem,) = check_definition(draft.text(), FILE)
    assert (problem.code, problem.path) == ("limit_above_plan", "stages.0.limit.days")


def test_a_law_may_demand_a_document_but_not_a_commitment_letter() -> None:
    draft = content_of(BUSINESS)
    draft.add_paper("fire_permit", deferrable=True)
    assert problems(draft) == ["document_not_allowed"]
    draft.except_from("document_not_allowed", "fire_permit")
    assert problems(draft) == []
    draft.paper("fire_permit")["name"] = "消防承诺书"
    assert problems(draft) == ["forbidden_word"]


def test_a_document_that_a_law_demands_is_still_enforced_on_every_path() -> None:
    draft = content_of(SINGLE)
    draft.add_paper("fire_permit", "completion")
    draft.except_from("document_not_allowed", "fire_permit")
    assert problems(draft) == []
    draft.add_move("shortcut", "plan_confirmation", "inspection", checkpoint="plan_confirmation")
    assert "document_not_enforced" in problems(draft)


def test_a_law_may_demand_a_stage() -> None:
    draft = content_of(SINGLE)
    review = {"id": "design_review", "name": "设计审查", "limit": {"days": 3, "clause": "条例"}}
    draft.root["stages"].insert(2, review)
    draft.root["handling_limit"]["days"] = 18
    draft.add_state("design_review", "design_review")
    draft.move("reply_supply_plan")["to"] = "design_review"
    draft.add_move("pass_review", "design_review", "customer_works")
    draft.move("abort")["from"].append("design_review")
    assert problems(draft) == ["stage_not_allowed", "limit_above_plan"]
    draft.except_from("stage_not_allowed", "design_review")
    draft.except_from("limit_above_plan", "handling_limit")
    assert problems(draft) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"law": "上级要求"}, "law_not_cited"),
        ({"law": "《电力法》"}, "law_not_cited"),
        ({"law": "第二十四条"}, "law_not_cited"),
        ({"approved_by": "  "}, "exception_not_approved"),
        ({"rule": "deferral_border"}, "exception_not_possible"),
        ({"subject": "intake"}, "exception_unused"),
    ],
)
def test_a_faulty_exception_excuses_nothing(changed: dict[str, str], code: str) -> None:
    draft = with_exceptions()
    draft.root["exceptions"][0].update(changed)
    found = problems(draft)
    assert code in found
    assert "limit_above_plan" in found


def test_the_rules_with_exceptions_are_few_and_none_is_about_promises() -> None:
    assert set(shipped_caps().exceptions.rules) == {
        "stage_not_allowed",
        "limit_above_plan",
        "document_not_allowed",
        "document_due_too_early",
    }


def test_an_exception_is_content_and_no_exception_is_none() -> None:
    plain = content_of(BUSINESS)
    before = load_definition(plain.text(), path=FILE).content_hash
    plain.set(exceptions=[])
    assert load_definition(plain.text(), path=FILE).content_hash == before
    first, second = with_exceptions(), with_exceptions()
    second.root["exceptions"][0]["law"] = "《电力法》第二十六条"
    hashes = {load_definition(each.text(), path=FILE).content_hash for each in (first, second)}
    assert len(hashes) == 2
