"""The outbox is handed over once, whoever dies or answers badly meanwhile (R-6.4)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from notifications.channels.base import Capabilities
from notifications.message import Channel, MessageState
from tests.applicants import a_resident
from tests.application import instant

if TYPE_CHECKING:
    from collections import Counter

    from notifications.message import Message
    from tests.application import Office
    from tests.held_gateway import HeldGateway

MORNING = "2021-09-06 09:00"


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


def dispatch(office: Office, when: str) -> dict[str, int]:
    return office.at(when).application.sending.dispatch().counts()


def claimed_by_a_dead_process(office: Office) -> list[Message]:
    """Every waiting message is claimed by somebody who is never heard of again."""
    with office.application.database.writing() as work:
        claimed = work.outbox.claim(office.clock(), "dead:1", 1000)
        work.commit()
    return claimed


# --- the file ----------------------------------------------------------------------------------


def test_everything_is_written_once_whoever_asks_again(office: Office) -> None:
    messages = waiting(office)
    assert dispatch(office, MORNING) == {"done": 3, "unchanged": 0, "overtaken": 0, "failed": 0}
    assert sorted(written(office)) == sorted(message.id for message in messages)
    assert states(office) == {MessageState.ACCEPTED}
    assert dispatch(office, "2021-09-06 10:00")["done"] == 0
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


def test_a_round_takes_no_more_than_it_may_claim(office: Office) -> None:
    waiting(office, tickets=2)
    small = office.another(claim_limit=4)
    assert [dispatch(small, MORNING)["done"] for _ in range(3)] == [4, 2, 0]
    small.close()


def test_daemons_side_by_side_double_nothing(office: Office) -> None:
    messages = waiting(office, tickets=20)
    daemons = [office.another(claim_limit=7) for _ in range(3)]
    gate = Barrier(len(daemons))

    def run(daemon: Office) -> None:
        gate.wait()
        while daemon.application.sending.dispatch().done:
            pass

    with ThreadPoolExecutor(len(daemons)) as pool:
        list(pool.map(run, daemons))
    for each in daemons:
        each.close()
    assert sorted(written(office)) == sorted(message.id for message in messages)
    assert states(office) == {MessageState.ACCEPTED}


def test_a_file_that_cannot_be_written_is_tried_again_later_and_later(office: Office) -> None:
    messages = waiting(office)
    path = office.application.settings.var_dir / "messages.jsonl"
    path.mkdir(parents=True)
    at = instant(MORNING)
    for minutes in (1, 5, 15, 60, 60):
        office.clock.set(at)
        assert office.application.sending.dispatch().counts()["unchanged"] == 3
        office.clock.set(at + timedelta(minutes=minutes, seconds=-1))
        assert office.application.sending.dispatch().counts()["unchanged"] == 0
        at += timedelta(minutes=minutes)
    assert states(office) == {MessageState.PENDING}
    path.rmdir()
    office.clock.set(at)
    assert office.application.sending.dispatch().done == len(messages)


def test_a_channel_that_is_off_keeps_its_messages(office: Office) -> None:
    waiting(office)
    silent = office.another(sms_carrier="off")
    assert dispatch(silent, MORNING)["unchanged"] == 3
    assert {(m.state, m.error_code) for m in office.messages()} == {
        (MessageState.PENDING, "channel_off")
    }
    assert dispatch(office, "2021-09-06 09:01")["done"] == 3
    silent.close()


def test_what_would_come_too_late_is_not_sent(office: Office) -> None:
    office.at(MORNING).submit()
    dispatch(office, MORNING)
    office.at("2021-09-07 15:30").application.reminders.sweep()
    assert dispatch(office, "2021-09-08 00:00") == {
        "done": 0,
        "unchanged": 0,
        "overtaken": 0,
        "failed": 0,
    }
    expired = [m for m in office.messages() if m.template_key == "limit_due"]
    assert [m.state for m in expired] == [MessageState.EXPIRED] * 2


# --- a process died ----------------------------------------------------------------------------


def test_what_a_dead_process_never_wrote_is_written_once(office: Office) -> None:
    messages = waiting(office)
    claimed_by_a_dead_process(office)
    assert dispatch(office, "2021-09-06 09:10:00")["unchanged"] == 0
    assert states(office) == {MessageState.SENDING}
    assert dispatch(office, "2021-09-06 09:10:01")["unchanged"] == 3
    assert states(office) == {MessageState.PENDING}
    assert dispatch(office, "2021-09-06 09:11:01")["done"] == 3
    assert sorted(written(office)) == sorted(message.id for message in messages)


def test_what_a_dead_process_wrote_is_not_written_again(office: Office) -> None:
    messages = waiting(office)
    office.application.channels[Channel.SMS][0].submit(claimed_by_a_dead_process(office))
    assert dispatch(office, "2021-09-06 09:10:01")["done"] == 3
    assert states(office) == {MessageState.ACCEPTED}
    assert sorted(written(office)) == sorted(message.id for message in messages)


def test_a_file_that_cannot_be_asked_stops_nothing(office: Office) -> None:
    waiting(office)
    claimed_by_a_dead_process(office)
    path = office.application.settings.var_dir / "messages.jsonl"
    path.mkdir(parents=True)
    assert dispatch(office, "2021-09-06 09:10:01")["failed"] == 3
    assert states(office) == {MessageState.SENDING}
    path.rmdir()
    dispatch(office, "2021-09-06 09:10:02")
    assert dispatch(office, "2021-09-06 09:11:02")["done"] == 3


def test_what_a_dead_process_gave_to_a_gateway_is_in_doubt_for_ever(
    by_gateway: Office, gateway: HeldGateway
) -> None:
    waiting(by_gateway)
    claimed_by_a_dead_process(by_gateway)
    assert dispatch(by_gateway, "2021-09-06 09:10:01")["unchanged"] == 3
    assert states(by_gateway) == {MessageState.IN_DOUBT}
    assert {m.error_text for m in by_gateway.messages()} == {"发送结果未知，等待回执"}
    assert dispatch(by_gateway, "2021-09-09 09:10:01") == {
        "done": 0,
        "unchanged": 0,
        "overtaken": 0,
        "failed": 0,
    }
    assert not gateway.arrived


# --- a gateway's answers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state", "arrivals"),
    [
        ({"status": 202}, MessageState.ACCEPTED, 1),
        ({"status": 400, "body": "bad number"}, MessageState.FAILED, 1),
        ({"status": 429, "body": "slow down"}, MessageState.PENDING, 2),
        ({"status": 500, "body": "oops"}, MessageState.IN_DOUBT, 1),
        ({"hangs_up": True}, MessageState.IN_DOUBT, 1),
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
    dispatch(by_gateway, MORNING)
    assert states(by_gateway) == {state}
    dispatch(by_gateway, "2021-09-06 09:30")
    assert counted(gateway.arrived) == {arrivals}


def counted(arrived: Counter[str]) -> set[int]:
    return set(arrived.values())


def test_a_gateway_that_is_away_gets_its_messages_later(
    by_gateway: Office, gateway: HeldGateway
) -> None:
    waiting(by_gateway)
    away = by_gateway.another(sms_url="http://127.0.0.1:1/{{ to }}{{ message_id }}{{ text }}")
    assert dispatch(away, MORNING)["unchanged"] == 3
    assert states(by_gateway) == {MessageState.PENDING}
    assert dispatch(by_gateway, "2021-09-06 09:01")["done"] == 3
    assert counted(gateway.arrived) == {1}
    away.close()


class Broken:
    """A channel that breaks its promise never to raise."""

    name = "broken"
    capabilities = Capabilities()

    def submit(self, messages: object) -> list[Any]:
        raise RuntimeError(messages)

    def find(self, message: object) -> None:
        """Nothing is known."""


def test_a_channel_that_breaks_leaves_doubt_and_stops_nobody(office: Office) -> None:
    waiting(office)
    broken: Any = Broken()
    sending = replace(office.application.sending, channels={Channel.SMS: (broken,)})
    assert sending.dispatch().counts()["unchanged"] == 3
    assert states(office) == {MessageState.IN_DOUBT}


# --- by night ----------------------------------------------------------------------------------


def test_what_was_planned_by_day_and_is_late_waits_for_the_morning(office: Office) -> None:
    waiting(office)
    assert dispatch(office, "2021-09-06 21:00:00")["done"] == 0
    assert dispatch(office, "2021-09-07 07:59:59")["done"] == 0
    assert dispatch(office, "2021-09-07 08:00:00")["done"] == 3
