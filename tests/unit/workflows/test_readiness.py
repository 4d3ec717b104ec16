"""The rules of grid readiness at their borders (R-9.1, 四(一)4, T4a-T4d, Q16, Q22)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from workflows.readiness import (
    AreaLoad,
    CapacityClass,
    Forecast,
    MeasuredPeak,
    ReadinessRule,
    capacity_class,
    judge_area,
    judge_cell,
    shown_down,
    shown_up,
    window_start,
)
from workflows.readiness_policy import shipped_readiness

POLICY = shipped_readiness()
RULES = POLICY.in_force(date(2021, 9, 6))


def load(percent: str, rated: int = 160) -> AreaLoad:
    """An area loaded to that percentage."""
    rated_kva = Decimal(rated)
    return AreaLoad(rated_kva=rated_kva, peak_kva=Decimal(percent) * rated_kva / 100)


def rule(area: AreaLoad) -> ReadinessRule | None:
    finding = judge_area(area, RULES)
    return None if finding is None else finding.rule


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        ("49.9", None),
        ("50.0", ReadinessRule.MAY_OPEN),
        ("69.9", ReadinessRule.MAY_OPEN),
        ("70.0", ReadinessRule.MUST_OPEN),
        ("120", ReadinessRule.MUST_OPEN),
    ],
)
def test_50_percent_may_and_70_percent_must(percent: str, expected: ReadinessRule | None) -> None:
    assert rule(load(percent)) is expected


def test_the_finding_tells_figures_and_clause() -> None:
    finding = judge_area(load("70"), RULES)
    assert finding is not None
    assert "最高负载率 70.0%" in finding.message
    assert "必须立项并出库" in finding.message
    assert finding.clause == "R-9.1, 四(一)4"


def test_a_shown_percentage_never_reaches_a_border_that_the_load_has_not() -> None:
    finding = judge_area(load("69.96"), RULES)
    assert finding is not None
    assert "69.9%" in finding.message


@pytest.mark.parametrize(
    ("free", "expected"),
    [("160.0", None), ("159.9", ReadinessRule.EARLY_CONTROL), ("0", ReadinessRule.EARLY_CONTROL)],
)
def test_a_cell_below_160_kva_is_controlled_early(
    free: str, expected: ReadinessRule | None
) -> None:
    first = AreaLoad(rated_kva=Decimal(200), peak_kva=Decimal(160))  # nothing free
    second = AreaLoad(rated_kva=Decimal(400), peak_kva=Decimal(320) - Decimal(free))
    finding = judge_cell([first, second], RULES)
    assert (None if finding is None else finding.rule) is expected


def test_the_example_of_q22() -> None:
    cell = [
        AreaLoad(rated_kva=Decimal(160), peak_kva=Decimal(100)),
        AreaLoad(rated_kva=Decimal(160), peak_kva=Decimal(60)),
    ]
    assert [each.free_kva(RULES) for each in cell] == [28, 68]
    finding = judge_cell(cell, RULES)
    assert finding is not None
    assert "96.0 kVA" in finding.message


def test_an_overloaded_area_takes_nothing_away_from_its_cell() -> None:
    over = AreaLoad(rated_kva=Decimal(160), peak_kva=Decimal(500))
    enough = AreaLoad(rated_kva=Decimal(400), peak_kva=Decimal(160))
    assert over.free_kva(RULES) == 0
    assert judge_cell([over, enough], RULES) is None


def test_a_cell_of_which_nothing_is_measured_is_not_judged() -> None:
    assert judge_cell([], RULES) is None


def forecast(now: str, requested_kw: str, committed_kw: str = "0") -> Forecast:
    return Forecast(
        load=load(now),
        committed_kva=RULES.added_kva(Decimal(committed_kw)),
        added_kva=RULES.added_kva(Decimal(requested_kw)),
    )


@pytest.mark.parametrize(("kw", "exceeds"), [("14.40", False), ("14.544", True)])
def test_80_percent_do_not_exceed_and_80_1_do(kw: str, exceeds: bool) -> None:
    found = forecast("70", kw)
    assert found.expected.percent == Decimal("80.1" if exceeds else "80")
    assert found.exceeds(RULES) is exceeds


def test_the_example_of_simbench() -> None:
    """160 kVA at 69.8 %, and 20 kW more at a power factor of 0.9 (T4d)."""
    assert rule(load("47.5")) is None
    assert rule(load("69.8")) is ReadinessRule.MAY_OPEN
    found = forecast("69.8", "20")
    assert shown_up(found.expected.percent) == "83.7"
    assert found.exceeds(RULES)
    assert "超过 80%，应提前立项" in found.sentence(RULES)
    assert "本次增加 22.2 kVA" in found.sentence(RULES)


def test_what_others_were_promised_counts_and_is_named() -> None:
    alone, together = forecast("70", "10"), forecast("70", "10", committed_kw="10")
    assert not alone.exceeds(RULES)
    assert "在途" not in alone.sentence(RULES)
    assert together.exceeds(RULES)
    assert "在途容量 11.1 kVA" in together.sentence(RULES)


TENTHS_OF_A_KW = st.integers(1, 3000).map(lambda tenths: Decimal(tenths).scaleb(-1))


@given(
    st.sampled_from((30, 50, 63, 80, 100, 160, 200, 250, 315, 400, 500, 630)),
    TENTHS_OF_A_KW,
    TENTHS_OF_A_KW,
)
@example(50, Decimal(7), Decimal(14))
def test_exactly_80_percent_never_exceed_whatever_they_are_made_of(
    rated: int, peak_kw: Decimal, committed_kw: Decimal
) -> None:
    """7 kW, 14 kW and 15 kW are 40 kVA together, though none of them is a decimal of kVA."""
    rest_kw = Decimal(rated) * Decimal("0.8") * RULES.power_factor - peak_kw - committed_kw
    assume(rest_kw > 0)
    peak = RULES.measured_kva(MeasuredPeak(kw=peak_kw))
    assert peak is not None

    def with_kw(requested_kw: Decimal) -> Forecast:
        return Forecast(
            load=AreaLoad(rated_kva=Decimal(rated), peak_kva=peak),
            committed_kva=RULES.added_kva(committed_kw),
            added_kva=RULES.added_kva(requested_kw),
        )

    at_the_border, above = with_kw(rest_kw), with_kw(rest_kw + Decimal("0.001"))
    assert not at_the_border.exceeds(RULES)
    assert shown_up(at_the_border.expected.percent) == "80.0"
    assert above.exceeds(RULES)


@given(st.integers(1, 1440), st.sampled_from((200, 250, 315)))
@example(1, 200)
def test_exactly_160_kva_are_no_early_control_whatever_they_are_made_of(
    first_tenths: int, rated: int
) -> None:
    both_kw = Decimal(2 * rated - 200) * Decimal("0.8") * RULES.power_factor
    first_kw = Decimal(first_tenths).scaleb(-1)
    most_kw = Decimal(rated) * Decimal("0.8") * RULES.power_factor
    assume(0 <= both_kw - first_kw <= most_kw)
    cell = []
    for kw in (first_kw, both_kw - first_kw):
        peak = RULES.measured_kva(MeasuredPeak(kw=kw))
        assert peak is not None
        cell.append(AreaLoad(rated_kva=Decimal(rated), peak_kva=peak))
    assert judge_cell(cell, RULES) is None


def test_kilowatts_become_kilovoltamperes_by_the_power_factor() -> None:
    assert RULES.measured_kva(MeasuredPeak(kw=Decimal("100.8"))) == Decimal(112)
    assert rule(AreaLoad(rated_kva=Decimal(160), peak_kva=Decimal("100.8") / Decimal("0.9"))) is (
        ReadinessRule.MUST_OPEN
    )
    both = MeasuredPeak(kw=Decimal(90), kva=Decimal(99))
    assert RULES.measured_kva(both) == 100
    assert RULES.measured_kva(MeasuredPeak()) is None


@given(st.decimals("0.001", "999999", places=3), st.decimals("0", "999999", places=3))
def test_rounding_goes_away_from_the_border(rated: Decimal, peak: Decimal) -> None:
    percent = AreaLoad(rated_kva=rated, peak_kva=peak).percent
    assert Fraction(shown_down(percent)) <= percent <= Fraction(shown_up(percent))
    assert Fraction(shown_up(percent)) - Fraction(shown_down(percent)) <= Fraction(1, 10)


@pytest.mark.parametrize(
    ("percent", "colour"),
    [
        ("49.9", CapacityClass.GREEN),
        ("50", CapacityClass.YELLOW),
        ("79.9", CapacityClass.YELLOW),
        ("80", CapacityClass.RED),
    ],
)
def test_the_public_sees_three_colours(percent: str, colour: CapacityClass) -> None:
    assert capacity_class(load(percent), POLICY.capacity_classes) is colour
    assert (load(percent).free_kva(RULES) == 0) is (colour is CapacityClass.RED)


def test_nothing_is_claimed_of_an_area_without_data() -> None:
    assert capacity_class(None, POLICY.capacity_classes) is CapacityClass.UNKNOWN


@pytest.mark.parametrize(
    ("until", "months", "start"),
    [
        ("2021-09-06", 12, "2020-09-07"),
        ("2021-12-31", 12, "2021-01-01"),
        ("2021-01-01", 12, "2020-01-02"),
        ("2024-02-29", 12, "2023-03-01"),
        ("2021-03-31", 1, "2021-03-01"),
        ("2022-01-15", 1, "2021-12-16"),
    ],
)
def test_the_window_of_months_ends_today(until: str, months: int, start: str) -> None:
    assert window_start(date.fromisoformat(until), months) == date.fromisoformat(start)
