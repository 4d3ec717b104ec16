"""A customer is called back, however many attempts it takes; only a result closes it (R-8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.application import Contact, ServiceRequest
from engine.errors import RefusedError
from engine.ticket import SYSTEM
from tests.applicants import ACCOUNT, COUNTER, SECTION
from tests.application import codes

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office


def called_for(office: Office) -> Ticket:
    """A connection that was made unusually fast, and so is to be called back about."""
    connected = office.submit()
    office.fire(connected, "complete_intake", "finish_site_visit", "release_works")
    connected = office.fire(connected, "finish_works", "energize")
    assert [str(flag.code) for flag in connected.flags] == ["unusually_fast"]
    office.told()
    customer = ServiceRequest(
        title=f"回访 {connected.ticket_no}",
        contact=Contact(name="何青山", phone="13000000301"),
        external_ref=connected.ticket_no,
    )
    given = {"followed_ticket": connected.ticket_no, "reasons": "办电超短用时；低压居民抽样"}
    return office.application.tickets.open(
        "follow_up_call", customer, branch="tengchong", actor=SYSTEM, given=given
    )


def test_one_call_serves_several_reasons_and_is_closed_with_a_result(office: Office) -> None:
    ticket = called_for(office)
    office.fire(ticket, "record_attempt", attempt="no_answer")
    office.fire(ticket, "record_attempt", attempt="call_later", attempt_note="客户约次日上午")
    closed = office.fire(
        ticket, "close", result="no_problem", satisfaction="satisfied", is_record_true="是"
    )
    assert (closed.state, closed.flags) == ("closed", ())
    assert closed.request.details["reasons"] == "办电超短用时；低压居民抽样"
    assert closed.request.details["is_record_true"] == "yes"
    assert closed.managers is None
    assert office.told() == []
    attempts = [entry for entry in office.entries(ticket) if entry.action == "record_attempt"]
    assert len(attempts) == 2


def test_it_is_not_closed_without_a_result(office: Office) -> None:
    ticket = called_for(office)
    with pytest.raises(RefusedError) as caught:
        office.fire(ticket, "close", satisfaction="satisfied")
    (reason,) = caught.value.reasons
    assert (reason.field, reason.clause) == ("result", "R-8.1, 四(三)6")
    assert "not_reached（多次联系未果）" in reason.remedy_in_words
    assert office.ticket(ticket).state == "pending"


def test_what_was_wrong_is_put_right_before_it_is_closed(office: Office) -> None:
    ticket = called_for(office)
    office.fire(ticket, "demand_remedy", result="problem_found", finding="送电后才补录受理时间")
    with pytest.raises(RefusedError) as caught:
        office.fire(ticket, "finish_remedy")
    assert codes(caught) == {"field_missing"}
    closed = office.fire(ticket, "finish_remedy", remedy="已约谈并更正内部流程")
    assert closed.state == "closed"


def test_those_who_are_called_about_do_not_make_the_call(office: Office) -> None:
    ticket = called_for(office)
    with pytest.raises(RefusedError) as caught:
        office.application.tickets.advance(
            ticket.ticket_no,
            "close",
            actor=ACCOUNT,
            given={"result": "no_problem", "satisfaction": "satisfied"},
        )
    assert codes(caught) == {"role_not_allowed"}
    with pytest.raises(RefusedError) as caught:
        office.application.tickets.open(
            "follow_up_call",
            ServiceRequest(title="回访", contact=Contact(name="何青山")),
            branch="tengchong",
            actor=COUNTER,
            given={"followed_ticket": "TC-1", "reasons": "抽样"},
        )
    assert codes(caught) == {"role_not_allowed"}


def test_nobody_can_drop_it(office: Office) -> None:
    ticket = called_for(office)
    offers = office.application.tickets.offers(ticket.ticket_no, actor=SECTION)
    assert {each.transition.trigger for each in offers} == {
        "record_attempt",
        "close",
        "demand_remedy",
    }
