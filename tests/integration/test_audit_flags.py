"""Tickets that were walked through too fast to be true (R-5.3, Q18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.ticket import FlagCode
from tests.applicants import ACCOUNT, WHO

if TYPE_CHECKING:
    from tests.application import Office

TO_METERING = ("complete_intake", "finish_site_visit", "release_works", "finish_works")


def test_a_ticket_walked_through_too_fast_is_flagged(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit()
    ticket = office.at("2021-09-06 10:47").fire(ticket, *TO_METERING, "energize")
    assert [flag.code for flag in ticket.flags] == [FlagCode.UNUSUALLY_FAST]
    assert "10%" in ticket.flags[0].note
    assert office.entries(ticket)[-1].facts["events"][-1]["event"] == "TicketFlagged"


def test_one_at_the_floor_is_not_flagged(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit()
    ticket = office.at("2021-09-06 10:48").fire(ticket, *TO_METERING, "energize")
    assert ticket.flags == ()


def test_two_stages_closed_by_one_person_in_five_minutes_are_flagged(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit()
    advance = office.application.tickets.advance
    office.at("2021-09-08 09:00")
    for trigger, actor in (
        ("complete_intake", ACCOUNT),
        ("finish_site_visit", ACCOUNT),
        ("release_works", ACCOUNT),
        ("finish_works", WHO["tc-project"]),
    ):
        advance(ticket.ticket_no, trigger, actor=actor)
    office.at("2021-09-08 09:05")
    ticket = advance(ticket.ticket_no, "energize", actor=ACCOUNT)
    assert "5 分钟" in ticket.flags[0].note
