"""A text message instead of a WeChat message: one, whatever comes late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.channels.base import ErrorClass
from notifications.delivery.fallback import (
    MAY_COME_TWICE,
    cannot_wait,
    fallback_of,
    gives_way,
    may_fall_back,
)
from notifications.message import Channel, Message, MessageState
from tests.unit.notifications.high_voltage import local
from tests.unit.notifications.sms import message as a_text_message

AT = local("2021-09-06 12:00")


def by_wechat(**facts: object) -> Message:
    message = replace(
        a_text_message(),
        channel=Channel.WECHAT,
        address="openid",
        fallback_address="13000000001",
        dedupe_key="TC-1:3:energized:customer:customer:wechat",
        state=MessageState.FAILED,
        attempts=2,
        claimed_at=AT - timedelta(minutes=1),
        provider="wechat",
        error_code="43004",
        expires_at=AT + timedelta(hours=1),
        topic="promise:TC-1",
    )
    return replace(message, **facts)  # type: ignore[arg-type]


def test_it_is_the_same_message_by_telephone_number() -> None:
    parent = by_wechat()
    child = fallback_of(parent, AT, in_doubt=False)
    assert child.dedupe_key == parent.dedupe_key + ":sms"
    assert child.id != parent.id
    assert (child.channel, child.address, child.text) == (Channel.SMS, "13000000001", parent.text)
    assert (child.state, child.attempts, child.claimed_at) == (MessageState.PENDING, 0, None)
    assert (child.provider, child.error_code, child.not_before) == ("", "", AT)
    assert (child.expires_at, child.topic, child.urgent) == (
        parent.expires_at,
        parent.topic,
        parent.urgent,
    )


def test_whoever_asks_again_gets_the_same_one() -> None:
    first = fallback_of(by_wechat(), AT, in_doubt=False)
    later = fallback_of(by_wechat(), AT + timedelta(hours=1), in_doubt=True)
    assert (first.id, first.dedupe_key) == (later.id, later.dedupe_key)


def test_in_doubt_it_says_that_it_may_come_twice() -> None:
    child = fallback_of(by_wechat(notice_id="n1"), AT, in_doubt=True)
    assert child.text.endswith(MAY_COME_TWICE)
    assert child.notice_id is None  # its words are its own now


def test_whatever_is_no_text_message_falls_back_once_if_there_is_a_number() -> None:
    assert may_fall_back(by_wechat())
    assert may_fall_back(by_wechat(channel=Channel.WECOM))
    assert not may_fall_back(by_wechat(fallback_address=""))
    assert not may_fall_back(by_wechat(channel=Channel.SMS))
    assert not may_fall_back(fallback_of(by_wechat(), AT, in_doubt=False))


@pytest.mark.parametrize(
    ("refusal", "urgent", "gives"),
    [
        (ErrorClass.QUOTA, False, True),
        (ErrorClass.QUOTA, True, True),
        (ErrorClass.FREQUENCY, True, True),
        (ErrorClass.FREQUENCY, False, False),
        (ErrorClass.THROTTLE, True, False),
        (ErrorClass.AUTH, True, False),
        (None, True, False),
    ],
)
def test_after_which_refusals_it_goes_instead_of_another_attempt(
    refusal: ErrorClass | None, urgent: bool, gives: bool
) -> None:
    assert gives_way(by_wechat(urgent=urgent), refusal) is gives
    assert not gives_way(by_wechat(urgent=urgent, fallback_address=""), refusal)


@pytest.mark.parametrize(
    ("minutes", "urgent", "goes"),
    [(5, True, False), (5.1, True, True), (60, False, False), (60.1, False, True)],
)
def test_how_long_a_message_waits_for_somebody_who_may_carry_it(
    minutes: float, urgent: bool, goes: bool
) -> None:
    until = AT + timedelta(minutes=minutes)
    assert cannot_wait(by_wechat(urgent=urgent), until, AT) is goes
    assert not cannot_wait(by_wechat(urgent=urgent, fallback_address=""), until, AT)
    assert not cannot_wait(by_wechat(urgent=urgent), None, AT)
