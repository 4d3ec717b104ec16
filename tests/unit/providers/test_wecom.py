"""The work account: members, robots, and their limits."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from notifications.channels.base import (
    ErrorClass,
    ReceiptRefusedError,
    ReceiptRequest,
    Result,
    Verdict,
)
from notifications.channels.wecom import WecomChannel, WecomRobotChannel, WecomSettings
from notifications.message import Audience, Channel
from tests.simulators import weixin as simulated
from tests.simulators.serving import Fault
from tests.simulators.weixin import Weixin, weixin
from tests.unit.notifications.sms import AT, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifications.message import Message
    from notifications.wire.event_loop import EventLoop

LONG = "长" * 683
"""2049 bytes."""


@pytest.fixture
def account() -> Iterator[Weixin]:
    with weixin() as running:
        yield running


@pytest.fixture
def members(account: Weixin, wire: EventLoop) -> Iterator[WecomChannel]:
    with closing(WecomChannel(settings(account), wire)) as connected:
        yield connected


@pytest.fixture
def robot(account: Weixin, wire: EventLoop) -> Iterator[WecomRobotChannel]:
    keys = {"tengchong": simulated.ROBOT_KEY, "longling": "a key that was withdrawn"}
    with closing(WecomRobotChannel(keys, wire, account.state.url)) as connected:
        yield connected


def settings(account: Weixin, **more: Any) -> WecomSettings:
    facts: dict[str, Any] = {
        "corp_id": simulated.CORP_ID,
        "secret": simulated.CORP_SECRET,
        "agent_id": simulated.AGENT_ID,
        "base_url": account.state.url,
    }
    return WecomSettings(**{**facts, **more})


def to(address: str, number: int = 1, **more: Any) -> Message:
    facts: dict[str, Any] = {"channel": Channel.WECOM, "audience": Audience.STAFF}
    facts["address"] = address
    return message(number, **{**facts, **more})


def only(channel: WecomChannel | WecomRobotChannel, told: Message) -> Result:
    (result,) = channel.submit([told])
    return result


def test_members_are_told_one_by_one(account: Weixin, members: WecomChannel) -> None:
    found = list(members.submit([to("wang", 1), to("li", 2)]))
    assert {each.verdict for each in found} == {Verdict.ACCEPTED}
    assert {each.to for each in account.taken} == {"wang", "li"}
    assert len(account.work.lent) == 1


def test_what_is_sent_again_after_a_lost_answer_arrives_once(
    account: Weixin, members: WecomChannel
) -> None:
    only(members, to("li", 9, text="另一条"))
    account.state.will(Fault.HANG_UP)
    assert only(members, to("wang")).verdict is Verdict.UNKNOWN
    assert only(members, to("wang")).verdict is Verdict.ACCEPTED
    assert members.capabilities.idempotent_for is not None
    assert [each.to for each in account.taken] == ["li", "wang"]


def test_who_is_no_member_is_told_apart(members: WecomChannel) -> None:
    found = {each.message_id: each for each in members.submit([to("wang", 1), to("zhao", 2)])}
    gone = found[to("zhao", 2).id]
    assert (gone.verdict, gone.error_class) == (Verdict.REJECTED, ErrorClass.RECIPIENT)
    assert found[to("wang", 1).id].verdict is Verdict.ACCEPTED


def test_members_whom_wecom_passes_over_are_not_called_told(
    account: Weixin, members: WecomChannel
) -> None:
    only(members, to("wang", 9))
    account.says = {"errcode": 0, "errmsg": "ok", "invaliduser": "li", "msgid": "M"}
    found = only(members, to("li"))
    assert (found.verdict, found.code) == (Verdict.REJECTED, "invaliduser")


def test_a_token_that_has_ended_is_replaced(account: Weixin, members: WecomChannel) -> None:
    only(members, to("wang", 1))
    account.work.end()
    assert only(members, to("wang", 2, text="第二条")).verdict is Verdict.ACCEPTED
    assert len(account.work.lent) == 2


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"address": ""}, ErrorClass.RECIPIENT),
        ({"text": LONG}, ErrorClass.CONTENT),
        ({"text": " "}, ErrorClass.CONTENT),
    ],
)
def test_what_does_not_fit_never_leaves(
    account: Weixin,
    members: WecomChannel,
    robot: WecomRobotChannel,
    wrong: dict[str, Any],
    kind: ErrorClass,
) -> None:
    assert only(members, replace(to("wang"), **wrong)).error_class is kind
    assert only(robot, replace(to("tengchong"), **wrong)).error_class is kind
    assert account.state.calls == []


def test_a_text_that_is_too_long_is_refused_before_it_is_queued(
    members: WecomChannel, robot: WecomRobotChannel
) -> None:
    for channel in (members, robot):
        assert channel.validate(to("wang", text="短")) == ()
        assert [each.code for each in channel.validate(to("wang", text=LONG))] == ["text_unfit"]


def test_a_wrong_secret_sends_nothing(account: Weixin, wire: EventLoop) -> None:
    with closing(WecomChannel(settings(account, secret="another"), wire)) as stranger:
        assert only(stranger, to("wang")).error_class is ErrorClass.AUTH
        assert len(stranger.check()) == 1
    assert account.taken == []


def test_credentials_that_work_are_found_to_work(members: WecomChannel) -> None:
    assert members.check() == ()


def test_a_robot_speaks_twenty_times_a_minute(account: Weixin, robot: WecomRobotChannel) -> None:
    found = list(robot.submit([to("tengchong", number) for number in range(22)]))
    assert [each.verdict for each in found] == [Verdict.ACCEPTED] * 20 + [Verdict.RETRY] * 2
    assert found[-1].error_class is ErrorClass.THROTTLE
    assert robot.capabilities.per_minute == 20
    account.pass_a_minute()
    assert only(robot, to("tengchong", 99)).verdict is Verdict.ACCEPTED


def test_a_group_without_a_robot_is_nobody(account: Weixin, robot: WecomRobotChannel) -> None:
    assert only(robot, to("changning")).error_class is ErrorClass.RECIPIENT
    assert account.state.calls == []


def test_a_robot_that_was_removed_is_its_groups_trouble_only(robot: WecomRobotChannel) -> None:
    removed = only(robot, to("longling"))
    assert (removed.error_class, removed.code) == (ErrorClass.RECIPIENT, "93000")
    assert not removed.error_class.speaks_against_provider
    assert "机器人" in removed.text
    assert only(robot, to("tengchong")).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.GARBLED, Fault.HANG_UP])
def test_a_lost_answer_of_a_robot_leaves_a_doubt(
    account: Weixin, robot: WecomRobotChannel, fault: Fault
) -> None:
    account.state.will(fault)
    assert only(robot, to("tengchong")).verdict is Verdict.UNKNOWN
    assert robot.capabilities.idempotent_for is None


def test_neither_gives_receipts(members: WecomChannel, robot: WecomRobotChannel) -> None:
    for channel in (members, robot):
        assert channel.find(to("wang")) is None
        with pytest.raises(ReceiptRefusedError):
            channel.parse_receipts(ReceiptRequest(received_at=AT))
