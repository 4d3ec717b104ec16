"""Who the customer is: M0, M3, D1, D3c, Q12-Q15, at the borders of every threshold and day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from engine.application import (
    ApplicantKind,
    AreaClass,
    ConnectionApplication,
    Contact,
    IdKind,
    InvestmentBoundary,
)
from engine.errors import MalformedError, RefusedError
from workflows.classification import (
    ConnectionFacts,
    VoltageCap,
    better_for_customer,
    classify,
)
from workflows.eligibility import shipped_eligibility

POLICY = shipped_eligibility()
DAY = date(2022, 1, 10)


def facts(**changes: Any) -> ConnectionFacts:
    """A small business of 8 kW in the city, or something else."""
    usual = {
        "applicant_kind": ApplicantKind.SMALL_MICRO,
        "requested_capacity_kw": Decimal(8),
        "area_class": AreaClass.CITY_CENTRE,
    }
    given = {key: Decimal(each) if key.endswith("_kw") else each for key, each in changes.items()}
    return ConnectionFacts(**{**usual, **given})


def outcome(on: date = DAY, **changes: Any) -> tuple[str, str, str, str]:
    """Customer type, scheme, boundary and definition."""
    found = classify(facts(**changes), on, POLICY)
    return (
        found.customer_type,
        found.service_scheme,
        found.investment_boundary,
        found.definition_id,
    )


THREE_ZERO = ("lv_business", "three_zero", "extended", "lv_business_three_zero")
STANDARD = ("lv_business", "standard", "standard", "lv_business")
RESIDENT = ("lv_resident", "three_zero", "extended", "lv_resident")
SINGLE = ("hv_single_supply", "three_saving", "standard", "hv_single_supply")
DUAL = ("hv_dual_supply", "three_saving", "standard", "hv_dual_supply")


def test_a_small_shop_in_town_gets_three_zero() -> None:
    shop = outcome(applicant_kind=ApplicantKind.INDIVIDUAL_BUSINESS, requested_capacity_kw=8)
    assert shop == THREE_ZERO


@pytest.mark.parametrize(
    ("area", "kilowatts", "on", "expected"),
    [
        ("rural", "100.0", date(2021, 12, 31), THREE_ZERO),
        ("rural", "100.1", date(2022, 6, 1), STANDARD),
        ("rural", "160", date(2022, 12, 31), THREE_ZERO),
        ("rural", "160.1", date(2022, 12, 31), SINGLE),
        ("city_centre", "160", date(2022, 6, 1), THREE_ZERO),
        ("county_seat", "160", date(2021, 12, 31), THREE_ZERO),
        ("rural", "100.1", date(2022, 12, 30), STANDARD),
        ("rural", "100.1", date(2022, 12, 31), THREE_ZERO),
        ("city_centre", "8", date(2021, 12, 30), STANDARD),
        ("city_centre", "8", date(2021, 12, 31), THREE_ZERO),
        ("rural", "100", date(2021, 12, 30), STANDARD),
        ("town", "120", date(2022, 3, 1), STANDARD),
        ("town", "120", date(2023, 1, 5), THREE_ZERO),
    ],
)
def test_zero_investment_by_area_capacity_and_day(
    area: str, kilowatts: str, on: date, expected: tuple[str, ...]
) -> None:
    found = outcome(on, area_class=AreaClass(area), requested_capacity_kw=kilowatts)
    assert found == expected


def test_a_cooperative_is_treated_like_a_small_enterprise() -> None:
    found = outcome(
        date(2022, 1, 5),
        applicant_kind=ApplicantKind.FARMERS_COOPERATIVE,
        requested_capacity_kw=90,
        area_class=AreaClass.RURAL,
    )
    assert found == THREE_ZERO


def test_an_ordinary_enterprise_has_no_three_zero() -> None:
    assert outcome(applicant_kind=ApplicantKind.ENTERPRISE) == STANDARD


@pytest.mark.parametrize(("kilowatts", "expected"), [("160.0", RESIDENT), ("160.1", SINGLE)])
def test_the_low_voltage_cap_includes_its_border(kilowatts: str, expected: tuple[str, ...]) -> None:
    found = outcome(applicant_kind=ApplicantKind.RESIDENT, requested_capacity_kw=kilowatts)
    assert found == expected


def test_residents_have_three_zero_before_businesses_do() -> None:
    assert outcome(date(2021, 8, 2), applicant_kind=ApplicantKind.RESIDENT) == RESIDENT


def test_capacity_is_counted_after_the_extension() -> None:
    assert outcome(existing_capacity_kw=100, requested_capacity_kw=70) == SINGLE
    assert outcome(existing_capacity_kw=100, requested_capacity_kw=60) == THREE_ZERO


@pytest.mark.parametrize(("sources", "expected"), [(1, THREE_ZERO), (2, DUAL), (3, DUAL)])
def test_a_second_source_means_dual_supply(sources: int, expected: tuple[str, ...]) -> None:
    assert outcome(supply_sources=sources) == expected


@pytest.mark.parametrize("voltage", [None, "0.22", "0.38", "0.4", "10", "10.0"])
def test_only_the_cap_or_a_second_source_makes_high_voltage(voltage: str | None) -> None:
    asked = None if voltage is None else Decimal(voltage)
    assert outcome(requested_voltage_kv=asked) == THREE_ZERO


def test_a_wish_for_10_kv_that_is_not_followed_is_answered() -> None:
    found = classify(facts(requested_voltage_kv=Decimal(10)), DAY, POLICY)
    assert any("客户申请 10 kV，但容量和电源数均未达到高压条件" in each for each in found.reasons)


def test_low_voltage_cannot_be_had_above_the_cap() -> None:
    found = outcome(requested_capacity_kw=161, requested_voltage_kv=Decimal("0.4"))
    assert found == SINGLE


@pytest.mark.parametrize("voltage", ["10.1", "35", "110"])
def test_above_10_kv_no_workflow_applies(voltage: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        outcome(requested_voltage_kv=Decimal(voltage))
    (reason,) = refusal.value.reasons
    assert reason.code == "no_applicable_workflow"
    assert "无适用流程" in reason.message
    assert f"{voltage} kV" in reason.message


def test_facts_that_make_no_sense_are_refused_all_at_once() -> None:
    nonsense = facts(
        requested_capacity_kw=0,
        existing_capacity_kw=-1,
        supply_sources=0,
        requested_voltage_kv=Decimal(6),
    )
    with pytest.raises(MalformedError) as refusal:
        classify(nonsense, DAY, POLICY)
    assert [reason.field for reason in refusal.value.reasons] == [
        "requested_capacity_kw",
        "existing_capacity_kw",
        "supply_sources",
        "requested_voltage_kv",
    ]


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_a_capacity_is_a_number(number: str) -> None:
    with pytest.raises(MalformedError):
        outcome(requested_capacity_kw=number)


def test_a_voltage_is_a_number() -> None:
    with pytest.raises(MalformedError):
        outcome(requested_voltage_kv=Decimal("NaN"))


def test_the_reasons_name_facts_thresholds_and_clauses() -> None:
    found = classify(
        facts(area_class=AreaClass.TOWN, requested_capacity_kw=120), date(2022, 3, 1), POLICY
    )
    told = "\n".join(found.reasons)
    for part in (
        "小微企业",
        "城镇",
        "120 kW",
        "160 kW",
        "100 kW",
        "2021-12-31",
        "R-4.1",
        "四(三)3",
    ):
        assert part in told


def test_every_cause_of_high_voltage_is_named() -> None:
    found = classify(
        facts(requested_capacity_kw=200, supply_sources=2),
        DAY,
        POLICY,
    )
    told = "\n".join(found.reasons)
    for part in ("200 kW 超过低压接入容量上限 160 kW", "2 个电源", "双电源时限"):
        assert part in told


def test_a_raised_cap_holds_from_its_day() -> None:
    raised = VoltageCap(from_on=date(2024, 1, 1), cap_kw=Decimal(200), clause="R-4.2")
    policy = replace(POLICY, low_voltage_caps=(*POLICY.low_voltage_caps, raised))
    big = facts(requested_capacity_kw=200)
    before = classify(big, date(2023, 12, 31), policy)
    after = classify(big, date(2024, 1, 1), policy)
    assert (before.definition_id, after.definition_id) == ("hv_single_supply", "lv_business")


def test_a_better_rule_is_better_and_never_the_other_way_round() -> None:
    rural = facts(area_class=AreaClass.RURAL, requested_capacity_kw=120)
    old = classify(rural, date(2022, 12, 30), POLICY)
    new = classify(rural, date(2022, 12, 31), POLICY)
    assert better_for_customer(old, new)
    assert not better_for_customer(new, old)
    assert not better_for_customer(old, old)


@pytest.mark.parametrize(
    ("old", "new", "better"),
    [
        ({"supply_sources": 2}, {"supply_sources": 1, "requested_capacity_kw": 200}, True),
        ({"requested_capacity_kw": 200}, {"requested_capacity_kw": 160}, True),
        ({"requested_capacity_kw": 160}, {"requested_capacity_kw": 200}, False),
        ({"requested_capacity_kw": 8}, {"requested_capacity_kw": 9}, False),
    ],
)
def test_better_means_more_benefits_and_none_less(
    old: dict[str, Any], new: dict[str, Any], better: bool
) -> None:
    before, after = classify(facts(**old), DAY, POLICY), classify(facts(**new), DAY, POLICY)
    assert better_for_customer(before, after) is better


def test_what_takes_an_extended_boundary_away_is_not_better() -> None:
    high = classify(facts(supply_sources=2), DAY, POLICY)
    extended = replace(high, investment_boundary=InvestmentBoundary.EXTENDED)
    low = classify(facts(applicant_kind=ApplicantKind.ENTERPRISE), DAY, POLICY)
    assert better_for_customer(high, low)
    assert not better_for_customer(extended, low)


def test_the_facts_of_an_application_carry_no_name() -> None:
    application = ConnectionApplication(
        contact=Contact(name="张三", phone="13800000000"),
        applicant_kind=ApplicantKind.RESIDENT,
        id_kind=IdKind.RESIDENT_ID,
        id_number="530500199001011234",
        address="永昌街道1号",
        area_class=AreaClass.TOWN,
        requested_capacity_kw=Decimal(8),
        existing_capacity_kw=Decimal(2),
        supply_sources=2,
        requested_voltage_kv=Decimal(10),
    )
    assert ConnectionFacts.from_application(application) == facts(
        applicant_kind=ApplicantKind.RESIDENT,
        area_class=AreaClass.TOWN,
        requested_capacity_kw=8,
        existing_capacity_kw=2,
        supply_sources=2,
        requested_voltage_kv=Decimal(10),
    )
