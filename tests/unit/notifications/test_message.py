"""Message states only move forward; lengths follow the Chinese rule."""

from __future__ import annotations

from itertools import permutations

import pytest

from notifications.channels.base import ErrorClass, Verdict
from notifications.message import MessageState, segments

S = MessageState


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("电" * 70, 1),
        ("电" * 71, 2),
        ("电" * 134, 2),
        ("电" * 135, 3),
        ("a" * 71, 2),
        ("电" * 68 + "😀", 1),
        ("电" * 69 + "😀", 2),
        ("𠮷" * 35, 1),
        ("𠮷" * 36, 2),
    ],
)
def test_parts_are_counted_in_utf_16_units(text: str, parts: int) -> None:
    assert segments(text) == parts


@pytest.mark.parametrize("receipts", list(permutations([S.ACCEPTED, S.FAILED, S.DELIVERED])))
def test_receipts_in_any_order_end_delivered(receipts: tuple[S, ...]) -> None:
    state = S.SENDING
    for receipt in (*receipts, *receipts):
        state = receipt if state.may_become(receipt) else state
    assert state is S.DELIVERED


@pytest.mark.parametrize("state", S)
def test_a_state_is_entered_from_lower_ranks_only_or_back_to_pending(state: S) -> None:
    for earlier in state.reachable_from:
        certainly_unsent = (earlier, state) == (S.SENDING, S.PENDING)
        assert earlier.rank < state.rank or certainly_unsent


@pytest.mark.parametrize("end", [S.UNREACHABLE, S.SUPERSEDED, S.EXPIRED, S.SUPPRESSED, S.CANCELLED])
def test_only_a_message_that_never_left_ends_unsent(end: S) -> None:
    assert end.reachable_from == {S.PENDING}
    assert not end.is_open
    assert not any(end.may_become(other) for other in S)


def test_a_doubt_is_never_sent_again_by_itself() -> None:
    assert not S.IN_DOUBT.may_become(S.PENDING)
    assert not S.IN_DOUBT.may_become(S.SENDING)
    assert S.SENDING.may_become(S.PENDING)


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.ACCEPTED, S.ACCEPTED),
        (Verdict.REJECTED, S.FAILED),
        (Verdict.RETRY, S.PENDING),
        (Verdict.UNKNOWN, S.IN_DOUBT),
    ],
)
def test_every_verdict_leads_on_from_sending(verdict: Verdict, state: S) -> None:
    assert verdict.state is state
    assert S.SENDING.may_become(state)


def test_only_a_fault_of_the_message_itself_fails_it_for_good() -> None:
    failing = {each for each in ErrorClass if each.verdict is Verdict.REJECTED}
    assert failing == {ErrorClass.RECIPIENT, ErrorClass.CONTENT}
