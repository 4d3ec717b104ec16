"""The one door of a state change: what opens it, and every reason why it stays shut."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from engine.application import InvestmentBoundary
from engine.definition import Checkpoint
from engine.errors import MalformedError, RefusedError
from engine.events import ClockStarted, DocumentsDeferred, TicketMoved, TicketSubmitted
from engine.machine import TicketMachine
from engine.ticket import ManagerPair, PauseCause, Role
from tests.builders import (
    CALENDAR,
    a_service_request,
    a_ticket,
    an_act,
    an_actor,
    an_application,
    instant,
)
from tests.unit.engine.definitions import ASSET_TRANSFER, HV_SINGLE, LV_RESIDENT, LV_THREE_ZERO
from tests.unit.engine.trip import Trip, a_trip

MONDAY = "2021-09-06 09:00"
LICENCE, PROOF = "business_licence", "property_proof"


def codes(refused: pytest.ExceptionInfo[RefusedError]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


def in_works(*papers: str) -> Trip:
    """A ticket whose works on the company's side have been released."""
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE, *papers)
    for trigger in ("complete_intake", "finish_site_visit", "release_works"):
        trip.fire(trigger, MONDAY)
    return trip


def test_every_reason_against_a_move_is_given_at_once() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, managers=None)
    trip.actor = an_actor(Role.AUDITOR)
    with pytest.raises(RefusedError) as refused:
        trip.fire("complete_intake", MONDAY)
    assert codes(refused) == ["role_not_allowed", "document_missing", "managers_missing"]
    role, document, managers = refused.value.reasons
    assert "受理员、客户经理" in role.message
    assert document.message == "缺少营业执照"
    assert "营业执照或组织机构代码证" in document.remedy
    assert (document.clause, managers.clause) == ("R-3.1, 四(二)3", "R-6.1, 四(一)2")
    assert trip.ticket.state == "submitted"


def test_all_documents_that_are_due_are_named_at_once() -> None:
    trip = a_trip(HV_SINGLE, MONDAY, LICENCE, boundary=InvestmentBoundary.EXTENDED)
    trip.fire("complete_intake", MONDAY).fire("finish_site_visit", MONDAY)
    with pytest.raises(RefusedError) as refused:
        trip.fire("reply_supply_plan", MONDAY)
    assert [reason.message for reason in refused.value.reasons] == [
        "缺少用电地址物权证件",
        "缺少用电工程项目批准文件",
    ]


def test_an_unknown_trigger_is_a_malformed_call_and_names_what_there_is() -> None:
    with pytest.raises(MalformedError) as malformed:
        a_trip(LV_THREE_ZERO, MONDAY).fire("fly", MONDAY)
    reason = malformed.value.reasons[0]
    assert (reason.code, reason.field) == ("unknown_trigger", "trigger")
    assert "complete_intake（办理complete_intake）、abort（办理abort）" in reason.remedy_in_words


def test_a_known_trigger_in_the_wrong_state_is_refused_with_the_state() -> None:
    with pytest.raises(RefusedError) as refused:
        a_trip(LV_THREE_ZERO, MONDAY, LICENCE).fire("energize", MONDAY)
    assert codes(refused) == ["trigger_not_allowed"]
    assert "“状态submitted”" in refused.value.reasons[0].message
    reason = refused.value.reasons[0]
    assert reason.clause == "R-5.2, 四(一)1"
    assert reason.remedy_in_words.startswith("当前状态可办理：complete_intake（")
    assert "complete_intake（" not in reason.remedy_in_names


def test_nothing_moves_an_ended_ticket() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY).fire("abort", MONDAY, reason="客户撤回")
    with pytest.raises(RefusedError) as refused:
        trip.fire("abort", MONDAY, reason="客户撤回")
    assert refused.value.reasons[0].remedy == "当前状态没有可办理的操作"
    assert trip.machine.offers(trip.ticket, an_act(MONDAY)) == ()


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_move_that_asks_for_a_reason_is_refused_without_one(reason: str) -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE)
    with pytest.raises(RefusedError) as refused:
        trip.fire("abort", MONDAY, reason=reason)
    assert codes(refused) == ["reason_missing"]
    assert refused.value.reasons[0].field == "reason"


