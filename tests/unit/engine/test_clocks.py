"""Borders of a clock: the due instant, midnight pauses, provisional years, explanations."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.calendar import DayOverride, WorkCalendar, start_of_day
from engine.clocks import Step, due_on, elapsed_days, explain, promise_of, standing
from engine.ticket import StageRun
from tests.builders import CALENDAR, CLOSING, instant
from tests.official_calendar import official_calendar_years
from tests.unit.engine.clock_strategies import a_clock
from tests.unit.engine.definitions import ASSET_TRANSFER, HV_DUAL, HV_SINGLE, LV_THREE_ZERO
from tests.unit.engine.oracle import Stop
from tests.unit.engine.trip import a_trip

FRIDAY = date(2021, 9, 17)
"""The day before a make-up Saturday and three days off: one working day later is Saturday."""


def test_the_last_second_of_the_due_date_is_in_time_and_midnight_is_late() -> None:
    clock = a_clock(FRIDAY, 2, [])
    last = standing(clock, CALENDAR, instant("2021-09-22 23:59:59"))
    assert (last.due_on, last.due_at) == (date(2021, 9, 22), instant("2021-09-23 00:00"))
    assert (last.is_overdue, last.remaining_days) == (False, 0)
    late = standing(clock, CALENDAR, instant("2021-09-23 00:00"))
    assert (late.is_overdue, late.remaining_days) == (True, -1)


def test_an_office_may_end_its_periods_at_close_of_business() -> None:
    clock = a_clock(FRIDAY, 2, [])
    assert not standing(clock, CLOSING, instant("2021-09-22 17:29:59")).is_overdue
    late = standing(clock, CLOSING, instant("2021-09-22 17:30"))
    assert (late.is_overdue, late.remaining_days) == (True, 0)


@pytest.mark.parametrize(
    ("calendar", "suspended", "stays_overdue"),
    [
        (CLOSING, "2021-09-22 17:29", False),
        (CLOSING, "2021-09-22 17:30", True),
        (CLOSING, "2021-09-22 23:59", True),
        (CALENDAR, "2021-09-22 23:59", False),
        (CALENDAR, "2021-09-23 00:00", True),
    ],
    ids=["before close", "at close", "after close", "before midnight", "at midnight"],
)
def test_a_pause_that_begins_when_the_limit_has_run_out_lifts_nothing(
    calendar: WorkCalendar, suspended: str, stays_overdue: bool
) -> None:
    standing_still = a_clock(FRIDAY, 2, [Stop(instant(suspended), None)])
    now = standing(standing_still, calendar, instant("2021-09-27 10:00"))
    assert now.is_overdue is stays_overdue
    assert (now.due_on is not None) is stays_overdue
    resumed = a_clock(FRIDAY, 2, [Stop(instant(suspended), date(2021, 9, 27))])
    later = standing(resumed, calendar, instant("2021-09-27 10:00"))
    assert later.due_on == date(2021, 9, 22 if stays_overdue else 26)


def test_a_limit_that_ran_out_before_a_weekend_is_overdue_on_saturday() -> None:
    saturday = standing(a_clock(date(2021, 9, 9), 1, []), CALENDAR, instant("2021-09-11 00:00"))
    assert (saturday.is_overdue, saturday.remaining_days) == (True, 0)


def test_a_clock_that_has_not_started_counts_nothing_and_has_no_due_date() -> None:
    clock = replace(a_clock(FRIDAY, 2, []), started_on=None)
    now = standing(clock, CALENDAR, instant("2021-12-01 10:00"))
    assert (now.elapsed_days, now.remaining_days, now.due_on, now.due_at) == (0, 2, None, None)
    assert not now.is_overdue
    assert not now.provisional
    assert not list(explain(clock, CALENDAR))


def test_without_a_limit_time_is_measured_and_never_overdue() -> None:
    clock = a_clock(date(2021, 9, 6), None, [])
    now = standing(clock, CALENDAR, instant("2021-10-22 10:00"))
    assert (now.elapsed_days, now.remaining_days, now.due_on) == (30, None, None)
    assert not now.is_overdue
    assert not list(explain(clock, CALENDAR))


@pytest.mark.parametrize(
    ("suspended", "resumed", "given_back"),
    [
        ("2021-09-07 23:59", "2021-09-08 00:01", 0),
        ("2021-09-07 00:00", "2021-09-07 23:59", 0),
        ("2021-09-07 23:59", "2021-09-09 00:00", 1),
        ("2021-09-10 10:00", "2021-09-13 10:00", 0),  # over a weekend
        ("2021-09-17 10:00", "2021-09-22 10:00", 1),  # the make-up Saturday, not the days off
        ("2021-12-31 10:00", "2022-01-05 10:00", 1),  # over the new year
    ],
)
def test_a_suspension_gives_back_the_working_days_strictly_between(
    suspended: str, resumed: str, given_back: int
) -> None:
    start = date.fromisoformat(suspended[:10]) - timedelta(days=1)
    stop = Stop(instant(suspended), date.fromisoformat(resumed[:10]))
    clock = a_clock(start, 10, [stop])
    expected = CALENDAR.add_working_days(start, 10 + given_back)
    assert due_on(clock, CALENDAR) == expected
    assert elapsed_days(clock, CALENDAR, expected) == 10


def test_an_open_pause_leaves_no_due_date_and_counts_nothing() -> None:
    clock = a_clock(date(2021, 9, 6), 4, [Stop(instant("2021-09-07 10:00"), None)])
    now = standing(clock, CALENDAR, instant("2021-12-01 10:00"))
    assert (now.elapsed_days, now.remaining_days, now.due_on) == (1, 3, None)
    assert not now.is_overdue
    assert clock.is_paused
    assert not list(explain(clock, CALENDAR))


def test_a_pause_begun_the_day_after_the_due_date_changes_nothing() -> None:
    clock = a_clock(date(2021, 9, 6), 1, [Stop(instant("2021-09-08 10:00"), None)])
    now = standing(clock, CALENDAR, instant("2021-09-20 10:00"))
    assert (now.due_on, now.is_overdue) == (date(2021, 9, 7), True)
    assert now.remaining_days == -1


def test_a_pause_begun_on_the_due_date_holds_it_open_and_leaves_no_day_after_it() -> None:
    """The day of the suspension counts, so the last day of the limit is used up with it."""
    start, due = date(2021, 9, 6), date(2021, 9, 7)
    standing_still = a_clock(start, 1, [Stop(start_of_day(due), None)])
    assert due_on(standing_still, CALENDAR) is None
    resumed = a_clock(start, 1, [Stop(start_of_day(due), date(2021, 9, 9))])
    assert due_on(resumed, CALENDAR) == date(2021, 9, 8)
    assert standing(resumed, CALENDAR, instant("2021-09-09 00:00")).is_overdue


def test_the_explanation_names_holidays_make_up_days_and_pauses() -> None:
    clock = a_clock(FRIDAY, 4, [Stop(instant("2021-09-22 10:00"), date(2021, 9, 26))])
    assert list(explain(clock, CALENDAR)) == [
        Step(on=date(2021, 9, 18), counted=True, why="调休上班"),
        Step(on=date(2021, 9, 19), counted=False, why="放假"),
        Step(on=date(2021, 9, 20), counted=False, why="放假"),
        Step(on=date(2021, 9, 21), counted=False, why="放假"),
        Step(on=date(2021, 9, 22), counted=True, why="工作日"),
        Step(on=date(2021, 9, 23), counted=False, why="暂停计时：外线工程施工"),
        Step(on=date(2021, 9, 24), counted=False, why="暂停计时：外线工程施工"),
        Step(on=date(2021, 9, 25), counted=False, why="星期六"),
        Step(on=date(2021, 9, 26), counted=True, why="调休上班"),
        Step(on=date(2021, 9, 27), counted=True, why="工作日"),
    ]


def test_the_explanation_gives_an_override_with_its_reason() -> None:
    overrides = [
        DayOverride(on=date(2021, 9, 20), is_working=True, note="抗旱保供电，正常上班"),
        DayOverride(on=date(2021, 9, 22), is_working=False, note="县庆放假"),
    ]
    calendar = WorkCalendar(official_calendar_years(), overrides)
    steps = {step.on.day: step for step in explain(a_clock(FRIDAY, 3, []), calendar)}
    assert (steps[20].counted, steps[20].why) == (True, "抗旱保供电，正常上班")
    assert (steps[22].counted, steps[22].why) == (False, "县庆放假")
    assert max(steps) == 23


def test_a_due_date_in_a_year_without_notice_is_provisional() -> None:
    clock = a_clock(date(2026, 11, 23), 30, [])
    now = standing(clock, CALENDAR, instant("2026-11-23 10:00"))
    assert (now.due_on, now.provisional) == (date(2027, 1, 5), True)
    soon = standing(a_clock(date(2026, 11, 23), 5, []), CALENDAR, instant("2026-11-23 10:00"))
    assert not soon.provisional


def test_a_clock_is_known_by_its_kind_and_stage() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-09-06 09:00", "business_licence")
    clocks = (trip.stage(), trip.handling(), trip.end_to_end())
    assert [clock.id for clock in clocks] == ["stage:intake", "handling", "end_to_end"]
    assert [clock.limit_days for clock in clocks] == [1, 5, 5]


def test_a_promise_is_kept_once_and_again_only_when_it_changes() -> None:
    run = StageRun(stage_id="intake", started_at=instant("2021-09-06 09:00"))
    first = promise_of(run, LV_THREE_ZERO, CALENDAR, instant("2021-09-06 09:00"))
    again = promise_of(first, LV_THREE_ZERO, CALENDAR, instant("2021-09-06 10:00"))
    assert [promise.due_on for promise in first.promises] == [date(2021, 9, 7)]
    assert again == first
    moved = WorkCalendar(
        official_calendar_years(),
        [DayOverride(on=date(2021, 9, 7), is_working=False, note="停电检修日")],
    )
    changed = promise_of(again, LV_THREE_ZERO, moved, instant("2021-09-06 11:00"))
    assert [promise.due_on for promise in changed.promises] == [date(2021, 9, 7), date(2021, 9, 8)]


def test_nothing_is_promised_without_a_start_or_a_limit() -> None:
    at = instant("2021-09-06 09:00")
    waiting = StageRun(stage_id="intake")
    assert promise_of(waiting, LV_THREE_ZERO, CALENDAR, at) == waiting
    unlimited = StageRun(stage_id="assessment", started_at=at)
    assert promise_of(unlimited, ASSET_TRANSFER, CALENDAR, at) == unlimited


def test_the_gap_before_a_stage_that_never_began_is_closed_by_the_next_one() -> None:
    """A stage may be left before the company ever held the ticket in it."""
    runs = (
        _run("intake", "2021-09-06 09:00", "2021-09-06 15:00"),
        StageRun(stage_id="supply_plan_reply", ended_at=instant("2021-09-10 09:00")),
        StageRun(stage_id="inspection_and_energization", started_at=instant("2021-09-13 09:00")),
    )
    trip = a_trip(HV_SINGLE, "2021-09-06 09:00", "business_licence")
    trip.ticket = replace(trip.ticket, stage_runs=runs)
    handling = trip.handling()
    assert not handling.is_paused
    assert elapsed_days(handling, CALENDAR, date(2021, 9, 14)) == 1
    assert due_on(handling, CALENDAR) == CALENDAR.add_working_days(date(2021, 9, 13), 15)


def test_a_ticket_whose_first_stage_never_began_starts_with_the_next_one() -> None:
    runs = (
        StageRun(stage_id="intake", ended_at=instant("2021-09-08 09:00")),
        _run("supply_plan_reply", "2021-09-13 09:00", None),
    )
    trip = a_trip(HV_DUAL, "2021-09-06 09:00")
    trip.ticket = replace(trip.ticket, stage_runs=runs)
    assert trip.handling().started_on == date(2021, 9, 13)
    assert not trip.handling().pauses


def _run(stage_id: str, started: str, ended: str | None) -> StageRun:
    return StageRun(
        stage_id=stage_id,
        started_at=instant(started),
        ended_at=None if ended is None else instant(ended),
    )
