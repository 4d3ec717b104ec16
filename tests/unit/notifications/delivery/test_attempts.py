"""What follows an attempt: the rungs of repetition, giving up, doubts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.channels.base import ErrorClass, Result, Verdict, refused, unknown
from notifications.delivery.attempts import AttemptPolicy
from notifications.message import Message, MessageState
from notifications.quiet_hours import QuietHours
from tests.unit.notifications.high_voltage import local
from tests.unit.notifications.sms import message as a_text_message

POLICY = AttemptPolicy()
NOON = local("2021-09-06 12:00")
MINUTE = timedelta(minutes=1)


def a_claimed(**facts: object) -> Message:
    return replace(a_text_message(), not_before=NOON, **{"attempts": 1, **facts})  # type: ignore[arg-type]


def fault(message: Message) -> Result:
    return refused(message.id, ErrorClass.PROVIDER, "503", "away")


@pytest.mark.parametrize(
    ("has_alternative", "minutes"),
    [(False, (1, 5, 15, 60, 60)), (True, (0, 1, 5, 15, 60, 60))],
)
def test_the_rungs_of_repetition(has_alternative: bool, minutes: tuple[int, ...]) -> None:
    for attempts, wait in enumerate(minutes, start=1):
        message = a_claimed(attempts=attempts)
        found = POLICY.settlement(message, fault(message), NOON, has_alternative=has_alternative)
        assert (found.state, found.error_code) == (MessageState.PENDING, "503")
        assert found.next_attempt_at == NOON + wait * MINUTE


def test_what_cannot_be_sent_for_three_days_is_given_up() -> None:
    message = a_claimed(attempts=5)
    last = NOON + timedelta(hours=72)
    before = POLICY.settlement(message, fault(message), last - MINUTE, has_alternative=False)
    found = POLICY.settlement(message, fault(message), last, has_alternative=False)
    assert before.state is MessageState.PENDING
    assert (found.state, found.next_attempt_at) == (MessageState.FAILED, None)
    late = a_claimed(attempts=4)  # daemons were down, so it was not tried often
    again = POLICY.settlement(late, fault(late), last, has_alternative=False)
    assert again.state is MessageState.PENDING


def test_an_attempt_that_would_fall_into_the_night_waits_or_comes_before_it() -> None:
    evening = local("2021-09-06 20:50")
    message = a_claimed(attempts=3)
    found = POLICY.settlement(message, fault(message), evening, has_alternative=False)
    assert found.next_attempt_at == local("2021-09-07 08:00")
    needed = a_claimed(attempts=3, expires_at=local("2021-09-07 00:00"))
    found = POLICY.settlement(needed, fault(needed), evening, has_alternative=False)
    assert found.next_attempt_at == local("2021-09-06 20:55")
    urgent = a_claimed(attempts=3, urgent=True)
    found = POLICY.settlement(urgent, fault(urgent), evening, has_alternative=False)
    assert found.next_attempt_at == local("2021-09-06 21:05")


def test_answers_are_kept_and_a_doubt_is_asked_about_twice() -> None:
    message = a_claimed()
    accepted = Result(message_id=message.id, verdict=Verdict.ACCEPTED, provider_id="p1", code="OK")
    found = POLICY.settlement(message, accepted, NOON, has_alternative=True)
    assert (found.state, found.provider_id, found.next_attempt_at) == (
        MessageState.ACCEPTED,
        "p1",
        None,
    )
    doubt = POLICY.settlement(message, unknown(message.id, "x"), NOON, has_alternative=True)
    assert (doubt.state, doubt.next_attempt_at) == (MessageState.IN_DOUBT, NOON + 2 * MINUTE)
    in_doubt = replace(message, settled_at=NOON)
    assert POLICY.next_ask(in_doubt, NOON + 2 * MINUTE, was_heard=True) == NOON + 10 * MINUTE
    assert POLICY.next_ask(in_doubt, NOON + 10 * MINUTE, was_heard=True) is None


WINDOW = timedelta(minutes=10)


def test_a_doubt_is_repeated_while_the_provider_would_notice() -> None:
    message = a_claimed(claimed_at=NOON)
    doubt = unknown(message.id, "timeout")
    first = POLICY.settlement(message, doubt, NOON, has_alternative=True, repeatable_for=WINDOW)
    assert (first.state, first.next_attempt_at) == (MessageState.PENDING, NOON + MINUTE)
    assert first.maybe_sent_at == NOON
    again = replace(
        message, attempts=3, claimed_at=NOON + 6 * MINUTE, maybe_sent_at=first.maybe_sent_at
    )
    last = POLICY.settlement(
        again, doubt, NOON + 6 * MINUTE, has_alternative=False, repeatable_for=WINDOW
    )
    assert (last.state, last.next_attempt_at) == (MessageState.IN_DOUBT, NOON + 8 * MINUTE)


def test_that_an_attempt_sent_nothing_says_nothing_of_the_one_before() -> None:
    message = a_claimed(attempts=2, maybe_sent_at=NOON - MINUTE)
    found = POLICY.settlement(
        message, fault(message), NOON, has_alternative=True, repeatable_for=WINDOW
    )
    assert (found.state, found.maybe_sent_at) == (MessageState.PENDING, NOON - MINUTE)
    assert found.next_attempt_at == NOON + 5 * MINUTE  # by nobody else, who would send it twice
    late = replace(message, attempts=3)
    found = POLICY.settlement(late, fault(late), NOON, has_alternative=True, repeatable_for=WINDOW)
    assert found.state is MessageState.IN_DOUBT


def test_a_doubt_is_not_repeated_after_the_night() -> None:
    evening = local("2021-09-06 20:59:30")
    message = a_claimed(claimed_at=evening)
    found = POLICY.settlement(
        message,
        unknown(message.id, "timeout"),
        evening,
        has_alternative=False,
        repeatable_for=WINDOW,
    )
    assert found.state is MessageState.IN_DOUBT


def test_the_morning_is_spread() -> None:
    spread = AttemptPolicy(quiet=QuietHours(spread=10 * MINUTE))
    evening, morning = local("2021-09-06 20:59:30"), local("2021-09-07 08:00")
    instants = set()
    for number in range(100):
        message = a_claimed(id=f"m{number}")
        found = spread.settlement(message, fault(message), evening, has_alternative=False)
        again = spread.settlement(message, fault(message), evening, has_alternative=False)
        assert found.next_attempt_at is not None
        assert found == again
        assert morning <= found.next_attempt_at < morning + 10 * MINUTE
        instants.add(found.next_attempt_at)
    assert len(instants) > 80
