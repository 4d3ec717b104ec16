"""Documents: who is asked for what, what counts, and how it is handed in (R-3.1, R-3.4)."""

from __future__ import annotations

from datetime import date

import pytest

from engine.application import ApplicantKind
from engine.definition import Checkpoint
from engine.documents import (
    Paper,
    missing_at,
    missing_key_documents,
    requirements,
    satisfying,
    supply,
)
from engine.errors import MalformedError, NotFoundError, RefusedError
from engine.events import (
    DocumentRejected,
    DocumentSupplied,
    DocumentVerified,
)
from engine.ticket import DocumentSource, DocumentStatus, StoredFile
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
    LV_THREE_ZERO,
)
from tests.unit.engine.trip import a_trip

MONDAY, TUESDAY = "2021-09-06 09:00", "2021-09-07 09:00"
ON_MONDAY = date(2021, 9, 6)
LICENCE, CODE, PROOF = "business_licence", "organization_code", "property_proof"


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
    assert trip.refused("complete_intake", TUESDAY) == [
        "营业执照已于 2021-09-06 过期（今日 2021-09-07）"
    ]
    assert trip.fire("complete_intake", "2021-09-06 23:59").ticket.state == "site_visit"


def test_expiry_is_judged_by_the_day_in_shanghai() -> None:
    """At 16:30 UTC on the 8th it is already the 9th in Shanghai."""
    trip = a_trip(LV_THREE_ZERO, MONDAY)
    trip.supply(LICENCE, MONDAY, expires_on=date(2021, 9, 8))
    assert trip.refused("complete_intake", "2021-09-09 00:30")


def test_a_rejected_paper_counts_no_more_and_a_new_one_does() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE).reject(1, " 照片模糊 ")
    assert trip.happened(DocumentRejected).reason == "照片模糊"
    assert trip.refused("complete_intake", MONDAY) == ["营业执照审核不合格：照片模糊"]
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


def test_a_paper_is_found_good_once() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE).verify(1)
    with pytest.raises(RefusedError, match="第 1 份营业执照已经审核合格") as refused:
        trip.verify(1)
    assert [each.code for each in refused.value.reasons] == ["unchanged"]


def test_a_paper_that_has_expired_is_not_found_good_any_more() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY).supply(LICENCE, MONDAY, expires_on=date(2021, 9, 8))
    with pytest.raises(RefusedError, match="已于 2021-09-08 过期") as refused:
        trip.verify(1, "2021-09-09 00:00")
    assert refused.value.reasons[0].clause == "R-3.4"
    assert trip.verify(1, "2021-09-08 23:59").ticket.documents[0].status == "verified"


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
    assert "business_licence（营业执照）" in reason.remedy_in_words


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
    with pytest.raises(RefusedError, match="已结束"):
        trip.supply(PROOF, MONDAY)
    with pytest.raises(RefusedError, match="已结束"):
        trip.verify(1)
    with pytest.raises(RefusedError, match="已结束"):
        trip.reject(1)
