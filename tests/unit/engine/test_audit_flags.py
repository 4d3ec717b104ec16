"""Tickets walked through too fast (超短用时) are flagged; nobody is accused (R-5.3, Q18)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.audit_flags import FastPolicy, unusually_fast
from engine.calendar import OfficeHours
from engine.ticket import Flag, FlagCode, Role
from tests.builders import (
    CALENDAR,
    HOURS,
    a_definition,
    a_service_request,
    an_actor,
    an_application,
)
from tests.unit.engine.definitions import ASSET_TRANSFER, LV_RESIDENT, LV_STANDARD
from tests.unit.engine.trip import Trip, a_trip

CLERK = an_actor(Role.OPERATOR, user_id="u-clerk")
PLANNER = an_actor(*Role, user_id="u-planner")
LICENCE, PROOF = "business_licence", "property_proof"


def a_resident(submitted: str, accepted: str, energized: str, definition: object = None) -> Trip:
    """Two people; every move of the second stage at its end."""
    trip = a_trip(
        definition or LV_RESIDENT,  # type: ignore[arg-type]
        submitted,
        "identity",
        PROOF,
        request=an_application(),
    )
    trip.actor = CLERK
    trip.fire("complete_intake", accepted)
    trip.actor = PLANNER
    for trigger in ("finish_site_visit", "release_works", "finish_works", "energize"):
        trip.fire(trigger, energized)
    return trip


def flag_of(
    trip: Trip, policy: FastPolicy | None = None, hours: OfficeHours = HOURS
) -> Flag | None:
    return unusually_fast(trip.ticket, trip.definition, CALENDAR, hours, policy or FastPolicy())


@pytest.mark.parametrize(
    ("energized", "is_flagged"),
    [
        ("2021-09-06 10:47:59", True),
        ("2021-09-06 10:48", False),  # 108 of 1080 office minutes in two days
        ("2021-09-07 10:00", False),
    ],
)
def test_less_than_a_tenth_of_the_limit_is_flagged(energized: str, *, is_flagged: bool) -> None:
    flag = flag_of(a_resident("2021-09-06 09:00", "2021-09-06 09:10", energized))
    assert (flag is not None) is is_flagged
    if flag is not None:
        assert flag.code is FlagCode.UNUSUALLY_FAST
        assert "10%" in flag.note


def test_only_office_time_of_working_days_counts() -> None:
    """From Friday's close over three days off to Wednesday's opening there is half an hour."""
    trip = a_resident("2021-09-18 17:15", "2021-09-19 12:00", "2021-09-22 08:45")
    assert flag_of(trip) is not None
    assert flag_of(trip, FastPolicy(floor_percent=2)) is None  # 30 of 1080 minutes are 2.8 %


def test_office_hours_are_a_setting() -> None:
    trip = a_resident("2021-09-06 09:00", "2021-09-06 09:10", "2021-09-06 10:40")
    short = OfficeHours(opens=HOURS.opens, closes=HOURS.closes.replace(hour=16, minute=30))
    assert flag_of(trip) is not None
    assert flag_of(trip, hours=short) is None  # 100 of 960 minutes


def test_a_pause_is_not_the_company_s_time() -> None:
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00", LICENCE, PROOF)
    trip.actor = CLERK
    trip.fire("complete_intake", "2021-09-06 09:10")
    trip.actor = PLANNER
    for trigger in ("finish_site_visit", "release_works"):
        trip.fire(trigger, "2021-09-06 09:20")
    trip.suspend("2021-09-06 09:30").resume("2021-09-28 09:30")
    for trigger in ("finish_works", "energize"):
        trip.fire(trigger, "2021-09-28 09:40")
    assert flag_of(trip) is not None


@pytest.mark.parametrize(
    ("energized", "is_flagged"), [("2021-09-08 16:05", True), ("2021-09-08 16:05:01", False)]
)
def test_two_stages_closed_by_one_person_within_minutes_are_flagged(
    energized: str, *, is_flagged: bool
) -> None:
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00", LICENCE, PROOF)
    trip.fire("complete_intake", "2021-09-08 16:00")
    for trigger in ("finish_site_visit", "release_works", "finish_works", "energize"):
        trip.fire(trigger, energized)
    flag = flag_of(trip)
    assert (flag is not None) is is_flagged
    if flag is not None:
        assert flag.note == "同一人在 5 分钟内办结了相邻两个环节"
    assert flag_of(trip, FastPolicy(same_person_within=timedelta(minutes=4))) is None


def test_two_people_may_be_quick_one_after_the_other() -> None:
    trip = a_resident("2021-09-06 09:00", "2021-09-08 16:00", "2021-09-08 16:01")
    assert flag_of(trip) is None


def test_a_process_without_a_limit_is_never_too_fast() -> None:
    trip = a_trip(ASSET_TRANSFER, "2021-09-06 09:00", request=a_service_request())
    trip.fire("pass_assessment", "2021-09-06 09:01")
    trip.actor = PLANNER
    trip.fire("receive", "2021-09-06 09:02")
    assert flag_of(trip) is None


def test_a_ticket_that_never_started_a_stage_has_used_no_time() -> None:
    without_papers = a_definition(LV_RESIDENT, documents=())
    trip = a_resident("2021-09-06 09:00", "2021-09-07 09:10", "2021-09-08 09:10", without_papers)
    assert flag_of(trip) is None
    waiting = a_trip(LV_RESIDENT, "2021-09-06 09:00", request=an_application())
    waiting.fire("abort", "2021-09-08 09:00", reason="撤回")
    assert flag_of(waiting) is not None
