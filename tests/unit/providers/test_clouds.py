"""Aliyun and Tencent through our channels: cut to size, judged by their answers, never repeated."""

from __future__ import annotations

import logging
import socket
from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.clock import system_clock
from notifications.channels.aliyun import AliyunChannel, AliyunSettings
from notifications.channels.base import (
    Checkable,
    ErrorClass,
    InquiryRefusedError,
    ReceiptRefusedError,
    ReceiptRequest,
    Result,
    Verdict,
)
from notifications.channels.tencent import TencentChannel, TencentSettings
from notifications.message import MessageState
from tests.simulators import aliyun as simulated_aliyun
from tests.simulators import tencent as simulated_tencent
from tests.simulators.aliyun import Aliyun, aliyun
from tests.simulators.serving import Fault
from tests.simulators.tencent import Tencent, tencent
from tests.unit.notifications.sms import AT
from tests.unit.providers.registered import book, outage, personal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifications.message import Message
    from notifications.wire.event_loop import EventLoop

Cloud = Aliyun | Tencent
Either = AliyunChannel | TencentChannel


@pytest.fixture(params=["aliyun", "tencent"])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """Each of the two clouds in turn."""
    with (aliyun if request.param == "aliyun" else tencent)() as running:
        yield running


@pytest.fixture
def channel(cloud: Cloud, wire: EventLoop) -> Iterator[Either]:
    with closing(speaking_to(cloud.state.host, cloud, wire)) as connected:
        yield connected


def speaking_to(
    host: str, cloud: Cloud, wire: EventLoop, *, secret: str = "", timeout_s: float = 5.0
) -> Either:
    if isinstance(cloud, Aliyun):
        aliyun_settings = AliyunSettings(
            access_key_id=simulated_aliyun.KEY_ID,
            access_key_secret=secret or simulated_aliyun.SECRET,
            endpoint=host,
            protocol="HTTP",
            timeout_s=timeout_s,
        )
        return AliyunChannel(aliyun_settings, book("aliyun"), wire)
    tencent_settings = TencentSettings(
        secret_id=simulated_tencent.KEY_ID,
        secret_key=secret or simulated_tencent.SECRET,
        app_id=simulated_tencent.APP_ID,
        endpoint=host,
        protocol="http",
        timeout_s=timeout_s,
    )
    return TencentChannel(tencent_settings, book("tencent"), wire)


def results(channel: Either, *messages: Message) -> dict[str, Result]:
    found = list(channel.submit(messages))
    assert sorted(each.message_id for each in found) == sorted(each.id for each in messages)
    return {each.message_id: each for each in found}


def only(channel: Either, message: Message) -> Result:
    (result,) = channel.submit([message])
    return result


def phone(address: str, cloud: Cloud) -> str:
    return address if isinstance(cloud, Aliyun) else f"+86{address}"


# --- handed over ---------------------------------------------------------------------------------


