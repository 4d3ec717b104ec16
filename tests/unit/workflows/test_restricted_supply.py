"""The ladder before and after a promised full load (四(一)1, T1c)."""

from __future__ import annotations

from datetime import date

import pytest

from engine.calendar import OfficeHours
from tests.application import instant
from workflows.calendar_sources import build_calendar
from workflows.readiness_policy import shipped_readiness
from workflows.restricted_supply import speaking_rung

CALENDAR, HOURS = build_calendar(), OfficeHours()
LADDER = shipped_readiness().restricted_supply
PROMISED = date(2022, 12, 30)
"""A Friday; Monday 2023-01-02 is a holiday."""


def rung(local: str, promised_on: date = PROMISED) -> str | None:
    found = speaking_rung(promised_on, LADDER, CALENDAR, HOURS, instant(local))
    return None if found is None else found.id


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2022-12-02 08:29", None),
        ("2022-12-02 08:30", "left20"),
        ("2022-12-22 12:00", "left20"),
        ("2022-12-23 08:29", "left20"),
        ("2022-12-23 08:30", "left5"),
        ("2022-12-25 12:00", "left5"),
        ("2022-12-29 08:30", "left1"),
        ("2022-12-30 08:29", "left1"),
        ("2022-12-30 08:30", "left0"),
        ("2023-01-02 12:00", "left0"),
        ("2023-01-03 08:29", "left0"),
        ("2023-01-03 08:30", "overdue1"),
        ("2023-01-09 23:59", "overdue1"),
        ("2023-01-10 08:30", "overdue6"),
    ],
)
def test_the_latest_rung_that_has_come_speaks(at: str, expected: str | None) -> None:
    assert rung(at) == expected


def test_a_promise_for_a_rest_day_is_due_on_the_working_day_before() -> None:
    saturday = date(2022, 12, 31)
    assert rung("2022-12-30 08:30", saturday) == "left0"
    assert rung("2023-01-03 08:30", saturday) == "overdue1"
