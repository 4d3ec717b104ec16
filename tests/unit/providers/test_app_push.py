"""The app's webhook: signed both ways, each id once, never into our own network by accident."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from app.clock import system_clock
from notifications.channels.app_push import AppPushChannel, AppPushSettings
from notifications.channels.base import (
    ErrorClass,
    ReceiptRefusedError,
    ReceiptRequest,
    Result,
    Verdict,
)
from notifications.message import Channel, MessageState
from notifications.wire.addresses import is_public, names_private_address
from tests.application import codes
from tests.simulators import app_server as simulated
from tests.simulators.app_server import AppServer, app_server
from tests.simulators.serving import Fault
from tests.unit.notifications.sms import AT, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifications.message import Message
    from notifications.wire.event_loop import EventLoop


@pytest.fixture
def server() -> Iterator[AppServer]:
    with app_server() as running:
        yield running


def speaking_to(url: str, wire: EventLoop, **more: Any) -> AppPushChannel:
    facts: dict[str, Any] = {"url": url, "secret": simulated.SECRET, "private": True}
    return AppPushChannel(AppPushSettings(**{**facts, **more}), wire, system_clock)


@pytest.fixture
def channel(server: AppServer, wire: EventLoop) -> Iterator[AppPushChannel]:
    with closing(speaking_to(f"{server.state.url}/push", wire)) as connected:
        yield connected


def push(number: int = 1, **more: Any) -> Message:
    return message(number, channel=Channel.APP, **more)


def only(channel: AppPushChannel, told: Message) -> Result:
    (result,) = channel.submit([told])
    return result


def test_a_message_is_shown_once_however_often_it_is_told(
    server: AppServer, channel: AppPushChannel
) -> None:
    server.state.will(Fault.HANG_UP)
    assert only(channel, push()).verdict is Verdict.UNKNOWN
    assert only(channel, push()).verdict is Verdict.ACCEPTED
    (shown,) = server.shown.values()
    assert shown["text"] == push().text
    assert channel.capabilities.idempotent_for is not None


@pytest.mark.parametrize(
    ("fault", "proves"),
    [
        (Fault.THROTTLE, (Verdict.RETRY, ErrorClass.THROTTLE)),
        (Fault.UNAVAILABLE, (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)),
        (Fault.BROKEN, (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)),
    ],
)
def test_an_answer_proves_what_it_says_and_no_more(
    server: AppServer, channel: AppPushChannel, fault: Fault, proves: tuple[Any, Any]
) -> None:
    server.state.will(fault)
    found = only(channel, push())
    assert (found.verdict, found.error_class) == proves


def test_who_does_not_use_the_app_is_told_apart(channel: AppPushChannel) -> None:
    found = only(channel, push(address="13900000000"))
    assert (found.verdict, found.error_class) == (Verdict.REJECTED, ErrorClass.RECIPIENT)
    assert only(channel, push(address="")).error_class is ErrorClass.RECIPIENT


def test_a_wrong_secret_shows_nothing(server: AppServer, wire: EventLoop) -> None:
    with closing(speaking_to(server.state.url, wire, secret="another")) as stranger:
        assert only(stranger, push()).error_class is ErrorClass.AUTH
    assert server.shown == {}


def test_our_own_network_is_out_of_reach_unless_the_settings_say_otherwise(
    server: AppServer, wire: EventLoop
) -> None:
    url = server.state.url.replace("127.0.0.1", "localhost")
    with closing(speaking_to(url, wire, private=False)) as outward:
        found = only(outward, push())
    assert (found.verdict, found.error_class) == (Verdict.RETRY, ErrorClass.PROVIDER)
    assert server.state.calls == []
    with closing(speaking_to(url, wire)) as inward:
        assert only(inward, push()).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("2400:3200::1", True),
        ("::ffff:127.0.0.1", False),
        ("not an address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://app.example/push", False),
        ("https://169.254.169.254/latest", True),
        ("https://[::1]/", True),
        ("http://localhost:8000", True),
        ("https://8.8.8.8/", False),
    ],
)
def test_an_address_that_names_our_own_network_is_seen_at_once(url: str, private: bool) -> None:
    assert names_private_address(url) is private


# --- reports -------------------------------------------------------------------------------------


def report(body: bytes, *, age_s: int = 0, **forged: str) -> ReceiptRequest:
    stamp = str(int(AT.timestamp()) - age_s)
    query = {"timestamp": stamp, "signature": simulated.signed(stamp, body)}
    return ReceiptRequest(received_at=AT, query={**query, **forged}, body=body)


def test_a_signed_report_is_read(channel: AppPushChannel) -> None:
    body = simulated.report(
        {"id": "m-1", "state": "delivered"}, {"id": "m-2", "state": "failed", "text": "已卸载"}
    )
    found = channel.parse_receipts(report(body)).receipts
    assert [(each.message_id, each.state, each.text) for each in found] == [
        ("m-1", MessageState.DELIVERED, ""),
        ("m-2", MessageState.FAILED, "已卸载"),
    ]


@pytest.mark.parametrize(
    "forged",
    [
        {"signature": "0" * 64},
        {"signature": ""},
        {"timestamp": "1"},
        {"timestamp": "", "signature": simulated.signed("", b"[]")},
    ],
)
def test_a_report_without_proof_is_refused(channel: AppPushChannel, forged: dict[str, str]) -> None:
    with pytest.raises(ReceiptRefusedError) as refused:
        channel.parse_receipts(report(b"[]", **forged))
    assert codes(refused) == {"receipt_not_genuine"}


def test_a_report_is_believed_for_five_minutes(channel: AppPushChannel) -> None:
    assert channel.parse_receipts(report(b"[]", age_s=300)).receipts == ()
    for age in (301, -301):
        with pytest.raises(ReceiptRefusedError):
            channel.parse_receipts(report(b"[]", age_s=age))


def test_a_state_that_nobody_taught_us_is_refused(channel: AppPushChannel) -> None:
    body = simulated.report({"id": "m-1", "state": "opened"})
    with pytest.raises(ReceiptRefusedError, match="opened"):
        channel.parse_receipts(report(body))
