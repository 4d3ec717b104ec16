"""Documents and conditional acceptance (容缺受理): R-3.1 to R-3.4, C4a, C4c and Q1."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.application import ApplicantKind, InvestmentBoundary
from engine.definition import Checkpoint
from engine.documents import (
    due_checkpoint,
    missing_at,
    missing_key_documents,
    outstanding_deferrals,
    requirements,
    satisfying,
)
from engine.errors import MalformedError, NotFoundError, RefusedError
from engine.events import (
    ClockStarted,
    DocumentRejected,
    DocumentSupplied,
    DocumentVerified,
)
from engine.ticket import DocumentSource, DocumentStatus, StoredFile
from engine.documents import Paper, supply
from tests.builders import (
    a_business,
    a_document,
    a_service_request,
    a_ticket,
    an_act,
    an_application,
    instant,
)
from tests.unit.engine.definitions import (
    ASSET_TRANSFER,
    HV_SINGLE,
    LV_RESIDENT,
    LV_STANDARD,
    LV_THREE_ZERO,
)
from tests.unit.engine.trip import Trip, a_trip

MONDAY, TUESDAY = "2021-09-06 09:00", "2021-09-07 09:00"
ON_MONDAY = date(2021, 9, 6)
LICENCE, CODE, PROOF = "business_licence", "organization_code", "property_proof"
APPROVAL, REPORT = "project_approval", "completion_report"
EXTENDED, STANDARD = InvestmentBoundary.EXTENDED, InvestmentBoundary.STANDARD


def refused_documents(trip: Trip, trigger: str, when: str = MONDAY) -> list[str]:
    """The messages of the refusal; a fault if the move is not refused."""
    with pytest.raises(RefusedError) as refused:
        trip.fire(trigger, when)
    return [reason.message for reason in refused.value.reasons]


def at_plan_confirmation(trip: Trip, when: str = MONDAY) -> Trip:
    return trip.fire("complete_intake", when).fire("finish_site_visit", when)


# --- who is asked for what --------------------------------------------------------------------


def test_a_resident_and_a_business_are_asked_for_different_papers() -> None:
    resident = a_ticket(definition=HV_SINGLE, request=an_application())
    business = a_ticket(definition=HV_SINGLE, request=a_business())
    of_all = ["property_proof", "project_approval", "completion_report"]
    assert [each.id for each in requirements(HV_SINGLE, resident)] == ["identity", *of_all]
    assert [each.id for each in requirements(HV_SINGLE, business)] == ["business_identity", *of_all]


@pytest.mark.parametrize("kind", [each for each in ApplicantKind if each.is_organisation])
def test_every_applicant_but_a_resident_identifies_by_licence_or_code(kind: ApplicantKind) -> None:
    ticket = a_ticket(request=a_business(applicant_kind=kind))
    missing = missing_key_documents(LV_THREE_ZERO, ticket, ON_MONDAY)
    assert [each.id for each in missing] == ["business_identity"]


def test_a_process_without_documents_asks_for_none() -> None:
    ticket = a_ticket(definition=ASSET_TRANSFER, request=a_service_request())
    assert requirements(ASSET_TRANSFER, ticket) == ()
    assert missing_at(Checkpoint.ENERGIZATION, ASSET_TRANSFER, ticket, ON_MONDAY) == ()


# --- what counts ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [LICENCE, CODE])
def test_any_kind_of_a_requirement_meets_it(kind: str) -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, kind).fire("complete_intake", MONDAY)
    assert trip.ticket.state == "site_visit"


@pytest.mark.parametrize(("today", "counts"), [(7, True), (8, True), (9, False)])
def test_a_paper_counts_up_to_and_on_the_day_it_expires(today: int, *, counts: bool) -> None:
    paper = a_document(LICENCE, expires_on=date(2021, 9, 8))
    ticket = a_ticket(documents=(paper,))
    requirement = requirements(LV_THREE_ZERO, ticket)[0]
    found = satisfying(requirement, ticket, date(2021, 9, today))
    assert found == (paper if counts else None)


def test_an_expired_paper_is_refused_with_its_date_and_todays() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, PROOF)
    trip.supply(LICENCE, MONDAY, expires_on=date(2021, 9, 6))
    assert refused_documents(trip, "complete_intake", TUESDAY) == [
        "营业执照已于 2021-09-06 过期（今日 2021-09-07）"
    ]
    assert trip.fire("complete_intake", "2021-09-06 23:59").ticket.state == "site_visit"


def test_expiry_is_judged_by_the_day_in_shanghai() -> None:
    """At 16:30 UTC on the 8th it is already the 9th in Shanghai."""
    trip = a_trip(LV_THREE_ZERO, MONDAY)
    trip.supply(LICENCE, MONDAY, expires_on=date(2021, 9, 8))
    assert refused_documents(trip, "complete_intake", "2021-09-09 00:30")


def test_a_rejected_paper_counts_no_more_and_a_new_one_does() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE).reject(1, " 照片模糊 ")
    assert trip.happened(DocumentRejected).reason == "照片模糊"
    assert refused_documents(trip, "complete_intake") == ["营业执照审核不合格：照片模糊"]
    trip.supply(CODE, TUESDAY)
    assert trip.happened(DocumentSupplied).number == 2
    assert trip.fire("complete_intake", TUESDAY).ticket.state == "site_visit"


def test_a_rejected_copy_does_not_spoil_an_older_good_one() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE).supply(LICENCE, MONDAY).reject(2)
    assert trip.fire("complete_intake", MONDAY).ticket.state == "site_visit"


def test_the_latest_of_several_good_papers_is_the_one_that_counts() -> None:
    ticket = a_ticket(papers=(LICENCE, CODE))
    found = satisfying(requirements(LV_THREE_ZERO, ticket)[0], ticket, ON_MONDAY)
    assert found is not None
    assert found.number == 2


def test_verification_is_recorded_and_clears_the_note_of_a_rejection() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE).reject(1).verify(1)
    record = trip.ticket.documents[0]
    assert (record.status, record.note) == (DocumentStatus.VERIFIED, "")
    assert trip.happened(DocumentVerified) == DocumentVerified(number=1, kind=LICENCE)


# --- handing in -------------------------------------------------------------------------------


def test_a_paper_keeps_who_took_it_how_and_when() -> None:
    file = StoredFile(sha256="ab" * 32, name="执照.pdf", media_type="application/pdf", size=1024)
    paper = Paper(
        kind=LICENCE, source=DocumentSource.ONLINE, file=file, expires_on=date(2030, 1, 1)
    )
    supplied = supply(a_ticket(papers=(PROOF,)), LV_THREE_ZERO, paper, an_act(TUESDAY))
    record = supplied.ticket.documents[-1]
    assert (record.number, record.file, record.expires_on) == (2, file, date(2030, 1, 1))
    assert (record.received_at, record.received_by) == (instant(TUESDAY), "u-all")
    assert supplied.events == (
        DocumentSupplied(number=2, kind=LICENCE, source="online", sha256="ab" * 32),
    )


def test_a_kind_that_the_definition_does_not_know_is_malformed() -> None:
    with pytest.raises(MalformedError) as malformed:
        a_trip(LV_THREE_ZERO, MONDAY).supply("用电承诺书", MONDAY)
    reason = malformed.value.reasons[0]
    assert (reason.code, reason.field) == ("unknown_document_kind", "kind")
    assert "business_licence(营业执照)" in reason.remedy


@pytest.mark.parametrize("number", [0, 2])
def test_a_paper_that_was_never_handed_in_cannot_be_verified(number: int) -> None:
    with pytest.raises(NotFoundError):
        a_trip(LV_THREE_ZERO, MONDAY, LICENCE).verify(number)


def test_a_rejection_needs_a_reason() -> None:
    with pytest.raises(MalformedError) as malformed:
        a_trip(LV_THREE_ZERO, MONDAY, LICENCE).reject(1, "  ")
    assert malformed.value.reasons[0].field == "reason"


def test_an_ended_ticket_takes_no_papers_and_judges_none() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE).fire("abort", MONDAY, reason="撤回")
    for act in (
        lambda: trip.supply(PROOF, MONDAY),
        lambda: trip.verify(1),
        lambda: trip.reject(1),
    ):
        with pytest.raises(RefusedError) as refused:
            act()
        assert refused.value.reasons[0].code == "ticket_ended"


# --- conditional acceptance -------------------------------------------------------------------


def test_c4a_a_resident_is_accepted_with_the_identity_document_alone() -> None:
    trip = a_trip(LV_RESIDENT, MONDAY, "identity", request=an_application(), boundary=EXTENDED)
    trip.fire("complete_intake", MONDAY)
    assert trip.ticket.deferred == ("property_proof",)


def test_c4a_a_business_is_not_accepted_with_the_boss_s_identity_document() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, "identity")
    assert refused_documents(trip, "complete_intake") == ["缺少营业执照"]
    assert trip.ticket.stage_runs[0].started_at is None


def test_q1_an_extended_resident_owes_the_proof_before_the_works_are_released() -> None:
    trip = a_trip(LV_RESIDENT, MONDAY, "identity", request=an_application(), boundary=EXTENDED)
    at_plan_confirmation(trip)
    assert refused_documents(trip, "release_works") == ["缺少用电地址物权证件"]
    trip.supply(PROOF, TUESDAY).fire("release_works", TUESDAY)
    assert trip.ticket.state == "grid_works"


def test_q1_low_voltage_without_three_zero_owes_it_only_before_energization() -> None:
    trip = at_plan_confirmation(a_trip(LV_STANDARD, MONDAY, LICENCE))
    trip.fire("release_works", MONDAY).fire("finish_works", MONDAY)
    assert refused_documents(trip, "energize") == ["缺少用电地址物权证件"]
    trip.supply(PROOF, TUESDAY).fire("energize", TUESDAY)
    assert trip.ticket.state == "energized"


def test_q1_high_voltage_extended_is_refused_the_reply() -> None:
    trip = at_plan_confirmation(a_trip(HV_SINGLE, MONDAY, LICENCE, PROOF, boundary=EXTENDED))
    assert refused_documents(trip, "reply_supply_plan") == ["缺少用电工程项目批准文件"]
    trip.supply(APPROVAL, TUESDAY).fire("reply_supply_plan", TUESDAY)
    assert trip.ticket.state == "customer_works"


def test_q1_high_voltage_works_go_on_without_the_approval_until_energization() -> None:
    trip = at_plan_confirmation(a_trip(HV_SINGLE, MONDAY, LICENCE, PROOF))
    trip.fire("reply_supply_plan", MONDAY).supply(REPORT, TUESDAY)
    trip.fire("report_completion", TUESDAY).fire("pass_inspection", TUESDAY)
    assert refused_documents(trip, "energize") == ["缺少用电工程项目批准文件"]
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
    assert refused_documents(trip, "report_completion") == ["缺少工程竣工报告（含竣工图纸）"]


def test_extending_the_boundary_brings_the_border_forward() -> None:
    trip = at_plan_confirmation(a_trip(LV_STANDARD, MONDAY, LICENCE))
    proof = LV_STANDARD.documents[-1]
    assert due_checkpoint(proof, LV_STANDARD, trip.ticket) is Checkpoint.ENERGIZATION
    assert trip.machine.offers(trip.ticket, an_act(MONDAY))[0].is_allowed
    trip.extend()
    assert due_checkpoint(proof, LV_STANDARD, trip.ticket) is Checkpoint.PLAN_CONFIRMATION
    assert refused_documents(trip, "release_works") == ["缺少用电地址物权证件"]


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


def test_an_expired_key_document_starts_no_clock() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY).supply(LICENCE, TUESDAY, expires_on=ON_MONDAY)
    assert trip.ticket.stage_runs[0].started_at is None


def test_q2_a_document_rejected_later_stops_no_clock() -> None:
    trip = at_plan_confirmation(a_trip(HV_SINGLE, MONDAY, LICENCE, PROOF, APPROVAL))
    trip.fire("reply_supply_plan", MONDAY).supply(REPORT, TUESDAY).reject(4)
    trip.supply("identity", "2021-09-08 09:00")
    assert trip.standing(trip.stage(), "2021-09-10 09:00").elapsed_days == 3
    assert refused_documents(trip, "report_completion") == [
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
    assert refused_documents(trip, "release_works") == ["营业执照审核不合格：看不清"]
    ticket = replace(trip.ticket, documents=())
    on_all = missing_at(Checkpoint.ENERGIZATION, LV_STANDARD, ticket, ON_MONDAY)
    assert [each.id for each in on_all] == ["business_identity", "property_proof"]
