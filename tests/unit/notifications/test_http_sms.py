"""The HTTP gateway channel against a real HTTP server: what each kind of answer makes certain."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from notifications.channels.base import (
    ErrorClass,
    Receipt,
    ReceiptRefusedError,
    ReceiptRequest,
    Verdict,
)
from notifications.channels.http_sms import HttpSmsChannel, HttpSmsSettings
from notifications.channels.kannel import kannel_settings
from notifications.message import MessageState
from tests.unit.notifications.sms import AT, Gateway, gateway, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifications.wire.event_loop import EventLoop

Speaking = Callable[[str], HttpSmsChannel]
SECRETS = {"username": "tester", "password": "p&ss=wörd"}


@pytest.fixture
def server() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


def settings(url: str, **more: Any) -> HttpSmsSettings:
    query = "/send?to={{ to | urlencode }}&text={{ text | urlencode }}"
    return HttpSmsSettings(**{"url": url + query, "timeout_s": 5.0, **more})


@pytest.fixture
def kannel(wire: EventLoop) -> Speaking:
    def speaking_to(url: str) -> HttpSmsChannel:
        gateway = kannel_settings(
            url,
            sender="95598",
            secrets=SECRETS,
            receipt_base="http://127.0.0.1:1/receipts",
            receipt_key="k" * 32,
        )
        return HttpSmsChannel(gateway, wire)

    return speaking_to


def read(channel: HttpSmsChannel, **fields: str) -> Receipt:
    request = ReceiptRequest(received_at=AT, query=fields)
    (receipt,) = channel.parse_receipts(request).receipts
    return receipt


def outcome(channel: HttpSmsChannel, **more: Any) -> tuple[Verdict, ErrorClass | None]:
    with closing(channel):
        (result,) = channel.submit([message(**more)])
    return result.verdict, result.error_class


def test_every_value_reaches_the_gateway_unchanged(kannel: Speaking, server: Gateway) -> None:
    text = "电&to=1 +100% 50#?/😀"
    with closing(kannel(server.url)) as channel:
        (result,) = channel.submit([message(text=text)])
        token = channel.token(message().id)
    query = server.requests[0].query
    assert (result.verdict, result.code) == (Verdict.ACCEPTED, "202")
    assert query["text"] == text
    assert query["to"] == "13800138000"
    assert query["password"] == SECRETS["password"]
    assert query["dlr-url"] == (
        f"http://127.0.0.1:1/receipts/{message().id}/{token}?status=%d&text=%A"
    )


def test_a_gateway_may_want_a_posted_body_and_headers(server: Gateway, wire: EventLoop) -> None:
    server.body = '{"code":0,"id":"G-77"}'
    channel = HttpSmsChannel(
        HttpSmsSettings(
            url=f"{server.url}/v1/sms",
            method="POST",
            body='{"to":{{ to | tojson }},"text":{{ text | tojson }},"ref":"{{ message_id }}"}',
            content_type="application/json",
            headers={"Authorization": "Bearer {{ api_key }}"},
            secrets={"api_key": "s3cret"},
            success=r'"code":0\b',
            id_pattern=r'"id":"([^"]+)"',
        ),
        wire,
    )
    with closing(channel):
        (result,) = channel.submit([message(text='引"号\n&<换行>')])
    request = server.requests[0]
    assert json.loads(request.body)["text"] == '引"号\n&<换行>'
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["content-type"] == "application/json"
    assert (result.verdict, result.provider_id) == (Verdict.ACCEPTED, "G-77")


@pytest.mark.parametrize("pattern", [r'"id":"G-\d+"', r'"id":"(X)?'])
def test_an_id_that_cannot_be_read_leaves_the_message_accepted(
    server: Gateway, wire: EventLoop, pattern: str
) -> None:
    server.body = '{"code":0,"id":"G-77"}'
    known = settings(server.url, success='"code":0', id_pattern=pattern)
    with closing(HttpSmsChannel(known, wire)) as channel:
        (result,) = channel.submit([message()])
    assert (result.verdict, result.provider_id) == (Verdict.ACCEPTED, "")


@pytest.mark.parametrize(
    ("status", "body", "proves"),
    [
        (202, "0: Accepted for delivery", (Verdict.ACCEPTED, None)),
        (202, "3: Queued for later delivery", (Verdict.ACCEPTED, None)),
        (202, "something else", (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)),
        (403, "Not routable. Do not try again.", (Verdict.REJECTED, ErrorClass.RECIPIENT)),
        (403, "Authorization failed for sendsms", (Verdict.RETRY, ErrorClass.AUTH)),
        (400, "Invalid content-type", (Verdict.REJECTED, ErrorClass.CONTENT)),
        (404, "no such page", (Verdict.RETRY, ErrorClass.PROVIDER)),
        (429, "slow down", (Verdict.RETRY, ErrorClass.THROTTLE)),
        (503, "Temporal failure, try again later.", (Verdict.RETRY, ErrorClass.PROVIDER)),
        (500, "oops", (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)),
        (302, "", (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)),
    ],
)
def test_an_answer_proves_what_it_says_and_no_more(
    kannel: Speaking, server: Gateway, status: int, body: str, proves: tuple[Any, Any]
) -> None:
    server.status, server.body = status, body
    assert outcome(kannel(server.url)) == proves
    assert len(server.requests) == 1


def test_a_gateway_that_is_not_there_was_certainly_not_told(wire: EventLoop) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert outcome(HttpSmsChannel(settings(url), wire)) == (Verdict.RETRY, ErrorClass.PROVIDER)


def test_a_gateway_that_hangs_up_after_the_request_leaves_a_doubt(
    server: Gateway, wire: EventLoop
) -> None:
    server.hangs_up = True
    doubt = (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)
    assert outcome(HttpSmsChannel(settings(server.url), wire)) == doubt
    assert len(server.requests) == 1


def test_a_gateway_that_never_answers_leaves_a_doubt(wire: EventLoop) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        channel = HttpSmsChannel(settings(url, timeout_s=0.2), wire)
        assert outcome(channel) == (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)


def test_waiting_for_a_free_connection_is_no_doubt_however_long(
    server: Gateway, wire: EventLoop
) -> None:
    """Eight jobs share one connection for longer than the time-out of a request."""
    server.takes_s = 0.1
    channel = HttpSmsChannel(settings(server.url, timeout_s=0.2, concurrency=1), wire)
    with closing(channel), ThreadPoolExecutor(8) as jobs:
        sent = jobs.map(lambda number: list(channel.submit([message(number)])), range(8))
        assert {result.verdict for results in sent for result in results} == {Verdict.ACCEPTED}


@pytest.mark.parametrize(
    ("empty", "kind"),
    [({"address": " "}, ErrorClass.RECIPIENT), ({"text": "\n"}, ErrorClass.CONTENT)],
)
def test_nothing_empty_is_sent(
    server: Gateway, empty: dict[str, str], kind: ErrorClass, wire: EventLoop
) -> None:
    assert outcome(HttpSmsChannel(settings(server.url), wire), **empty) == (Verdict.REJECTED, kind)
    assert server.requests == []


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://[", "{{ unknown }}"])
def test_a_wrong_setting_fails_no_message_for_good(url: str, wire: EventLoop) -> None:
    channel = HttpSmsChannel(HttpSmsSettings(url=url), wire)
    assert outcome(channel) == (Verdict.RETRY, ErrorClass.PROVIDER)


def test_one_bad_message_does_not_stop_the_others(server: Gateway, wire: EventLoop) -> None:
    with closing(HttpSmsChannel(settings(server.url), wire)) as channel:
        results = list(channel.submit([message(1), message(2, text=""), message(3)]))
    assert {each.message_id: each.verdict for each in results} == {
        message(1).id: Verdict.ACCEPTED,
        message(2).id: Verdict.REJECTED,
        message(3).id: Verdict.ACCEPTED,
    }
    assert len(results) == 3


def test_neither_number_nor_text_nor_secret_is_logged(
    kannel: Speaking, server: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        outcome(kannel(server.url))
    assert "13800138000" not in caplog.text
    assert "tester" not in caplog.text
    assert (
        "password"
        not in repr(kannel_settings("http://x", sender="1", secrets=SECRETS)).split(
            "url=", maxsplit=1
        )[0]
    )
    assert SECRETS["password"] not in repr(kannel_settings("x", sender="1", secrets=SECRETS))


# ------------------------------------------------------------------ receipts


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("1", MessageState.DELIVERED),
        ("2", MessageState.FAILED),
        ("4", MessageState.ACCEPTED),
        ("8", MessageState.ACCEPTED),
        ("16", MessageState.FAILED),
    ],
)
def test_a_genuine_receipt_is_read(kannel: Speaking, status: str, state: MessageState) -> None:
    with closing(kannel("http://127.0.0.1:1")) as channel:
        receipt = read(channel, message_id="m-1", token=channel.token("m-1"), status=status)
    assert (receipt.message_id, receipt.state, receipt.code) == ("m-1", state, status)


@pytest.mark.parametrize(
    "wrong", [{"token": "0" * 64}, {"token": ""}, {"token": "é"}, {"message_id": "m-2"}]
)
def test_a_receipt_without_its_own_token_is_refused(
    kannel: Speaking, wrong: dict[str, str]
) -> None:
    with closing(kannel("http://127.0.0.1:1")) as channel:
        fields = {"message_id": "m-1", "token": channel.token("m-1"), "status": "1"}
        with pytest.raises(ReceiptRefusedError, match="凭证"):
            read(channel, **{**fields, **wrong})


def test_a_status_that_nobody_taught_us_is_refused(kannel: Speaking) -> None:
    with closing(kannel("http://127.0.0.1:1")) as channel:
        fields = {"message_id": "m-1", "token": channel.token("m-1"), "status": "32"}
        with pytest.raises(ReceiptRefusedError, match="1、2、4、8、16"):
            read(channel, **fields)


def test_without_a_key_no_receipt_is_genuine(wire: EventLoop) -> None:
    with closing(HttpSmsChannel(settings("http://127.0.0.1:1"), wire)) as channel:
        fields = {"message_id": "m-1", "token": channel.token("m-1"), "status": "1"}
        with pytest.raises(ReceiptRefusedError):
            read(channel, **fields)
    with pytest.raises(ValueError, match="receipt_key"):
        HttpSmsChannel(settings("http://127.0.0.1:1", receipt_url="http://x/{{ token }}"), wire)


def test_a_gateway_cannot_be_asked(kannel: Speaking) -> None:
    with closing(kannel("http://127.0.0.1:1")) as channel:
        assert channel.find(message()) is None
