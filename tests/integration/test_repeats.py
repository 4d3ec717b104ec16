"""WeChat is asked twice only while it remembers the first time (R-6.4)."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import Reason, UnavailableError
from notifications.channels.base import Capabilities, ErrorClass
from notifications.message import Channel, MessageState
from tests.application import instant
from tests.courier import Courier, dispatcher, to_customers
from tests.integration.test_sending_ways import by_wechat
from tests.waiting_messages import AT, a_message, added, by_sms, found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.ports.sending import SendingWork
    from notifications.message import Message
    from tests.application import Office

S = MessageState

REPEATABLE = Capabilities(idempotent_for=timedelta(minutes=10))


def lost(office: Office, wechat: Courier, when: str, **facts: object) -> Message:
    """A message that the provider took from a process which died before it could note that."""
    at = instant(when)
    message = by_wechat(created_at=at, not_before=at, **facts)
    added(office, message)
    with office.application.database.writing() as work:
        work.queue.hand_over([message.id], "lost", "wechat")
        work.queue.claim([message.id], at, "dead/1")
        work.commit()
    wechat.arrived[message.id] += 1
    return message


def test_what_may_be_out_is_repeated_within_the_window(office: Office) -> None:
    wechat = Courier("wechat", capabilities=REPEATABLE)
    dispatching = to_customers(office, Courier(), wechat)
    message = lost(office, wechat, "2021-09-06 12:00")
    for minutes in (5.5, 6.6):
        dispatching.round(instant("2021-09-06 12:00") + timedelta(minutes=minutes))
    assert found(office, message).state is S.ACCEPTED
    assert wechat.arrived[message.id] == 2  # within ten minutes WeChat sends it once


def test_what_may_be_out_is_not_repeated_after_the_night(office: Office) -> None:
    wechat = Courier("wechat", capabilities=REPEATABLE)
    dispatching = to_customers(office, Courier(), wechat)
    message = lost(office, wechat, "2021-09-06 20:55")
    for minutes in range(40):
        dispatching.round(instant("2021-09-06 20:55") + timedelta(minutes=minutes))
    assert found(office, message).state is S.IN_DOUBT
    for when in ("2021-09-07 08:11", "2021-09-07 08:12"):
        dispatching.round(when)
    assert wechat.arrived[message.id] == 1


def test_what_may_be_out_is_not_repeated_after_downtime(office: Office) -> None:
    wechat = Courier("wechat", capabilities=REPEATABLE)
    dispatching = to_customers(office, Courier(), wechat)
    message = lost(office, wechat, "2021-09-06 12:00")
    dispatching.round("2021-09-06 12:05:10")
    assert found(office, message).state is S.PENDING
    dispatching.round("2021-09-06 12:40")
    assert found(office, message).state is S.IN_DOUBT
    assert wechat.arrived[message.id] == 1


def test_a_claim_after_the_window_leaves_a_doubt(office: Office) -> None:
    """Its job has waited behind others."""
    wechat = Courier("wechat", capabilities=REPEATABLE)
    dispatching = to_customers(office, Courier(), wechat)
    message = lost(office, wechat, "2021-09-06 12:00")
    dispatching.round("2021-09-06 12:05:10")
    office.at("2021-09-06 12:06:30")
    with office.application.database.writing() as work:
        dispatching.transport.sending.handover.page(work, office.clock(), 10)
        work.commit()
    office.at("2021-09-06 12:08:30")
    dispatching.transport.jobs.work_off()
    after = found(office, message)
    assert (after.state, after.claimed_at) == (S.IN_DOUBT, instant("2021-09-06 12:00"))
    assert wechat.arrived[message.id] == 1


def test_what_may_be_out_is_repeated_by_nobody_else(office: Office) -> None:
    wechat = Courier("wechat", capabilities=REPEATABLE)
    other = Courier("wechat_subscription")
    dispatching = dispatcher(office, {Channel.WECHAT: (wechat, other), Channel.SMS: (Courier(),)})
    message = lost(office, wechat, "2021-09-06 12:00")
    wechat.error = ErrorClass.THROTTLE
    for minutes in range(5, 30):
        dispatching.round(instant("2021-09-06 12:00") + timedelta(minutes=minutes))
    assert not other.arrived
    assert found(office, message).state is S.IN_DOUBT


def test_a_call_that_timed_out_is_repeated_within_the_window(office: Office) -> None:

    wechat = Courier("wechat", capabilities=REPEATABLE, error=ErrorClass.UNKNOWN_OUTCOME)
    dispatching = to_customers(office, Courier(), wechat)
    message = by_wechat()
    added(office, message)
    dispatching.round(AT)
    assert found(office, message).state is S.PENDING
    wechat.error = None
    dispatching.round(AT + timedelta(minutes=1))
    assert found(office, message).state is S.ACCEPTED


@pytest.mark.parametrize(("urgent", "texts"), [(True, 1), (False, 0)])
def test_a_doubt_that_stays_goes_by_text_message_if_it_is_urgent(
    office: Office, urgent: bool, texts: int
) -> None:

    wechat = Courier("wechat", capabilities=REPEATABLE, error=ErrorClass.UNKNOWN_OUTCOME)
    sms = Courier()
    dispatching = to_customers(office, sms, wechat)
    message = by_wechat(urgent=urgent)
    added(office, message)
    for minutes in range(30):
        dispatching.round(AT + timedelta(minutes=minutes))
    assert found(office, message).state is S.IN_DOUBT
    assert wechat.arrived[message.id] == 3
    assert sms.arrived.total() == texts


class AnswersLate:
    """A database whose first commit is made, but is answered by a lost connection."""

    def __init__(self, office: Office, meanwhile: Callable[[], object]) -> None:
        self._database = office.application.database
        self._meanwhile = meanwhile
        self._has_answered = False

    @contextmanager
    def writing(self) -> Iterator[SendingWork]:
        with self._database.writing() as work:
            yield work
        if not self._has_answered:
            self._has_answered = True
            self._meanwhile()
            raise UnavailableError(Reason(code="database_connection_lost", message="连接中断"))


@pytest.mark.parametrize("minutes", [2, 3])
def test_a_claim_that_was_made_before_a_standstill_calls_nobody(
    office: Office, minutes: int
) -> None:
    """It is tried again by whoever made it, and is as old as it is: others may act on it."""
    message = a_message(1)
    added(office, message)
    courier = Courier()
    sender = by_sms(office, courier).transport._chunks  # noqa: SLF001  (as its job calls it)
    with office.application.database.writing() as work:
        work.queue.hand_over([message.id], "job-1", courier.name)
        work.commit()
    office.at(AT)
    database = AnswersLate(office, lambda: office.at(AT + timedelta(minutes=minutes)))
    sender = replace(sender, database=database)
    if minutes == 2:  # a quarter of the ten after which a claim is in doubt is two and a half
        sender.send("job-1")
    else:
        with pytest.raises(RuntimeError, match="too old"):
            sender.send("job-1")
    assert courier.arrived.total() == (minutes == 2)