def test_equal_messages_go_together_as_many_as_the_provider_takes(
    cloud: Cloud, channel: Either
) -> None:
    crowd = [outage(number) for number in range(2100)]
    found = results(channel, *crowd)
    assert {each.verdict for each in found.values()} == {Verdict.ACCEPTED}
    assert len(cloud.state.calls) == -(-2100 // channel.capabilities.same_params)
    assert Counter(each.phone for each in cloud.taken) == Counter(
        phone(each.address, cloud) for each in crowd
    )
    assert all(found[each.id].provider_id for each in crowd)


def test_different_messages_are_told_apart(cloud: Cloud, channel: Either) -> None:
    people = [personal(number) for number in range(250)]
    found = results(channel, *people)
    assert {each.verdict for each in found.values()} == {Verdict.ACCEPTED}
    assert len(cloud.state.calls) == -(-250 // channel.capabilities.mixed_params)
    for each in people:
        (text,) = (
            taken.content for taken in cloud.taken if taken.phone == phone(each.address, cloud)
        )
        assert each.params["ticket_no"] in text


def test_a_phone_is_never_twice_in_one_request(cloud: Cloud, channel: Either) -> None:
    twins = [outage(1), outage(2, address=outage(1).address), outage(3)]
    found = results(channel, *twins)
    assert {each.verdict for each in found.values()} == {Verdict.ACCEPTED}
    assert len(cloud.state.calls) == 2
    assert found[twins[0].id].provider_id != found[twins[1].id].provider_id


def test_many_requests_are_on_their_way_at_once(cloud: Cloud, channel: Either) -> None:
    cloud.state.always_slow = True
    people = [personal(number, urgent=True) for number in range(6)]
    results(channel, *people)
    assert cloud.state.most_at_once > 2


def test_what_does_not_fit_never_leaves(cloud: Cloud, channel: Either) -> None:
    odd = [
        personal(1, template_key="energized"),
        personal(2, params={**personal(2).params, "ticket_no": "长" * 36}),
        personal(3, params={"stage": "业务受理"}),
        personal(4, address="0875-1234567"),
        personal(5, params={**personal(5).params, "due": "https://evil.example"}),
        personal(6, address=""),
    ]
    found = results(channel, *odd)
    assert cloud.state.calls == []
    assert {each.verdict for each in found.values()} == {Verdict.REJECTED}
    assert [found[each.id].code for each in odd] == [
        "not_registered",
        "field_unfit",
        "field_unfit",
        "bad_number",
        "field_unfit",
        "bad_number",
    ]
    assert [found[each.id].error_class for each in odd[2:4]] == [
        ErrorClass.CONTENT,
        ErrorClass.RECIPIENT,
    ]


def test_a_field_that_may_be_cut_is_cut(cloud: Cloud, channel: Either) -> None:
    long_stage = {**personal(1).params, "stage": "竣工检验和装表接电环节"}
    assert only(channel, personal(1, params=long_stage)).verdict is Verdict.ACCEPTED
    assert "竣工检验和装表接电…" in cloud.taken[0].content


# --- judged --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "proves"),
    [
        (Fault.THROTTLE, (Verdict.RETRY, ErrorClass.THROTTLE)),
        (Fault.UNAVAILABLE, (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)),
        (Fault.BROKEN, (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)),
        (Fault.GARBLED, (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)),
        (Fault.HANG_UP, (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)),
    ],
)
def test_an_answer_proves_what_it_says_and_no_more(
    cloud: Cloud, channel: Either, fault: Fault, proves: tuple[Verdict, ErrorClass]
) -> None:
    cloud.state.will(fault)
    found = only(channel, personal(1))
    assert (found.verdict, found.error_class) == proves
    assert len(cloud.state.calls) == 1


def test_a_provider_that_never_answers_leaves_a_doubt_and_is_asked_once(
    cloud: Cloud, wire: EventLoop
) -> None:
    cloud.state.will(Fault.HANG)
    with closing(speaking_to(cloud.state.host, cloud, wire, timeout_s=0.3)) as impatient:
        found = only(impatient, personal(1))
    assert found.verdict is Verdict.UNKNOWN
    assert len(cloud.state.calls) == len(cloud.taken) == 1


def test_a_provider_that_is_not_there_was_certainly_not_told(cloud: Cloud, wire: EventLoop) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        with closing(speaking_to(host, cloud, wire)) as nowhere:
            found = only(nowhere, personal(1))
    assert (found.verdict, found.error_class) == (Verdict.RETRY, ErrorClass.PROVIDER)


def test_a_wrong_secret_is_not_the_messages_fault(cloud: Cloud, wire: EventLoop) -> None:
    with closing(speaking_to(cloud.state.host, cloud, wire, secret="another")) as stranger:
        found = only(stranger, personal(1))
        assert isinstance(stranger, Checkable)
        assert [each.code for each in stranger.check()] == ["provider_check_failed"]
    assert (found.verdict, found.error_class) == (Verdict.RETRY, ErrorClass.AUTH)


def test_credentials_that_work_are_found_to_work(channel: Either) -> None:
    assert channel.check() == ()


def test_an_empty_account_keeps_its_messages(cloud: Cloud, channel: Either) -> None:
    cloud.balance = 0
    found = only(channel, personal(1))
    assert (found.verdict, found.error_class) == (Verdict.RETRY, ErrorClass.ACCOUNT)
    assert "余" in found.text


def test_one_bad_number_does_not_stop_the_others(cloud: Cloud, channel: Either) -> None:
    crowd = [outage(number) for number in range(150)]
    crowd[77] = outage(77, address="11012345678")
    found = results(channel, *crowd)
    bad = found.pop(crowd[77].id)
    assert (bad.verdict, bad.error_class) == (Verdict.REJECTED, ErrorClass.RECIPIENT)
    assert {each.verdict for each in found.values()} == {Verdict.ACCEPTED}
    assert len(cloud.taken) == len({each.phone for each in cloud.taken}) == 149


def test_a_person_who_has_had_too_many_waits_and_speaks_not_against_the_provider(
    cloud: Cloud, channel: Either
) -> None:
    if isinstance(cloud, Aliyun):
        cloud.per_number = 0
    else:
        cloud.per_day = 0
    found = only(channel, personal(1))
    assert (found.verdict, found.error_class) == (Verdict.RETRY, ErrorClass.FREQUENCY)
    assert not ErrorClass.FREQUENCY.speaks_against_provider


def test_a_code_that_nobody_taught_us_stops_the_message_and_is_logged(
    wire: EventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    with tencent() as cloud, closing(speaking_to(cloud.state.host, cloud, wire)) as channel:
        cloud._problem = lambda *_: "FailedOperation.Unheard"  # type: ignore[method-assign]  # noqa: SLF001
        found = only(channel, personal(1))
    assert (found.verdict, found.error_class) == (Verdict.REJECTED, ErrorClass.CONTENT)
    assert "FailedOperation.Unheard" in caplog.text


# --- asked later ---------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [personal(1), outage(1)], ids=["personal", "outage"])
def test_a_doubt_is_settled_by_asking(cloud: Cloud, wire: EventLoop, told: Message) -> None:
    told = claimed_now(told)
    cloud.state.will(Fault.HANG)
    with closing(speaking_to(cloud.state.host, cloud, wire, timeout_s=0.3)) as channel:
        assert only(channel, told).verdict is Verdict.UNKNOWN
        waiting = channel.find(told)
        cloud.report(*cloud.taken)  # type: ignore[arg-type]
        found = channel.find(told)
    # Tencent lists only what the carriers have reported.
    assert waiting is None or waiting.verdict is Verdict.ACCEPTED
    assert found is not None
    assert found.verdict is Verdict.DELIVERED


def test_in_a_mixed_request_a_doubt_is_settled_by_what_was_read(wire: EventLoop) -> None:
    people = [claimed_now(personal(number)) for number in range(3)]
    with aliyun() as cloud, closing(speaking_to(cloud.state.host, cloud, wire)) as channel:
        cloud.state.will(Fault.HANG_UP)
        assert {each.verdict for each in results(channel, *people).values()} == {Verdict.UNKNOWN}
        cloud.report(*cloud.taken, failed=(people[1].address,))
        found = [channel.find(each) for each in people]
        other = channel.find(claimed_now(personal(1, params=personal(9).params)))
    verdicts = [each and each.verdict for each in found]
    assert verdicts == [Verdict.DELIVERED, Verdict.REJECTED, Verdict.DELIVERED]
    assert other is None


def test_of_a_message_that_never_came_nothing_is_known(channel: Either) -> None:
    assert channel.find(claimed_now(personal(1))) is None


@pytest.mark.parametrize("fault", [Fault.THROTTLE, Fault.UNAVAILABLE, Fault.HANG_UP])
def test_a_question_that_is_not_answered_says_nothing_of_the_message(
    cloud: Cloud, channel: Either, fault: Fault
) -> None:
    """Whoever took that for an answer would never ask again."""
    told = claimed_now(personal(1, urgent=True))
    only(channel, told)
    cloud.report(*cloud.taken)  # type: ignore[arg-type]
    cloud.state.will(fault)
    with pytest.raises(Exception, match=r".+"):
        channel.find(told)
    found = channel.find(told)
    assert found is not None
    assert found.verdict is Verdict.DELIVERED


def test_a_refusal_of_aliyun_within_an_answer_is_no_answer_either(
    wire: EventLoop, caplog: pytest.LogCaptureFixture
) -> None:
    with aliyun() as cloud, closing(speaking_to(cloud.state.host, cloud, wire)) as channel:
        told = claimed_now(personal(1, urgent=True))
        only(channel, told)
        cloud.keeps_back = "isp.SYSTEM_ERROR"
        with pytest.raises(InquiryRefusedError):
            channel.find(told)
        # Who may never ask learns nothing, however often; the doubt stays for a person.
        cloud.keeps_back = "isp.RAM_PERMISSION_DENY"
        assert channel.find(told) is None
    assert "isp.RAM_PERMISSION_DENY" in caplog.text


# --- reported ------------------------------------------------------------------------------------


def test_reports_name_the_message_they_are_about(cloud: Cloud, channel: Either) -> None:
    people = [personal(1, urgent=True), personal(2, urgent=True), outage(3), outage(4)]
    found = results(channel, *people)
    taken = sorted(cloud.taken, key=lambda each: each.phone)
    body = cloud.report(*taken, failed=(phone(people[1].address, cloud),))  # type: ignore[arg-type]
    parsed = channel.parse_receipts(ReceiptRequest(received_at=AT, body=body))
    by_phone = {each.address: each for each in parsed.receipts}
    for each in people:
        receipt = by_phone[each.address]
        if receipt.message_id:
            assert receipt.message_id == each.id
        assert receipt.provider_id == found[each.id].provider_id
        expected = MessageState.FAILED if each is people[1] else MessageState.DELIVERED
        assert receipt.state is expected
    assert parsed.uplinks == ()


def test_each_provider_gets_the_answer_it_expects(cloud: Cloud, channel: Either) -> None:
    parsed = channel.parse_receipts(ReceiptRequest(received_at=AT, body=b"[]"))
    expected = (
        '{"code":0,"msg":"接收成功"}' if isinstance(cloud, Aliyun) else '{"result":0,"errmsg":"OK"}'
    )
    assert parsed.answer.body == expected
    assert parsed.answer.content_type.startswith("application/json")


def test_replies_are_read(cloud: Cloud, channel: Either) -> None:
    module = simulated_aliyun if isinstance(cloud, Aliyun) else simulated_tencent
    body = module.reply_of("13800138000", "TD")
    parsed = channel.parse_receipts(ReceiptRequest(received_at=AT, body=body))
    assert [(each.address, each.text) for each in parsed.uplinks] == [("13800138000", "TD")]
    assert parsed.receipts == ()


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"', b"\xff"])
def test_a_report_that_cannot_be_read_is_refused(channel: Either, body: bytes) -> None:
    with pytest.raises(ReceiptRefusedError):
        channel.parse_receipts(ReceiptRequest(received_at=AT, body=body))


def test_neither_number_nor_text_nor_secret_is_logged(
    cloud: Cloud, channel: Either, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        results(channel, personal(1), outage(2))
        channel.find(claimed_now(personal(1)))
        cloud.state.will(Fault.HANG_UP)
        only(channel, personal(3))
    for secret in ("13800000001", "13900000002", "13800000003", "和畅", "a secret"):
        assert secret not in caplog.text


def claimed_now(told: Message) -> Message:
    return replace(told, claimed_at=system_clock())
