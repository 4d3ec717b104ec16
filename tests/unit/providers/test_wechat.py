"""The official account: tokens that end, ids that are sent once, fields that must fit, events."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from notifications.channels.base import (
    ErrorClass,
    ReceiptRefusedError,
    ReceiptRequest,
    Result,
    Verdict,
)
from notifications.channels.wechat import (
    SUBSCRIPTION_MESSAGES,
    TEMPLATE_MESSAGES,
    WechatChannel,
    WechatKind,
    WechatSettings,
    official_account,
)
from notifications.field_limits import kind_named
from notifications.message import MessageState
from notifications.registrations import RegisteredField, Registration
from tests.application import codes
from tests.simulators import weixin as simulated
from tests.simulators.serving import Fault
from tests.simulators.weixin import Weixin, weixin
from tests.unit.notifications.sms import AT
from tests.unit.providers.registered import Book, personal, wechat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifications.message import Message
    from notifications.wire.event_loop import EventLoop

OPENID = "o-customer-1"


def a_field(name: str, value: str, longest: int = 20) -> RegisteredField:
    kind = kind_named(name)
    assert kind is not None
    return RegisteredField(name=name, value=value, kind=kind, longest=longest)


def registration(kind: WechatKind, **more: Any) -> Registration:
    facts: dict[str, Any] = {
        "provider": kind.name,
        "template_key": "next_stage",
        "template_version": 1,
        "version": 1,
        "code": "tpl-next-stage",
        "link": "https://hd.example/p/{{ ticket_no }}",
        "fields": (
            a_field("character_string1", "{{ ticket_no }}", 32),
            a_field("thing2", "{{ stage }}"),
            a_field("thing3", "{{ due }}"),
        ),
    }
    return Registration(**{**facts, **more})


@pytest.fixture
def account() -> Iterator[Weixin]:
    with weixin() as running:
        yield running


def speaking_to(
    account: Weixin, wire: EventLoop, kind: WechatKind = TEMPLATE_MESSAGES, **more: Any
) -> WechatChannel:
    facts: dict[str, Any] = {
        "app_id": simulated.APP_ID,
        "app_secret": simulated.APP_SECRET,
        "token": simulated.TOKEN,
        "base_url": account.state.url,
        "timeout_s": 5.0,
    }
    settings = WechatSettings(**{**facts, **more})
    book = Book(registration(TEMPLATE_MESSAGES), registration(SUBSCRIPTION_MESSAGES))
    return WechatChannel(settings, official_account(settings, wire), book, kind)


@pytest.fixture(params=[TEMPLATE_MESSAGES, SUBSCRIPTION_MESSAGES], ids=lambda kind: kind.name)
def channel(
    request: pytest.FixtureRequest, account: Weixin, wire: EventLoop
) -> Iterator[WechatChannel]:
    """Each kind of message in turn."""
    with closing(speaking_to(account, wire, request.param)) as connected:
        yield connected


def told(number: int = 1, openid: str = OPENID, **more: Any) -> Message:
    return wechat(personal(number, **more), openid)


def only(channel: WechatChannel, message: Message) -> Result:
    (result,) = channel.submit([message])
    return result


def sends(account: Weixin) -> int:
    return sum("message" in each.path for each in account.state.calls)


# --- handed over ---------------------------------------------------------------------------------


def test_a_message_arrives_with_its_fields_and_link(
    account: Weixin, channel: WechatChannel
) -> None:
    found = only(channel, told())
    assert found.verdict is Verdict.ACCEPTED
    assert found.provider_id == account.taken[0].message_id
    assert "供电方案答复" in account.taken[0].text
    body = account.state.calls[-1].json()
    assert "https://hd.example/p/TC-20210906-0001" in (body.get("url") or body.get("page"))


def test_many_threads_share_one_token(account: Weixin, channel: WechatChannel) -> None:
    found: list[Result] = []
    crowds = [[told(10 * number + each) for each in range(5)] for number in range(6)]
    threads = [Thread(target=lambda c=crowd: found.extend(channel.submit(c))) for crowd in crowds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.verdict for each in found} == {Verdict.ACCEPTED}
    assert len(found) == sends(account) == 30
    assert sum("stable_token" in each.path for each in account.state.calls) == 1


def test_a_token_that_has_ended_is_replaced_once_for_all(
    account: Weixin, channel: WechatChannel
) -> None:
    only(channel, told(1))
    account.official.end()
    found = list(channel.submit([told(number) for number in range(2, 12)]))
    assert {each.verdict for each in found} == {Verdict.ACCEPTED}
    assert len(account.official.lent) == 2
    assert len(account.taken) == 11


def test_a_token_that_is_never_accepted_is_tried_twice_and_no_more(
    account: Weixin, channel: WechatChannel
) -> None:
    only(channel, told(1))
    account.says = {"errcode": 42001, "errmsg": "expired", "access_token": "other"}
    found = only(channel, told(2))
    assert (found.verdict, found.error_class) == (Verdict.RETRY, ErrorClass.AUTH)
    assert sends(account) == 3


def test_a_wrong_secret_sends_nothing(account: Weixin, wire: EventLoop) -> None:
    with closing(speaking_to(account, wire, app_secret="another")) as stranger:
        found = only(stranger, told())
        assert [each.code for each in stranger.check()] == ["provider_check_failed"]
    assert (found.verdict, found.error_class) == (Verdict.RETRY, ErrorClass.AUTH)
    assert sends(account) == 0


def test_credentials_that_work_are_found_to_work(channel: WechatChannel) -> None:
    assert channel.check() == ()


# --- judged --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("happens", "proves"),
    [
        ({"strangers": {OPENID}}, (Verdict.REJECTED, ErrorClass.RECIPIENT, "43004")),
        ({"refusing": {OPENID}}, (Verdict.REJECTED, ErrorClass.RECIPIENT, "43101")),
        ({"banned": {"tpl-next-stage"}}, (Verdict.REJECTED, ErrorClass.CONTENT, "43116")),
        ({"says": {"errcode": -1}}, (Verdict.RETRY, ErrorClass.THROTTLE, "-1")),
        ({"says": {"errcode": 45009}}, (Verdict.RETRY, ErrorClass.QUOTA, "45009")),
        ({"says": {"errcode": 43117}}, (Verdict.RETRY, ErrorClass.FREQUENCY, "43117")),
        ({"says": {"errcode": 99999}}, (Verdict.REJECTED, ErrorClass.CONTENT, "99999")),
        ({"says": {"hello": "proxy"}}, (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME, "200")),
    ],
)
def test_an_answer_proves_what_it_says_and_no_more(
    account: Weixin, channel: WechatChannel, happens: dict[str, Any], proves: tuple[Any, ...]
) -> None:
    only(channel, told(9, "o-another"))
    for name, value in happens.items():
        setattr(account, name, value)
    found = only(channel, told())
    assert (found.verdict, found.error_class, found.code) == proves


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.GARBLED, Fault.HANG_UP])
def test_a_lost_answer_leaves_a_doubt(
    account: Weixin, channel: WechatChannel, fault: Fault
) -> None:
    only(channel, told(9))
    account.state.will(fault)
    assert only(channel, told()).verdict is Verdict.UNKNOWN


def test_what_is_sent_again_after_a_lost_answer_arrives_once(
    account: Weixin, wire: EventLoop
) -> None:
    with closing(speaking_to(account, wire)) as channel:
        only(channel, told(9))
        account.state.will(Fault.HANG_UP)
        assert only(channel, told(attempts=1)).verdict is Verdict.UNKNOWN
        assert only(channel, told(attempts=2)).verdict is Verdict.ACCEPTED
        assert channel.capabilities.idempotent_for is not None
    assert len(account.taken) == 2


def test_somebody_elses_repetition_is_not_taken_for_ours(account: Weixin, wire: EventLoop) -> None:
    with closing(speaking_to(account, wire)) as channel:
        only(channel, told(9))
        account.says = {"errcode": 40241, "errmsg": "The message is duplicate in 60 seconds"}
        assert only(channel, told(attempts=1)).verdict is Verdict.REJECTED


def test_a_subscription_message_may_not_be_repeated(account: Weixin, wire: EventLoop) -> None:
    with closing(speaking_to(account, wire, SUBSCRIPTION_MESSAGES)) as channel:
        only(channel, told())
        assert channel.capabilities.idempotent_for is None
    assert "client_msg_id" not in account.state.calls[-1].json()


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"stage": "长" * 21}, "上限 20"),
        ({"ticket_no": "工单一"}, "不得含有汉字"),
        ({"due": ""}, "为空"),
    ],
)
def test_a_field_that_wechat_would_refuse_or_cut_never_leaves(
    account: Weixin, channel: WechatChannel, params: dict[str, str], problem: str
) -> None:
    found = only(channel, told(params={**personal(1).params, **params}))
    assert (found.verdict, found.code) == (Verdict.REJECTED, "field_unfit")
    assert problem in found.text
    assert account.state.calls == []


# --- events --------------------------------------------------------------------------------------


def request(body: bytes, query: dict[str, str]) -> ReceiptRequest:
    return ReceiptRequest(received_at=AT, query=query, body=body)


def test_wechats_first_call_gets_its_word_back(channel: WechatChannel) -> None:
    parsed = channel.parse_receipts(request(b"", simulated.signed(echostr="echo-77")))
    assert parsed.answer.body == "echo-77"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("success", MessageState.DELIVERED),
        ("failed:user block", MessageState.FAILED),
        ("failed: system failed", MessageState.FAILED),
        ("failed:freq limit", MessageState.FAILED),
        ("failed:never heard of", MessageState.FAILED),
    ],
)
def test_an_event_says_what_became_of_a_message(
    account: Weixin, channel: WechatChannel, status: str, state: MessageState
) -> None:
    found = only(channel, told())
    event = simulated.finished(account.taken[0], status)
    (receipt,) = channel.parse_receipts(request(event, simulated.signed())).receipts
    assert (receipt.provider_id, receipt.address) == (found.provider_id, OPENID)
    assert receipt.state is state


def test_a_subscription_event_says_the_same(account: Weixin, wire: EventLoop) -> None:
    with closing(speaking_to(account, wire, SUBSCRIPTION_MESSAGES)) as channel:
        found = only(channel, told())
        for error, state in (("0", MessageState.DELIVERED), ("1", MessageState.FAILED)):
            event = simulated.subscription_sent(account.taken[0], error)
            parsed = channel.parse_receipts(request(event, simulated.signed()))
            assert [(each.provider_id, each.state) for each in parsed.receipts] == [
                (found.provider_id, state)
            ]


def test_what_somebody_writes_is_a_reply_and_other_events_say_nothing(
    channel: WechatChannel,
) -> None:
    query = simulated.signed()
    (uplink,) = channel.parse_receipts(request(simulated.written(OPENID, "退订"), query)).uplinks
    assert (uplink.address, uplink.text) == (OPENID, "退订")
    parsed = channel.parse_receipts(request(simulated.consent_changed(OPENID), query))
    assert (parsed.receipts, parsed.uplinks, parsed.answer.body) == ((), (), "success")


def test_safe_mode_is_read_and_only_from_wechat_to_us(account: Weixin, wire: EventLoop) -> None:
    event = simulated.written(OPENID, "您好")
    with closing(speaking_to(account, wire, aes_key=simulated.AES_KEY)) as channel:
        (uplink,) = channel.parse_receipts(request(*simulated.encrypted(event))).uplinks
        assert uplink.text == "您好"
        body, query = simulated.encrypted(event)
        for forged in (
            request(event, simulated.signed()),
            request(body, {**query, "msg_signature": "0" * 40}),
            request(*simulated.encrypted(event, app_id="wx-another")),
            request(*simulated.encrypted(event, key="Z" * 43)),
            request(*simulated.encrypted(event, token="another")),
        ):
            with pytest.raises(ReceiptRefusedError) as refused:
                channel.parse_receipts(forged)
            assert codes(refused) == {"receipt_not_genuine"}


@pytest.mark.parametrize("forged", [{"signature": "0" * 40}, {"signature": ""}, {"nonce": "1"}])
def test_an_unsigned_event_is_refused(channel: WechatChannel, forged: dict[str, str]) -> None:
    query = simulated.signed() | forged
    with pytest.raises(ReceiptRefusedError) as refused:
        channel.parse_receipts(request(simulated.written(OPENID, "TD"), query))
    assert codes(refused) == {"receipt_not_genuine"}


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"<xml>", b'<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>']
)
def test_an_event_that_cannot_be_read_is_refused(channel: WechatChannel, body: bytes) -> None:
    with pytest.raises(ReceiptRefusedError) as refused:
        channel.parse_receipts(request(body, simulated.signed()))
    assert codes(refused) == {"receipt_unreadable"}


def test_an_account_without_a_token_believes_nobody(account: Weixin, wire: EventLoop) -> None:
    with (
        closing(speaking_to(account, wire, token="")) as channel,
        pytest.raises(ReceiptRefusedError),
    ):
        channel.parse_receipts(request(b"", simulated.signed("", echostr="x")))


def test_neither_openid_nor_token_nor_secret_is_logged(
    account: Weixin, channel: WechatChannel, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        only(channel, told())
        account.state.will(Fault.HANG_UP)
        only(channel, replace(told(2), text="x"))
    for secret in (OPENID, "token-1", simulated.APP_SECRET, "供电方案答复"):
        assert secret not in caplog.text
