"""Stopping the company's clocks: where, why, with what evidence, and what it gives (R-2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import RefusedError
from engine.ticket import PauseCause
from tests.applicants import ACCOUNT, COUNTER, PROJECT, a_business
from tests.application import codes

if TYPE_CHECKING:
    from tests.application import Office


def test_suspending_needs_a_state_a_cause_and_evidence(office: Office) -> None:
    suspend = office.application.tickets.suspend
    resume = office.application.tickets.resume
    ticket = office.at("2022-01-10 09:00").submit(a_business())
    number = ticket.ticket_no
    with pytest.raises(RefusedError) as refused:
        suspend(number, PauseCause.EXTERNAL_LINE, evidence=" ", actor=COUNTER)
    assert codes(refused) == {"not_suspendable", "evidence_missing"}
    with pytest.raises(RefusedError) as refused:
        resume(number, actor=COUNTER)
    assert codes(refused) == {"not_suspended"}
    office.fire(ticket, "complete_intake", "finish_site_visit", "release_works")
    office.told()
    suspend(number, PauseCause.CUSTOMER_WORKS, evidence="客户施工计划", actor=ACCOUNT)
    assert office.told() == [("customer", "clock_stopped")]
    assert "自2022-01-10起暂停计时" in office.text(ticket, "clock_stopped")
    with pytest.raises(RefusedError) as refused:
        suspend(number, PauseCause.CUSTOMER_WORKS, evidence="再来", actor=ACCOUNT)
    assert codes(refused) == {"already_suspended"}
    with pytest.raises(RefusedError) as refused:
        office.fire(ticket, "finish_works")
    assert codes(refused) == {"ticket_suspended"}
    office.at("2022-01-14 09:00")
    resume(number, actor=ACCOUNT)
    assert office.told() == [("customer", "clock_resumed")]
    assert "2022-01-19 前办结（原定2022-01-14）" in office.text(ticket, "clock_resumed")


def test_suspending_over_midnight_gives_nothing_back(office: Office) -> None:
    ticket = office.at("2022-01-10 09:00").submit(a_business())
    office.fire(ticket, "complete_intake", "finish_site_visit", "release_works")
    before = office.dues(ticket)
    office.at("2022-01-11 23:59")
    number = ticket.ticket_no
    office.application.tickets.suspend(
        number, PauseCause.EXTERNAL_LINE, evidence="通知单", actor=PROJECT
    )
    office.at("2022-01-12 00:01")
    office.application.tickets.resume(number, actor=PROJECT)
    assert office.dues(ticket) == before
