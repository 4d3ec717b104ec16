"""The outbox is handed over once, whoever dies or answers badly meanwhile (R-6.4)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from notifications.channels.base import Capabilities, ErrorClass, refused
from notifications.message import Channel, Message, MessageState
from tests.applicants import a_resident
from tests.application import instant
from tests.courier import ASKABLE, REPORTING, Courier, Dispatcher, accepted, dispatcher

if TYPE_CHECKING:
    from collections import Counter

    from notifications.channels.base import Result
    from tests.application import Office
    from tests.held_gateway import HeldGateway

MORNING = "2021-09-06 09:00"
NOTHING = {"done": 0, "unchanged": 0, "overtaken": 0, "failed": 0}
S = MessageState


def waiting(office: Office, tickets: int = 1) -> list[Message]:
    """Three messages a ticket wait in the outbox."""
    for number in range(tickets):
        office.at(MORNING).submit(a_resident(address=f"{number}号"))
    return office.messages()


def written(office: Office) -> list[str]:
    """The ids in the outgoing file, line by line."""
    path = office.application.settings.var_dir / "messages.jsonl"
    if not path.exists():
        return []
    return [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]


def states(office: Office) -> set[MessageState]:
    return {message.state for message in office.messages()}


def codes(office: Office) -> set[tuple[MessageState, str]]:
    return {(message.state, message.error_code) for message in office.messages()}


def ids(messages: list[Message]) -> list[str]:
    return sorted(message.id for message in messages)


def dispatch(office: Office, when: str) -> dict[str, int]:
    office.at(when).application.transport.loose_ends.sweep()
    return office.application.sending.dispatch().counts()


def claimed_by_a_dead_process(office: Office, provider: str = "file") -> list[Message]:
    """Every waiting message is claimed by somebody who is never heard of again."""
    with office.application.database.writing() as work:
        found = [each.id for each in work.queue.waiting(office.clock(), 1000)]
        work.queue.hand_over(found, "lost", provider)
        work.queue.claim(found, office.clock(), "dead:1")
        work.commit()
    return office.messages()


def by_courier(office: Office, *couriers: Courier) -> Dispatcher:
    return dispatcher(office, {Channel.SMS: couriers or (Courier(),)})


# --- the file ----------------------------------------------------------------------------------


def test_everything_is_written_once_whoever_asks_again(office: Office) -> None:
    messages = waiting(office)
    assert dispatch(office, MORNING) == {**NOTHING, "done": 3}
    assert sorted(written(office)) == ids(messages)
    assert states(office) == {S.ACCEPTED}
    assert dispatch(office, "2021-09-06 10:00") == NOTHING
    assert len(written(office)) == 3


@pytest.mark.parametrize(
    ("when", "sent"),
    [
        ("2021-09-06 20:59", 3),
        ("2021-09-06 21:00", 0),
        ("2021-09-07 00:05", 0),
        ("2021-09-07 07:59", 0),
        ("2021-09-07 08:00", 3),
    ],
)
def test_what_is_late_by_night_waits_for_the_morning(office: Office, when: str, sent: int) -> None:
    waiting(office)
    assert dispatch(office, when)["done"] == sent


def test_what_waited_through_the_night_goes_out_in_the_course_of_ten_minutes(
    office: Office,
) -> None:
    waiting(office, tickets=10)
    assert dispatch(office, "2021-09-06 22:00") == {**NOTHING, "unchanged": 30}
    sent = [dispatch(office, f"2021-09-07 08:0{minute}")["done"] for minute in range(10)]
    assert sum(sent) == 30 - dispatch(office, "2021-09-07 08:10")["done"]
    assert sent[0] < 10
    assert sum(minute > 0 for minute in sent) > 5


def test_daemons_side_by_side_double_nothing(office: Office) -> None:
    messages = waiting(office, tickets=20)
    daemons = [office.another(claim_limit=7, phone_cap=1000) for _ in range(3)]
    gate = Barrier(len(daemons))

    def run(daemon: Office) -> None:
        gate.wait()
        daemon.application.sending.dispatch()

    with ThreadPoolExecutor(len(daemons)) as pool:
        list(pool.map(run, daemons))
    for each in daemons:
        each.close()
    assert sorted(written(office)) == ids(messages)
    assert states(office) == {S.ACCEPTED}


def test_a_file_that_cannot_be_written_is_tried_again_later_and_later(office: Office) -> None:
    messages = waiting(office)
    path = office.application.settings.var_dir / "messages.jsonl"
    path.mkdir(parents=True)
    at = instant(MORNING)
    for number, minutes in enumerate((1, 5, 15, 60, 60), start=1):
        office.clock.set(at)
        assert office.application.sending.dispatch().done == 3
        assert {m.attempts for m in office.messages()} == {number}
        office.clock.set(at + timedelta(minutes=minutes, seconds=-1))
        assert office.application.sending.dispatch().done == 0
        at += timedelta(minutes=minutes)
    assert states(office) == {S.PENDING}
    path.rmdir()
    office.clock.set(at)
    office.application.sending.dispatch()
    assert sorted(written(office)) == ids(messages)
    assert states(office) == {S.ACCEPTED}


def test_a_channel_that_is_off_keeps_its_messages(office: Office) -> None:
    waiting(office)
    silent = office.another(sms_carrier="off")
    assert dispatch(silent, MORNING) == {**NOTHING, "unchanged": 3}
    assert codes(office) == {(S.PENDING, "channel_off")}
    assert dispatch(office, "2021-09-06 09:01")["done"] == 3
    silent.close()


def test_what_would_come_too_late_is_not_sent(office: Office) -> None:
    office.at(MORNING).submit()
    dispatch(office, MORNING)
    office.at("2021-09-07 15:30").application.reminders.sweep()
    assert dispatch(office, "2021-09-08 00:00") == {**NOTHING, "unchanged": 2}
    expired = [m for m in office.messages() if m.template_key == "limit_due"]
    assert [m.state for m in expired] == [S.EXPIRED] * 2


def test_what_expired_in_the_queue_is_not_sent_either(office: Office) -> None:
    """The job may run long after the messages were given to it."""
    office.at(MORNING).submit()
    courier = Courier()
    by = by_courier(office, courier)
    by.round(MORNING)
    office.at("2021-09-07 15:30").application.reminders.sweep()
    with office.application.database.writing() as work:
        by.transport.sending.handover.page(work, office.clock(), 100)
        work.commit()
    before = courier.arrived.total()
    office.at("2021-09-08 00:00")
    by.transport.jobs.work_off()
    assert courier.arrived.total() == before
    assert {m.state for m in office.messages() if m.template_key == "limit_due"} == {S.EXPIRED}


# --- chunks ------------------------------------------------------------------------------------


def test_a_chunk_holds_messages_of_one_template_and_no_more_than_it_may(office: Office) -> None:
    waiting(office, tickets=5)
    small = office.another(claim_limit=4, phone_cap=1000)
    courier = Courier()
    by_courier(small, courier).round(MORNING)
    by_template = {m.template_key for m in office.messages()}
    assert sum(courier.sizes) == 15
    assert max(courier.sizes) == 4
    assert len(courier.sizes) > len(by_template)
    small.close()


# --- a process died ----------------------------------------------------------------------------


def test_what_a_dead_process_never_wrote_is_written_once(office: Office) -> None:
    messages = waiting(office)
    claimed_by_a_dead_process(office)
    assert dispatch(office, "2021-09-06 09:09:59") == NOTHING
    assert states(office) == {S.SENDING}
    dispatch(office, "2021-09-06 09:10:01")
    assert states(office) == {S.PENDING}
    assert dispatch(office, "2021-09-06 09:11:01")["done"] == 3
    assert sorted(written(office)) == ids(messages)


def test_what_a_dead_process_wrote_is_not_written_again(office: Office) -> None:
    messages = waiting(office)
    (carrier,) = office.application.channels[Channel.SMS]
    list(carrier.submit(claimed_by_a_dead_process(office)))
    dispatch(office, "2021-09-06 09:10:01")
    assert states(office) == {S.ACCEPTED}
    assert sorted(written(office)) == ids(messages)


def test_a_file_that_cannot_be_asked_stops_nothing(office: Office) -> None:
    waiting(office)
    claimed_by_a_dead_process(office)
    path = office.application.settings.var_dir / "messages.jsonl"
    path.mkdir(parents=True)
    office.at("2021-09-06 09:10:01")
    assert office.application.transport.loose_ends.sweep().failed == 3
    assert states(office) == {S.SENDING}
    path.rmdir()
    dispatch(office, "2021-09-06 09:10:02")
    assert dispatch(office, "2021-09-06 09:11:02")["done"] == 3


def test_what_a_dead_process_gave_to_a_gateway_is_in_doubt_until_it_is_given_up(
    by_gateway: Office, gateway: HeldGateway
) -> None:
    waiting(by_gateway)
    claimed_by_a_dead_process(by_gateway, "http")
    dispatch(by_gateway, "2021-09-06 09:10:01")
    assert states(by_gateway) == {S.IN_DOUBT}
    assert {m.error_text for m in by_gateway.messages()} == {"请求可能已送达，结果未知"}
    assert dispatch(by_gateway, "2021-09-09 09:00:00") == NOTHING
    assert states(by_gateway) == {S.IN_DOUBT}
    dispatch(by_gateway, "2021-09-09 09:00:01")
    assert codes(by_gateway) == {(S.FAILED, "no_receipt")}
    assert not gateway.arrived


def test_a_provider_that_removes_doubles_gets_it_again_while_it_does(office: Office) -> None:
    """As WeChat does for ten minutes: half of them must be over, and enough be left."""
    waiting(office)
    courier = Courier(capabilities=Capabilities(idempotent_for=timedelta(minutes=10)))
    by = by_courier(office, courier)
    claimed_by_a_dead_process(office, "courier")
    by.round("2021-09-06 09:04:59")
    assert states(office) == {S.SENDING}
    by.round("2021-09-06 09:05:01")
    assert states(office) == {S.PENDING}
    by.round("2021-09-06 09:06:01")
    assert states(office) == {S.ACCEPTED}


def test_it_is_in_doubt_once_that_time_is_over(office: Office) -> None:
    waiting(office)
    courier = Courier(capabilities=Capabilities(idempotent_for=timedelta(minutes=10)))
    by = by_courier(office, courier)
    claimed_by_a_dead_process(office, "courier")
    by.round("2021-09-06 09:09:30")
    assert states(office) == {S.IN_DOUBT}
    assert not courier.arrived


# --- answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state", "arrivals"),
    [
        ({"status": 202}, S.ACCEPTED, 1),
        ({"status": 400, "body": "bad number"}, S.FAILED, 1),
        ({"status": 429, "body": "slow down"}, S.PENDING, 3),
        ({"status": 500, "body": "oops"}, S.IN_DOUBT, 1),
        ({"hangs_up": True}, S.IN_DOUBT, 1),
    ],
    ids=["accepted", "rejected", "throttled", "fault", "hangs up"],
)
def test_only_what_certainly_did_not_go_out_is_sent_again(
    by_gateway: Office,
    gateway: HeldGateway,
    answer: dict[str, Any],
    state: MessageState,
    arrivals: int,
) -> None:
    waiting(by_gateway)
    for name, value in answer.items():
        setattr(gateway, name, value)
    for when in (MORNING, "2021-09-06 09:01", "2021-09-06 09:10"):
        dispatch(by_gateway, when)
    assert states(by_gateway) == {state}
    assert counted(gateway.arrived) == {arrivals}


def counted(arrived: Counter[str]) -> set[int]:
    return set(arrived.values())


def test_a_gateway_that_is_away_gets_its_messages_later(
    by_gateway: Office, gateway: HeldGateway
) -> None:
    waiting(by_gateway)
    away = by_gateway.another(sms_url="http://127.0.0.1:1/{{ to }}{{ message_id }}{{ text }}")
    dispatch(away, MORNING)
    assert states(by_gateway) == {S.PENDING}
    assert dispatch(by_gateway, "2021-09-06 09:01")["done"] == 3
    assert counted(gateway.arrived) == {1}
    away.close()


class Broken(Courier):
    """A channel that breaks its promise never to raise."""

    def submit(self, messages: object) -> Any:
        raise RuntimeError(messages)


def test_a_channel_that_breaks_leaves_doubt_and_stops_nobody(office: Office) -> None:
    waiting(office)
    by_courier(office, Broken()).round(MORNING)
    assert states(office) == {S.IN_DOUBT}


def test_a_channel_that_answers_of_some_leaves_the_others_in_doubt(office: Office) -> None:
    waiting(office)
    by_courier(office, Courier(silent=True)).round(MORNING)
    assert states(office) == {S.IN_DOUBT}


# --- doubts ------------------------------------------------------------------------------------


def test_a_provider_is_asked_about_doubts_after_two_and_ten_minutes(office: Office) -> None:
    messages = waiting(office)
    courier = Courier(capabilities=ASKABLE, silent=True)
    by = by_courier(office, courier)
    by.round(MORNING)
    assert courier.asked == []
    by.round("2021-09-06 09:01:59")
    assert courier.asked == []
    by.round("2021-09-06 09:02:00")
    assert sorted(courier.asked) == ids(messages)
    by.round("2021-09-06 09:09:59")
    by.round("2021-09-06 09:10:00")
    by.round("2021-09-06 20:00:00")
    assert len(courier.asked) == 6
    assert states(office) == {S.IN_DOUBT}
    assert counted(courier.arrived) == {1}


def test_what_the_provider_says_ends_the_doubt(office: Office) -> None:
    first, second, third = waiting(office)
    courier = Courier(capabilities=ASKABLE, silent=True)
    courier.known = {
        first.id: accepted(first.id),
        second.id: refused(second.id, ErrorClass.RECIPIENT, "blocked", "黑名单"),
    }
    by = by_courier(office, courier)
    by.round(MORNING)
    by.round("2021-09-06 09:02")
    found = {m.id: m.state for m in office.messages()}
    assert found == {first.id: S.ACCEPTED, second.id: S.FAILED, third.id: S.IN_DOUBT}


class Unaskable(Courier):
    """One whose interface for questions is not open to us."""

    def find(self, message: Message) -> Result | None:
        super().find(message)
        msg = "not activated"
        raise ConnectionError(msg)


def test_a_claim_that_nobody_can_be_asked_about_is_in_doubt_after_half_an_hour(
    office: Office,
) -> None:
    waiting(office)
    by = by_courier(office, Unaskable(capabilities=ASKABLE))
    claimed_by_a_dead_process(office, "courier")
    by.round("2021-09-06 09:10:01")
    by.round("2021-09-06 09:39:59")
    assert states(office) == {S.SENDING}
    by.round("2021-09-06 09:40:01")
    assert states(office) == {S.IN_DOUBT}


def test_a_doubt_that_nobody_can_be_asked_about_keeps_nobody_busy(office: Office) -> None:
    messages = waiting(office)
    courier = Unaskable(capabilities=ASKABLE, silent=True)
    by = by_courier(office, courier)
    by.round(MORNING)
    by.round("2021-09-06 09:02:00")
    by.round("2021-09-06 09:11:59")
    assert sorted(courier.asked) == ids(messages)
    by.round("2021-09-06 09:12:00")
    assert len(courier.asked) == 6
    for when in ("2021-09-07 08:55:00", "2021-09-07 12:00:00", "2021-09-08 12:00:00"):
        by.round(when)
    assert len(courier.asked) == 9
    assert states(office) == {S.IN_DOUBT}


def test_of_a_provider_that_reports_silence_for_three_days_is_failure(office: Office) -> None:
    waiting(office)
    by = by_courier(office, Courier(capabilities=REPORTING))
    by.round(MORNING)
    by.round("2021-09-09 09:00:00")
    assert states(office) == {S.ACCEPTED}
    by.round("2021-09-09 09:00:01")
    assert codes(office) == {(S.FAILED, "no_receipt")}


def test_of_a_provider_that_never_reports_silence_means_nothing(office: Office) -> None:
    waiting(office)
    by = by_courier(office)
    by.round(MORNING)
    by.round("2021-09-20 09:00")
    assert states(office) == {S.ACCEPTED}
