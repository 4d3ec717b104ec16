"""Suspend and resume (暂停计时 / 恢复): where, why, with what proof, and what it does (R-2.4)."""

from __future__ import annotations

from datetime import date

import pytest

from engine.errors import RefusedError
from engine.events import ClockResumed, ClockStopped
from engine.suspensions import resume, suspend
from engine.ticket import Pause, PauseCause
from tests.builders import CALENDAR, a_ticket, an_act, instant
from tests.unit.engine.definitions import HV_SINGLE, LV_STANDARD, LV_THREE_ZERO
from tests.unit.engine.trip import Trip, a_trip

MONDAY = "2021-09-06 09:00"
LICENCE, PROOF, APPROVAL = "business_licence", "property_proof", "project_approval"
LINE, WORKS = PauseCause.EXTERNAL_LINE, PauseCause.CUSTOMER_WORKS


def in_works() -> Trip:
    trip = a_trip(LV_STANDARD, MONDAY, LICENCE, PROOF)
    for trigger in ("complete_intake", "finish_site_visit", "release_works"):
        trip.fire(trigger, MONDAY)
    return trip


def codes(refused: pytest.ExceptionInfo[RefusedError]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


def test_a_suspension_keeps_cause_proof_and_who_entered_it() -> None:
    trip = in_works().suspend("2021-09-07 10:00", LINE, "  施工通知单 12 号 ")
    assert trip.events == (ClockStopped(cause=LINE, explicit=True, evidence="施工通知单 12 号"),)
    assert trip.ticket.open_pause == Pause(
        suspended_at=instant("2021-09-07 10:00"),
        cause=LINE,
        evidence="施工通知单 12 号",
        suspended_by="u-all",
        explicit=True,
    )
    assert trip.ticket.is_suspended
    assert trip.ticket.state == "grid_works"
    stages = [run.stage_id for run in trip.ticket.stage_runs]
    assert stages == ["intake", "metering_and_energization"]


def test_resuming_gives_back_the_days_in_between_and_promises_anew() -> None:
    trip = in_works().suspend("2021-09-07 10:00").resume("2021-09-13 10:00")
    assert trip.happened(ClockResumed) == ClockResumed(
        cause=LINE, explicit=True, due_on=date(2021, 9, 15), given_back_days=3
    )
    assert not trip.ticket.is_suspended
    run = trip.ticket.stage_runs[-1]
    assert [promise.due_on for promise in run.promises] == [date(2021, 9, 10), date(2021, 9, 15)]
    assert run.promises[-1].made_at == instant("2021-09-13 10:00")


@pytest.mark.parametrize(
    ("suspended", "resumed"),
    [("2021-09-07 23:59", "2021-09-08 00:01"), ("2021-09-07 10:00", "2021-09-07 10:00")],
)
def test_a_suspension_over_midnight_or_of_no_time_gives_nothing_back(
    suspended: str, resumed: str
) -> None:
    trip = in_works()
    due = trip.standing(trip.stage(), suspended).due_on
    trip.suspend(suspended).resume(resumed)
    assert trip.happened(ClockResumed).given_back_days == 0
    assert trip.standing(trip.stage(), resumed).due_on == due
    assert len(trip.ticket.stage_runs[-1].promises) == 1


def test_a_suspension_every_midnight_gain_nothing() -> None:
    trip = in_works()
    for day in range(7, 17):
        trip.suspend(f"2021-09-{day:02} 23:59").resume(f"2021-09-{day + 1:02} 00:01")
    assert trip.standing(trip.stage(), "2021-09-17 00:01").due_on == date(2021, 9, 10)
    assert trip.standing(trip.stage(), "2021-09-17 00:01").elapsed_days == 9


def test_the_whole_time_runs_on_through_a_suspension() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE, PROOF)
    for trigger in ("complete_intake", "finish_site_visit", "release_works"):
        trip.fire(trigger, MONDAY)
    trip.suspend("2021-09-07 10:00")
    whole = trip.standing(trip.end_to_end(), "2021-09-14 00:00")
    assert (whole.due_on, whole.is_overdue, whole.remaining_days) == (date(2021, 9, 13), True, -1)
    stage = trip.standing(trip.stage(), "2021-09-14 00:00")
    assert (stage.due_on, stage.is_overdue, stage.elapsed_days) == (None, False, 1)


