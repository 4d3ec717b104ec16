"""WeChat, then SMS; and one provider in place of another (R-6.4)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.streams import PROVIDERS
from notifications.channels.base import ErrorClass
from notifications.delivery.fallback import MAY_COME_TWICE
from notifications.message import (
    Channel,
    Message,
)
from tests.courier import REPORTING, Courier, Dispatcher, dispatcher
from tests.waiting_messages import AT, MINUTE, NOON, S, a_message, added, by_sms, found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.application import Office


def by_both(office: Office, wechat: Courier, sms: Courier) -> Dispatcher:
    return dispatcher(office, {Channel.WECHAT: (wechat,), Channel.SMS: (sms,)})


def by_wechat(**facts: Any) -> Message:
    return a_message(
        channel=Channel.WECHAT, address="openid", fallback_address="13000000001", **facts
    )


# --- WeChat, then SMS ----------------------------------------------------------------------------


def test_what_wechat_definitely_refuses_goes_by_sms_once(office: Office) -> None:
    message = by_wechat()
    added(office, message)
    wechat, sms = Courier("wechat", error=ErrorClass.RECIPIENT), Courier("sms")
    by = by_both(office, wechat, sms)
    for minutes in range(4):
        by.round(AT + minutes * MINUTE)
    assert counts(wechat, sms) == (1, 1)
    child = next(m for m in office.messages() if m.channel is Channel.SMS)
    assert (child.dedupe_key, child.address) == (f"{message.dedupe_key}:sms", "13000000001")
    assert child.text == message.text
    parent = found(office, message)
    assert (parent.state, parent.handled_by) == (S.FAILED, "system")


def test_a_success_that_comes_late_makes_no_second_one(office: Office) -> None:
    message = by_wechat()
    added(office, message)
    wechat, sms = Courier("wechat", error=ErrorClass.RECIPIENT), Courier("sms")
    by = by_both(office, wechat, sms)
    by.round(NOON)
    with office.application.database.writing() as work:
        assert work.outbox.settle(message.id, S.DELIVERED, AT)
        work.commit()
    by.round(AT + MINUTE)
    by.round(AT + 2 * MINUTE)
    assert sms.arrived.total() <= 1
    assert found(office, message).state is S.DELIVERED


@pytest.mark.parametrize(("urgent", "texts"), [(True, 1), (False, 0)])
def test_in_doubt_only_what_is_urgent_goes_by_sms_too_and_says_so(
    office: Office, urgent: bool, texts: int
) -> None:
    added(office, by_wechat(urgent=urgent))
    wechat, sms = Courier("wechat", silent=True), Courier("sms")
    by = by_both(office, wechat, sms)
    for minutes in (0, 4, 6, 7, 8, 100):
        by.round(AT + minutes * MINUTE)
    assert counts(wechat, sms) == (1, texts)
    children = [m.text for m in office.messages() if m.channel is Channel.SMS]
    assert all(text.endswith(MAY_COME_TWICE) for text in children)


def test_an_urgent_one_without_a_sign_for_five_minutes_goes_by_sms_too(office: Office) -> None:
    added(office, by_wechat(urgent=True))
    wechat, sms = Courier("wechat", capabilities=REPORTING), Courier("sms")
    by = by_both(office, wechat, sms)
    by.round(NOON)
    by.round(AT + 5 * MINUTE)
    assert counts(wechat, sms) == (1, 0)
    by.round(AT + 5 * MINUTE + timedelta(seconds=1))
    assert counts(wechat, sms) == (1, 1)


def counts(*couriers: Courier) -> tuple[int, ...]:
    return tuple(each.arrived.total() for each in couriers)


def providers(office: Office) -> dict[str, tuple[int, bool]]:
    with office.application.database.reading() as work:
        return {p.name: (p.weight, p.is_usable(office.clock())) for p in work.providers.all()}


def reasons(office: Office) -> list[str]:
    return [json.loads(entry.details)["reason"] for entry in office.entries(PROVIDERS)]


@pytest.fixture
def in_small_chunks(office: Office) -> Iterator[Office]:
    """The office with chunks so small that each provider gets some."""
    other = office.another(claim_limit=2)
    yield other
    other.close()


# --- several providers ---------------------------------------------------------------------------


def test_what_one_provider_cannot_send_another_one_sends_at_once(in_small_chunks: Office) -> None:
    office = in_small_chunks
    added(office, *(a_message(n, address=f"130{n:08}") for n in range(40)))
    bad, good = Courier("bad", error=ErrorClass.PROVIDER), Courier("good")
    by = by_sms(office, bad, good)
    by.round(NOON)
    tried = bad.arrived.total()
    assert tried
    by.round(NOON)
    assert len(good.arrived) == good.arrived.total() == 40
    assert {m.state for m in office.messages()} == {S.ACCEPTED}


def test_many_own_faults_move_weight_to_the_other_and_calm_brings_it_back(
    in_small_chunks: Office,
) -> None:
    office = in_small_chunks
    bad, good = Courier("bad", error=ErrorClass.PROVIDER), Courier("good")
    by = by_sms(office, bad, good)
    added(office, *(a_message(n, address=f"130{n:08}") for n in range(200)))
    by.round(NOON)
    by.transport.tending.tend_providers()
    assert bad.arrived.total() > 50
    assert providers(office) == {"bad": (50, True), "good": (50, True)}
    office.at(AT + 15 * MINUTE)
    by.transport.tending.tend_providers()
    assert providers(office) == {"bad": (60, True), "good": (40, True)}
    assert len(reasons(office)) == 4
    assert "faults within a minute" in reasons(office)[0]


def test_faults_of_recipients_and_messages_count_for_nothing(office: Office) -> None:
    for error in (ErrorClass.RECIPIENT, ErrorClass.CONTENT, ErrorClass.FREQUENCY):
        start = 1000 * list(ErrorClass).index(error)
        added(office, *(a_message(start + n, address=f"130{n:08}") for n in range(60)))
        by = by_sms(office, Courier("one", error=error), Courier("two", error=error))
        by.round(NOON)
        by.transport.tending.tend_providers()
    assert providers(office) == {"one": (60, True), "two": (40, True)}


@pytest.mark.parametrize("error", [ErrorClass.ACCOUNT, ErrorClass.AUTH])
def test_an_account_that_refuses_us_is_left_alone_and_its_messages_go_by_the_other(
    in_small_chunks: Office, error: ErrorClass
) -> None:
    office = in_small_chunks
    added(office, *(a_message(n, address=f"130{n:08}") for n in range(10)))
    broke, good = Courier("broke", error=error), Courier("good")
    by = by_sms(office, broke, good)
    by.round(NOON)
    by.round(NOON)
    by.round(AT + MINUTE)
    assert providers(office)["broke"] == (60, False)
    assert len(good.arrived) == good.arrived.total() == 10
    assert reasons(office) == [f"{error.value} scripted"]
    office.at(AT + 15 * MINUTE)
    assert providers(office)["broke"] == (60, True)


def test_without_another_they_wait_with_the_reason_and_go_when_it_is_mended(
    office: Office,
) -> None:
    message = a_message()
    added(office, message)
    only = Courier("only", error=ErrorClass.ACCOUNT)
    by = by_sms(office, only)
    by.round(NOON)
    assert (found(office, message).state, found(office, message).error_code) == (
        S.PENDING,
        "account",
    )
    by.round(AT + MINUTE)
    waiting = found(office, message)
    assert (waiting.state, waiting.error_code) == (S.PENDING, "no_provider")
    assert "account scripted" in waiting.error_text
    assert only.arrived.total() == 1
    only.error = None
    for minutes in range(2, 20):
        by.round(AT + minutes * MINUTE)
    assert found(office, message).state is S.ACCEPTED
    assert only.arrived.total() == 2
