"""What is handed over together, and how much of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.base import Capabilities
from notifications.delivery.chunks import BROKEN, Chunk, chunk_size, chunks, largest_within_rate
from notifications.message import Channel, Message
from tests.unit.notifications.high_voltage import local
from tests.unit.notifications.sms import message as a_text_message

AT = local("2021-09-06 12:00")


def some(count: int, **facts: Any) -> list[Message]:
    return [replace(a_text_message(), id=f"{facts}-{n}", **facts) for n in range(count)]


def cut(messages: list[Message], size: int = 3) -> list[Chunk]:
    return list(
        chunks(
            messages, AT, provider_of=lambda _: "p", takers_of=lambda _: (), size_of=lambda *_: size
        )
    )


def test_each_chunk_has_one_channel_template_notice_and_urgency() -> None:
    messages = [
        *some(2),
        *some(1, urgent=True),
        *some(1, template_key="other"),
        *some(1, template_version=2),
        *some(1, channel=Channel.WECHAT),
        *some(2, notice_id="n1"),
        *some(1, notice_id="n2"),
    ]
    found = cut(messages)
    assert [len(each.messages) for each in found] == [2, 1, 1, 1, 1, 2, 1]
    assert [each.urgent for each in found][:2] == [False, True]


def test_those_that_failed_with_a_provider_are_kept_apart_so_that_another_one_gets_them() -> None:
    fresh, failed = some(1), some(1, attempts=1, provider="aliyun")
    again = some(1, attempts=2, provider="tencent")
    assert [len(each.messages) for each in cut([*fresh, *failed, *again])] == [1, 1, 1]


def test_a_message_whose_job_failed_goes_alone() -> None:
    broken = some(3, error_code=BROKEN)
    assert [len(each.messages) for each in cut([*broken, *some(2)])] == [1, 1, 1, 2]


@given(st.integers(0, 40), st.integers(1, 7))
def test_every_message_is_in_exactly_one_chunk_of_its_size(count: int, size: int) -> None:
    messages = some(count)
    found = cut(messages, size)
    assert [m for each in found for m in each.messages] == messages
    assert all(len(each.messages) == size for each in found[:-1])
    assert len({each.key for each in found}) == len(found)


def test_a_key_follows_from_message_and_instant() -> None:
    messages = some(2)
    assert [c.key for c in cut(messages)] == [c.key for c in cut(messages)]
    later = chunks(
        messages,
        AT + timedelta(microseconds=1),
        takers_of=lambda _: (),
        provider_of=lambda _: "p",
        size_of=lambda *_: 3,
    )
    assert {c.key for c in cut(messages)}.isdisjoint(c.key for c in later)


@pytest.mark.parametrize(
    ("capabilities", "facts", "size"),
    [
        (Capabilities(), {}, 200),
        (Capabilities(same_params=1000), {}, 200),
        (Capabilities(same_params=1000), {"notice_id": "n"}, 1000),
        (Capabilities(same_params=200), {"notice_id": "n"}, 200),
        (Capabilities(same_params=1), {"notice_id": "n"}, 200),
        (Capabilities(same_params=1_000_000), {"notice_id": "n"}, 1000),
        (Capabilities(per_minute=3000), {}, 50),
        (Capabilities(per_minute=20), {}, 1),
        (Capabilities(same_params=1000), {"notice_id": "n", "error_code": BROKEN}, 1),
    ],
)
def test_sizes(capabilities: Capabilities, facts: dict[str, Any], size: int) -> None:
    (message,) = some(1, **facts)
    assert chunk_size(capabilities, message, 200) == size


@given(st.integers(1, 10_000_000))
def test_a_chunk_is_never_more_than_a_second_takes(per_minute: int) -> None:
    largest = largest_within_rate(per_minute)
    assert 1 <= largest <= 1000
    assert largest == 1 or largest * 60 <= per_minute
