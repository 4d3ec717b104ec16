"""The customer's timetable (用电时刻表): stages only, with promises kept visible (R-1.1, R-6.2)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from engine.timetable import EntryState, TimetableEntry, timetable
from tests.builders import CALENDAR, a_service_request, a_ticket, instant
from tests.unit.engine.definitions import (
    ASSET_TRANSFER,
    CONNECTIONS,
    HV_SINGLE,
    LV_STANDARD,
    LV_THREE_ZERO,
)
from tests.unit.engine.trip import Trip, a_trip

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition

LICENCE, PROOF, APPROVAL = "business_licence", "property_proof", "project_approval"


def entries(trip: Trip, when: str) -> tuple[TimetableEntry, ...]:
    return timetable(trip.ticket, trip.definition, CALENDAR, instant(when))


def in_works() -> Trip:
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00", LICENCE, PROOF)
    for trigger in ("complete_intake", "finish_site_visit", "release_works"):
        trip.fire(trigger, "2021-09-06 10:00")
    return trip


@pytest.mark.parametrize("definition", CONNECTIONS, ids=lambda each: each.id)
def test_a_customer_sees_the_stages_and_nothing_else(definition: WorkflowDefinition) -> None:
    found = timetable(
        a_ticket(definition=definition), definition, CALENDAR, instant("2021-09-06 09:00")
    )
    assert [(each.stage_id, each.limit_days) for each in found] == [
        (each.id, each.limit.days) for each in definition.stages
    ]
    assert {each.state for each in found} == {EntryState.UPCOMING}


def test_a_ticket_under_way_shows_what_is_done_current_and_to_come() -> None:
    trip = a_trip(HV_SINGLE, "2021-09-06 09:00", LICENCE)
    trip.fire("complete_intake", "2021-09-07 09:00")
    intake, reply, last = entries(trip, "2021-09-08 10:00")
    assert intake == TimetableEntry(
        stage_id="intake",
        name="环节intake",
        limit_days=1,
        state=EntryState.DONE,
        due_on=date(2021, 9, 7),
        provisional=False,
        changed_from=None,
        done_on=date(2021, 9, 7),
        is_overdue=False,
    )
    assert (reply.state, reply.due_on, reply.done_on) == (
        EntryState.CURRENT,
        date(2021, 9, 13),
        None,
    )
    assert (last.state, last.due_on, last.limit_days) == (EntryState.UPCOMING, None, 10)


def test_a_stage_waits_until_its_document_is_there() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-09-06 09:00")
    assert [each.state for each in entries(trip, "2021-09-20 09:00")] == [
        EntryState.WAITING,
        EntryState.UPCOMING,
    ]
    trip.supply(LICENCE, "2021-09-22 09:00")
    assert entries(trip, "2021-09-22 09:00")[0].state is EntryState.CURRENT


def test_a_stage_that_stands_still_waits_and_shows_no_date() -> None:
    trip = in_works().suspend("2021-09-07 10:00")
    now = entries(trip, "2021-09-20 10:00")[1]
    assert (now.state, now.due_on, now.changed_from) == (EntryState.WAITING, None, None)
    assert not now.is_overdue


def test_a_stage_that_was_late_before_it_stood_still_stays_late_and_waits() -> None:
    trip = in_works().suspend("2021-09-14 10:00")
    now = entries(trip, "2021-09-20 10:00")[1]
    assert (now.state, now.due_on, now.is_overdue) == (
        EntryState.WAITING,
        date(2021, 9, 10),
        True,
    )


def test_a_changed_promise_is_shown_as_changed() -> None:
    trip = in_works().suspend("2021-09-07 10:00").resume("2021-09-13 10:00")
    now = entries(trip, "2021-09-13 10:00")[1]
    assert (now.state, now.due_on, now.changed_from) == (
        EntryState.CURRENT,
        date(2021, 9, 15),
        date(2021, 9, 10),
    )


def test_a_stage_that_ended_late_is_shown_late_for_ever() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-09-06 09:00", LICENCE)
    trip.fire("complete_intake", "2021-09-08 00:00")
    assert entries(trip, "2021-12-01 10:00")[0].is_overdue


def test_a_date_in_a_year_without_notice_is_provisional() -> None:
    trip = a_trip(HV_SINGLE, "2026-12-31 16:00", LICENCE)
    assert entries(trip, "2026-12-31 16:00")[0].provisional


def test_a_stage_without_limit_has_no_date_and_waits_while_the_customer_builds() -> None:
    trip = a_trip(ASSET_TRANSFER, "2021-09-06 09:00", request=a_service_request())
    assert entries(trip, "2021-09-06 09:00")[0].state is EntryState.CURRENT
    trip.fire("fail_assessment", "2021-09-07 09:00", reason="不达标")
    trip.fire("start_rectification", "2021-09-08 09:00")
    now = entries(trip, "2021-09-09 09:00")[0]
    assert (now.state, now.due_on, now.limit_days) == (EntryState.WAITING, None, None)


def test_a_stage_that_was_entered_again_shows_its_latest_passage() -> None:
    trip = a_trip(ASSET_TRANSFER, "2021-09-06 09:00", request=a_service_request())
    trip.fire("fail_assessment", "2021-09-07 09:00", reason="不达标")
    trip.fire("start_rectification", "2021-09-08 09:00").fire("reassess", "2021-10-08 09:00")
    trip.fire("pass_assessment", "2021-10-09 09:00")
    assessment, receipt = entries(trip, "2021-10-09 09:00")
    assert assessment.done_on == date(2021, 10, 9)
    assert receipt.state is EntryState.CURRENT
