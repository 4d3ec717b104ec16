"""The real daemon is killed between any two steps: no message is lost and none goes out twice."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.clock import system_clock
from notifications.message import MessageState
from tests.applicants import a_resident
from tests.daemon_process import held_database, held_file, running_daemon

if TYPE_CHECKING:
    from notifications.message import Message
    from tests.application import Office
    from tests.held_gateway import HeldGateway

pytestmark = pytest.mark.slow

PENDING, SENDING = MessageState.PENDING, MessageState.SENDING


def waiting(office: Office, tickets: int = 1) -> list[Message]:
    """Three messages a ticket wait; no clock runs, so that nothing else is going to be told."""
    known = {message.id for message in office.messages()}
    for number in range(tickets):
        address = f"{len(known)}-{number}号"
        office.at("2021-09-06 09:00").submit(a_resident(address=address), papers=())
    return [message for message in office.messages() if message.id not in known]


def states(office: Office, messages: list[Message]) -> set[MessageState]:
    wanted = {message.id for message in messages}
    return {message.state for message in office.messages() if message.id in wanted}


def written(office: Office) -> Counter[str]:
    """How often each message stands in the outgoing file."""
    path = office.application.settings.var_dir / "messages.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return Counter(json.loads(line)["id"] for line in lines)


def clear_up(office: Office) -> None:
    """Hours later another process resolves what is stale and sends what is left."""
    office.clock.set(system_clock())
    for _ in range(4):
        office.clock.pass_by(hours=12)
        while office.application.sending.dispatch().done:
            pass


# --- the file ----------------------------------------------------------------------------------


def test_killed_before_it_claims(office: Office) -> None:
    messages = waiting(office)
    with held_database(office), running_daemon(office) as daemon:
        daemon.wait_until_started()
        daemon.kill()
    assert (states(office, messages), written(office)) == ({PENDING}, {})
    clear_up(office)
    assert written(office) == Counter(message.id for message in messages)


def test_killed_after_it_claimed_and_before_it_writes(office: Office) -> None:
    messages = waiting(office)
    with held_file(office), running_daemon(office) as daemon:
        daemon.wait_until(lambda: states(office, messages) == {SENDING})
        daemon.kill()
    assert written(office) == {}
    clear_up(office)
    assert states(office, messages) == {MessageState.ACCEPTED}
    assert written(office) == Counter(message.id for message in messages)


def test_killed_after_it_wrote_and_before_it_notes_that(office: Office) -> None:
    messages = waiting(office)
    with ExitStack() as file, ExitStack() as database, running_daemon(office) as daemon:
        file.enter_context(held_file(office))
        daemon.wait_until(lambda: states(office, messages) == {SENDING})
        database.enter_context(held_database(office))
        file.close()
        daemon.wait_until(lambda: written(office).total() == len(messages))
        daemon.kill()
    assert states(office, messages) == {SENDING}
    clear_up(office)
    assert states(office, messages) == {MessageState.ACCEPTED}
    assert written(office) == Counter(message.id for message in messages)


def test_killed_at_any_moment_many_times(office: Office) -> None:
    messages = waiting(office, tickets=40)
    chance = random.Random(113)  # noqa: S311  (guards no secret)
    for _ in range(4):
        with running_daemon(office, claim_limit=3, dispatch_seconds=1) as daemon:
            daemon.wait_until_started()
            time.sleep(chance.uniform(0, 0.25))
            daemon.kill()
    clear_up(office)
    assert states(office, messages) == {MessageState.ACCEPTED}
    assert written(office) == Counter(message.id for message in messages)


def test_killed_while_it_reminds(office: Office) -> None:
    """Each ticket is reminded of once or not yet, never half: rung and messages are one."""
    office.at("2021-09-06 09:00")
    tickets = [office.submit(a_resident(address=f"{n}号")) for n in range(30)]
    chance = random.Random(2021)  # noqa: S311
    for _ in range(3):
        with running_daemon(office) as daemon:
            daemon.wait_until_started()
            time.sleep(chance.uniform(0, 0.2))
            daemon.kill()
    office.clock.set(system_clock() + timedelta(seconds=1))
    office.application.reminders.sweep()
    reminders = [m for m in office.messages() if m.template_key.startswith("limit_overdue")]
    told = Counter((m.ticket_no, m.recipient) for m in reminders)
    assert set(told.values()) == {1}
    assert len(told) == len(tickets) * 5


# --- a gateway ---------------------------------------------------------------------------------


def nothing_twice_nothing_hidden(
    office: Office, gateway: HeldGateway, messages: list[Message]
) -> Counter[MessageState]:
    """Each message arrived once and is known as accepted, or is visibly in doubt."""
    clear_up(office)
    found = {message.id: message.state for message in office.messages()}
    outcome: Counter[MessageState] = Counter()
    for message in messages:
        state = found[message.id]
        outcome[state] += 1
        if state is MessageState.ACCEPTED:
            assert gateway.arrived[message.id] == 1
        else:
            assert state is MessageState.IN_DOUBT
            assert gateway.arrived[message.id] <= 1
    return outcome


def test_killed_while_a_gateway_has_not_answered(by_gateway: Office, gateway: HeldGateway) -> None:
    messages = waiting(by_gateway, tickets=2)
    gateway.hold(after=2)
    with running_daemon(by_gateway, claim_limit=4, **gateway.settings()) as daemon:
        gateway.wait_for(3)
        daemon.kill()
    gateway.release()
    outcome = nothing_twice_nothing_hidden(by_gateway, gateway, messages)
    # Two were answered and noted, one was not answered, one was claimed and never handed over.
    assert outcome == {MessageState.ACCEPTED: 4, MessageState.IN_DOUBT: 2}
    assert gateway.arrived.total() == 5


def test_killed_after_the_answer_and_before_it_is_noted(
    by_gateway: Office, gateway: HeldGateway
) -> None:
    messages = waiting(by_gateway)
    gateway.hold()
    with (
        ExitStack() as database,
        running_daemon(by_gateway, claim_limit=1, **gateway.settings()) as daemon,
    ):
        gateway.wait_for(1)
        database.enter_context(held_database(by_gateway))
        gateway.release()
        time.sleep(0.3)  # the answer is on its way; nothing tells when it has been read
        daemon.kill()
    outcome = nothing_twice_nothing_hidden(by_gateway, gateway, messages)
    assert outcome == {MessageState.ACCEPTED: 2, MessageState.IN_DOUBT: 1}
    assert set(gateway.arrived.values()) == {1}


def test_asked_to_stop_it_finishes_what_it_has_begun(
    by_gateway: Office, gateway: HeldGateway
) -> None:
    messages = waiting(by_gateway)
    gateway.hold()
    with running_daemon(by_gateway, claim_limit=3, **gateway.settings()) as daemon:
        gateway.wait_for(1)
        daemon.ask_to_stop()
        gateway.release()
        assert daemon.stop() == 0
    assert states(by_gateway, messages) == {MessageState.ACCEPTED}
    assert set(gateway.arrived.values()) == {1}
    assert "Traceback" not in daemon.log.read_text(encoding="utf-8")
