"""A small business under 三零: papers collected on site, a road dug up, all free (C4, Q4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.ticket import DocumentSource, PauseCause
from tests.applicants import ACCOUNT, PROJECT, a_business

if TYPE_CHECKING:
    from tests.application import Office

MANAGERS = [("tc-account", "limit_due"), ("tc-project", "limit_due")]
LATE = [("tc-account", "limit_overdue"), ("tc-project", "limit_overdue")]


def test_from_a_licence_alone_to_energization(office: Office) -> None:
    ticket = office.at("2022-01-10 09:00").submit(a_business(), papers=("business_licence",))
    assert ticket.definition_id == "lv_business_three_zero"
    assert office.told() == [
        ("customer", "application_received"),
        ("tc-account", "manager_assigned"),
        ("tc-project", "manager_assigned"),
    ]
    office.at("2022-01-10 11:00").fire(ticket, "complete_intake")
    assert office.told() == [("customer", "application_accepted")]
    assert "装表接电，4 个工作日内，2022-01-14 前。" in office.text(ticket, "application_accepted")

    office.at("2022-01-11 09:00").fire(ticket, "finish_site_visit")
    office.supply(ticket, "property_proof", source=DocumentSource.ON_SITE, actor=ACCOUNT)
    office.application.documents.verify(ticket.ticket_no, 2, actor=ACCOUNT)
    office.fire(ticket, "release_works")
    assert office.told() == []
    assert office.tick("2022-01-13 08:30") == MANAGERS  # half of four days is left

    office.at("2022-01-13 10:00").application.tickets.suspend(
        ticket.ticket_no, PauseCause.EXTERNAL_LINE, evidence="占道施工许可7号", actor=PROJECT
    )
    assert office.told() == [("customer", "clock_stopped")]
    assert "因外线工程施工（占道施工许可7号），装表接电自2022-01-13起暂停计时" in office.text(
        ticket, "clock_stopped"
    )
    # The whole time goes on: it has five days and knows no pause.
    assert office.dues(ticket)["end_to_end"] == "2022-01-17"
    assert office.tick("2022-01-17 08:30") == MANAGERS
    assert "全过程时间" in office.text(ticket, "limit_due", "tc-project")
    assert office.tick("2022-01-18 00:00") == [*LATE, ("tc-section", "limit_overdue_escalated")]

    office.at("2022-01-18 09:00").application.tickets.resume(ticket.ticket_no, actor=PROJECT)
    assert office.told() == [("customer", "clock_resumed")]
    assert "装表接电已恢复计时，2022-01-18 前办结（原定2022-01-14）。" in office.text(
        ticket, "clock_resumed"
    )
    ended = office.at("2022-01-18 16:00").fire(ticket, "finish_works", "energize")
    assert ("customer", "energized") in office.told()
    assert ended.flags == ()
    late = {key for key, clock in office.clocks(ticket).items() if clock.is_overdue}
    assert late == {"end_to_end"}
    assert office.elapsed(ticket)["handling"] == 4
    assert [entry.action for entry in office.entries(ticket)] == [
        "submit",
        "complete_intake",
        "finish_site_visit",
        "supply_document",
        "verify_document",
        "release_works",
        "suspend",
        "resume",
        "finish_works",
        "energize",
    ]