def test_the_reason_is_kept_without_its_blanks() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY).fire("abort", MONDAY, reason=" 客户撤回 ")
    assert trip.happened(TicketMoved) == TicketMoved(
        trigger="abort",
        source="submitted",
        target="aborted",
        stage_ended="intake",
        reason="客户撤回",
    )


def test_a_suspended_ticket_refuses_moves_until_it_is_resumed() -> None:
    trip = in_works(PROOF).suspend("2021-09-07 09:00", PauseCause.CUSTOMER_WORKS)
    with pytest.raises(RefusedError) as refused:
        trip.fire("finish_works", "2021-09-08 09:00")
    assert codes(refused) == ["ticket_suspended"]
    trip.resume("2021-09-09 09:00").fire("finish_works", "2021-09-09 09:01")
    assert trip.ticket.state == "metering"


def test_a_suspended_ticket_may_be_aborted() -> None:
    trip = in_works(PROOF).suspend("2021-09-07 09:00").resume("2021-09-08 09:00")
    trip.suspend("2021-09-09 09:00").fire("abort", "2021-09-10 09:00", reason="项目取消")
    assert trip.ticket.state == "aborted"
    assert trip.ticket.open_pause is None
    assert not trip.ticket.is_suspended
    last = trip.ticket.stage_runs[-1]
    assert last.ended_at == trip.ticket.ended_at == instant("2021-09-10 09:00")
    assert [(pause.suspended_at, pause.resumed_at) for pause in last.pauses] == [
        (instant("2021-09-07 09:00"), instant("2021-09-08 09:00")),
        (instant("2021-09-09 09:00"), instant("2021-09-10 09:00")),
    ]


@pytest.mark.parametrize("pair", [None, ManagerPair(project_manager="u-1", account_manager="u-1")])
def test_intake_ends_only_with_two_different_managers(pair: ManagerPair | None) -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE, managers=pair)
    with pytest.raises(RefusedError) as refused:
        trip.fire("complete_intake", MONDAY)
    assert codes(refused) == ["managers_missing"]


def test_offers_show_what_is_possible_and_why_the_rest_is_not() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, managers=None)
    act = an_act(MONDAY, actor=an_actor(Role.OPERATOR), reason="客户撤回")
    intake, abort = trip.machine.offers(trip.ticket, act)
    assert (intake.transition.trigger, intake.is_allowed) == ("complete_intake", False)
    assert [each.code for each in intake.reasons] == ["document_missing", "managers_missing"]
    assert (abort.transition.trigger, abort.is_allowed) == ("abort", True)


def test_a_move_within_a_stage_ends_none_and_enters_none() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE).fire("complete_intake", MONDAY)
    moved = trip.happened(TicketMoved)
    assert (moved.stage_ended, moved.stage_entered) == ("intake", "metering_and_energization")
    moved = trip.fire("finish_site_visit", MONDAY).happened(TicketMoved)
    assert (moved.stage_ended, moved.stage_entered) == ("", "")
    assert trip.ticket.entered_at == an_act(MONDAY).at


def test_passed_borders_are_kept_on_the_ticket() -> None:
    trip = in_works(PROOF)
    assert trip.ticket.passed_checkpoints == (Checkpoint.INTAKE, Checkpoint.PLAN_CONFIRMATION)


def test_submission_with_the_key_document_starts_the_clocks() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE)
    assert trip.happened(TicketSubmitted).missing == ()
    assert trip.happened(ClockStarted).stage == "intake"
    assert trip.ticket.end_to_end_started_at == trip.ticket.stage_runs[0].started_at
    assert trip.ticket.stage_runs[0].started_at == an_act(MONDAY).at


def test_submission_without_it_starts_none_and_says_what_is_missing() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, PROOF, "identity")
    assert trip.happened(TicketSubmitted).missing == ("business_identity",)
    assert trip.happened(ClockStarted) is None
    assert trip.ticket.end_to_end_started_at is None
    assert trip.ticket.current_run is not None
    assert trip.ticket.current_run.started_at is None