@pytest.mark.parametrize("cause", PauseCause)
def test_a_state_declares_for_which_causes_it_may_be_suspended(cause: PauseCause) -> None:
    assert in_works().suspend("2021-09-07 10:00", cause).ticket.is_suspended


def test_every_reason_against_a_suspension_is_given_at_once() -> None:
    trip = a_trip(LV_STANDARD, MONDAY)
    with pytest.raises(RefusedError) as refused:
        trip.suspend(MONDAY, LINE, " ")
    assert codes(refused) == ["not_suspendable", "clock_not_running", "evidence_missing"]
    assert refused.value.reasons[0].remedy == "此状态不允许暂停计时"
    assert refused.value.reasons[2].field == "evidence"


def test_a_cause_that_a_state_does_not_declare_is_refused_with_those_it_does() -> None:
    trip = a_trip(HV_SINGLE, MONDAY, LICENCE, PROOF, APPROVAL, "completion_report")
    for trigger in (
        "complete_intake",
        "finish_site_visit",
        "reply_supply_plan",
        "report_completion",
        "pass_inspection",
    ):
        trip.fire(trigger, MONDAY)
    with pytest.raises(RefusedError) as refused:
        trip.suspend("2021-09-07 10:00", WORKS)
    assert codes(refused) == ["not_suspendable"]
    assert refused.value.reasons[0].remedy == "此状态可以暂停计时的原因：外线工程施工"
    assert trip.suspend("2021-09-07 10:00", LINE).ticket.is_suspended


def test_a_ticket_that_stands_still_already_is_not_suspended_twice() -> None:
    trip = in_works().suspend("2021-09-07 10:00")
    with pytest.raises(RefusedError) as refused:
        trip.suspend("2021-09-08 10:00")
    assert codes(refused) == ["already_suspended"]


def test_a_ticket_held_by_the_customer_needs_no_suspension_and_no_resumption() -> None:
    trip = a_trip(HV_SINGLE, MONDAY, LICENCE, PROOF, APPROVAL, "completion_report")
    for trigger in ("complete_intake", "finish_site_visit", "reply_supply_plan"):
        trip.fire(trigger, MONDAY)
    trip.fire("report_completion", MONDAY).fire("fail_inspection", MONDAY, reason="不合格")
    assert trip.ticket.open_pause is not None
    assert not trip.ticket.is_suspended
    with pytest.raises(RefusedError) as refused:
        trip.suspend("2021-09-07 10:00", WORKS)
    assert codes(refused) == ["already_suspended", "not_suspendable"]
    with pytest.raises(RefusedError) as refused:
        trip.resume("2021-09-07 10:00")
    assert codes(refused) == ["not_suspended"]


def test_what_is_not_suspended_is_not_resumed() -> None:
    with pytest.raises(RefusedError) as refused:
        in_works().resume("2021-09-07 10:00")
    assert codes(refused) == ["not_suspended"]
    with pytest.raises(RefusedError) as refused:  # not even submitted
        resume(a_ticket(), LV_THREE_ZERO, CALENDAR, at=instant(MONDAY))
    assert codes(refused) == ["not_suspended"]


def test_papers_that_arrive_during_a_suspension_do_not_end_it() -> None:
    trip = in_works().suspend("2021-09-07 10:00").supply("identity", "2021-09-08 10:00")
    assert trip.ticket.is_suspended
    assert trip.happened(ClockResumed) is None


def test_an_ended_ticket_is_neither_suspended_nor_resumed() -> None:
    trip = in_works().suspend("2021-09-07 10:00")
    trip.fire("abort", "2021-09-08 10:00", reason="撤回")
    act = an_act("2021-09-09 10:00")
    with pytest.raises(RefusedError) as refused:
        suspend(trip.ticket, LV_STANDARD, LINE, "通知单", act)
    assert codes(refused) == ["ticket_ended"]
    with pytest.raises(RefusedError) as refused:
        trip.resume("2021-09-09 10:00")
    assert codes(refused) == ["ticket_ended"]
