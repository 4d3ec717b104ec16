"""Documents and conditional acceptance through the use cases: C3a-C4c, R-3.1 to R-3.6, Q1, Q2."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from app.tickets.documents import Upload
from engine.errors import (
    ConflictError,
    IntegrityError,
    MalformedError,
    NotFoundError,
    RefusedError,
)
from engine.ticket import DocumentSource, DocumentStatus
from tests.applicants import (
    ACCOUNT,
    COUNTER,
    HIGH_VOLTAGE_PAPERS,
    SECTION,
    WHO,
    a_business,
    a_factory,
    a_resident,
    an_enterprise,
)
from tests.application import codes

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
TO_PLAN = ("complete_intake", "finish_site_visit")


def blocked_by(office: Office, ticket: Ticket, trigger: str) -> list[str]:
    """The sentences that stand against the move."""
    with pytest.raises(RefusedError) as refused:
        office.fire(ticket, trigger)
    return [reason.message for reason in refused.value.reasons]


# --- C3, C4: what is asked, and when ----------------------------------------------------------


def test_c3b_nothing_else_is_ever_asked(office: Office) -> None:
    asked = {
        each.id: {document.id: list(document.any_of) for document in each.documents}
        for each in office.application.rulebook.all_in_force()
        if each.documents
    }
    person, business = (
        {"identity": ["identity"]},
        {"business_identity": ["business_licence", "organization_code"]},
    )
    property_proof = {"property_proof": ["property_proof"]}
    low_business = {**business, **property_proof}
    high = {
        **person,
        **low_business,
        "project_approval": ["project_approval"],
        "completion_report": ["completion_report"],
    }
    assert asked == {
        "lv_resident": {**person, **property_proof},
        "lv_business": low_business,
        "lv_business_three_zero": low_business,
        "hv_single_supply": high,
        "hv_dual_supply": high,
    }


def test_c4a_a_resident_is_accepted_on_the_identity_document_alone(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit(papers=("identity",))
    office.told()
    ticket = office.fire(ticket, "complete_intake")
    assert ticket.deferred == ("property_proof",)
    deferred = office.entries(ticket)[-1].facts["events"][1]
    assert (deferred["event"], deferred["requirements"], deferred["due_before"]) == (
        "DocumentsDeferred",
        ["property_proof"],
        "plan_confirmation",
    )
    text = office.text(ticket, "application_accepted")
    assert "请于安排施工前补齐：用电地址物权证件。" in text


def test_c4c_extended_low_voltage_is_completed_before_works_are_released(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit(papers=("identity",))
    office.fire(ticket, *TO_PLAN)
    assert blocked_by(office, ticket, "release_works") == ["缺少用电地址物权证件"]
    office.supply(ticket, "property_proof", source=DocumentSource.ON_SITE, actor=ACCOUNT)
    assert office.fire(ticket, "release_works").state == "grid_works"


def test_c4c_other_low_voltage_is_completed_before_energization(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit(an_enterprise(), papers=("business_licence",))
    office.fire(ticket, *TO_PLAN, "release_works", "finish_works")
    assert blocked_by(office, ticket, "energize") == ["缺少用电地址物权证件"]
    office.supply(ticket, "property_proof")
    assert office.fire(ticket, "energize").state == "energized"


def test_c4c_high_voltage_waits_until_energization_but_for_the_report(office: Office) -> None:
    ticket = office.at("2021-08-02 09:00").submit(a_factory(), papers=("business_licence",))
    ticket = office.fire(ticket, *TO_PLAN, "reply_supply_plan")
    assert ticket.deferred == ("property_proof", "project_approval")
    assert blocked_by(office, ticket, "report_completion") == ["缺少工程竣工报告（含竣工图纸）"]
    office.supply(ticket, "completion_report")
    office.fire(ticket, "report_completion", "pass_inspection")
    assert blocked_by(office, ticket, "energize") == [
        "缺少用电地址物权证件",
        "缺少用电工程项目批准文件",
    ]
    office.supply(ticket, "property_proof", "project_approval")
    assert office.fire(ticket, "energize").state == "energized"


def test_c4c_extended_high_voltage_is_completed_before_the_reply(office: Office) -> None:
    ticket = office.at("2021-08-02 09:00").submit(a_factory(), papers=("business_licence",))
    office.fire(ticket, *TO_PLAN)
    office.told()
    office.application.tickets.extend_boundary(
        ticket.ticket_no, reason="污染防治项目优先延伸", actor=SECTION
    )
    assert office.told() == [("customer", "boundary_extended")]
    text = office.text(ticket, "boundary_extended")
    assert "请于供电方案答复前补齐：用电地址物权证件、用电工程项目批准文件。" in text
    assert blocked_by(office, ticket, "reply_supply_plan") == [
        "缺少用电地址物权证件",
        "缺少用电工程项目批准文件",
    ]


def test_r43_the_boundary_is_extended_once_with_a_reason_before_the_plan(office: Office) -> None:
    extend = office.application.tickets.extend_boundary
    factory = office.at("2021-08-02 09:00").submit(a_factory(), papers=("business_licence",))
    with pytest.raises(RefusedError) as refused:
        extend(factory.ticket_no, reason=" ", actor=SECTION)
    assert codes(refused) == {"reason_missing"}
    office.fire(factory, *TO_PLAN, "reply_supply_plan")
    with pytest.raises(RefusedError) as refused:
        extend(factory.ticket_no, reason="重点项目", actor=SECTION)
    assert codes(refused) == {"plan_confirmed"}
    extended = office.at("2022-01-10 09:00").submit(a_business())
    with pytest.raises(RefusedError) as refused:
        extend(extended.ticket_no, reason="重点项目", actor=SECTION)
    assert codes(refused) == {"already_extended"}


def test_q2_waiting_for_papers_stops_no_clock(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit(papers=("identity",))
    office.fire(ticket, *TO_PLAN)
    due = office.dues(ticket)
    office.at("2021-09-13 09:00").supply(ticket, "property_proof")
    assert office.dues(ticket) == due
    office.application.documents.reject(ticket.ticket_no, 1, "证件照片不清晰", actor=COUNTER)
    assert office.dues(ticket) == due


def test_a_report_that_came_early_starts_the_last_stage_with_the_reply(office: Office) -> None:
    ticket = office.at("2021-08-02 09:00").submit(a_factory(), papers=HIGH_VOLTAGE_PAPERS)
    office.fire(ticket, *TO_PLAN)
    office.supply(ticket, "completion_report")
    assert "stage:inspection_and_energization" not in office.dues(ticket)
    office.at("2021-08-06 09:00").fire(ticket, "reply_supply_plan")
    assert office.dues(ticket)["stage:inspection_and_energization"] == "2021-08-20"


def test_x2_customers_read_of_stages_and_never_of_states(office: Office) -> None:
    for application, papers in (
        (a_resident(), ("identity",)),
        (an_enterprise(), ("business_licence",)),
        (a_factory(), ("business_licence",)),
    ):
        ticket = office.at("2021-08-02 09:00").submit(application, papers=papers)
        definition = office.application.rulebook.of(ticket)
        office.fire(ticket, *TO_PLAN)
        office.tick("2021-08-06 15:30")
        office.supply(ticket, "property_proof", *definition.document_names)
        office.fire(ticket, definition.offered["plan_confirmation"][0].trigger)
        stages = {stage.name for stage in definition.stages}
        hidden = {state.name for state in definition.states if state.ending is None}
        hidden = {name for name in hidden if not any(name in stage for stage in stages)}
        assert {"现场服务", "供电方案确定"} <= hidden
        mine = [m.text for m in office.messages(ticket) if m.audience == "customer"]
        assert not [text for text in mine for name in hidden if name in text]


# --- what counts ------------------------------------------------------------------------------


def test_a_rejected_document_does_not_count_and_the_customer_is_told_why(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit()
    office.told()
    reject = office.application.documents.reject
    with pytest.raises(MalformedError) as malformed:
        reject(ticket.ticket_no, 2, "  ", actor=COUNTER)
    assert codes(malformed) == {"reason_missing"}
    rejected = reject(ticket.ticket_no, 2, "与用电地址不一致", actor=COUNTER)
    assert rejected.documents[1].status is DocumentStatus.REJECTED
    assert office.told() == [("customer", "document_rejected")]
    text = office.text(ticket, "document_rejected")
    assert "您提交的用电地址物权证件未通过审核，原因：与用电地址不一致。" in text
    office.fire(ticket, *TO_PLAN)
    assert blocked_by(office, ticket, "release_works") == [
        "用电地址物权证件审核不合格：与用电地址不一致"
    ]
    office.supply(ticket, "property_proof")
    assert office.fire(ticket, "release_works").state == "grid_works"


def test_an_expired_document_is_not_taken(office: Office) -> None:
    ticket = office.at("2021-09-06 23:59").submit(papers=())
    with pytest.raises(RefusedError) as refused:
        office.supply(ticket, "identity", expires_on=date(2021, 9, 5))
    (reason,) = refused.value.reasons
    assert (reason.code, reason.field) == ("document_expired", "expires_on")
    assert reason.clause == "R-3.4, 四(二)3"
    assert (office.ticket(ticket), office.dues(ticket)) == (ticket, {})
    office.supply(ticket, "identity", expires_on=date(2021, 9, 6))
    assert office.dues(ticket)


def test_a_document_that_expires_meanwhile_is_asked_again(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit(papers=("identity",))
    office.supply(ticket, "property_proof", expires_on=date(2021, 9, 7))
    office.fire(ticket, *TO_PLAN)
    office.at("2021-09-08 00:00")
    (sentence,) = blocked_by(office, ticket, "release_works")
    assert sentence == "用电地址物权证件已于 2021-09-07 过期（今日 2021-09-08）"


def test_unknown_papers_and_unknown_numbers(office: Office) -> None:
    ticket = office.submit()
    documents = office.application.documents
    with pytest.raises(MalformedError, match="identity") as malformed:
        documents.supply(
            ticket.ticket_no, "commitment_letter", DocumentSource.COUNTER, actor=COUNTER
        )
    assert codes(malformed) == {"unknown_document_kind"}
    for number in (0, 3, -1):
        with pytest.raises(NotFoundError):
            documents.verify(ticket.ticket_no, number, actor=COUNTER)
    with pytest.raises(NotFoundError):
        documents.supply("TC-20990101-0001", "identity", DocumentSource.COUNTER, actor=COUNTER)
    assert office.ticket(ticket).revision == 1


def test_every_change_of_a_document_is_one_entry(office: Office) -> None:
    ticket = office.submit(papers=())
    office.supply(ticket, "identity", "property_proof")
    office.application.documents.verify(ticket.ticket_no, 1, actor=COUNTER)
    office.application.documents.reject(ticket.ticket_no, 2, "缺页", actor=COUNTER)
    actions = [entry.action for entry in office.entries(ticket)]
    assert actions == [
        "submit",
        "supply_document",
        "supply_document",
        "verify_document",
        "reject_document",
    ]


# --- files ------------------------------------------------------------------------------------


def test_a_file_comes_back_as_it_was_handed_in(office: Office) -> None:
    ticket = office.submit(papers=())
    upload = Upload(name="身份证 正面.pdf", content=PDF)
    office.supply(ticket, "identity", upload=upload)
    office.supply(ticket, "property_proof")
    read = office.application.documents.read_file
    file, content = read(ticket.ticket_no, 1, actor=WHO["auditor"])
    assert (file.name, file.media_type, content) == ("身份证 正面.pdf", "application/pdf", PDF)
    assert office.entries(ticket)[1].facts["events"][0]["sha256"] == file.sha256
    for number in (2, 3):
        with pytest.raises(NotFoundError):
            read(ticket.ticket_no, number, actor=COUNTER)


def test_a_file_that_was_changed_on_disk_is_not_handed_out(office: Office) -> None:
    ticket = office.submit(papers=())
    office.supply(ticket, "identity", upload=Upload(name="id.pdf", content=PDF))
    (path,) = (
        each
        for each in (office.application.settings.var_dir / "files").rglob("*")
        if each.is_file()
    )
    path.write_bytes(PDF + b"forged")
    with pytest.raises(IntegrityError) as broken:
        office.application.documents.read_file(ticket.ticket_no, 1, actor=COUNTER)
    assert codes(broken) == {"file_changed"}


def test_a_refused_file_leaves_the_ticket_alone(office: Office) -> None:
    ticket = office.submit(papers=())
    with pytest.raises(RefusedError) as refused:
        office.supply(ticket, "identity", upload=Upload(name="id.pdf", content=b"MZ\x90\x00"))
    assert codes(refused) == {"file_kind_refused"}
    with pytest.raises(ConflictError):
        office.supply(ticket, "identity", expected_revision=7)
    assert office.ticket(ticket).documents == ()