def test_what_is_missing_at_intake_and_may_wait_is_deferred() -> None:
    trip = a_trip(HV_SINGLE, MONDAY, LICENCE).fire("complete_intake", MONDAY)
    deferred = DocumentsDeferred(
        requirements=("property_proof", "project_approval"), due_before=Checkpoint.ENERGIZATION
    )
    assert trip.happened(DocumentsDeferred) == deferred
    assert trip.ticket.deferred == deferred.requirements


def test_an_application_that_is_complete_defers_nothing() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE, PROOF).fire("complete_intake", MONDAY)
    assert trip.happened(DocumentsDeferred) is None
    assert trip.ticket.deferred == ()


def test_one_trigger_may_leave_two_states_by_different_ways() -> None:
    trip = a_trip(ASSET_TRANSFER, MONDAY, request=a_service_request())
    assert trip.fire("fail_assessment", MONDAY, reason="不达标").ticket.state == "metered_first"
    for trigger in ("start_rectification", "reassess"):
        trip.fire(trigger, MONDAY)
    assert trip.fire("fail_assessment", MONDAY, reason="不达标").ticket.state == "rectification"


def test_the_library_keeps_no_ticket_after_ten_thousand_moves() -> None:
    machine = TicketMachine(ASSET_TRANSFER)
    ticket = a_ticket(definition=ASSET_TRANSFER, request=a_service_request())
    act = an_act(MONDAY, reason="不达标")
    at_rest = replace(ticket, state="rectification")
    for _ in range(5_000):
        again = machine.fire(at_rest, "reassess", act, CALENDAR).ticket
        assert again.state == "reassessment"
        assert machine.fire(again, "fail_assessment", act, CALENDAR).ticket.state == at_rest.state
    assert machine.machine.models == []
    assert at_rest.state == "rectification"


def test_the_library_adds_no_moves_of_its_own() -> None:
    for definition in (ASSET_TRANSFER, HV_SINGLE, LV_RESIDENT):
        assert set(TicketMachine(definition).machine.events) == definition.triggers


def test_threads_may_share_a_machine() -> None:
    machine = TicketMachine(ASSET_TRANSFER)
    act, without_reason = an_act(MONDAY, reason="不达标"), an_act(MONDAY)
    start = a_ticket(definition=ASSET_TRANSFER, request=a_service_request())
    way = {
        "fail_assessment": "metered_first",
        "start_rectification": "rectification",
        "reassess": "reassessment",
        "pass_assessment": "receiving",
        "receive": "received",
    }

    def travel(number: int) -> list[tuple[str, str]]:
        seen = []
        for _ in range(20):
            ticket = replace(start, ticket_no=str(number))
            for trigger in way:
                ticket = machine.fire(ticket, trigger, act, CALENDAR).ticket
                seen.append((trigger, ticket.state))
                with pytest.raises(RefusedError):
                    machine.fire(ticket, "abort", without_reason, CALENDAR)
        return seen

    with ThreadPoolExecutor(8) as pool:
        for seen in pool.map(travel, range(16)):
            assert seen == list(way.items()) * 20


def test_a_resident_is_moved_by_the_roles_of_each_step() -> None:
    trip = a_trip(LV_RESIDENT, MONDAY, "identity", PROOF, request=an_application())
    for role, trigger in (
        (Role.OPERATOR, "complete_intake"),
        (Role.ACCOUNT_MANAGER, "finish_site_visit"),
        (Role.PROJECT_MANAGER, "release_works"),
        (Role.PROJECT_MANAGER, "finish_works"),
        (Role.PROJECT_MANAGER, "energize"),
    ):
        trip.actor = an_actor(role, user_id=f"u-{role}")
        trip.fire(trigger, MONDAY)
    assert trip.ticket.state == "energized"
    assert [run.ended_by for run in trip.ticket.stage_runs] == ["u-operator", "u-project_manager"]
