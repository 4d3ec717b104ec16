"""Indicators are judged exactly, at their borders (M4a, M4b, N2a, Q16, Q23)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from engine.reliability import (
    FewerVerdict,
    HoursVerdict,
    Indices,
    Period,
    average_hours,
    months_before,
)


def verdict(hours: str, most: str, before: str | None) -> HoursVerdict:
    return HoursVerdict(
        hours=Fraction(hours),
        most=Fraction(most),
        before=None if before is None else Fraction(before),
        least_percent=8,
    )


@pytest.mark.parametrize(
    ("hours", "before", "within", "fallen"),
    [
        ("5.50", "6.00", False, True),  # -8.33 %
        ("5.53", "6.00", False, False),  # -7.83 %
        ("5.52", "6.00", False, True),  # exactly 8 %
        ("5.00", "6.00", True, True),
        ("5.00", None, True, False),
        ("5.01", None, False, False),
        ("6.10", "6.00", False, False),
        ("5.01", "0", False, False),
    ],
)
def test_hours_are_few_enough_or_fell_enough(
    hours: str, before: str | None, within: bool, fallen: bool
) -> None:
    found = verdict(hours, "5", before)
    assert (found.is_within, found.has_fallen) == (within, fallen)
    assert found.is_good == (within or fallen)


def test_exactly_eight_per_cent_less_passes_where_floats_would_fail() -> None:
    assert (2.00 - 1.84) / 2.00 < 0.08  # what floats make of it
    found = verdict("1.84", "1", "2.00")
    assert found.fell_percent == 8
    assert found.is_good


@pytest.mark.parametrize(
    ("count", "percent", "good"),
    [(36, 10, True), (37, 10, False), (32, 20, True), (33, 20, False)],
)
def test_lines_with_frequent_outages_became_fewer(count: int, percent: int, good: bool) -> None:
    assert FewerVerdict(count=count, base=40, percent=percent).is_good is good


def test_a_target_between_two_counts_is_not_rounded_up() -> None:
    found = FewerVerdict(count=32, base=35, percent=10)
    assert (found.most, found.is_good) == (Fraction(63, 2), False)
    assert FewerVerdict(count=31, base=35, percent=10).is_good


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        ("2021-09-01", 6, "2021-03-01"),
        ("2021-08-31", 6, "2021-02-28"),
        ("2024-08-30", 6, "2024-02-29"),
        ("2021-03-15", 6, "2020-09-15"),
        ("2021-12-31", 1, "2021-11-30"),
        ("2021-01-31", 12, "2020-01-31"),
    ],
)
def test_months_before_a_day(day: str, months: int, before: str) -> None:
    assert months_before(date.fromisoformat(day), months) == date.fromisoformat(before)


def test_a_year_begins_and_ends_at_midnight_of_shanghai_and_a_running_one_now() -> None:
    now = datetime(2022, 3, 1, tzinfo=UTC)
    past = Period.year(2021, now)
    assert past.since == datetime(2020, 12, 31, 16, tzinfo=UTC)
    assert past.until == datetime(2021, 12, 31, 16, tzinfo=UTC)
    assert past.seconds == 365 * 24 * 3600
    assert Period.year(2022, now).until == now
    assert Period.year(2023, now).seconds == 0


def test_indices_of_ieee_1366() -> None:
    found = Indices(served=Fraction(1000), interruptions=250, customer_seconds=250 * 5400)
    assert (found.saifi, found.saidi_hours, found.caidi_hours) == (
        Fraction(1, 4),
        Fraction(3, 8),
        Fraction(3, 2),
    )
    assert found.saidi_hours == found.saifi * found.caidi_hours


def test_where_nobody_is_served_or_nothing_happened_there_is_no_average() -> None:
    nobody = Indices(served=Fraction(0), interruptions=0, customer_seconds=0)
    assert (nobody.saifi, nobody.saidi_hours, nobody.caidi_hours) == (None, None, None)
    assert average_hours(0, Fraction(0)) is None
    quiet = Indices(served=Fraction(10), interruptions=0, customer_seconds=0)
    assert (quiet.saifi, quiet.saidi_hours, quiet.caidi_hours) == (0, 0, None)
