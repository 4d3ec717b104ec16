"""The worked examples of the plan's clauses, date by date, through the whole engine."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from engine.application import InvestmentBoundary
from engine.clocks import ClockKind
from engine.events import ClockResumed, ClockStarted, ClockStopped
from engine.reminders import due_rungs
from engine.ticket import PauseCause
from tests.builders import CALENDAR, HOURS, a_service_request, an_application, instant
from tests.unit.engine.definitions import (
    ASSET_TRANSFER,
    HV_DUAL,
    HV_SINGLE,
    LV_RESIDENT,
    LV_STANDARD,
    LV_THREE_ZERO,
)
from tests.unit.engine.trip import Trip, a_trip

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition

LICENCE, PROOF, APPROVAL = "business_licence", "property_proof", "project_approval"
REPORT = "completion_report"
ALL_LV = (LICENCE, PROOF)
ALL_HV = (LICENCE, PROOF, APPROVAL)


def a_resident(when: str) -> Trip:
    return a_trip(LV_RESIDENT, when, "identity", PROOF, request=an_application())


def low_voltage(trip: Trip, *moves: str) -> Trip:
    """The five moves of a low-voltage ticket, at these times."""
    triggers = (
        "complete_intake",
        "finish_site_visit",
        "release_works",
        "finish_works",
        "energize",
    )
    for trigger, when in zip(triggers, moves, strict=False):
        trip.fire(trigger, when)
    return trip


@pytest.mark.parametrize(
    ("energized", "is_overdue"),
    [
        ("2021-09-22 23:00", False),
        ("2021-09-22 23:59:59", False),
        ("2021-09-23 00:00", True),
        ("2021-09-23 10:00", True),
    ],
)
def test_m1b_a_resident_applies_before_mid_autumn(energized: str, *, is_overdue: bool) -> None:
    trip = a_resident("2021-09-17 16:00")
    assert trip.standing(trip.end_to_end(), "2021-09-17 16:00").due_on == date(2021, 9, 22)
    early = ["2021-09-18 09:00"] * 4
    low_voltage(trip, *early, energized)
    whole = trip.standing(trip.end_to_end(), "2021-12-01 00:00")
    assert whole.is_overdue is is_overdue
    assert whole.remaining_days == (-1 if is_overdue else 0)


def test_x3_high_voltage_single_supply_excludes_what_the_customer_builds() -> None:
    trip = a_trip(HV_SINGLE, "2021-08-02 09:00", *ALL_HV)
    trip.fire("complete_intake", "2021-08-02 11:00").fire("finish_site_visit", "2021-08-04 10:00")
    trip.fire("reply_supply_plan", "2021-08-06 16:00")
    reply = trip.standing(trip.stage("supply_plan_reply"), "2021-08-06 16:00")
    assert (reply.elapsed_days, reply.due_on, reply.is_overdue) == (4, date(2021, 8, 6), False)
    waiting = trip.standing(trip.stage(), "2021-09-03 10:00")
    assert (waiting.elapsed_days, waiting.due_on) == (0, None)
    trip.supply(REPORT, "2021-09-06 10:00")
    assert trip.happened(ClockStarted).due_on == date(2021, 9, 18)
    trip.fire("report_completion", "2021-09-07 09:00").fire("pass_inspection", "2021-09-16 09:00")
    trip.fire("energize", "2021-09-18 15:00")  # a Saturday that is worked
    end = "2021-12-01 00:00"
    last = trip.standing(trip.stage("inspection_and_energization"), end)
    assert (last.elapsed_days, last.is_overdue) == (10, False)
    total = trip.standing(trip.handling(), end)
    assert (total.elapsed_days, total.remaining_days, total.is_overdue) == (14, 1, False)
    whole = trip.standing(trip.end_to_end(), end)
    assert (whole.elapsed_days, whole.remaining_days, whole.is_overdue) == (35, None, False)


def test_q4_works_are_excluded_from_the_total_and_included_in_the_whole() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-08-02 09:00", *ALL_LV, boundary=InvestmentBoundary.EXTENDED)
    low_voltage(trip, *["2021-08-03 09:00"] * 3)
    trip.suspend("2021-08-03 10:00").resume("2021-08-09 09:00")
    assert trip.happened(ClockResumed).given_back_days == 3
    trip.fire("finish_works", "2021-08-10 10:00").fire("energize", "2021-08-11 10:00")
    total = trip.standing(trip.handling(), "2021-12-01 00:00")
    assert (total.elapsed_days, total.is_overdue) == (4, False)
    whole = trip.standing(trip.end_to_end(), "2021-12-01 00:00")
    assert (whole.elapsed_days, whole.is_overdue) == (7, True)


def test_q4_the_whole_time_is_reminded_of_while_the_works_go_on() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-08-02 09:00", *ALL_LV, boundary=InvestmentBoundary.EXTENDED)
    low_voltage(trip, *["2021-08-03 09:00"] * 3)
    trip.suspend("2021-08-03 10:00")
    rungs = due_rungs(trip.ticket, trip.definition, CALENDAR, HOURS, instant("2021-08-10 00:00"))
    assert [(rung.clock.kind, rung.rung_id) for rung in rungs] == [
        (ClockKind.END_TO_END, "overdue")
    ]


def test_q5_without_three_zero_the_whole_time_is_measured_and_never_alarms() -> None:
    trip = a_trip(LV_STANDARD, "2021-08-02 09:00", *ALL_LV)
    whole = trip.standing(trip.end_to_end(), "2021-08-30 09:00")
    assert (whole.elapsed_days, whole.remaining_days, whole.is_overdue) == (20, None, False)


def test_q6_a_late_stage_is_late_even_if_the_total_is_in_time() -> None:
    trip = a_trip(HV_SINGLE, "2021-08-02 09:00", *ALL_HV)
    trip.fire("complete_intake", "2021-08-04 09:00")  # 2 of 1
    trip.fire("finish_site_visit", "2021-08-06 09:00")
    trip.fire("reply_supply_plan", "2021-08-09 09:00")  # 3 of 4
    trip.supply(REPORT, "2021-08-09 10:00").fire("report_completion", "2021-08-09 11:00")
    trip.fire("pass_inspection", "2021-08-16 09:00").fire("energize", "2021-08-20 09:00")  # 9
    end = "2021-12-01 00:00"
    stages = ("intake", "supply_plan_reply", "inspection_and_energization")
    standings = [trip.standing(trip.stage(stage), end) for stage in stages]
    assert [now.elapsed_days for now in standings] == [2, 3, 9]
    assert [now.is_overdue for now in standings] == [True, False, False]
    total = trip.standing(trip.handling(), end)
    assert (total.elapsed_days, total.is_overdue) == (14, False)


def test_q8_an_application_on_a_rest_day_starts_that_day() -> None:
    trip = a_resident("2021-09-25 10:00")
    assert trip.handling().started_on == date(2021, 9, 25)
    assert trip.standing(trip.stage(), "2021-09-25 10:00").due_on == date(2021, 9, 26)
    assert trip.standing(trip.end_to_end(), "2021-09-25 10:00").due_on == date(2021, 9, 27)


def test_q9_clocks_start_at_submission_with_the_key_document_not_at_acceptance() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-08-02 16:00", LICENCE)
    trip.fire("complete_intake", "2021-08-03 16:00")
    intake = trip.standing(trip.stage("intake"), "2021-12-01 00:00")
    assert (intake.elapsed_days, intake.is_overdue) == (1, False)
    assert trip.stage().started_on == date(2021, 8, 3)


@pytest.mark.parametrize(
    ("energized", "elapsed", "is_overdue"),
    [("2021-09-16 15:00", 10, False), ("2021-09-17 15:00", 11, True)],
)
def test_q11_attempts_add_up_and_the_repair_does_not_count(
    energized: str, elapsed: int, *, is_overdue: bool
) -> None:
    trip = a_trip(HV_SINGLE, "2021-08-02 09:00", *ALL_HV, REPORT)
    for trigger in ("complete_intake", "finish_site_visit", "reply_supply_plan"):
        trip.fire(trigger, "2021-08-02 10:00")
    trip.fire("report_completion", "2021-08-02 11:00")
    trip.fire("fail_inspection", "2021-08-06 10:00", reason="接地电阻不合格")  # 4 days
    stopped = ClockStopped(cause=PauseCause.CUSTOMER_WORKS, explicit=False)
    assert trip.happened(ClockStopped) == stopped
    assert trip.standing(trip.stage(), "2021-09-01 10:00").elapsed_days == 4
    trip.fire("request_reinspection", "2021-09-09 10:00")
    assert trip.happened(ClockResumed).due_on == date(2021, 9, 16)
    assert trip.happened(ClockResumed).given_back_days == 23
    trip.fire("pass_inspection", "2021-09-10 10:00").fire("energize", energized)
    assert len(trip.ticket.stage_runs) == 3
    last = trip.standing(trip.stage("inspection_and_energization"), "2021-12-01 00:00")
    assert last.elapsed_days == elapsed
    assert last.is_overdue is is_overdue


def test_t1a_the_supply_plan_is_due_on_a_sunday_that_is_worked() -> None:
    trip = a_trip(HV_DUAL, "2021-09-06 08:40", *ALL_HV)
    trip.fire("complete_intake", "2021-09-06 11:00")
    assert trip.happened(ClockStarted).due_on == date(2021, 9, 26)
    assert trip.standing(trip.stage(), "2021-09-26 23:59").is_overdue is False
    assert trip.standing(trip.stage(), "2021-09-27 00:00").is_overdue is True


@pytest.mark.parametrize(
    ("assessed", "due"),
    [
        ("2021-09-06 15:00", date(2021, 10, 22)),
        ("2021-09-30 15:00", date(2021, 11, 17)),
    ],
)
def test_m1c_assets_are_received_within_thirty_days_of_the_assessment(
    assessed: str, due: date
) -> None:
    trip = a_trip(ASSET_TRANSFER, "2021-08-30 09:00", request=a_service_request())
    assert trip.end_to_end().started_on is None
    trip.fire("pass_assessment", assessed)
    assert trip.standing(trip.end_to_end(), assessed).due_on == due
    trip.fire("receive", f"{due} 23:59:59")
    assert not trip.standing(trip.end_to_end(), "2022-12-01 00:00").is_overdue


def test_m1c_a_facility_below_the_standard_is_metered_first_and_transferred_later() -> None:
    trip = a_trip(ASSET_TRANSFER, "2021-08-30 09:00", request=a_service_request())
    trip.fire("fail_assessment", "2021-09-06 15:00", reason="台区线径不足")
    assert trip.ticket.state == "metered_first"
    trip.fire("start_rectification", "2021-09-10 09:00").fire("reassess", "2021-12-01 09:00")
    trip.fire("fail_assessment", "2021-12-06 09:00", reason="仍不达标")
    trip.fire("reassess", "2022-02-22 09:00")
    assert trip.end_to_end().started_on is None
    assert trip.standing(trip.end_to_end(), "2022-03-01 09:00").due_on is None
    trip.fire("pass_assessment", "2022-03-01 10:00")
    assert trip.standing(trip.end_to_end(), "2022-03-01 10:00").due_on == date(2022, 4, 13)


@pytest.mark.parametrize(
    ("definition", "start", "due"),
    [
        (LV_THREE_ZERO, "2021-09-30 09:00", date(2021, 10, 8)),
        (LV_THREE_ZERO, "2021-12-31 09:00", date(2022, 1, 4)),
        (LV_THREE_ZERO, "2022-01-28 09:00", date(2022, 1, 29)),
        (LV_THREE_ZERO, "2025-01-24 09:00", date(2025, 1, 26)),
    ],
)
def test_the_intake_limit_crosses_holidays(
    definition: WorkflowDefinition, start: str, due: date
) -> None:
    trip = a_trip(definition, start, LICENCE)
    assert trip.happened(ClockStarted).due_on == due
