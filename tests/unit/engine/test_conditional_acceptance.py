"""Conditional acceptance (容缺受理), and the clocks that wait for a paper: C4a, C4c, Q1, Q2."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.application import InvestmentBoundary
from engine.definition import Checkpoint
from engine.documents import due_checkpoint, missing_at, outstanding_deferrals
from engine.errors import RefusedError
from engine.events import ClockStarted
from tests.builders import an_act, an_application, instant
from tests.unit.engine.definitions import HV_SINGLE, LV_RESIDENT, LV_STANDARD, LV_THREE_ZERO
from tests.unit.engine.trip import Trip, a_trip

MONDAY, TUESDAY = "2021-09-06 09:00", "2021-09-07 09:00"
ON_MONDAY = date(2021, 9, 6)
LICENCE, PROOF = "business_licence", "property_proof"
APPROVAL, REPORT = "project_approval", "completion_report"
EXTENDED = InvestmentBoundary.EXTENDED


def at_plan_confirmation(trip: Trip, when: str = MONDAY) -> Trip:
    return trip.fire("complete_intake", when).fire("finish_site_visit", when)


# --- conditional acceptance -------------------------------------------------------------------


def test_c4a_a_resident_is_accepted_with_the_identity_document_alone() -> None:
    trip = a_trip(LV_RESIDENT, MONDAY, "identity", request=an_application(), boundary=EXTENDED)
    trip.fire("complete_intake", MONDAY)
    assert trip.ticket.deferred == ("property_proof",)


def test_c4a_a_business_is_not_accepted_with_the_boss_s_identity_document() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, "identity")
    assert trip.refused("complete_intake", MONDAY) == ["缺少营业执照"]
    assert trip.ticket.stage_runs[0].started_at is None


def test_q1_an_extended_resident_owes_the_proof_before_the_works_are_released() -> None:
    trip = a_trip(LV_RESIDENT, MONDAY, "identity", request=an_application(), boundary=EXTENDED)
    at_plan_confirmation(trip)
    assert trip.refused("release_works", MONDAY) == ["缺少用电地址物权证件"]
    trip.supply(PROOF, TUESDAY).fire("release_works", TUESDAY)
    assert trip.ticket.state == "grid_works"


def test_q1_low_voltage_without_three_zero_owes_it_only_before_energization() -> None:
    trip = at_plan_confirmation(a_trip(LV_STANDARD, MONDAY, LICENCE))
    trip.fire("release_works", MONDAY).fire("finish_works", MONDAY)
    assert trip.refused("energize", MONDAY) == ["缺少用电地址物权证件"]
    trip.supply(PROOF, TUESDAY).fire("energize", TUESDAY)
    assert trip.ticket.state == "energized"


def test_q1_high_voltage_extended_is_refused_the_reply() -> None:
    trip = at_plan_confirmation(a_trip(HV_SINGLE, MONDAY, LICENCE, PROOF, boundary=EXTENDED))
    assert trip.refused("reply_supply_plan", MONDAY) == ["缺少用电工程项目批准文件"]
    trip.supply(APPROVAL, TUESDAY).fire("reply_supply_plan", TUESDAY)
    assert trip.ticket.state == "customer_works"


def test_q1_high_voltage_works_go_on_without_the_approval_until_energization() -> None:
    trip = at_plan_confirmation(a_trip(HV_SINGLE, MONDAY, LICENCE, PROOF))
    trip.fire("reply_supply_plan", MONDAY).supply(REPORT, TUESDAY)
    trip.fire("report_completion", TUESDAY).fire("pass_inspection", TUESDAY)
    assert trip.refused("energize", MONDAY) == ["缺少用电工程项目批准文件"]
    trip.supply(APPROVAL, TUESDAY).fire("energize", TUESDAY)
    assert trip.ticket.state == "energized"


@pytest.mark.parametrize("boundary", InvestmentBoundary)
def test_the_completion_report_is_never_deferred(boundary: InvestmentBoundary) -> None:
    trip = a_trip(HV_SINGLE, MONDAY, LICENCE, PROOF, APPROVAL, boundary=boundary)
    trip.fire("complete_intake", MONDAY)
    assert trip.ticket.deferred == ()
    report = HV_SINGLE.documents[-1]
    assert due_checkpoint(report, HV_SINGLE, trip.ticket) is Checkpoint.COMPLETION
    trip.fire("finish_site_visit", MONDAY).fire("reply_supply_plan", MONDAY)
    assert trip.refused("report_completion", MONDAY) == ["缺少工程竣工报告（含竣工图纸）"]


def test_extending_the_boundary_brings_the_border_forward() -> None:
    trip = at_plan_confirmation(a_trip(LV_STANDARD, MONDAY, LICENCE))
    proof = LV_STANDARD.documents[-1]
    assert due_checkpoint(proof, LV_STANDARD, trip.ticket) is Checkpoint.ENERGIZATION
    assert trip.machine.offers(trip.ticket, an_act(MONDAY))[0].is_allowed
    trip.extend()
    assert due_checkpoint(proof, LV_STANDARD, trip.ticket) is Checkpoint.PLAN_CONFIRMATION
    assert trip.refused("release_works", MONDAY) == ["缺少用电地址物权证件"]


def test_a_deferred_paper_is_outstanding_until_it_counts() -> None:
    trip = a_trip(LV_STANDARD, MONDAY, LICENCE)
    assert outstanding_deferrals(LV_STANDARD, trip.ticket, ON_MONDAY) == ()
    trip.fire("complete_intake", MONDAY)
    proof = LV_STANDARD.documents[-1:]
    assert outstanding_deferrals(LV_STANDARD, trip.ticket, ON_MONDAY) == proof
    trip.supply(PROOF, TUESDAY)
    assert outstanding_deferrals(LV_STANDARD, trip.ticket, ON_MONDAY) == ()
    trip.reject(2)
    assert outstanding_deferrals(LV_STANDARD, trip.ticket, ON_MONDAY) == proof


def test_a_paper_that_came_at_intake_and_was_rejected_later_is_outstanding_as_well() -> None:
    trip = a_trip(LV_STANDARD, MONDAY, LICENCE, PROOF).fire("complete_intake", MONDAY).reject(2)
    proof = LV_STANDARD.documents[-1:]
    assert outstanding_deferrals(LV_STANDARD, trip.ticket, ON_MONDAY) == proof


# --- clocks wait for the receipt, never for the verification ----------------------------------


def test_clocks_start_when_the_key_document_is_received_and_not_when_verified() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-09-03 16:00", PROOF)
    trip.supply(LICENCE, "2021-09-06 23:59")
    started = trip.happened(ClockStarted)
    assert (started.stage, started.at, started.due_on) == (
        "intake",
        instant("2021-09-06 23:59"),
        date(2021, 9, 7),
    )
    assert trip.ticket.end_to_end_started_at == started.at
    trip.verify(2)
    trip.reject(2).supply(LICENCE, "2021-09-08 09:00")
    assert trip.happened(ClockStarted) is None
    assert trip.ticket.stage_runs[0].started_at == started.at
    assert trip.ticket.end_to_end_started_at == started.at


@pytest.mark.parametrize("kind", [PROOF, "identity"])
def test_other_papers_start_no_clock(kind: str) -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY).supply(kind, TUESDAY)
    assert trip.ticket.stage_runs[0].started_at is None


def test_an_expired_key_document_is_not_taken_and_starts_no_clock() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY)
    with pytest.raises(RefusedError, match="有效期至 2021-09-06，今日（2021-09-07）已经过期"):
        trip.supply(LICENCE, TUESDAY, expires_on=ON_MONDAY)
    assert trip.ticket.stage_runs[0].started_at is None
    assert trip.ticket.documents == ()
    trip.supply(LICENCE, "2021-09-06 23:59", expires_on=ON_MONDAY)
    assert trip.ticket.stage_runs[0].started_at is not None


def test_a_key_document_that_counts_again_starts_the_clock_then() -> None:
    trip = at_plan_confirmation(a_trip(HV_SINGLE, MONDAY, LICENCE, PROOF, APPROVAL))
    trip.supply(REPORT, MONDAY).reject(4).fire("reply_supply_plan", TUESDAY)
    assert trip.ticket.stage_runs[-1].started_at is None
    trip.verify(4, "2021-09-08 09:00")
    assert trip.ticket.stage_runs[-1].started_at == instant("2021-09-08 09:00")
    assert trip.happened(ClockStarted).stage == "inspection_and_energization"


def test_q2_a_document_rejected_later_stops_no_clock() -> None:
    trip = at_plan_confirmation(a_trip(HV_SINGLE, MONDAY, LICENCE, PROOF, APPROVAL))
    trip.fire("reply_supply_plan", MONDAY).supply(REPORT, TUESDAY).reject(4)
    trip.supply("identity", "2021-09-08 09:00")
    assert trip.standing(trip.stage(), "2021-09-10 09:00").elapsed_days == 3
    assert trip.refused("report_completion", MONDAY) == [
        "工程竣工报告（含竣工图纸）审核不合格：看不清"
    ]


def test_a_report_that_came_early_starts_the_stage_when_it_is_entered() -> None:
    trip = at_plan_confirmation(a_trip(HV_SINGLE, MONDAY, LICENCE, PROOF, APPROVAL, REPORT))
    trip.fire("reply_supply_plan", TUESDAY)
    assert trip.stage().started_on == date(2021, 9, 7)
    assert not trip.stage().is_paused


def test_the_same_paper_in_a_higher_border_is_asked_for_there_too() -> None:
    """A key document that is rejected after intake is missing again at every later border."""
    trip = at_plan_confirmation(a_trip(LV_STANDARD, MONDAY, LICENCE, PROOF)).reject(1)
    assert trip.refused("release_works", MONDAY) == ["营业执照审核不合格：看不清"]
    ticket = replace(trip.ticket, documents=())
    on_all = missing_at(Checkpoint.ENERGIZATION, LV_STANDARD, ticket, ON_MONDAY)
    assert [each.id for each in on_all] == ["business_identity", "property_proof"]
