"""The thresholds are data that administrators may widen and never narrow (D1, D2b, Q13)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from workflows.eligibility import FILE, load_eligibility, shipped_eligibility
from workflows.problems import DefinitionFaultsError, Problem
from workflows.rule_files import policy_text

if TYPE_CHECKING:
    from workflows.classification import EligibilityPolicy

TEXT = policy_text(FILE)
CAP = '- {from: 2021-07-27, cap_kw: 160, clause: "R-4.2, 四(三)1"}'
LAST = "{from: 2022-12-31, urban_kw: 160, rural_kw: 160,"


def load(*changes: tuple[str, str]) -> EligibilityPolicy:
    """The shipped file with a few words changed, as an administrator's."""
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return load_eligibility(text, path="mine.yaml", floor=shipped_eligibility())


def refused(*changes: tuple[str, str]) -> list[Problem]:
    with pytest.raises(DefinitionFaultsError) as refusal:
        load(*changes)
    return list(refusal.value.problems)


def cap_row(day: str, kilowatts: str) -> tuple[str, str]:
    return CAP, f'{CAP}\n  - {{from: {day}, cap_kw: {kilowatts}, clause: "R-4.2"}}'


def test_the_shipped_thresholds_are_those_of_the_plan() -> None:
    policy = shipped_eligibility()
    assert [(row.from_on, row.cap_kw) for row in policy.low_voltage_caps] == [
        (date(2021, 7, 27), Decimal(160))
    ]
    assert [(row.from_on, row.urban_kw, row.rural_kw) for row in policy.zero_investment] == [
        (date(2021, 12, 31), Decimal(160), Decimal(100)),
        (date(2022, 12, 31), Decimal(160), Decimal(160)),
    ]


def test_before_its_first_row_the_cap_is_that_of_the_first_row() -> None:
    assert shipped_eligibility().low_voltage_cap(date(2020, 1, 1)).cap_kw == Decimal(160)


def test_the_cap_may_be_raised_to_200() -> None:
    policy = load(cap_row("2024-01-01", "200"))
    assert policy.low_voltage_cap(date(2024, 1, 1)).cap_kw == Decimal(200)
    assert policy.low_voltage_cap(date(2023, 12, 31)).cap_kw == Decimal(160)


def test_the_cap_may_not_be_lowered_to_150() -> None:
    problems = refused(cap_row("2024-01-01", "150"))
    assert [each.code for each in problems] == ["narrower_than_before", "below_the_plan"]
    assert all("四(三)1" in each.clause for each in problems)


def test_rewriting_the_first_row_lower_is_refused_too() -> None:
    (problem,) = refused(("cap_kw: 160", "cap_kw: 159.9"))
    assert problem.code == "below_the_plan"


def test_a_rural_threshold_of_80_is_refused() -> None:
    problems = refused((LAST, "{from: 2022-12-31, urban_kw: 160, rural_kw: 80,"))
    assert [each.code for each in problems] == ["narrower_than_before", "below_the_plan"]


def test_an_earlier_start_is_allowed_and_a_later_one_refused() -> None:
    load((LAST, LAST.replace("2022-12-31", "2022-06-01")))
    (problem,) = refused((LAST, LAST.replace("2022-12-31", "2023-01-01")))
    assert problem.code == "below_the_plan"
    assert "2022-12-31" in problem.message


def test_a_branch_may_open_before_the_plan_does() -> None:
    voluntary = '- {from: 2021-10-01, urban_kw: 50, rural_kw: 50, clause: "R-4.1"}'
    first = "- {from: 2021-12-31, urban_kw: 160,"
    policy = load((first, f"{voluntary}\n  {first}"))
    assert policy.zero_investment_rule(date(2021, 9, 30)) is None
    opened = policy.zero_investment_rule(date(2021, 10, 1))
    assert opened is not None
    assert opened.urban_kw == Decimal(50)


def test_fewer_kinds_of_applicants_are_refused() -> None:
    (problem,) = refused((", farmers_cooperative]", "]"))
    assert (problem.code, problem.path) == ("below_the_plan", "zero_investment_applicants")


def test_more_kinds_of_applicants_are_allowed() -> None:
    load(("farmers_cooperative]", "farmers_cooperative, enterprise]"))


def test_rows_stand_in_the_order_of_their_days() -> None:
    (problem,) = refused(cap_row("2021-07-27", "160"))
    assert problem.code == "not_in_order"


def test_every_outcome_needs_one_definition() -> None:
    (problem,) = refused(("  - {customer_type: lv_business, service_scheme: standard,", "  # {"))
    assert problem.code == "definition_not_unique"
    assert "lv_business + standard" in problem.message


def test_all_faults_of_form_come_at_once_with_their_lines() -> None:
    problems = refused(
        ("cap_kw: 160", "cap_kw: many"),
        ("[small_micro,", "[small_macro,"),
        ("from: 2022-12-31", "from: 2022-13-31"),
    )
    lines = [TEXT[: TEXT.index(part)].count("\n") + 1 for part in ("2021-07-27", LAST, "[small")]
    assert [each.line for each in problems] == lines
    assert [each.code for each in problems] == ["wrong_type", "wrong_type", "unknown_word"]
    assert "small_micro" in problems[-1].remedy


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("cap_kw: 160", "cap_kw: 0", "须大于 0"),
        ("cap_kw: 160", "cap_kw: .inf", "数字"),
        ('cap_kw: 160, clause: "R-4.2, 四(三)1"', "cap_kw: 160, clause: ''", "“clause”不能为空"),
    ],
)
def test_a_row_has_a_finite_capacity_and_a_clause(old: str, new: str, told: str) -> None:
    (problem,) = refused((old, new))
    assert told in problem.message


def test_a_file_that_is_no_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(DefinitionFaultsError) as refusal:
        load_eligibility("low_voltage_cap: [", path="mine.yaml")
    (problem,) = refusal.value.problems
    assert problem.code == "yaml_syntax"


def test_d2b_three_zero_customers_are_not_served_by_a_slower_definition() -> None:
    row = "service_scheme: three_zero, definition: lv_business_three_zero}"
    (problem,) = refused((row, row.replace("lv_business_three_zero", "lv_business")))
    assert (problem.code, problem.path) == ("below_the_plan", "definitions")
    assert "四(三)2" in problem.clause


def test_no_definition_without_caps_serves_customers() -> None:
    row = "service_scheme: standard, definition: lv_business}"
    (problem,) = refused((row, row.replace("definition: lv_business", "definition: my_own")))
    assert (problem.code, problem.path) == ("definition_without_caps", "definitions.2.definition")
    assert "R-10.3" in problem.clause
