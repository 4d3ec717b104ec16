"""Whatever a customer was told and is no longer so is corrected (R-6.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.application import AreaClass
from tests.applicants import COUNTER, a_business, a_factory, a_resident

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office


def reject(office: Office, ticket: Ticket, number: int) -> None:
    documents = office.application.documents
    documents.reject(ticket.ticket_no, number, "照片不清晰", actor=COUNTER)


def verify(office: Office, ticket: Ticket, number: int) -> None:
    office.application.documents.verify(ticket.ticket_no, number, actor=COUNTER)


def amend(office: Office, ticket: Ticket, **fields: str) -> None:
    office.application.amendments.amend(
        ticket.ticket_no, fields, reason="客户申请更正", actor=COUNTER
    )


# --- papers ------------------------------------------------------------------------------------


def test_a_rejection_that_was_wrong_is_taken_back(office: Office) -> None:
    ticket = office.submit()
    reject(office, ticket, 2)
    assert "请重新提交用电地址物权证件" in office.text(ticket, "document_rejected")
    office.told()
    verify(office, ticket, 2)
    assert office.told() == [("customer", "document_reinstated")]
    assert "此前告知您的用电地址物权证件未通过审核，现经复核合格，无需重新提交" in office.text(
        ticket, "document_reinstated"
    )


def test_a_paper_that_was_never_rejected_is_verified_without_a_word(office: Office) -> None:
    ticket = office.submit()
    office.told()
    verify(office, ticket, 1)
    assert office.told() == []


def test_a_paper_that_another_process_had_asked_for_keeps_its_name(office: Office) -> None:
    papers = ("business_licence", "property_proof", "project_approval")
    ticket = office.submit(a_factory(requested_capacity_kw=Decimal(200)), papers=papers)
    amend(office, ticket, requested_capacity_kw="150")  # low voltage asks for no approval
    office.told()
    reject(office, ticket, 3)
    text = office.text(ticket, "document_rejected")
    assert "您提交的用电工程项目批准文件未通过审核" in text
    assert "此项无需重新提交" in text
    verify(office, ticket, 3)
    assert "用电工程项目批准文件未通过审核，现经复核合格" in office.text(
        ticket, "document_reinstated"
    )
    shown = office.application.queries.ticket(ticket.ticket_no, actor=COUNTER)
    (unasked,) = shown.documents[-1].papers
    assert (unasked.kind_name, unasked.state_name) == ("用电工程项目批准文件", "审核合格")


def test_a_second_rejection_is_told_again(office: Office) -> None:
    ticket = office.submit()
    reject(office, ticket, 2)
    verify(office, ticket, 2)
    office.told()
    reject(office, ticket, 2)
    assert office.told() == [("customer", "document_rejected")]


def test_nobody_is_asked_for_a_paper_again_that_is_there_in_another_copy(office: Office) -> None:
    ticket = office.supply(office.submit(), "property_proof")
    reject(office, ticket, 3)
    told = office.text(ticket, "document_rejected")
    assert "此项无需重新提交" in told
    assert "请重新提交" not in told


def test_nobody_is_asked_for_a_paper_that_may_not_be_asked_for(office: Office) -> None:
    # A factory identifies itself by its licence; the boss's identity card was handed in unasked.
    ticket = office.submit(a_factory(), papers=("identity", "business_licence"))
    reject(office, ticket, 1)
    assert "请重新提交" not in office.text(ticket, "document_rejected")


# --- facts -------------------------------------------------------------------------------------


def test_both_numbers_hear_that_the_number_has_changed(office: Office) -> None:
    ticket = office.submit()
    office.told()
    amend(office, ticket, phone="13000000399")
    assert office.told() == [("customer", "application_amended"), ("customer", "phone_changed")]
    by_template = {each.template_key: each for each in office.messages(ticket)}
    assert by_template["phone_changed"].address == ticket.request.contact.phone
    assert by_template["application_amended"].address == "13000000399"
    amend(office, ticket, name="何青川")
    assert office.told() == [("customer", "application_amended")]


def test_another_process_says_what_it_asks_for_and_what_becomes_of_the_service(
    office: Office,
) -> None:
    ticket = office.at("2022-01-10 09:00").submit(a_business(), papers=("business_licence",))
    office.fire(ticket, "complete_intake")
    assert "“三零”服务" in office.text(ticket, "application_accepted")
    amend(office, ticket, requested_capacity_kw="200")
    told = office.text(ticket, "ticket_reclassified")
    assert "“三省”服务，已延伸的投资界面不变" in told
    assert "当前环节：供电方案答复，2022-01-14 前" in told
    assert "请于供电方案答复前补齐：用电地址物权证件、用电工程项目批准文件" in told


def test_leaving_the_service_is_said_in_words(office: Office) -> None:
    rural = a_business(area_class=AreaClass.RURAL, requested_capacity_kw=Decimal(90))
    ticket = office.at("2022-01-10 09:00").submit(rural)
    office.fire(ticket, "complete_intake")
    amend(office, ticket, requested_capacity_kw="120")
    told = office.text(ticket, "ticket_reclassified")
    assert "不再适用“三零”服务，已延伸的投资界面不变。当前环节：装表接电，2022-01-14 前。" in told


def test_a_customer_who_was_told_nothing_of_the_service_is_told_no_change(office: Office) -> None:
    ticket = office.at("2022-01-10 09:00").submit(a_business())
    amend(office, ticket, requested_capacity_kw="200")
    assert "服务" not in office.text(ticket, "ticket_reclassified")


def test_a_better_rule_tells_the_new_service(office: Office) -> None:
    rural = a_business(area_class=AreaClass.RURAL, requested_capacity_kw=Decimal(120))
    ticket = office.at("2022-12-30 09:00").submit(rural, papers=("business_licence",))
    office.fire(ticket, "complete_intake")
    office.at("2022-12-31 00:00").application.amendments.reevaluate()
    told = office.text(ticket, "ticket_reclassified")
    assert "您享受零上门、零审批、零投资的“三零”服务。" in told
    assert "请于安排施工前补齐：用电地址物权证件" in told


def test_an_unchanged_process_is_not_told(office: Office) -> None:
    ticket = office.submit(a_resident())
    office.told()
    amend(office, ticket, requested_capacity_kw="9")
    assert office.told() == [("customer", "application_amended")]
