"""What the plan forbids a definition and what it always allows (M2a, C3b-C4c, T3d, Q1, R-10.3)."""

from __future__ import annotations

import pytest

from tests.unit.workflows.drafts import codes, edited, line_of, problem_of, problems_of
from workflows.caps import load_caps, shipped_caps
from workflows.problems import DefinitionFaultsError

BUSINESS, SINGLE, DUAL = "lv_business", "hv_single_supply", "hv_dual_supply"
RESIDENT, TRANSFER = "lv_resident", "asset_transfer"

LEASE = """  - id: property_proof
    name: 租赁合同
    any_of: [lease]
"""
PROPERTY_HEAD = """  - id: property_proof
    name: 用电地址物权证件
    any_of: [property_proof]
"""


def document(document_id: str, kind: str, *more: str) -> str:
    """One more requirement, to stand before the deferral."""
    lines = [
        f"  - id: {document_id}",
        f"    name: {document_id}的资料",
        f"    any_of: [{kind}]",
        "    clause: R-3.1",
        *(f"    {line}" for line in more),
    ]
    return "\n".join(lines) + "\n\ndeferral:"


# ---- stages


DESIGN_REVIEW = """  - id: design_review
    name: 设计审查
    limit: {days: 1, clause: 附件}
  - id: supply_plan_reply
"""


def test_m2a_a_further_stage_is_refused_by_name() -> None:
    changes = (
        ("  - id: supply_plan_reply\n", DESIGN_REVIEW),
        (
            "name: 现场服务\n    stage: supply_plan_reply",
            "name: 现场服务\n    stage: design_review",
        ),
        ("handling_limit: {days: 15", "handling_limit: {days: 16"),
    )
    problems = problems_of(SINGLE, *changes)
    assert codes(problems) == ["stage_not_allowed", "limit_above_plan"]
    stage = problems[0]
    assert "设计审查" in stage.message
    assert "四(二)3" in stage.clause
    assert stage.line == line_of(edited(SINGLE, *changes), "- id: design_review")


def test_a_stage_keeps_its_name() -> None:
    problem = problem_of(BUSINESS, ("name: 装表接电\n", "name: 设计审查\n"))
    assert problem.code == "stage_renamed"
    assert "装表接电" in problem.message


def test_a_missing_stage_is_refused() -> None:
    problems = problems_of(
        RESIDENT,
        ('  - id: intake\n    name: 业务受理\n    limit: {days: 1, clause: "R-1, 附件"}\n', ""),
        ("    stage: intake\n", "    stage: metering_and_energization\n"),
        ("handling_limit: {days: 2", "handling_limit: {days: 1"),
    )
    assert codes(problems) == ["stage_missing"]
    assert "业务受理" in problems[0].message


def test_stages_stand_in_the_order_of_the_plan() -> None:
    problems = problems_of(
        TRANSFER,
        ("  - id: assessment\n    name: 资产评估\n", "  - id: x\n    name: X\n"),
        ("  - id: receipt\n    name: 资产接收\n", "  - id: assessment\n    name: 资产评估\n"),
        ("  - id: x\n    name: X\n", "  - id: receipt\n    name: 资产接收\n"),
    )
    assert "stage_order" in codes(problems)


# ---- limits


def test_t3d_a_shorter_limit_is_allowed() -> None:
    assert problems_of(SINGLE, ("days: 4", "days: 3"), ("days: 15", "days: 14")) == ()


def test_t3d_a_longer_limit_is_refused_even_if_another_is_shortened() -> None:
    problem = problem_of(SINGLE, ("days: 4", "days: 5"), ("days: 10", "days: 9"))
    assert problem.code == "limit_above_plan"
    assert problem.path == "stages.1.limit.days"
    assert "供电方案答复" in problem.message
    assert "5 个工作日" in problem.message
    assert "4 个工作日" in problem.message


