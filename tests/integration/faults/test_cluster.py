"""Several nodes: recovering at once, of different versions, with a wrong clock, within a rate.

Guaranteed: two that recover the same dead node run each of its jobs once; a node runs jobs of its
own version, and those of versions that nobody runs any more are taken over; a node goes by the
database's clock; however many nodes there are, a provider gets no more than its rate.
"""

from __future__ import annotations

import signal
import time
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.clock import system_clock
from app.sending.fail_points import Point
from notifications.message import MessageState
from tests.integration.faults.story import (
    all_are,
    nothing_hidden_nothing_doubled,
    nothing_lost_nothing_doubled,
    states,
    waiting,
    written,
)
from tests.nodes import QUICK, a_node

if TYPE_CHECKING:
    from tests.application import Office
    from tests.held_gateway import HeldGateway

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

S = MessageState
GRACE_S = float(str(QUICK["node_grace_seconds"]))
A_SECOND_MS = 1000


def asked(office: Office, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(office.application.settings.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_two_that_recover_a_dead_node_at_the_same_moment(on_server: Office) -> None:
    messages = waiting(on_server, tickets=4)
    with a_node(on_server, fail_at=f"{Point.JOB_BEGUN}@3", claim_limit=2) as dead:
        dead.wait_until_dead()
    recovering = f"{Point.RECOVERING}=freeze"
    with (
        a_node(on_server, "two", fail_at=recovering, claim_limit=2) as two,
        a_node(on_server, "three", fail_at=recovering, claim_limit=2) as three,
    ):
        two.wait_until_frozen()
        three.wait_until_frozen()
        two.thaw()
        three.thaw()
        two.wait_until(lambda: all_are(on_server, S.ACCEPTED))
    nothing_lost_nothing_doubled(on_server, messages)


def test_one_that_dies_while_it_recovers_another_leaves_the_jobs_of_both_to_the_next(
    on_server: Office,
) -> None:
    messages = waiting(on_server)
    for name, point in (("one", Point.JOB_BEGUN), ("two", Point.RECOVERING)):
        with a_node(on_server, name, fail_at=point) as node:
            assert node.wait_until_dead() == -signal.SIGKILL
    with a_node(on_server, "three") as node:
        node.wait_until(lambda: all_are(on_server, S.ACCEPTED))
    nothing_lost_nothing_doubled(on_server, messages)


def test_a_new_version_leaves_the_jobs_of_a_living_old_one_alone(on_server: Office) -> None:
    messages = waiting(on_server)
    old = {"version": "0"}
    with a_node(on_server, odd=old, fail_at=f"{Point.JOB_BEGUN}=freeze") as older:
        older.wait_until_frozen()
        with a_node(on_server, "two") as newer:
            newer.wait_until_started()
            time.sleep(1.5 * GRACE_S)
            assert not written(on_server)
            older.thaw()
            older.wait_until(lambda: all_are(on_server, S.ACCEPTED))
    assert {m.claimed_by.split(":")[0] for m in on_server.messages()} == {"one"}
    nothing_lost_nothing_doubled(on_server, messages)


def test_the_jobs_of_a_version_that_nobody_runs_any_more_are_taken_over(on_server: Office) -> None:
    """Begun ones and waiting ones: the old node had begun one job and queued the others."""
    messages = waiting(on_server, tickets=4)
    limits = {"claim_limit": 2, "jobs_at_once": 1}
    with a_node(on_server, odd={"version": "0"}, fail_at=Point.JOB_BEGUN, **limits) as old:
        old.wait_until_dead()
    assert states(on_server) == {S.PENDING: len(messages)}
    with a_node(on_server, "two", **limits) as new:
        new.wait_until(lambda: all_are(on_server, S.ACCEPTED))
    nothing_lost_nothing_doubled(on_server, messages)


def test_what_an_old_version_left_is_not_lost_if_it_breaks_under_the_new_one(
    on_server: Office,
) -> None:
    """Its jobs are not carried on under names that the messages do not know."""
    messages = waiting(on_server, tickets=1)
    with a_node(on_server, odd={"version": "0"}, fail_at=Point.JOB_BEGUN) as old:
        old.wait_until_dead()
    with a_node(on_server, "two", fail_at=f"{Point.JOB_BEGUN}=raise@every") as new:
        new.wait_until(lambda: all_are(on_server, S.FAILED))
    with on_server.application.database.reading() as work:
        assert work.outbox.unhandled_by_state() == {S.FAILED: len(messages)}
    assert not written(on_server)


def test_a_node_whose_clock_is_an_hour_ahead_goes_by_the_databases(
    on_server_by_gateway: Office, gateway: HeldGateway
) -> None:
    """It sends nothing early, and does not take what another one is sending for abandoned."""
    office = on_server_by_gateway
    messages = waiting(office)
    later = waiting(office, tickets=1)
    in_half_an_hour = system_clock() + timedelta(minutes=30)
    with office.application.database.writing() as work:
        work.queue.postpone((m.id, in_half_an_hour) for m in later)
        work.commit()
    gateway.hold()
    settings = {**gateway.settings(), "in_doubt_minutes": 1}
    with a_node(office, **settings) as node:
        gateway.wait_for(len(messages))
        with a_node(office, "two", odd={"ahead": timedelta(hours=1)}, **settings) as ahead:
            ahead.wait_until_started()
            ahead.wait_until(lambda: "ahead of the database" in ahead.log)
            time.sleep(1)
            assert states(office) == {S.SENDING: len(messages), S.PENDING: len(later)}
        gateway.release()
        node.wait_until(lambda: states(office)[S.ACCEPTED] == len(messages))
    assert states(office) == {S.ACCEPTED: len(messages), S.PENDING: len(later)}
    assert set(gateway.arrived) == {m.id for m in messages}
    assert set(gateway.arrived.values()) == {1}


def test_two_nodes_together_keep_to_the_rate_of_a_provider(
    on_server_by_gateway: Office, gateway: HeldGateway
) -> None:
    """At 120 a minute a chunk holds two messages and one chunk begins in any second."""
    office = on_server_by_gateway
    messages = waiting(office, tickets=4)
    settings = {**gateway.settings(), "provider_rates": '{"http": 120}'}
    with a_node(office, **settings) as one, a_node(office, "two", **settings):
        one.wait_until(lambda: all_are(office, S.ACCEPTED))
    nothing_hidden_nothing_doubled(office, gateway, messages)
    starts = sorted(
        int(str(started))
        for (started,) in asked(
            office,
            "SELECT started_at_epoch_ms FROM dbos.workflow_status WHERE queue_name = 'send:http'",
        )
    )
    assert len(starts) >= len(messages) / 2
    gaps = [after - before for before, after in pairwise(starts)]
    assert min(gaps) >= A_SECOND_MS
