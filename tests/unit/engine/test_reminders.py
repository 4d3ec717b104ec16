"""The reminder ladder at its instants (R-6.3, R-6.3a)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from engine.application import InvestmentBoundary
from engine.calendar import OfficeHours, WorkCalendar
from engine.reminders import (
    deferrals_due_in_stage,
    due_rungs,
    latest_rung,
    next_rung_at,
)
from tests.builders import CALENDAR, HOURS, YEARS, a_definition, an_application, instant
from tests.unit.engine.clock_strategies import a_clock
from tests.unit.engine.definitions import (
    HV_DUAL,
    HV_SINGLE,
    LADDER,
    LV_RESIDENT,
    LV_STANDARD,
    LV_THREE_ZERO,
)
from tests.unit.engine.oracle import Stop
from tests.unit.engine.trip import Trip, a_trip

if TYPE_CHECKING:
    from engine.clocks import Clock

MONDAY = date(2021, 9, 6)
SECOND = timedelta(seconds=1)
LICENCE, PROOF, APPROVAL = "business_licence", "property_proof", "project_approval"


def rung_at(clock: Clock, at: datetime) -> str:
    found = latest_rung(clock, LADDER, CALENDAR, HOURS, at)
    return "" if found is None else "".join(found.key[2:])


def seen(trip: Trip, when: str) -> list[tuple[str, str]]:
    rungs = due_rungs(trip.ticket, trip.definition, CALENDAR, HOURS, instant(when))
    return [(rung.clock.id, rung.key[2]) for rung in rungs]


@pytest.mark.parametrize(
    ("limit", "ladder"),
    [
        (1, {"last_day": "2021-09-07 08:30", "before_close": "2021-09-07 15:30"}),
        (2, {"last_day": "2021-09-08 08:30", "before_close": "2021-09-08 15:30"}),
        (4, {"half_left": "2021-09-09 08:30", "last_day": "2021-09-10 08:30"}),
        (5, {"half_left": "2021-09-10 08:30", "last_day": "2021-09-13 08:30"}),
        (14, {"half_left": "2021-09-16 08:30", "last_day": "2021-09-26 08:30"}),
        (14, {"before_close": "2021-09-26 15:30", "overdue": "2021-09-27 00:00"}),
        (14, {"overdue_daily+1": "2021-09-27 08:30", "overdue_daily+2": "2021-09-28 08:30"}),
    ],
)
def test_each_rung_comes_at_its_instant(limit: int, ladder: dict[str, str]) -> None:
    clock = a_clock(MONDAY, limit, [])
    for rung, when in ladder.items():
        assert rung_at(clock, instant(when)) == rung
        assert rung_at(clock, instant(when) - SECOND) != rung


def test_half_of_a_one_day_limit_is_no_rung() -> None:
    clock = a_clock(MONDAY, 1, [])
    assert rung_at(clock, instant("2021-09-07 08:29:59")) == ""
    assert rung_at(clock, instant("2021-09-07 08:30")) == "last_day"


def test_of_two_rungs_at_one_instant_the_more_urgent_speaks() -> None:
    """Half of two days is left at the opening of the last one."""
    clock = a_clock(MONDAY, 2, [])
    found = latest_rung(clock, LADDER, CALENDAR, HOURS, instant("2021-09-08 08:30"))
    assert found is not None
    assert (found.rung_id, found.urgency, found.overdue_days) == ("last_day", 1, None)


def test_overdue_is_told_at_once_and_then_each_working_day() -> None:
    clock = a_clock(date(2021, 9, 16), 1, [])  # due on Friday the 17th
    expected = {
        "2021-09-17 23:59": "before_close",
        "2021-09-18 00:00": "overdue",
        "2021-09-18 08:29": "overdue",
        "2021-09-18 08:30": "overdue_daily+1",  # the Saturday is worked
        "2021-09-19 08:30": "overdue_daily+1",
        "2021-09-21 23:59": "overdue_daily+1",  # Mid-Autumn
        "2021-09-22 08:29": "overdue_daily+1",
        "2021-09-22 08:30": "overdue_daily+2",
        "2021-10-08 08:30": "overdue_daily+10",  # over National Day
    }
    for when, rung in expected.items():
        assert rung_at(clock, instant(when)) == rung, when


def test_overdue_days_count_from_the_first_day_after_the_due_date() -> None:
    clock = a_clock(MONDAY, 1, [])
    at_once = latest_rung(clock, LADDER, CALENDAR, HOURS, instant("2021-09-08 00:00"))
    next_day = latest_rung(clock, LADDER, CALENDAR, HOURS, instant("2021-09-08 08:30"))
    assert at_once is not None
    assert next_day is not None
    assert (at_once.overdue_days, next_day.overdue_days) == (0, 1)


def test_office_hours_place_the_rungs() -> None:
    hours, closing = (
        OfficeHours(opens=time(9), closes=time(17)),
        WorkCalendar(YEARS, closes=time(17)),
    )
    clock = a_clock(MONDAY, 1, [])
    for when, rung in (
        ("2021-09-07 09:00", "last_day"),
        ("2021-09-07 15:00", "before_close"),
        ("2021-09-07 17:00", "overdue"),
        ("2021-09-08 09:00", "overdue_daily"),
    ):
        found = latest_rung(clock, LADDER, closing, hours, instant(when))
        assert found is not None
        assert (found.rung_id, found.at) == (rung, instant(when))


def test_without_a_limit_or_a_start_there_is_no_rung() -> None:
    for clock in (a_clock(MONDAY, None, []), replace(a_clock(MONDAY, 1, []), started_on=None)):
        assert rung_at(clock, instant("2021-12-01 10:00")) == ""


def test_a_new_due_date_is_a_new_epoch() -> None:
    at = instant("2021-09-13 08:30")
    before = latest_rung(a_clock(MONDAY, 5, []), LADDER, CALENDAR, HOURS, at)
    paused = [Stop(instant("2021-09-07 10:00"), date(2021, 9, 9))]
    later = instant("2021-09-14 08:30")
    after = latest_rung(a_clock(MONDAY, 5, paused), LADDER, CALENDAR, HOURS, later)
    assert before is not None
    assert after is not None
    assert before.key == ("stage:intake", "2021-09-13", "last_day")
    assert after.key == ("stage:intake", "2021-09-14", "last_day")


# --- whole tickets ----------------------------------------------------------------------------


def in_works() -> Trip:
    trip = a_trip(LV_THREE_ZERO, "2021-09-06 09:00", LICENCE, PROOF)
    for trigger in ("complete_intake", "finish_site_visit", "release_works"):
        trip.fire(trigger, "2021-09-06 10:00")
    return trip


def test_every_clock_of_a_ticket_speaks_for_itself() -> None:
    trip = a_trip(LV_RESIDENT, "2021-09-06 09:00", "identity", request=an_application())
    assert seen(trip, "2021-09-07 08:29") == []
    assert seen(trip, "2021-09-07 08:30") == [("stage:intake", "last_day")]
    assert seen(trip, "2021-09-08 08:30") == [
        ("stage:intake", "overdue_daily+1"),
        ("handling", "last_day"),
        ("end_to_end", "last_day"),
    ]


def test_after_a_downtime_each_clock_has_one_rung_and_not_the_whole_ladder() -> None:
    trip = in_works()
    assert seen(trip, "2021-09-16 10:00") == [
        ("stage:metering_and_energization", "overdue_daily+4"),
        ("handling", "overdue_daily+3"),
        ("end_to_end", "overdue_daily+3"),
    ]


def test_a_ticket_that_waits_for_its_key_document_has_no_reminder() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-09-06 09:00")
    assert seen(trip, "2021-10-29 10:00") == []
    assert next_rung_at(trip.ticket, LV_THREE_ZERO, CALENDAR, HOURS, instant("2021-09-06")) is None


def test_while_the_customer_builds_the_company_is_not_reminded() -> None:
    trip = a_trip(HV_DUAL, "2021-09-06 09:00", LICENCE, PROOF, APPROVAL)
    for trigger in ("complete_intake", "finish_site_visit", "reply_supply_plan"):
        trip.fire(trigger, "2021-09-06 10:00")
    assert seen(trip, "2021-12-31 10:00") == []
    after = instant("2021-09-06 10:00")
    assert next_rung_at(trip.ticket, HV_DUAL, CALENDAR, HOURS, after) is None


def test_a_suspended_ticket_is_reminded_of_its_whole_time_only() -> None:
    trip = in_works().suspend("2021-09-07 10:00")
    assert seen(trip, "2021-09-13 15:30") == [("end_to_end", "before_close")]
    after = instant("2021-09-13 15:30")
    due = next_rung_at(trip.ticket, LV_THREE_ZERO, CALENDAR, HOURS, after)
    assert due == instant("2021-09-14 00:00")


def test_an_overdue_ticket_that_is_suspended_is_not_reminded_of_that_stage() -> None:
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00", LICENCE, PROOF)
    for trigger in ("complete_intake", "finish_site_visit", "release_works"):
        trip.fire(trigger, "2021-09-06 10:00")
    assert [clock for clock, _ in seen(trip, "2021-09-16 09:00")] == [
        "stage:metering_and_energization",
        "handling",
    ]
    trip.suspend("2021-09-16 10:00")
    assert trip.standing(trip.stage(), "2021-09-22 10:00").is_overdue
    assert seen(trip, "2021-09-22 10:00") == []


def test_what_passed_while_a_ticket_stood_still_is_not_made_up_for() -> None:
    """Half was left on the 9th, before the pause; on the 14th the last day is told, not that."""
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00", LICENCE, PROOF)
    for trigger in ("complete_intake", "finish_site_visit", "release_works"):
        trip.fire(trigger, "2021-09-06 10:00")
    stage = "stage:metering_and_energization"
    assert (stage, "half_left") in seen(trip, "2021-09-09 10:00")
    trip.suspend("2021-09-09 11:00").resume("2021-09-14 09:00")  # back: 10th and 13th
    assert seen(trip, "2021-09-14 09:00") == [(stage, "last_day"), ("handling", "half_left")]


def test_a_new_due_date_does_not_repeat_a_rung_from_before_the_pause() -> None:
    paused = [Stop(instant("2021-09-17 10:00"), date(2021, 9, 23))]
    assert rung_at(a_clock(MONDAY, 14, []), instant("2021-09-16 08:30")) == "half_left"
    clock = a_clock(MONDAY, 14, paused)
    assert rung_at(clock, instant("2021-09-23 12:00")) == ""
    assert rung_at(clock, instant("2021-09-28 08:30")) == "last_day"


def test_a_resumed_overdue_ticket_goes_on_with_the_day_it_is() -> None:
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00", LICENCE, PROOF)
    for trigger in ("complete_intake", "finish_site_visit", "release_works"):
        trip.fire(trigger, "2021-09-06 10:00")
    trip.suspend("2021-09-15 10:00").resume("2021-09-18 08:00")
    stage = "stage:metering_and_energization"
    assert stage not in dict(seen(trip, "2021-09-18 08:29"))
    assert dict(seen(trip, "2021-09-18 08:30"))[stage] == "overdue_daily+6"


def test_an_ended_ticket_has_no_reminders() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-09-06 09:00", LICENCE)
    trip.fire("abort", "2021-09-30 09:00", reason="撤回")
    assert seen(trip, "2021-10-08 10:00") == []
    after = instant("2021-09-30 09:00")
    assert next_rung_at(trip.ticket, LV_THREE_ZERO, CALENDAR, HOURS, after) is None


def test_a_definition_without_a_ladder_reminds_of_nothing() -> None:
    trip = a_trip(a_definition(reminders=()), "2021-09-06 09:00", LICENCE)
    assert seen(trip, "2021-10-08 10:00") == []


# --- deferred documents -----------------------------------------------------------------------


def outstanding(trip: Trip) -> list[str]:
    found = deferrals_due_in_stage(trip.ticket, trip.definition, instant("2021-09-06 12:00"))
    return [each.id for each in found]


@pytest.mark.parametrize(
    ("boundary", "reply", "last"),
    [
        (InvestmentBoundary.EXTENDED, ["property_proof"], []),
        (InvestmentBoundary.STANDARD, [], ["property_proof"]),
    ],
)
def test_a_deferred_paper_is_reminded_of_in_the_stage_of_its_border(
    boundary: InvestmentBoundary, reply: list[str], last: list[str]
) -> None:
    trip = a_trip(HV_SINGLE, "2021-09-06 09:00", LICENCE, APPROVAL, boundary=boundary)
    assert outstanding(trip) == []
    trip.fire("complete_intake", "2021-09-06 10:00")
    assert outstanding(trip) == reply
    if reply:
        trip.supply(PROOF, "2021-09-06 10:30")
    trip.fire("finish_site_visit", "2021-09-06 11:00")
    trip.fire("reply_supply_plan", "2021-09-06 11:00")
    assert outstanding(trip) == last


def test_an_ended_ticket_owes_no_papers() -> None:
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00", LICENCE)
    trip.fire("complete_intake", "2021-09-06 10:00")
    assert outstanding(trip) == ["property_proof"]
    trip.fire("abort", "2021-09-06 11:00", reason="撤回")
    assert outstanding(trip) == []
