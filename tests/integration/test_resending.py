"""Sending a message anew: never what is overtaken or may have arrived, never to a former number."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.streams import MESSAGES
from engine.errors import RefusedError
from notifications.carriage import NO_RECEIPT
from notifications.message import Audience, Channel, Message, MessageState
from tests.applicants import CHIEF, COUNTER, PHONES
from tests.application import codes
from tests.courier import Courier, dispatcher
from tests.integration.test_cli_tickets import submitted
from tests.outages import (
    CUSTOMERS,
    DISPATCHER,
    FENG,
    JIANG,
    Listener,
    furnish_outages,
    plan_outage,
    report_fault,
    restore,
)
from tests.waiting_messages import AT, NOON, a_message, added, found

if TYPE_CHECKING:
    from tests.application import Office
    from tests.command_line import Shell

S = MessageState
HOUR = timedelta(hours=1)
OTHER_PHONE = "13000000777"


def resent(office: Office, message: Message) -> Message:
    """An operator sends it anew, and what is stored of that."""
    again = office.application.transport.queue.retry(message.id, "号码已更正", actor=CHIEF)
    return found(office, again)


def refusal(office: Office, message: Message) -> str:
    """The code with which that is refused; nothing was done then."""
    before = len(office.messages())
    with pytest.raises(RefusedError) as caught:
        office.application.transport.queue.retry(message.id, "再试", actor=CHIEF)
    assert len(office.messages()) == before
    (code,) = codes(caught)
    return code


def failed(office: Office, message: Message, code: str = "refused") -> Message:
    """The message, after its provider refused it."""
    with office.application.database.writing() as work:
        work.outbox.settle(message.id, S.FAILED, office.clock(), error_code=code)
        work.commit()
    return found(office, message)


# --- newer news ----------------------------------------------------------------------------------


def due(number: int, **facts: Any) -> Message:
    usual = {"topic": "promise:plan:T", "ticket_no": ""}
    return a_message(number, **usual | facts)


@pytest.mark.parametrize("state", [S.PENDING, S.ACCEPTED, S.DELIVERED, S.FAILED, S.IN_DOUBT])
def test_what_newer_news_has_overtaken_is_not_sent_anew(
    office: Office, state: MessageState
) -> None:
    old = due(1, state=S.FAILED)
    added(office.at(NOON), old, due(2, state=state, created_at=AT + HOUR))
    assert refusal(office.at(AT + 2 * HOUR), old) == "overtaken"


def test_newer_news_to_the_corrected_number_counts_too(office: Office) -> None:
    old = due(1, state=S.FAILED)
    added(office.at(NOON), old, due(2, address=OTHER_PHONE, created_at=AT + HOUR))
    assert refusal(office, old) == "overtaken"


@pytest.mark.parametrize(
    "other",
    [
        {"topic": "promise:works:T"},
        {"state": S.CANCELLED},
        {"audience": Audience.STAFF, "recipient": "tc-project"},
        {"created_at": AT - HOUR},
    ],
)
def test_other_news_or_what_was_called_off_overtakes_nothing(
    office: Office, other: dict[str, Any]
) -> None:
    old = due(1, state=S.FAILED)
    added(office.at(NOON), old, due(2, **{"created_at": AT + HOUR} | other))
    assert resent(office, old).state is S.PENDING


def test_the_newest_news_waits_on_while_the_old_is_refused(office: Office) -> None:
    """The customer gets the newer date, whatever the operator tries."""
    courier = Courier()
    by = dispatcher(office, {Channel.SMS: (courier,)})
    old, new = due(1, state=S.FAILED), due(2, created_at=AT + HOUR)
    added(office.at("2021-09-06 22:00"), old, new)
    assert refusal(office, old) == "overtaken"
    by.round("2021-09-07 08:30")
    assert set(courier.arrived) == {new.id}


def test_an_announcement_is_not_sent_anew_once_it_has_changed(office: Office) -> None:
    furnish_outages(office.at("2021-08-31 08:00"))
    planned = plan_outage(office, "F1")
    Listener(office).write_out()
    old = failed(office, told(office, FENG))
    number = planned.outage.ticket_no
    times = {"planned_start_at": "2021-09-09 08:00", "planned_end_at": "2021-09-09 18:00"}
    office.at("2021-08-31 09:00").application.outages.announcements.change(
        number, times, actor=DISPATCHER, reason="推迟"
    )
    assert refusal(office, old) == "overtaken"


def test_a_fault_is_not_told_anew_to_whom_it_is_over(office: Office) -> None:
    furnish_outages(office.at("2021-09-01 08:00"))
    fault = report_fault(office, "F1", estimated_restoration_at="2021-09-01 11:00")
    listener = Listener(office)
    listener.write_out()
    of_jiang, of_feng = failed(office, told(office, JIANG)), failed(office, told(office, FENG))
    restore(office.at("2021-09-01 08:30"), fault, "P12")
    listener.write_out()
    assert refusal(office, of_jiang) == "overtaken"
    again = resent(office, of_feng)
    assert again.text == of_feng.text
    restore(office.at("2021-09-01 09:00"), fault)
    assert found(office, again).state is S.SUPERSEDED


def told(office: Office, address: str) -> Message:
    """The newest message to that address."""
    return [each for each in office.messages() if each.address == address][-1]


# --- what may have arrived -----------------------------------------------------------------------


def test_a_text_message_that_may_have_arrived_is_not_sent_anew(office: Office) -> None:
    silent = a_message(state=S.FAILED, error_code=NO_RECEIPT)
    added(office.at(NOON), silent)
    assert refusal(office, silent) == "may_have_arrived"
    (seen,) = office.application.queries.messages(actor=CHIEF, unhandled=True)
    assert seen.acts == {"handled"}
    with pytest.raises(RefusedError, match="客户可能已收到"):
        office.application.transport.queue.retry(silent.id, "再试", actor=CHIEF)


def test_what_went_by_text_message_instead_is_not_sent_anew(office: Office) -> None:
    by = dispatcher(office, {Channel.SMS: (Courier(),), Channel.WECHAT: (Courier(name="w"),)})
    first = a_message(
        state=S.FAILED, channel=Channel.WECHAT, address="o1", fallback_address="13000000001"
    )
    added(office.at(NOON), first)
    by.round(NOON)
    assert refusal(office, first) == "sent_instead"


# --- to whom -------------------------------------------------------------------------------------


def amended(office: Office, ticket_no: str, phone: str) -> None:
    office.application.amendments.amend(
        ticket_no, {"phone": phone}, reason="登记有误", actor=COUNTER
    )


def test_it_goes_to_the_number_that_the_ticket_has_now(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit()
    first = failed(office, office.messages(ticket)[0])
    amended(office, ticket.ticket_no, OTHER_PHONE)
    again = resent(office, first)
    assert (first.address, again.address) == ("13000000301", OTHER_PHONE)
    entry = office.entries(MESSAGES)[-1]
    assert OTHER_PHONE not in entry.details
    assert json.loads(entry.details)["address"] == "corrected"


def test_what_told_a_number_of_its_end_goes_to_that_number(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit()
    amended(office, ticket.ticket_no, OTHER_PHONE)
    (farewell,) = [each for each in office.messages(ticket) if each.template_key == "phone_changed"]
    assert resent(office, failed(office, farewell)).address == "13000000301"


def test_staff_get_it_by_their_present_number(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit()
    (first,) = [each for each in office.messages(ticket) if each.recipient == "tc-account"]
    failed(office, first)
    office.application.accounts.set_contacts("tc-account", {"phone": OTHER_PHONE}, actor=CHIEF)
    assert resent(office, first).address == OTHER_PHONE
    (other,) = [each for each in office.messages(ticket) if each.recipient == "tc-project"]
    assert other.address == PHONES["tc-project"]
    failed(office, other)
    office.application.accounts.disable("tc-project", reason="调离", actor=CHIEF)
    assert refusal(office, other) == "no_address"


def test_of_an_outage_it_goes_to_the_number_that_the_register_has_now(office: Office) -> None:
    furnish_outages(office.at("2021-08-31 08:00"))
    plan_outage(office, "F1")
    Listener(office).write_out()
    same, corrected, gone = (
        failed(office, told(office, address)) for address in (FENG, "13000001023", JIANG)
    )
    register(office, ("13000001023", OTHER_PHONE), ("蒋某", "沈某"), ("oWX12", "oWX99"))
    assert resent(office, same).address == FENG
    assert resent(office, corrected).address == OTHER_PHONE
    assert refusal(office, gone) == "no_address"


def register(office: Office, *changes: tuple[str, str]) -> None:
    """The register of customers, with these corrections."""
    text = CUSTOMERS
    for was, now in changes:
        text = text.replace(was, now)
    office.application.imports.customers(text.encode(), actor=CHIEF)


def test_whoever_left_wechat_gets_a_text_message(office: Office) -> None:
    furnish_outages(office.at("2021-08-31 08:00"))
    plan_outage(office, "F1")
    Listener(office).write_out()
    first = failed(office, told(office, JIANG))
    register(office, ("oWX12", ""))
    again = resent(office, first)
    assert (again.channel, again.address) == (Channel.SMS, "13000001012")
    assert again.fallback_address == ""


# --- until when ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("ends", "kept"), [(AT + HOUR, AT + HOUR), (AT - HOUR, None)])
def test_what_is_still_of_use_for_a_while_stays_so(office: Office, ends: Any, kept: Any) -> None:
    message = a_message(state=S.FAILED, expires_at=ends)
    added(office.at(NOON), message)
    assert resent(office, message).expires_at == kept


# --- the command ---------------------------------------------------------------------------------


def test_the_command_says_where_it_goes_without_the_whole_number(shell: Shell) -> None:
    number = submitted(shell)["ticket_no"]
    listed = shell.json("outbox", "list", "--ticket", number, user="chief")
    message = next(each for each in listed if each["audience_name"] == "客户")
    shell.run("queue", "cancel", message["id"], "--reason", "误发", user="chief")
    said = shell.run("queue", "retry", message["id"], "--reason", "仍须告知", user="chief")
    assert (said.code, said.err) == (0, "")
    assert "发往短信 138****8000" in said.out
