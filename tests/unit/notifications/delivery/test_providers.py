"""Who carries a message: shares by weight, failover by own faults only, recovery in steps."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.carriage import ProviderStanding, Traffic
from notifications.channels.base import ErrorClass
from notifications.delivery.providers import (
    block,
    choose,
    resting_weights,
    tended,
    usable_again,
)
from notifications.message import Channel
from tests.unit.notifications.high_voltage import local

AT = local("2021-09-06 12:00")
MINUTE = timedelta(minutes=1)
LOTS = [uuid5(UUID(int=1), str(n)) for n in range(2000)]


def a_provider(name: str = "a", weight: int = 60, **facts: Any) -> ProviderStanding:
    resting = facts.pop("resting_weight", weight)
    return ProviderStanding(
        channel=Channel.SMS, name=name, weight=weight, resting_weight=resting, **facts
    )


def weights(
    standings: list[ProviderStanding], changed: tuple[ProviderStanding, ...]
) -> dict[str, int]:
    return {each.name: each.weight for each in (*standings, *changed)}


# --- choosing ----------------------------------------------------------------------------------


def shares(*standings: ProviderStanding, avoid: str = "") -> Counter[str]:
    found = (choose(standings, lot, AT, avoid=avoid) for lot in LOTS)
    return Counter(each.name if each else "" for each in found)


def test_each_gets_its_share() -> None:
    found = shares(a_provider("a", 60), a_provider("b", 40))
    assert 0.55 < found["a"] / len(LOTS) < 0.65


def test_the_same_lot_goes_to_the_same_one_whatever_the_order() -> None:
    a, b = a_provider("a", 60), a_provider("b", 40)
    assert all(choose([a, b], lot, AT) == choose([b, a], lot, AT) for lot in LOTS)


def test_weight_nought_is_chosen_only_if_there_is_no_other() -> None:
    none, all_of_it = a_provider("a", 0), a_provider("b", 100)
    assert shares(none, all_of_it) == {"b": len(LOTS)}
    assert shares(none) == {"a": len(LOTS)}


def test_who_is_paused_or_blocked_gets_nothing() -> None:
    paused = a_provider("a", paused_by="chief")
    blocked = a_provider("b", blocked_until=AT + MINUTE)
    free = a_provider("c", blocked_until=AT)
    assert shares(paused, blocked, free) == {"c": len(LOTS)}
    assert shares(paused, blocked) == {"": len(LOTS)}


def test_who_just_failed_is_avoided_if_there_is_another() -> None:
    a, b = a_provider("a"), a_provider("b", 40)
    assert shares(a, b, avoid="a") == {"b": len(LOTS)}
    assert shares(a, avoid="a") == {"a": len(LOTS)}
    assert shares(a, replace(b, paused_by="chief"), avoid="a") == {"a": len(LOTS)}


def test_weights_at_rest() -> None:
    assert resting_weights(["a"], {}) == {"a": 100}
    assert resting_weights(["a", "b"], {}) == {"a": 60, "b": 40}
    assert resting_weights(["a", "b"], {"b": 90, "x": 1}) == {"a": 60, "b": 90}
    assert sum(resting_weights(list("abcde"), {}).values()) == 100


# --- failing over ------------------------------------------------------------------------------


def pair(**facts: Any) -> list[ProviderStanding]:
    return [a_provider("a", 60, **facts), a_provider("b", 40)]


def test_more_than_fifty_own_faults_a_minute_cost_ten_points() -> None:
    standings = pair()
    assert tended(standings, {"a": Traffic(faults=50)}, AT) == ()
    changed = tended(standings, {"a": Traffic(faults=51)}, AT)
    assert weights(standings, changed) == {"a": 50, "b": 50}
    assert changed[0].reason == "51 faults within a minute"
    assert changed[0].lowered_at == AT


def test_at_most_once_a_minute_and_never_below_nought() -> None:
    faulty = {"a": Traffic(faults=999)}
    assert tended(pair(lowered_at=AT - MINUTE + timedelta(seconds=1)), faulty, AT) == ()
    assert tended(pair(lowered_at=AT - MINUTE), faulty, AT)
    nearly = [a_provider("a", 4, resting_weight=60), a_provider("b", 96, resting_weight=40)]
    assert weights(nearly, tended(nearly, faulty, AT)) == {"a": 0, "b": 100}
    gone = [a_provider("a", 0, resting_weight=60, lowered_at=AT), a_provider("b", 100)]
    assert tended(gone, faulty, AT) == ()


@pytest.mark.parametrize(
    ("handed_over", "slow", "moves"),
    [(20, 3, True), (20, 2, False), (19, 19, False), (0, 0, False)],
)
def test_slow_delivery_costs_ten_points_too(handed_over: int, slow: int, moves: bool) -> None:
    traffic = {"a": Traffic(handed_over=handed_over, slow=slow)}
    assert bool(tended(pair(), traffic, AT)) is moves


def test_if_all_are_slow_nobody_is_to_blame() -> None:
    slow = Traffic(handed_over=100, slow=50)
    assert tended(pair(), {"a": slow, "b": slow}, AT) == ()


def test_one_alone_is_never_touched() -> None:
    assert tended([a_provider()], {"a": Traffic(faults=999)}, AT) == ()


def test_a_usable_one_takes_the_weight_over() -> None:
    standings = [
        a_provider("a", 50),
        a_provider("b", 30, paused_by="chief"),
        a_provider("c", 20),
    ]
    changed = tended(standings, {"a": Traffic(faults=99)}, AT)
    assert weights(standings, changed) == {"a": 40, "b": 30, "c": 30}


def test_after_a_calm_quarter_of_an_hour_it_comes_back_in_steps_of_five_minutes() -> None:
    standings = [
        a_provider("a", 35, resting_weight=60, lowered_at=AT, changed_at=AT),
        a_provider("b", 65, resting_weight=40),
    ]
    assert tended(standings, {}, AT + 15 * MINUTE - timedelta(seconds=1)) == ()
    seen = []
    for minutes in range(15, 45):
        at = AT + minutes * MINUTE
        changed = {each.name: each for each in tended(standings, {}, at)}
        standings = [changed.get(each.name, each) for each in standings]
        if changed:
            seen.append((minutes, standings[0].weight, standings[1].weight))
    assert seen == [(15, 45, 55), (20, 55, 45), (25, 60, 40)]


@given(st.lists(st.sampled_from(["a", "b", "calm"]), max_size=60))
def test_weights_stay_a_whole_whatever_happens(story: list[str]) -> None:
    standings = pair()
    at: datetime = AT
    for event in story:
        at += 5 * MINUTE
        traffic = {event: Traffic(faults=99)} if event != "calm" else {}
        changed = {each.name: each for each in tended(standings, traffic, at)}
        standings = [changed.get(each.name, each) for each in standings]
        assert sum(each.weight for each in standings) == 100
        assert all(each.weight >= 0 for each in standings)


def test_an_account_that_refuses_us_is_left_alone_for_a_quarter_of_an_hour() -> None:
    blocked = block(a_provider(), AT, "isv.AMOUNT_NOT_ENOUGH 余额不足")
    assert not blocked.is_usable(AT + 15 * MINUTE - timedelta(seconds=1))
    assert blocked.is_usable(AT + 15 * MINUTE)
    assert (blocked.weight, blocked.reason) == (60, "isv.AMOUNT_NOT_ENOUGH 余额不足")


@pytest.mark.parametrize(
    ("at", "midnight"),
    [
        ("2021-09-06 00:00", "2021-09-07 00:00"),
        ("2021-09-06 12:00", "2021-09-07 00:00"),
        ("2021-09-06 23:59:59", "2021-09-07 00:00"),
    ],
)
def test_a_daily_quota_counts_again_from_local_midnight(at: str, midnight: str) -> None:
    blocked = block(a_provider(), local(at), "45009", ErrorClass.QUOTA)
    assert blocked.blocked_until == local(midnight)


def test_when_the_first_of_them_may_be_used_again() -> None:
    soon = a_provider("a", blocked_until=AT + MINUTE)
    late = a_provider("b", blocked_until=AT + 2 * MINUTE)
    paused = a_provider("c", paused_by="chief", blocked_until=AT)
    assert usable_again([late, soon, paused]) == AT + MINUTE
    assert usable_again([paused]) is None
    assert usable_again([]) is None
