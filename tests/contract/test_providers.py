"""Providers: how they stand, what they did, one who changes them at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from notifications.carriage import ProviderStanding, Traffic
from notifications.message import Channel, MessageState
from tests.contract.builders import AT, a_message

if TYPE_CHECKING:
    from storage.database import Database

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
S = MessageState


def a_provider(name: str = "aliyun", **facts: Any) -> ProviderStanding:
    return ProviderStanding(
        **{"channel": Channel.SMS, "name": name, "weight": 60, "resting_weight": 60, **facts}
    )


def test_a_provider_comes_back_as_it_went_in(database: Database) -> None:
    full = a_provider(
        lowered_at=AT, changed_at=AT, blocked_until=AT, paused_by="chief", reason="欠费"
    )
    other = a_provider("tencent", weight=40, resting_weight=40)
    elsewhere = a_provider(channel=Channel.WECHAT)
    with database.writing() as work:
        assert work.providers.add(other)
        assert work.providers.add(full)
        assert work.providers.add(elsewhere)
        assert not work.providers.add(replace(full, weight=1))
        assert work.providers.of_channel(Channel.SMS) == [full, other]
        assert work.providers.all() == [full, other, elsewhere]
        changed = a_provider(weight=50, reason="51 faults")
        work.providers.change(changed)
        assert work.providers.of_channel(Channel.SMS, locked=True) == [changed, other]
        assert work.providers.of_channel(Channel.WECHAT) == [elsewhere]


def test_whoever_changes_weights_is_alone(database: Database) -> None:
    with database.writing() as work:
        work.providers.add(a_provider(weight=0))
        work.commit()

    def gain() -> None:
        with database.writing() as work:
            (standing,) = work.providers.of_channel(Channel.SMS, locked=True)
            work.providers.change(replace(standing, weight=standing.weight + 1))
            work.commit()

    with ThreadPoolExecutor(4) as threads:
        for future in [threads.submit(gain) for _ in range(20)]:
            future.result()
    with database.reading() as work:
        assert work.providers.all()[0].weight == 20


def test_faults_of_the_last_minute_are_added_up(database: Database) -> None:
    with database.writing() as work:
        count = work.providers.count
        count(Channel.SMS, "aliyun", AT - 71 * SECOND, accepted=0, faults=100)
        count(Channel.SMS, "aliyun", AT - 40 * SECOND, accepted=5, faults=20)
        count(Channel.SMS, "aliyun", AT, accepted=0, faults=2)
        count(Channel.SMS, "aliyun", AT + SECOND, accepted=0, faults=3)
        count(Channel.SMS, "tencent", AT, accepted=1, faults=0)
        count(Channel.WECHAT, "aliyun", AT, accepted=0, faults=50)
        assert work.providers.traffic(Channel.SMS, AT + SECOND, ["aliyun"]) == {
            "aliyun": Traffic(faults=25),
            "tencent": Traffic(),
        }
        assert work.providers.forget_traffic(AT - MINUTE) == 1


def test_slow_is_what_took_or_takes_more_than_five_minutes(database: Database) -> None:
    def sent(state: S, claimed: timedelta, settled: timedelta | None = None) -> Any:
        return a_message(
            state=state,
            provider="aliyun",
            claimed_at=AT - claimed,
            settled_at=None if settled is None else AT - settled,
        )

    quick = sent(S.DELIVERED, 10 * MINUTE, 5 * MINUTE)
    slow = sent(S.DELIVERED, 10 * MINUTE, 4 * MINUTE)
    waiting_long = sent(S.ACCEPTED, 6 * MINUTE, 6 * MINUTE)
    just_sent = sent(S.ACCEPTED, 1 * MINUTE, 1 * MINUTE)
    long_ago = sent(S.DELIVERED, 16 * MINUTE, 1 * MINUTE)
    refused = sent(S.FAILED, 6 * MINUTE, 6 * MINUTE)
    with database.writing() as work:
        work.outbox.add([quick, slow, waiting_long, just_sent, long_ago, refused])
        traffic = work.providers.traffic
        known = Traffic(handed_over=3, slow=2)
        assert traffic(Channel.SMS, AT, ["other", "aliyun"]) == {"aliyun": known}
        assert traffic(Channel.WECHAT, AT, ["aliyun"]) == {}
        # Who reports nothing leaves every message accepted: that is no slowness.
        only_delivered = Traffic(handed_over=2, slow=1)
        assert traffic(Channel.SMS, AT, ["other"]) == {"aliyun": only_delivered}
        assert traffic(Channel.SMS, AT, []) == {"aliyun": only_delivered}
