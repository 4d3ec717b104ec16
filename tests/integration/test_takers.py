"""Who carries a message where not everybody would take it; asked beforehand (R-6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import Reason
from notifications.channels.base import ErrorClass
from notifications.channels.wecom import WecomChannel, WecomSettings
from notifications.message import Audience, Channel, Message, MessageState
from tests.courier import Courier, dispatcher
from tests.integration.test_sending_rules import a_notice, ended, to_all, told
from tests.waiting_messages import AT, MINUTE, NOON, a_message, added, by_sms, found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifications.wire.event_loop import EventLoop
    from tests.application import Office

S = MessageState


@pytest.fixture
def in_small_chunks(office: Office) -> Iterator[Office]:
    """The office with chunks so small that each provider would get some."""
    other = office.another(claim_limit=2)
    yield other
    other.close()


def lacks(message: Message) -> tuple[Reason, ...]:
    del message
    return (Reason(code="not_registered", message="尚未登记"),)


def test_a_message_goes_by_the_provider_that_would_take_it(in_small_chunks: Office) -> None:
    office = in_small_chunks
    messages = [a_message(n, address=f"130{n:08}") for n in range(40)]
    added(office, *messages)
    knows, lacking = Courier("knows"), Courier("lacks", faults_of=lacks)
    by_sms(office, lacking, knows).round(NOON)
    assert {found(office, each).state for each in messages} == {S.ACCEPTED}
    assert (len(knows.arrived), len(lacking.arrived)) == (40, 0)


def test_messages_that_only_one_provider_takes_are_never_cut_into_a_chunk_of_the_other(
    office: Office,
) -> None:
    """They have the same template; what fits a field with one provider is too long for another."""
    messages = [a_message(n, address=f"130{n:08}") for n in range(40)]
    added(office, *messages)
    short = {each.id for each in messages[::2]}

    def too_long(message: Message) -> tuple[Reason, ...]:
        return () if message.id in short else lacks(message)

    wide, narrow = Courier("wide"), Courier("narrow", faults_of=too_long)
    by = by_sms(office, narrow, wide)
    by.round(NOON)
    assert {found(office, each).state for each in messages} == {S.ACCEPTED}
    assert set(narrow.arrived) <= short


def test_a_message_waits_for_the_only_provider_that_would_take_it(office: Office) -> None:
    message = a_message()
    added(office, message)
    broke, lacking = Courier("broke", error=ErrorClass.ACCOUNT), Courier("lacks", faults_of=lacks)
    by = by_sms(office, broke, lacking)
    for minutes in range(10):
        by.round(AT + minutes * MINUTE)
    assert found(office, message).state is S.PENDING
    assert "broke" in found(office, message).error_text
    broke.error = None
    for minutes in range(10, 20):
        by.round(AT + minutes * MINUTE)
    assert found(office, message).state is S.ACCEPTED
    assert not lacking.arrived


def test_one_that_would_not_take_it_is_no_reason_to_try_again_at_once(office: Office) -> None:
    message = a_message()
    added(office, message)
    by = by_sms(office, Courier("bad", error=ErrorClass.PROVIDER), Courier("no", faults_of=lacks))
    by.round(NOON)
    assert found(office, message).next_attempt_at == AT + MINUTE


def test_what_nobody_would_take_fails_with_the_reasons_of_all(office: Office) -> None:
    long = Reason(code="field_unfit", message="字段过长")
    state, code, text = ended(
        office, a_message(), Courier("one", faults=(long,)), Courier("other", faults_of=lacks)
    )
    assert (state, code, text) == (S.FAILED, "field_unfit", "字段过长；尚未登记")


def test_of_a_notice_each_provider_is_asked_once(office: Office) -> None:
    asked: list[str] = []

    def notes(message: Message) -> tuple[Reason, ...]:
        asked.append(message.id)
        return ()

    by = to_all(office.at(NOON), 300, Courier(faults_of=notes))
    told(office, by, a_notice())
    by.round(NOON)
    assert len(asked) == 1


def test_a_message_that_cannot_be_checked_ends_alone(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = a_message(1), a_message(2, address="13000000002")
    added(office, bad, good)

    def breaks(message: Message) -> tuple[Reason, ...]:
        if message.id == bad.id:
            raise ValueError(message.recipient)
        return ()

    courier = Courier(faults_of=breaks)
    by_sms(office, courier).round(NOON)
    assert set(courier.arrived) == {good.id}
    ended_one = found(office, bad)
    assert (ended_one.state, ended_one.error_code) == (S.FAILED, "check_failed")
    assert "ValueError" in ended_one.error_text
    assert bad.recipient not in caplog.text


def test_a_text_that_has_changed_since_does_not_stop_what_was_planned_by_the_old_one(
    office: Office, wire: EventLoop
) -> None:
    """It waited; the text has another parameter now. Its own words are what is sent."""
    settings = WecomSettings(corp_id="c", secret="s", agent_id=1, base_url="http://127.0.0.1:1")
    wecom, sms = WecomChannel(settings, wire), Courier()
    old = a_message(
        1,
        channel=Channel.WECOM,
        audience=Audience.STAFF,
        address="zhang",
        template_key="limit_overdue",
        params={"ticket_no": "T"},
    )
    other = a_message(2)
    added(office, old, other)
    dispatcher(office, {Channel.SMS: (sms,), Channel.WECOM: (wecom,)}).round(NOON)  # type: ignore[dict-item]
    assert set(sms.arrived) == {other.id}
    assert (found(office, old).state, found(office, old).attempts) == (S.PENDING, 1)
    wecom.close()
