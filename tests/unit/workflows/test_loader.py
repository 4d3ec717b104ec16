"""Form, references and structure of a definition: everything wrong is said at once, by line."""

from __future__ import annotations

import pytest

from tests.unit.workflows.drafts import (
    FILE,
    codes,
    edited,
    line_of,
    problem_of,
    problems_of,
    shipped_text,
)
from workflows.catalog import shipped
from workflows.loader import check_definition, load_definition
from workflows.problems import DefinitionFaultsError

BUSINESS, SINGLE, TRANSFER = "lv_business", "hv_single_supply", "asset_transfer"


@pytest.mark.parametrize("name", [name for name, _ in shipped()])
def test_the_shipped_definitions_have_no_problem(name: str) -> None:
    assert check_definition(dict(shipped())[name], name) == ()


def test_faults_of_every_kind_come_at_once_in_the_order_of_the_lines() -> None:
    changes = (
        ("basis: 云保", "colour: red\nbasis: 云保"),
        ("to: metering\n", "to: meterin\n"),
        ("any_of: [property_proof]", "any_of: [property_prof]"),
        ("handling_limit: {days: 5", "handling_limit: {days: 6"),
        ("guards: [managers_named]", "guards: [managers_named, payment_received]"),
    )
    text = edited(BUSINESS, *changes)
    with pytest.raises(DefinitionFaultsError) as refusal:
        load_definition(text, path=FILE)
    found = [(each.code, each.line) for each in refusal.value.problems]
    limit = line_of(text, "handling_limit")
    assert found == [
        ("unknown_key", line_of(text, "colour")),
        ("sum_of_limits", limit),
        ("limit_above_plan", limit),
        ("unknown_reference", line_of(text, "payment_received")),
        ("unknown_reference", line_of(text, "meterin\n")),
        ("document_not_allowed", line_of(text, "- id: property_proof")),
        ("unknown_reference", line_of(text, "property_prof]")),
    ]
    assert len(refusal.value.reasons) == len(found)


def test_a_problem_says_where_what_and_what_to_do() -> None:
    problem = problem_of(BUSINESS, ("to: metering\n", "to: meterin\n"))
    text = edited(BUSINESS, ("to: metering\n", "to: meterin\n"))
    assert problem.file == FILE
    assert problem.path == "transitions.3.to"
    assert problem.line == line_of(text, "to: meterin\n")
    assert problem.message == "没有名为“meterin”的状态"
    assert problem.remedy == "是否应为“metering”？"
    assert problem.as_reason().field == f"{FILE}:{problem.line} transitions.3.to"


# ---- form


@pytest.mark.parametrize(
    ("old", "new", "code", "path", "told"),
    [
        ("version: 1", "version: '1'", "wrong_type", "version", "整数"),
        ("version: 1", "version: 0", "wrong_value", "version", "不能小于 1"),
        ("version: 1", "version: 1.5", "wrong_type", "version", "整数"),
        ("name: 已送电", "name: ''", "wrong_value", "states.5.name", "不能为空"),
        ("name: 已送电", f"name: {'长' * 61}", "wrong_value", "states.5.name", "最多 60 个字"),
        ("- id: grid_works", "- id: Grid", "wrong_value", "states.3.id", "小写字母"),
        ("- id: energized", "- id: energized，", "wrong_value", "states.5.id", "全角符号"),
        ("ending: aborted", "ending: abort", "unknown_word", "states.6.ending", "“abort”"),
        ("roles: [project_manager]", "roles: []", "wrong_value", "transitions.3.roles", "不能为空"),
        (
            "guards: [managers_named]",
            "guards: {a: 1}",
            "wrong_type",
            "transitions.0.guards",
            "列表",
        ),
        ("days: 4,", "days: four,", "wrong_type", "stages.1.limit.days", "整数"),
        ("days: 4,", "days: 300,", "wrong_value", "stages.1.limit.days", "不能大于 250"),
        ("deferrable: true", "deferrable: 'yes'", "wrong_type", "documents.1.deferrable", "true"),
        ("hours: 2", "hours: 9", "wrong_value", "reminders.2.hours", "不能大于 8"),
        ("  property_proof: 用", "  Proof: 用", "wrong_value", "document_names.Proof", "小写字母"),
    ],
)
def test_a_wrong_form_is_refused(old: str, new: str, code: str, path: str, told: str) -> None:
    problem = next(each for each in problems_of(BUSINESS, (old, new)) if each.code == code)
    assert problem.path.startswith(path)
    assert told in problem.message
    assert problem.line == line_of(edited(BUSINESS, (old, new)), new)


def test_a_missing_key_has_the_line_of_what_it_is_missing_from() -> None:
    problem = problem_of(BUSINESS, ("    to: site_visit\n", ""))
    assert (problem.code, problem.path) == ("missing_key", "transitions.0.to")
    assert problem.message == "缺少“to”"
    assert problem.line == line_of(shipped_text(BUSINESS), "- trigger: complete_intake")