@pytest.mark.parametrize(
    ("definition_id", "old", "new", "path"),
    [
        (RESIDENT, "end_to_end_limit: {days: 2", "end_to_end_limit: {days: 3", "end_to_end_limit"),
        (RESIDENT, "end_to_end_limit: {days: 2", "end_to_end_limit: {days: null", "end_to_end"),
        (TRANSFER, "end_to_end_limit: {days: 30", "end_to_end_limit: {days: 31", "end_to_end"),
        (BUSINESS, "{days: 4,", "{days: null,", "stages.1.limit"),
        (BUSINESS, "handling_limit: {days: 5", "handling_limit: {days: null", "handling_limit"),
    ],
)
def test_no_limit_is_longer_than_the_plan_says_or_missing(
    definition_id: str, old: str, new: str, path: str
) -> None:
    problems = problems_of(definition_id, (old, new))
    above = [each for each in problems if each.code == "limit_above_plan"]
    assert [each.path.startswith(path) for each in above] == [True]


def test_a_limit_may_be_set_where_the_plan_has_none() -> None:
    limit = 'end_to_end_limit: {days: null, clause: "R-1, 附件"}'
    assert problems_of(BUSINESS, (limit, limit.replace("null", "9"))) == ()


@pytest.mark.parametrize(
    ("definition_id", "old", "new"),
    [
        (TRANSFER, "end_to_end_from: receiving\n", ""),
        (BUSINESS, "\ninitial:", "end_to_end_from: metering\n\ninitial:"),
    ],
)
def test_the_end_to_end_time_starts_where_the_plan_says(
    definition_id: str, old: str, new: str
) -> None:
    assert codes(problems_of(definition_id, (old, new))) == ["end_to_end_start"]


# ---- documents


def test_c3b_a_lease_may_not_be_asked_for_at_low_voltage() -> None:
    problem = problem_of(
        BUSINESS,
        (PROPERTY_HEAD, LEASE),
        ("document_names:\n", "document_names:\n  lease: 租赁合同\n"),
    )
    assert problem.code == "document_not_allowed"
    assert "租赁合同" in problem.message
    assert "四(二)3" in problem.clause


def test_c3b_a_project_approval_may_not_be_asked_for_at_low_voltage() -> None:
    problem = problem_of(
        BUSINESS,
        ("document_names:\n", "document_names:\n  project_approval: 批准文件\n"),
        ("\ndeferral:", document("x", "project_approval", "due_at: intake", "deferrable: true")),
    )
    assert problem.code == "document_not_allowed"


def test_c3c_a_test_report_may_not_be_asked_for_at_completion() -> None:
    problem = problem_of(
        SINGLE,
        ("document_names:\n", "document_names:\n  test_report: 试验报告\n"),
        ("\ndeferral:", document("x", "test_report", "due_at: completion")),
    )
    assert problem.code == "document_not_allowed"


@pytest.mark.parametrize("name", ["用电承诺书", "客户承诺函"])
def test_c3d_no_commitment_letter_ever(name: str) -> None:
    problems = problems_of(
        BUSINESS, ("    name: 用电地址物权证件\n    any_of", f"    name: {name}\n    any_of")
    )
    assert codes(problems) == ["forbidden_word"]
    assert name in problems[0].message
    assert "四(二)3" in problems[0].clause


def test_c3d_a_commitment_letter_does_not_hide_in_another_name() -> None:
    problems = problems_of(
        BUSINESS,
        ("name: 现场服务", "name: 签订承诺书"),
        ("  property_proof: 用电地址物权证件", "  property_proof: 承诺书"),
    )
    assert codes(problems) == ["forbidden_word", "forbidden_word"]


def test_c3d_a_disguised_precondition_is_refused() -> None:
    problem = problem_of(BUSINESS, ("[managers_named]", "[managers_named, payment_received]"))
    assert problem.code == "unknown_reference"
    assert "四(二)3" in problem.clause


