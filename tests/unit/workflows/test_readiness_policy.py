"""The rules of readiness are dated data that may only ask for more (R-9.1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from workflows.problems import DefinitionFaultsError, Problem
from workflows.readiness_policy import FILE, load_readiness, shipped_readiness
from workflows.rule_files import policy_text

TEXT = policy_text(FILE)
END_OF_ROW = '    clause: "R-9.1, 四(一)4"\n'
STRICTER = """\
  - from: 2027-01-01
    may_open_percent: 50
    must_open_percent: 65
    forecast_percent: 75
    cell_kva: 200
    admissible_percent: 80
    demand_factor: 0.8
    power_factor: 0.95
    clause: "R-9.1"
"""


def with_row(row: str) -> str:
    assert TEXT.count(END_OF_ROW) == 1
    return TEXT.replace(END_OF_ROW, END_OF_ROW + row)


def refused(text: str) -> list[Problem]:
    with pytest.raises(DefinitionFaultsError) as refusal:
        load_readiness(text, path="mine.yaml")
    return list(refusal.value.problems)


def test_the_shipped_numbers_are_those_of_the_plan() -> None:
    (row,) = shipped_readiness().rules
    assert (row.may_open_percent, row.must_open_percent, row.forecast_percent) == (50, 70, 80)
    assert (row.cell_kva, row.admissible_percent) == (160, 80)
    assert (row.demand_factor, row.power_factor) == (1, Decimal("0.9"))


def test_a_row_counts_from_its_day_on() -> None:
    policy = load_readiness(with_row(STRICTER), path="mine.yaml")
    assert policy.in_force(date(2026, 12, 31)).must_open_percent == 70
    assert policy.in_force(date(2027, 1, 1)).must_open_percent == 65
    assert policy.in_force(date(2020, 1, 1)).must_open_percent == 70


@pytest.mark.parametrize(
    ("stricter", "looser", "name"),
    [
        ("must_open_percent: 65", "must_open_percent: 75", "must_open_percent"),
        ("forecast_percent: 75", "forecast_percent: 81", "forecast_percent"),
        ("cell_kva: 200", "cell_kva: 159", "cell_kva"),
    ],
)
def test_a_later_row_may_not_ask_for_less(stricter: str, looser: str, name: str) -> None:
    (problem,) = refused(with_row(STRICTER.replace(stricter, looser)))
    assert (problem.code, problem.path) == ("looser_than_before", f"rules.1.{name}")


def test_rows_stand_in_the_order_of_their_days() -> None:
    (problem,) = refused(with_row(STRICTER.replace("2027-01-01", "2021-07-27")))
    assert problem.code == "not_in_order"


def test_may_does_not_come_after_must() -> None:
    (problem,) = refused(TEXT.replace("may_open_percent: 50", "may_open_percent: 71"))
    assert problem.code == "borders_out_of_order"


def test_yellow_begins_before_red() -> None:
    text = TEXT.replace("yellow_from_percent: 50", "yellow_from_percent: 80")
    (problem,) = refused(text)
    assert problem.path == "capacity_classes.yellow_from_percent"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("power_factor: 0.9", "power_factor: 0"),
        ("cell_kva: 160", "cell_kva: viel"),
        ("frequent_from: 3", "frequent_from: 0"),
        ("rules:", "rulez:"),
        ("days_before: [20, 5, 1, 0]", "days_before: []"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_line(good: str, bad: str) -> None:
    assert TEXT.count(good) == 1
    assert all(each.line > 0 for each in refused(TEXT.replace(good, bad)))


def test_a_file_that_is_no_yaml_is_refused() -> None:
    assert refused("rules: [")
