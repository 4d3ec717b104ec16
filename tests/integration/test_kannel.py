"""The HTTP gateway channel against a real SMS gateway, from the text to the handset's receipt."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import pytest

from notifications.channels.base import ErrorClass, ReceiptRequest, Verdict
from notifications.channels.http_sms import HttpSmsChannel
from notifications.channels.kannel import kannel_settings
from notifications.message import MessageState, segments
from tests.kannel import PASSWORD, USERNAME, Kannel, kannel
from tests.unit.notifications.sms import AT, Gateway, Request, gateway, message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from notifications.wire.event_loop import EventLoop

pytestmark = [pytest.mark.kannel, pytest.mark.slow, pytest.mark.xdist_group("kannel")]

SENTENCE = "您的用电申请已受理，下一环节：供电方案答复，4 个工作日内，2021-09-10 前。"
TEXT = SENTENCE * 2 + "监管热线12398。"


@pytest.fixture
def sms_gateway(tmp_path: Path) -> Iterator[Kannel]:
    with kannel(tmp_path) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Gateway]:
    """Where receipts arrive."""
    with gateway() as running:
        yield running


@pytest.fixture
def channel(sms_gateway: Kannel, receiver: Gateway, wire: EventLoop) -> Iterator[HttpSmsChannel]:
    with closing(connected(sms_gateway, receiver, wire)) as connection:
        yield connection


def connected(
    sms_gateway: Kannel, receiver: Gateway, wire: EventLoop, password: str = PASSWORD
) -> HttpSmsChannel:
    return HttpSmsChannel(
        kannel_settings(
            sms_gateway.url,
            sender="95598",
            secrets={"username": USERNAME, "password": password},
            receipt_base=f"{receiver.url}/receipts/sms",
            receipt_key="a key that only we know",
        ),
        wire,
    )


def state_after(
    channel: HttpSmsChannel, message_id: str, first: MessageState, receipts: list[Request]
) -> MessageState:
    """The message's state once its receipts are applied in the order in which they came."""
    state = first
    for each in receipts:
        _, _, _, about, token = each.path.split("/")
        fields = {"message_id": about, "token": token, **each.query}
        request = ReceiptRequest(received_at=AT, query=fields)
        (receipt,) = channel.parse_receipts(request).receipts
        if receipt.message_id == message_id and state.may_become(receipt.state):
            state = receipt.state
    return state


def received_texts(log: str) -> list[str]:
    """What the message centre got, part by part, decoded as UCS-2."""
    parts = re.findall(r"Got message \d+: <\S+ \S+ (?:ucs-2|udh \S+ data) (\S+)>", log)
    return [unquote_to_bytes(part.replace("+", " ")).decode("utf-16-be") for part in parts]


def test_a_chinese_text_of_two_parts_arrives_whole_and_is_receipted(
    sms_gateway: Kannel, receiver: Gateway, channel: HttpSmsChannel
) -> None:
    sms_gateway.centre_up()
    (result,) = channel.submit([message(text=TEXT)])
    assert result.verdict is Verdict.ACCEPTED
    receipts = receiver.wait_for(2)
    assert {each.query["status"] for each in receipts} == {"8", "1"}
    assert state_after(channel, message().id, result.verdict.state, receipts) is (
        MessageState.DELIVERED
    )
    sms_gateway.wait_until(lambda: "".join(received_texts(sms_gateway.centre_received())) == TEXT)
    assert len(received_texts(sms_gateway.centre_received())) == segments(TEXT) == 2


def test_a_number_that_cannot_be_routed_fails_for_good(
    sms_gateway: Kannel, receiver: Gateway, channel: HttpSmsChannel
) -> None:
    sms_gateway.centre_up()
    (result,) = channel.submit([message(address="19912345678")])
    assert (result.verdict, result.error_class) == (Verdict.REJECTED, ErrorClass.RECIPIENT)
    assert result.code == "403"
    receipts = receiver.wait_for(1)
    assert [each.query["status"] for each in receipts] == ["16"]
    assert state_after(channel, message().id, result.verdict.state, receipts) is (
        MessageState.FAILED
    )


def test_a_wrong_password_is_not_the_messages_fault(
    sms_gateway: Kannel, receiver: Gateway, wire: EventLoop
) -> None:
    with closing(connected(sms_gateway, receiver, wire, password="wrong")) as refused:
        (result,) = refused.submit([message()])
    assert (result.verdict, result.error_class) == (Verdict.RETRY, ErrorClass.AUTH)


def test_what_is_queued_while_the_centre_is_down_counts_as_accepted_and_is_delivered_later(
    sms_gateway: Kannel, receiver: Gateway, channel: HttpSmsChannel
) -> None:
    results = list(channel.submit([message(1), message(2)]))
    assert [each.verdict for each in results] == [Verdict.ACCEPTED, Verdict.ACCEPTED]
    assert all(each.text.startswith("3: Queued") for each in results)
    assert receiver.requests == []
    sms_gateway.centre_up()
    receipts = receiver.wait_for(4)
    for number in (1, 2):
        state = state_after(channel, message(number).id, MessageState.ACCEPTED, receipts)
        assert state is MessageState.DELIVERED


def test_three_hundred_messages_go_out_at_once_and_each_is_receipted(
    sms_gateway: Kannel, receiver: Gateway, channel: HttpSmsChannel
) -> None:
    sms_gateway.centre_up()
    crowd = [message(number) for number in range(300)]
    results = list(channel.submit(crowd))
    assert {each.verdict for each in results} == {Verdict.ACCEPTED}
    assert len({each.message_id for each in results}) == 300
    receipts = receiver.wait_for(600)
    delivered = {each.path.split("/")[3] for each in receipts if each.query["status"] == "1"}
    assert delivered == {each.id for each in crowd}


def test_who_writes_td_is_heard(tmp_path: Path, receiver: Gateway, wire: EventLoop) -> None:
    with kannel(tmp_path, f"{receiver.url}/receipts/kannel/secret") as running:
        running.centre_up(reply="8613800138000 TD")
        (call,) = receiver.wait_for(1)
        with closing(connected(running, receiver, wire)) as channel:
            request = ReceiptRequest(received_at=AT, query=call.query)
            (uplink,) = channel.parse_receipts(request).uplinks
    assert (uplink.address, uplink.text) == ("13800138000", "TD")
    assert uplink.sequence