PROPERTY_PROOF = (
    PROPERTY_HEAD
    + """    due_at: intake
    deferrable: true
    clause: R-3.1, 四(二)3
"""
)


@pytest.mark.parametrize("definition_id", [RESIDENT, BUSINESS, SINGLE])
def test_c3d_fewer_documents_are_allowed(definition_id: str) -> None:
    assert problems_of(definition_id, (PROPERTY_PROOF, "")) == ()


def test_more_ways_to_satisfy_a_requirement_are_allowed() -> None:
    wider = "any_of: [property_proof, business_licence]"
    assert problems_of(BUSINESS, ("any_of: [property_proof]", wider)) == ()


def test_licence_and_code_certificate_are_alternatives_and_not_both() -> None:
    one = ("any_of: [business_licence, organization_code]", "any_of: [business_licence]")
    problem = problem_of(BUSINESS, one)
    assert problem.code == "document_not_allowed"
    assert "营业执照或组织机构代码证" in problem.message


def test_a_document_is_asked_for_once() -> None:
    again = document("again", "property_proof", "due_at: intake", "deferrable: true")
    problem = problem_of(BUSINESS, ("\ndeferral:", again))
    assert problem.code == "document_asked_twice"


def test_a_document_is_not_asked_of_more_people_than_the_plan_says() -> None:
    problem = problem_of(RESIDENT, ("    applies_to: resident\n", ""))
    assert problem.code == "document_not_allowed"


def test_the_completion_report_is_not_asked_for_earlier() -> None:
    problems = problems_of(SINGLE, ("due_at: completion", "due_at: intake"))
    assert codes(problems) == ["waits_for_undue_document", "document_due_too_early"]


def test_the_completion_report_can_never_be_deferred() -> None:
    late = ("    due_at: completion", "    deferrable: true\n    due_at: completion")
    problems = problems_of(SINGLE, late)
    assert "document_not_deferrable" in codes(problems)
    assert "R-3.4" in next(each for each in problems if "不能容缺" in each.message).clause


DEFERRABLE_PROPERTY = "    any_of: [property_proof]\n    due_at: intake\n    deferrable: true\n"


def test_c4a_only_the_key_document_decides_on_intake() -> None:
    as_key = DEFERRABLE_PROPERTY.replace("deferrable: true", "key: true")
    problems = problems_of(BUSINESS, (DEFERRABLE_PROPERTY, as_key))
    assert codes(problems) == ["deferral_denied", "not_a_key_document"]
    assert {each.clause for each in problems} == {"R-3.2, 四(二)4"}


def test_c4a_the_right_to_conditional_acceptance_is_not_taken_away() -> None:
    now = DEFERRABLE_PROPERTY.replace("    deferrable: true\n", "")
    problem = problem_of(BUSINESS, (DEFERRABLE_PROPERTY, now))
    assert problem.code == "deferral_denied"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  extended: plan_confirmation", "  extended: intake"),
        ("  extended: plan_confirmation", "  extended: energization"),
        ("  standard: energization", "  standard: plan_confirmation"),
    ],
)
def test_c4c_deferred_documents_fall_due_where_the_plan_says(old: str, new: str) -> None:
    problem = problem_of(BUSINESS, (old, new))
    assert problem.code == "deferral_border"
    assert "四(二)4" in problem.clause


# ---- checkpoints on every path


@pytest.mark.parametrize("definition_id", [RESIDENT, BUSINESS, SINGLE, DUAL])
@pytest.mark.parametrize("checkpoint", ["intake", "plan_confirmation", "energization"])
def test_a_connection_crosses_every_border_on_its_way(definition_id: str, checkpoint: str) -> None:
    problems = problems_of(definition_id, (f"    checkpoint: {checkpoint}\n", ""))
    missing = [each for each in problems if each.code == "checkpoint_missing"]
    assert len(missing) == 1
    assert checkpoint in missing[0].message
    assert missing[0].message.endswith("→ 装表送电(energize)")


