"""PostgreSQL is stopped as by a crash, while a daemon claims, settles or recovers.

Guaranteed: a daemon goes on as soon as the server is back, or ends and is started again by whoever
supervises it; what was committed counts, what was not is done again; nothing is lost or doubled.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from app.ports.jobs import Job
from app.sending.fail_points import Point
from notifications.message import MessageState
from tests.away import database_away
from tests.integration.faults.story import (
    TenAtATime,
    a_notice,
    all_are,
    nothing_hidden_nothing_doubled,
    nothing_lost_nothing_doubled,
    states,
    waiting,
)
from tests.nodes import a_node, wait_until

if TYPE_CHECKING:
    from tests.application import Office
    from tests.databases import Cluster
    from tests.held_gateway import HeldGateway

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

S = MessageState
PATIENT = {"node_grace_seconds": 20}
"""A grace that outlasts the restart of the server, however busy the machine is."""
A_MOMENT_S = 0.5


def test_while_a_job_claims(own_server: Cluster, on_own_server: Office) -> None:
    messages = waiting(on_own_server)
    with a_node(on_own_server, fail_at=f"{Point.JOB_BEGUN}=freeze", **PATIENT) as node:
        node.wait_until_frozen()
        own_server.stop_at_once()
        node.thaw()
        time.sleep(A_MOMENT_S)
        own_server.start()
        node.wait_until(lambda: all_are(on_own_server, S.ACCEPTED))
    nothing_lost_nothing_doubled(on_own_server, messages)


def test_while_answers_are_written_down(
    own_server: Cluster, on_own_server: Office, gateway: HeldGateway
) -> None:
    """The gateway has taken the messages; the answers are kept until they can be written."""
    messages = waiting(on_own_server)
    gateway.hold()
    with a_node(on_own_server, **gateway.settings(), **PATIENT, in_doubt_minutes=1) as node:
        gateway.wait_for(len(messages))
        own_server.stop_at_once()
        gateway.release()
        time.sleep(A_MOMENT_S)
        own_server.start()
        node.wait_until(lambda: all_are(on_own_server, S.ACCEPTED))
    outcome = nothing_hidden_nothing_doubled(on_own_server, gateway, messages)
    assert outcome == {S.ACCEPTED: len(messages)}


def test_while_a_notice_is_written(own_server: Cluster, on_own_server: Office) -> None:
    """A page need not have reached the disk; then it is written again, with its jobs."""
    notice = a_notice(on_own_server)
    with on_own_server.application.database.writing() as work:
        work.notices.add(notice)
        on_own_server.application.transport.jobs.enqueue(work, Job.FAN_OUT, notice.id, (notice.id,))
        work.commit()
    odd = {"fan_outs": {notice.kind: TenAtATime()}}
    with a_node(on_own_server, odd=odd, fail_at=f"{Point.PAGE_WRITTEN}=freeze", **PATIENT) as node:
        node.wait_until_frozen()
        own_server.stop_at_once()
        node.thaw()
        time.sleep(A_MOMENT_S)
        own_server.start()
        node.wait_until(
            lambda: len(on_own_server.messages()) == 30 and all_are(on_own_server, S.ACCEPTED)
        )
    nothing_lost_nothing_doubled(on_own_server, on_own_server.messages())


def test_while_a_dead_nodes_jobs_are_recovered(own_server: Cluster, on_own_server: Office) -> None:
    messages = waiting(on_own_server)
    with a_node(on_own_server, fail_at=Point.JOB_BEGUN) as dead:
        dead.wait_until_dead()
    with a_node(on_own_server, "two", fail_at=f"{Point.RECOVERING}=freeze") as heir:
        heir.wait_until_frozen()
        own_server.stop_at_once()
        heir.thaw()
        time.sleep(A_MOMENT_S)
        own_server.start()
        # It may have ended for want of its lock: then its supervisor starts another one.
        with a_node(on_own_server, "three"):
            wait_until(lambda: all_are(on_own_server, S.ACCEPTED), lambda: heir.log)
    nothing_lost_nothing_doubled(on_own_server, messages)


def test_in_the_middle_of_everything(
    own_server: Cluster, on_own_server: Office, gateway: HeldGateway
) -> None:
    """Two daemons work; the server crashes twice; both go on."""
    messages = waiting(on_own_server, tickets=6)
    settings = {**gateway.settings(), **PATIENT, "claim_limit": 2, "in_doubt_minutes": 1}
    gateway.hold(after=4)
    with a_node(on_own_server, **settings) as one, a_node(on_own_server, "two", **settings):
        gateway.wait_for(5)
        own_server.stop_at_once()
        own_server.start()
        gateway.release()
        own_server.stop_at_once()
        own_server.start()
        one.wait_until(lambda: all_are(on_own_server, S.ACCEPTED, S.IN_DOUBT))
    outcome = nothing_hidden_nothing_doubled(on_own_server, gateway, messages)
    assert outcome[S.ACCEPTED] >= len(messages) - 8, states(on_own_server)


def test_while_nobody_may_connect(on_server: Office) -> None:
    """Every session is ended and none begins: the daemon says so in a sentence, and waits."""
    messages = waiting(on_server)

    def beat() -> str:
        with on_server.application.database.reading() as work:
            beats = {each.name: str(each.finished_at) for each in work.sweeps.beats()}
        return beats.get("dispatch", "")

    with a_node(on_server, **PATIENT) as daemon:
        daemon.wait_until(lambda: beat() != "")
        with database_away(on_server.application.settings.database_url):
            daemon.wait_until(lambda: "could not run, it is tried again" in daemon.log)
        on_server.application.database.close()
        seen = beat()
        daemon.wait_until(lambda: beat() > seen)
        daemon.wait_until(lambda: all_are(on_server, S.ACCEPTED))
        assert daemon.stop() == 0
    assert "Traceback" not in daemon.log
    assert "数据库" in daemon.log
    nothing_lost_nothing_doubled(on_server, messages)
