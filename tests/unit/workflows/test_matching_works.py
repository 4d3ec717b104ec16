"""Matching works counted back from the customer's date (R-9.1a, T3b)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import CalendarExhaustedError
from workflows.calendar_sources import build_calendar
from workflows.matching_works import Milestone, Schedule, TicketProgress, schedule

CALENDAR = build_calendar()
WANTED = date(2022, 3, 15)
WORKS = (
    Milestone(name="设计", days=5),
    Milestone(name="物资", days=20),
    Milestone(name="施工", days=10),
)


def planned(*milestones: Milestone, today: str = "2022-01-04", **facts: Any) -> Schedule:
    progress = TicketProgress(
        expected_energization_on=WANTED,
        awaits_energization=False,
        today=date.fromisoformat(today),
    )
    return schedule(milestones or WORKS, replace(progress, **facts), CALENDAR)


def test_the_example_of_t3b_is_counted_back_over_the_spring_festival() -> None:
    """2022-03-15, and 5, 20 and 10 working days; 01-29 and 01-30 are worked, 01-31 to 02-06 not."""
    found = planned()
    assert [(str(each.start_by), str(each.finish_by)) for each in found.milestones] == [
        ("2022-01-20", "2022-01-27"),
        ("2022-01-27", "2022-03-01"),
        ("2022-03-01", "2022-03-15"),
    ]


@pytest.mark.parametrize(
    ("today", "finish", "red"),
    [("2022-01-20", "2022-03-15", False), ("2022-01-21", "2022-03-16", True)],
)
def test_a_finish_on_the_day_is_good_and_one_day_later_is_red(
    today: str, finish: str, red: bool
) -> None:
    found = planned(today=today)
    assert (str(found.finish_on), found.is_red) == (finish, red)
    assert bool(found.warnings) is red


def test_a_date_on_a_rest_day_is_met_on_the_working_day_before() -> None:
    sunday = planned(expected_energization_on=date(2022, 3, 13))
    assert str(sunday.milestones[-1].finish_by) == "2022-03-11"


def test_what_is_finished_early_leaves_room_for_the_rest() -> None:
    design, materials, building = WORKS
    begun = date(2022, 1, 4)
    design = replace(design, started_on=begun, finished_on=date(2022, 1, 6))
    found = planned(design, materials, building, today="2022-01-06")
    assert not found.is_red
    assert found.finish_on < WANTED


def test_what_was_begun_and_is_late_ends_today_at_the_earliest() -> None:
    design = replace(WORKS[0], started_on=date(2022, 1, 4))
    found = planned(design, *WORKS[1:], today="2022-01-28")
    assert str(found.milestones[0].expected_finish_on) == "2022-01-28"
    assert found.is_red


def test_what_is_late_on_a_rest_day_ends_on_the_next_working_day() -> None:
    design = replace(WORKS[0], started_on=date(2022, 1, 4))
    found = planned(design, today="2022-01-31")
    assert str(found.finish_on) == "2022-02-07"


def test_works_behind_the_ticket_are_red_before_their_date() -> None:
    assert not planned().is_red
    behind = planned(awaits_energization=True)
    assert behind.is_red
    assert "落后于报装进度" in behind.warnings[0]


def test_finished_works_are_never_behind() -> None:
    days = (date(2022, 1, 11), date(2022, 2, 15), date(2022, 3, 1))
    done = [
        replace(each, started_on=date(2022, 1, 4), finished_on=day)
        for each, day in zip(WORKS, days, strict=True)
    ]
    found = planned(*done, today="2022-03-14", awaits_energization=True)
    assert (found.is_finished, found.is_red, str(found.finish_on)) == (True, False, "2022-03-01")


def test_works_finished_too_late_stay_red() -> None:
    day = date(2022, 3, 16)
    done = [replace(each, started_on=day, finished_on=day) for each in WORKS]
    found = planned(*done, today="2022-03-20")
    assert found.is_red
    assert "已于 2022-03-16 完成" in found.warnings[0]


def test_a_date_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(CalendarExhaustedError):
        planned(expected_energization_on=date(2200, 1, 1))


@given(st.dates(date(2021, 7, 1), date(2026, 6, 30)), st.integers(0, 250))
def test_counting_back_and_forth_comes_to_the_same_day(end: date, days: int) -> None:
    last = CALENDAR.add_working_days(end, 0)
    start = CALENDAR.subtract_working_days(end, days)
    assert CALENDAR.add_working_days(start, days) == last
    assert CALENDAR.is_working_day(start)
    assert CALENDAR.working_days_between(start, last) == days