def test_q1_a_shortcut_around_the_plan_confirmation_is_found() -> None:
    shortcut = """  - trigger: skip
    name: 直接施工
    from: site_visit
    to: grid_works
    roles: [project_manager]
  - trigger: abort
"""
    problems = problems_of(BUSINESS, ("  - trigger: abort\n", shortcut))
    assert codes(problems) == ["checkpoint_missing", "document_not_enforced"]
    way = "完成业务受理(complete_intake) → 直接施工(skip) → 完成配套施工(finish_works)"
    assert all(way in each.message for each in problems)


def test_the_completion_report_is_due_on_every_path() -> None:
    problems = problems_of(SINGLE, ("    checkpoint: completion\n", ""))
    assert codes(problems) == ["document_not_enforced"]
    assert "竣工报告" in problems[0].message


# ---- conduct


@pytest.mark.parametrize(
    ("definition_id", "old", "new", "path"),
    [
        (BUSINESS, "name: 现场服务\n", "held_by_customer: customer_works", "states.1"),
        (BUSINESS, "name: 现场服务\n", "suspendable: [external_line]", "states.1"),
        (BUSINESS, "name: 现场服务\n", "until_received: key", "states.1"),
        (SINGLE, "name: 竣工检验\n", "until_received: completion_report", "states.4"),
        (TRANSFER, "name: 接收中\n", "held_by_customer: customer_works", "states.4"),
    ],
)
def test_a_clock_does_not_stand_still_elsewhere(
    definition_id: str, old: str, new: str, path: str
) -> None:
    problems = problems_of(definition_id, (old, f"{old}    {new}\n"))
    problem = next(each for each in problems if each.code == "clock_stop_not_allowed")
    assert problem.path == f"{path}.{new.partition(':')[0]}"
    assert "附件 注2" in problem.clause


def test_fewer_stops_are_allowed() -> None:
    suspendable = "    suspendable: [external_line, customer_works]   # R-2.4, 附件 注2\n"
    assert problems_of(BUSINESS, (suspendable, "")) == ()


def test_t2a_intake_does_not_end_before_both_managers_are_named() -> None:
    problem = problem_of(BUSINESS, ("    guards: [managers_named]\n", ""))
    assert (problem.code, problem.path) == ("guard_missing", "transitions.0")
    assert "四(一)2" in problem.clause


def test_a_ticket_is_not_aborted_without_a_reason() -> None:
    problem = problem_of(BUSINESS, ("    reason_required: true\n", ""))
    assert (problem.code, problem.path) == ("abort_without_reason", "transitions.5")


# ---- a process that the plan does not name


def test_another_process_has_no_caps_but_may_not_ask_for_more_documents() -> None:
    renamed = ("id: lv_business\n", "id: temporary_lease\n")
    longer = (("days: 4", "days: 40"), ("handling_limit: {days: 5", "handling_limit: {days: 41"))
    never_begun = {"never_begun"}  # nobody who applies is classified into it
    assert {each.code for each in problems_of(BUSINESS, renamed, *longer)} == never_begun
    lease = ("document_names:\n", "document_names:\n  lease: 租赁合同\n")
    found = problems_of(BUSINESS, renamed, (PROPERTY_HEAD, LEASE), lease)
    assert {each.code for each in found} == {"document_not_allowed", *never_begun}


def test_the_caps_file_itself_is_checked() -> None:
    assert shipped_caps().of("lv_resident") is not None
    with pytest.raises(DefinitionFaultsError) as refusal:
        load_caps("definitions: []\ncolour: red\n", path="caps.yaml")
    found = {each.code for each in refusal.value.problems}
    assert found == {"missing_key", "unknown_key"}
    with pytest.raises(DefinitionFaultsError):
        load_caps("- x\n", path="caps.yaml")
