"""The derived columns: what a queue sorts by and what the sweep looks for."""

from __future__ import annotations

from dataclasses import replace

from engine.definition import Ending
from engine.standing import TicketStanding, standing_after_change, standing_of
from tests.builders import CALENDAR, HOURS, a_ticket, instant
from tests.unit.engine.definitions import LV_STANDARD, LV_THREE_ZERO
from tests.unit.engine.trip import Trip, a_trip

LICENCE, PROOF = "business_licence", "property_proof"


def standing(trip: Trip, when: str) -> TicketStanding:
    return standing_of(trip.ticket, trip.definition, CALENDAR, HOURS, instant(when))


def test_the_earliest_of_all_clocks_decides() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-09-06 09:00", LICENCE)
    assert standing(trip, "2021-09-06 09:00") == TicketStanding(
        stage_id="intake",
        due_at=instant("2021-09-08 00:00"),
        pressing_at=instant("2021-09-08 00:00"),
        next_rung_at=instant("2021-09-07 08:30"),
        ending=None,
        calendar_version=CALENDAR.version,
    )
    trip.fire("complete_intake", "2021-09-07 16:00")
    now = standing(trip, "2021-09-07 16:00")
    assert (now.stage_id, now.due_at) == (
        "metering_and_energization",
        instant("2021-09-14 00:00"),  # the total and the whole, a day before the stage
    )


def test_a_ticket_that_waits_for_its_document_is_not_due() -> None:
    now = standing(a_trip(LV_THREE_ZERO, "2021-09-06 09:00"), "2021-09-20 09:00")
    assert (now.due_at, now.next_rung_at, now.stage_id) == (None, None, "intake")


def test_a_suspended_ticket_is_due_by_its_whole_time_if_that_is_limited() -> None:
    for definition, due, rung in (
        (LV_THREE_ZERO, instant("2021-09-14 00:00"), instant("2021-09-10 08:30")),
        (LV_STANDARD, None, None),
    ):
        trip = a_trip(definition, "2021-09-06 09:00", LICENCE, PROOF)
        for trigger in ("complete_intake", "finish_site_visit", "release_works"):
            trip.fire(trigger, "2021-09-06 10:00")
        trip.suspend("2021-09-07 10:00")
        now = standing(trip, "2021-09-07 10:00")
        assert (now.due_at, now.next_rung_at) == (due, rung)


def test_a_ticket_that_is_changed_while_a_rung_is_due_is_looked_at_at_once() -> None:
    """Papers come at 08:30:01; the reminder of 08:30 must not be lost to the next rung."""
    trip = a_trip(LV_THREE_ZERO, "2021-09-06 09:00", LICENCE)
    for when, looked_at in (
        ("2021-09-07 08:29:59", "2021-09-07 08:30"),
        ("2021-09-07 08:30", "2021-09-07 08:30"),
        ("2021-09-07 08:30:01", "2021-09-07 08:30:01"),
    ):
        trip.supply(PROOF, when)
        changed = standing_after_change(
            trip.ticket, trip.definition, CALENDAR, HOURS, instant(when)
        )
        assert changed == replace(standing(trip, when), next_rung_at=instant(looked_at))


def test_an_ended_ticket_is_due_no_more_and_shows_its_ending() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-09-06 09:00", LICENCE)
    trip.fire("abort", "2021-09-20 09:00", reason="撤回")
    now = standing(trip, "2021-09-20 09:00")
    assert (now.ending, now.due_at, now.next_rung_at) == (Ending.ABORTED, None, None)


def test_a_ticket_that_was_not_submitted_has_no_clock() -> None:
    trip = Trip(definition=LV_THREE_ZERO, ticket=a_ticket())
    now = standing(trip, "2021-09-06 09:00")
    assert (now.due_at, now.next_rung_at, now.ending) == (None, None, None)
    assert trip.ticket.current_run is None
    assert trip.ticket.open_pause is None