def test_an_unknown_key_names_the_nearest_known_one() -> None:
    problem = problem_of(BUSINESS, ("    suspendable: [", "    suspendible: ["))
    assert problem.code == "unknown_key"
    assert problem.remedy == "是否应为“suspendable”？"


def test_an_unknown_role_names_the_nearest_known_one_and_the_rest_is_still_checked() -> None:
    problems = problems_of(
        BUSINESS,
        ("roles: [project_manager]", "roles: [project_manger, project_manager]"),
        ("handling_limit: {days: 5", "handling_limit: {days: 4"),
    )
    assert codes(problems) == ["sum_of_limits", "unknown_word"]
    assert problems[1].remedy == "是否应为“project_manager”？"


def test_a_required_word_that_is_unknown_is_not_also_called_missing() -> None:
    problem = problem_of(
        BUSINESS, ("due_at: intake\n    deferrable", "due_at: intak\n    deferrable")
    )
    assert (problem.code, problem.remedy) == ("unknown_word", "是否应为“intake”？")


def test_an_unreadable_file_is_refused_with_its_line() -> None:
    problem = problem_of(BUSINESS, ("version: 1", "version： 1"))
    assert (problem.code, problem.line) == ("full_width_punctuation", 4)


# ---- references


@pytest.mark.parametrize(
    ("definition_id", "old", "new", "path"),
    [
        (BUSINESS, "initial: submitted", "initial: submited", "initial"),
        (BUSINESS, "    stage: intake", "    stage: intke", "states.0.stage"),
        (BUSINESS, "until_received: key", "until_received: kei", "states.0.until_received"),
        (BUSINESS, "from: grid_works", "from: grid", "transitions.3.from.0"),
        (BUSINESS, "grid_works, metering]", "grid_works, meter]", "transitions.5.from.4"),
        (BUSINESS, "[managers_named]", "[manager_named]", "transitions.0.guards.0"),
        (BUSINESS, "  property_proof: 用电地址物权证件\n", "", "documents.1.any_of.0"),
        (TRANSFER, "  from: receiving", "  from: [recieving]", "transitions.5.from.0"),
        (TRANSFER, "end_to_end_from: receiving", "end_to_end_from: x", "end_to_end_from"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(
    definition_id: str, old: str, new: str, path: str
) -> None:
    problems = problems_of(definition_id, (old, new))
    assert [each.path for each in problems if each.code == "unknown_reference"] == [path]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("- id: metering\n", "- id: grid_works\n", "states.4.id"),
        ("- id: property_proof", "- id: business_identity", "documents.1.id"),
        ("{id: last_day,", "{id: half_left,", "reminders.1.id"),
        ("- id: metering_and_energization", "- id: intake", "stages.1.id"),
    ],
)
def test_an_id_stands_once(old: str, new: str, path: str) -> None:
    problems = problems_of(BUSINESS, (old, new))
    assert path in [each.path for each in problems if each.code == "duplicate_id"]


def test_guards_cannot_wait_for_each_other() -> None:
    """However it is written: a guard names nothing but itself, and the list is closed."""
    by_move = (
        ("    to: grid_works\n", "    to: grid_works\n    guards: [finish_works]\n"),
        ("    to: metering\n", "    to: metering\n    guards: [release_works]\n"),
    )
    lines = {line_of(edited(BUSINESS, *by_move), new.split("\n")[1]) for _, new in by_move}
    first, second = problems_of(BUSINESS, *by_move)
    assert {first.line, second.line} == lines
    for each in (first, second):
        assert (each.code, each.clause) == ("unknown_reference", "R-3.1, 四(二)3")
        assert each.remedy == "可用的条件：managers_named"
    declared = shipped_text(BUSINESS) + "guards:\n  paid: [surveyed]\n  surveyed: [paid]\n"
    (problem,) = check_definition(declared, FILE)
    assert (problem.code, problem.line) == ("unknown_key", line_of(declared, "guards:\n  paid"))
    nested = ("guards: [managers_named]", "guards: [{managers_named: [managers_named]}]")
    problem = problem_of(BUSINESS, nested)
    assert (problem.code, problem.line) == (
        "wrong_type",
        line_of(edited(BUSINESS, nested), "[{man"),
    )
    assert problem.clause == "R-10.1"


def test_moves_that_wait_for_each_other_in_a_circle_are_a_dead_end() -> None:
    """A border that can only be reached over itself."""
    circle = (
        ("    from: grid_works\n    to: metering\n", "    from: grid_works\n    to: site_visit\n"),
        ("plan_confirmation, grid_works, metering]", "plan_confirmation, grid_works]"),
    )
    lost = [each for each in problems_of(BUSINESS, *circle) if each.code == "unreachable_state"]
    assert [each.path for each in lost] == ["states.4", "states.5"]
    assert "metering" in lost[0].message
    assert {each.clause for each in lost} == {"R-10.4"}


# ---- structure


def test_x1_the_handling_limit_is_the_sum_of_the_stages() -> None:
    problem = problem_of(SINGLE, ("handling_limit: {days: 15", "handling_limit: {days: 14"))
    assert problem.code == "sum_of_limits"
    assert problem.path == "handling_limit.days"
    assert "14" in problem.message
    assert "1+4+10 = 15" in problem.message
    assert "附件" in problem.clause


def test_a_stage_without_limit_leaves_no_sum() -> None:
    problems = problems_of(TRANSFER, ("handling_limit: {days: null}", "handling_limit: {days: 9}"))
    assert "sum_of_limits" in codes(problems)


def test_one_trigger_leaves_a_state_by_one_way() -> None:
    problem = problem_of(TRANSFER, ("trigger: receive\n", "trigger: abort\n"))
    assert problem.code == "ambiguous_transition"
    assert "receiving" in problem.message


def test_a_final_state_is_not_left() -> None:
    problem = problem_of(BUSINESS, ("grid_works, metering]", "grid_works, metering, energized]"))
    assert (problem.code, problem.path) == ("leaves_final_state", "transitions.5.from.5")


STRAY = """  - id: stray
    name: 游离
    stage: metering_and_energization
  - id: energized
"""


def test_every_state_is_reached_and_reaches_an_end() -> None:
    problems = problems_of(BUSINESS, ("  - id: energized\n", STRAY))
    assert codes(problems) == ["unreachable_state", "dead_end"]
    assert all("stray" in each.message for each in problems)


def test_a_loop_without_exit_is_a_dead_end() -> None:
    problems = problems_of(
        TRANSFER,
        ("from: [awaiting_assessment, reassessment]", "from: awaiting_assessment"),
        (
            "[awaiting_assessment, metered_first, rectification, reassessment, receiving]",
            "[awaiting_assessment, metered_first, receiving]",
        ),
    )
    assert codes(problems) == ["dead_end", "dead_end"]
    assert "rectification" in problems[0].message
    assert "reassessment" in problems[1].message


def test_a_definition_has_a_completed_end() -> None:
    problems = problems_of(
        BUSINESS,
        ("ending: completed", "ending: aborted"),
        ("    checkpoint: energization", "    reason_required: true\n    checkpoint: energization"),
    )
    assert codes(problems) == ["no_completed_end"]


def test_a_stage_has_at_least_one_open_state() -> None:
    problems = problems_of(
        TRANSFER, ("name: 接收中\n    stage: receipt", "name: 接收中\n    stage: assessment")
    )
    assert codes(problems) == ["empty_stage"]


def test_a_ticket_never_returns_to_an_earlier_stage() -> None:
    again = "  - trigger: restart\n    name: 重走\n    from: metering\n    to: submitted\n"
    problem = problem_of(
        BUSINESS, ("  - trigger: abort\n", f"{again}    roles: [operator]\n  - trigger: abort\n")
    )
    assert problem.code == "returns_to_earlier_stage"
    assert "R-5.2" in problem.clause


def test_a_key_document_cannot_be_deferred() -> None:
    problems = problems_of(BUSINESS, ("    key: true\n", "    key: true\n    deferrable: true\n"))
    assert codes(problems) == ["clock_never_started", "key_document_deferrable"]
    assert "四(二)4" in problems[1].clause


def test_no_clock_waits_for_a_document_that_may_be_deferred() -> None:
    problems = problems_of(BUSINESS, ("until_received: key", "until_received: property_proof"))
    assert codes(problems) == [
        "clock_never_started",
        "clock_waits_for_deferrable",
        "clock_stop_not_allowed",
    ]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('limit: {days: 4, clause: "R-1, 附件"}', "limit: {days: 4}", "stages.1.limit"),
        ('{days: 5, clause: "R-1, 三(一), 附件"}', "{days: 5, clause: ' '}", "handling_limit"),
        ("true\n    clause: R-3.1, 四(二)3", "true", "documents.1"),
        ("energization\n  clause: R-3.2, 四(二)4", "energization", "deferral"),
    ],
)
def test_every_limit_and_document_cites_its_clause(old: str, new: str, path: str) -> None:
    problem = problem_of(BUSINESS, (old, new))
    assert (problem.code, problem.path) == ("clause_missing", path)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (", hours: 2", "", "rung_hours"),
        ("timing: overdue}", "timing: overdue, hours: 1}", "rung_hours"),
        ("timing: last_day", "timing: overdue_daily", "ladder_order"),
    ],
)
def test_the_ladder_climbs(old: str, new: str, code: str) -> None:
    assert code in codes(problems_of(BUSINESS, (old, new)))


# ---- identity of the content


def test_the_hash_depends_on_the_content_and_not_on_its_writing() -> None:
    text = shipped_text(BUSINESS)
    same = "# another comment\n" + text.replace(
        "    key: true\n", "    deferrable: false\n    key: true\n"
    )
    other = text.replace("name: 现场服务", "name: 上门服务")
    first = load_definition(text, path=FILE).content_hash
    assert load_definition(same, path=FILE).content_hash == first
    assert load_definition(other, path=FILE).content_hash != first
    assert len(first) == 64
