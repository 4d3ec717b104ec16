"""A daemon is killed exactly between two steps of sending; another one ends the story.

Guaranteed by a provider that remembers (the file): nothing is lost, nothing comes twice. By one
that can neither be asked nor removes doubles (SMS gateways): nothing comes twice, and what may be
lost is shown as in doubt.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.clock import system_clock
from app.sending.cluster import STOPPED
from app.sending.fail_points import Point
from notifications.message import MessageState
from tests.applicants import a_resident
from tests.integration.faults.story import (
    all_are,
    nothing_hidden_nothing_doubled,
    nothing_lost_nothing_doubled,
    states,
    waiting,
    written,
)
from tests.kannel import free_ports
from tests.nodes import a_node

if TYPE_CHECKING:
    from tests.application import Office
    from tests.held_gateway import HeldGateway

pytestmark = pytest.mark.slow

S = MessageState
KILLED = -signal.SIGKILL


@pytest.mark.parametrize(
    ("point", "left", "lines"),
    [
        (Point.HANDED_OVER, {S.PENDING}, 0),
        (Point.JOB_BEGUN, {S.PENDING}, 0),
        (Point.CLAIMED, {S.SENDING, S.PENDING}, 0),
        (Point.ANSWERED, {S.SENDING, S.PENDING}, 1),
        (Point.SETTLED, {S.SENDING, S.PENDING, S.ACCEPTED}, 1),
    ],
)
def test_by_a_provider_that_remembers_nothing_is_lost_and_nothing_doubled(
    office: Office, point: Point, left: set[MessageState], lines: int
) -> None:
    messages = waiting(office)
    with a_node(office, fail_at=point) as node:
        assert node.wait_until_dead() == KILLED
    assert set(states(office)) <= left
    assert (written(office).total() > 0) == (lines > 0)
    with a_node(office, "two") as node:
        node.wait_until(lambda: all_are(office, S.ACCEPTED))
    nothing_lost_nothing_doubled(office, messages)


@pytest.mark.parametrize("point", [Point.CLAIMED, Point.ANSWERED, Point.SETTLED])
def test_by_a_gateway_nothing_is_doubled_and_nothing_hidden(
    by_gateway: Office, gateway: HeldGateway, point: Point
) -> None:
    messages = waiting(by_gateway)
    with a_node(by_gateway, fail_at=point, **gateway.settings()) as node:
        assert node.wait_until_dead() == KILLED
    claimed = states(by_gateway)[S.SENDING]
    arrived_before = gateway.arrived.total()
    with a_node(by_gateway, "two", **gateway.settings()) as node:
        node.wait_until(lambda: all_are(by_gateway, S.ACCEPTED, S.IN_DOUBT))
    outcome = nothing_hidden_nothing_doubled(by_gateway, gateway, messages)
    assert outcome[S.IN_DOUBT] == claimed
    if point is Point.CLAIMED:
        assert (claimed > 0, arrived_before) == (True, 0)


def test_a_message_whose_transaction_never_committed_was_given_to_nobody(office: Office) -> None:
    """Killed after handing over and before the commit: neither the mark nor the job is there."""
    waiting(office)
    with a_node(office, fail_at=Point.HANDED_OVER) as node:
        assert node.wait_until_dead() == KILLED
    assert {message.job for message in office.messages()} == {""}


def test_all_daemons_are_killed_and_one_is_started(
    by_gateway: Office, gateway: HeldGateway
) -> None:
    """At any moment: with messages waiting, queued, being sent and sent."""
    messages = waiting(by_gateway, tickets=8)
    gateway.hold(after=5)
    settings = {**gateway.settings(), "claim_limit": 3}
    is_server = by_gateway.application.database.dialect == "postgresql"
    with a_node(by_gateway, "one", **settings) as one:
        gateway.wait_for(7)
        # Answers are written down a moment after they came; a kill in between leaves doubts.
        one.wait_until(lambda: states(by_gateway)[S.ACCEPTED] == 5)
        if is_server:
            with a_node(by_gateway, "two", **settings) as two:
                two.wait_until_started()
                two.kill()
        one.kill()
    gateway.release()
    with a_node(by_gateway, "three", **settings) as three:
        three.wait_until(lambda: all_are(by_gateway, S.ACCEPTED, S.IN_DOUBT))
    outcome = nothing_hidden_nothing_doubled(by_gateway, gateway, messages)
    assert outcome[S.ACCEPTED] >= 5


def test_asked_to_stop_it_finishes_what_it_has_begun(
    by_gateway: Office, gateway: HeldGateway
) -> None:
    messages = waiting(by_gateway)
    gateway.hold()
    with a_node(by_gateway, **gateway.settings()) as node:
        gateway.wait_for(1)
        node.signal(signal.SIGTERM)
        gateway.release()
        assert node.wait_until_dead() == 0
        assert "Traceback" not in node.log
    begun = {m.id for m in by_gateway.messages() if m.state is S.ACCEPTED}
    assert begun == set(gateway.arrived)
    assert set(gateway.arrived.values()) == {1}
    assert all_are(by_gateway, S.ACCEPTED, S.PENDING)
    assert len(begun) <= len(messages)


def test_a_console_with_a_daemon_finishes_too_what_it_has_begun(
    by_gateway: Office, gateway: HeldGateway
) -> None:
    """The server of the console would end the process by the same signal once it has closed."""
    waiting(by_gateway)
    gateway.hold()
    (port,) = free_ports(1)
    settings = {**gateway.settings(), "port": port}
    with a_node(by_gateway, command=("serve",), **settings) as node:
        gateway.wait_for(1)
        node.signal(signal.SIGTERM)
        gateway.release()
        assert node.wait_until_dead() == 0
        assert "Traceback" not in node.log
    assert all_are(by_gateway, S.ACCEPTED, S.PENDING)
    with by_gateway.application.database.reading() as work:
        (seen,) = work.cluster_nodes.recent(10)
    assert seen.ending == STOPPED


def test_asked_to_stop_it_hears_it_by_whichever_thread(office: Office) -> None:
    """A signal that another thread takes, or that comes just before one waits, wakes nobody up."""
    with a_node(office) as node:
        node.wait_until_started()
        assert node.stop_by_another_thread() == 0
        assert "daemon stopped" in node.log


def test_killed_at_any_moment_many_times(office: Office) -> None:
    messages = waiting(office, tickets=12)
    chance = random.Random(113)  # noqa: S311  (guards no secret)
    for number in range(4):
        with a_node(office, f"n{number}", claim_limit=3) as node:
            node.wait_until_started()
            time.sleep(chance.uniform(0, 0.5))
            node.kill()
    with a_node(office, "last") as node:
        node.wait_until(lambda: all_are(office, S.ACCEPTED))
    nothing_lost_nothing_doubled(office, messages)


def test_killed_while_it_reminds(office: Office) -> None:
    """Each ticket is reminded of once or not yet, never half: rung and messages are one."""
    office.at("2021-09-06 09:00")
    tickets = [office.submit(a_resident(address=f"{n}号")) for n in range(15)]
    chance = random.Random(2021)  # noqa: S311
    for number in range(3):
        with a_node(office, f"n{number}") as node:
            node.wait_until_started()
            time.sleep(chance.uniform(0, 0.2))
            node.kill()
    office.clock.set(system_clock() + timedelta(seconds=1))
    office.application.reminders.sweep()
    reminders = [m for m in office.messages() if m.template_key.startswith("limit_overdue")]
    told = Counter((m.ticket_no, m.recipient) for m in reminders)
    assert set(told.values()) == {1}
    assert len(told) == len(tickets) * 5
