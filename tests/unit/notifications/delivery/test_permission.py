"""Whether a message may go at this moment: expiry, night, suppression, caps, addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifications.delivery.permission import Permission, Rules, unreachable
from notifications.message import Audience, Channel, Message, MessageKind, MessageState
from tests.unit.notifications.high_voltage import local
from tests.unit.notifications.sms import message as a_text_message

NOON = local("2021-09-06 12:00")
HOUR = timedelta(hours=1)
RULES = Rules(cap=3)


def a_message(**facts: Any) -> Message:
    return replace(a_text_message(), state=MessageState.PENDING, address="13000000001", **facts)


def permitted(*messages: Message, at: datetime = NOON, **known: Any) -> Permission:
    return RULES.permit(messages, at, **{"suppressed": frozenset(), "recent": {}, **known})


def test_a_message_is_worthless_at_its_very_expiry() -> None:
    assert permitted(a_message(expires_at=NOON + timedelta(microseconds=1))).granted
    (ended,) = permitted(a_message(expires_at=NOON)).ended
    assert ended.state is MessageState.EXPIRED


@pytest.mark.parametrize(
    ("at", "urgent", "goes"),
    [
        ("2021-09-06 20:59:59", False, True),
        ("2021-09-06 21:00:00", False, False),
        ("2021-09-06 21:00:00", True, True),
        ("2021-09-07 07:59:59", False, False),
        ("2021-09-07 08:00:00", False, True),
    ],
)
def test_at_night_only_what_is_urgent_goes(at: str, urgent: bool, goes: bool) -> None:
    found = permitted(a_message(urgent=urgent), at=local(at))
    assert bool(found.granted) is goes
    if not goes:
        (held,) = found.held
        assert (held.until, held.code) == (local("2021-09-07 08:00"), "")


def test_who_said_no_gets_only_what_the_law_demands() -> None:
    service = a_message()
    estimate = a_message(id="e", kind=MessageKind.OUTAGE)
    outage = a_message(id="o", kind=MessageKind.OUTAGE, by_law=True)
    other = replace(a_message(id="x"), address="13000000002")
    found = permitted(service, estimate, outage, other, suppressed={"13000000001"})
    assert [m.id for m in found.granted] == ["o", "x"]
    assert [(each.message_id, each.state) for each in found.ended] == [
        (service.id, MessageState.SUPPRESSED),
        ("e", MessageState.SUPPRESSED),
    ]


def test_no_cap_and_no_night_holds_what_the_law_demands_past_its_worth() -> None:
    recent = {"13000000001": [NOON - HOUR] * 9}
    announced = a_message(by_law=True, expires_at=local("2021-09-07 08:00"))
    assert permitted(announced, recent=recent).granted
    assert permitted(announced, at=local("2021-09-06 23:00")).granted
    in_time = replace(announced, expires_at=local("2021-09-07 09:00"))
    (held,) = permitted(in_time, at=local("2021-09-06 23:00")).held
    assert held.until == local("2021-09-07 08:00")


def test_a_number_gets_so_many_within_any_24_hours() -> None:
    recent = {"13000000001": [NOON - 23 * HOUR, NOON - 2 * HOUR]}
    messages = [a_message(id=f"m{n}") for n in range(4)]
    found = permitted(*messages, recent=recent)
    assert [m.id for m in found.granted] == ["m0"]
    assert [h.message_id for h in found.held] == ["m1", "m2", "m3"]
    assert {h.until for h in found.held} == {NOON + HOUR}
    assert {h.code for h in found.held} == {"phone_cap"}


def test_beyond_the_cap_one_waits_until_the_window_has_room() -> None:
    recent = {"13000000001": [NOON - k * HOUR for k in (23, 20, 5, 1)]}
    (held,) = permitted(a_message(), recent=recent).held
    assert held.until == NOON + 4 * HOUR  # the two oldest must be gone


def test_what_is_urgent_knows_no_cap_but_counts_for_others() -> None:
    recent = {"13000000001": [NOON - HOUR] * 2}
    urgent, plain = a_message(id="u", urgent=True), a_message(id="p")
    found = permitted(urgent, plain, recent=recent)
    assert [m.id for m in found.granted] == ["u"]
    assert [h.message_id for h in found.held] == ["p"]


def test_the_companys_own_people_are_told_of_every_ticket() -> None:
    recent = {"13000000001": [NOON - HOUR] * 30}
    assert permitted(a_message(audience=Audience.STAFF), recent=recent).granted


def to_a_member(number: int, **facts: Any) -> Message:
    audience = {"channel": Channel.WECOM, "audience": Audience.STAFF}
    return replace(a_message(id=f"w{number}"), **{**audience, "address": "wang", **facts})


def test_a_member_of_staff_gets_no_more_by_wecom_than_wecom_takes_for_one() -> None:
    """It drops the rest in silence, so that even what is urgent waits."""
    messages = [to_a_member(n, urgent=n % 2 == 0) for n in range(40)]
    found = permitted(*messages, to_a_member(99, address="li"))
    assert [m.id for m in found.granted] == [*(f"w{n}" for n in range(30)), "w99"]
    assert {h.code for h in found.held} == {"member_pace"}
    assert {h.until for h in found.held} == {NOON + timedelta(seconds=90)}


def test_what_a_member_got_a_moment_ago_counts() -> None:
    seconds = timedelta(seconds=1)
    recent = {"wang": [NOON - 91 * seconds, *(NOON - n * seconds for n in range(29, 0, -1))]}
    found = permitted(to_a_member(1), to_a_member(2), to_a_member(3), recent=recent)
    assert [m.id for m in found.granted] == ["w1"]
    assert [h.until for h in found.held] == [NOON + 61 * seconds] * 2


def test_a_member_gets_a_thousand_an_hour() -> None:
    recent = {"wang": [NOON - HOUR / 2 + timedelta(seconds=n) for n in range(1000)]}
    (held,) = permitted(to_a_member(1), recent=recent).held
    assert held.until == NOON + HOUR / 2


@pytest.mark.parametrize(
    ("channel", "address", "reachable"),
    [
        (Channel.SMS, "13000000001", True),
        (Channel.SMS, "+8613000000001", True),
        (Channel.SMS, "+85261234567", True),
        (Channel.SMS, "", False),
        (Channel.SMS, " ", False),
        (Channel.SMS, "08752123456", False),
        (Channel.SMS, "1300000000", False),
        (Channel.SMS, "1300000000x", False),
        (Channel.WECHAT, "oAbc-1", True),
        (Channel.WECHAT, "", False),
    ],
)
def test_addresses(channel: Channel, address: str, reachable: bool) -> None:
    message = replace(a_message(), channel=channel, address=address)
    assert (unreachable(message) == "") is reachable
