"""A node stands still, or loses the lock that says it lives; others must neither double nor wait.

Guaranteed: a node that stands still keeps its lock, however long, and nobody touches its jobs; only
a transaction that it has begun is undone after a while, because others may wait for its rows. One
that has lost its lock for longer than the grace is taken for dead; whatever it still does when it
wakes up finds its messages claimed by others. One that cannot get its lock back ends by itself.

Not preventable by any engine: a node that stands still exactly between its last look at its claim
and the first byte to the provider, for longer than a claim lasts, while a provider that removes
doubles only for a while (WeChat, ten minutes) is given the message again by another node. For SMS
there is no such case, because a text message in doubt is never sent again.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.sending.fail_points import Point
from notifications.message import MessageState
from storage.presence import LOCK_CLASS, lock_key
from tests.integration.faults.story import (
    all_are,
    nothing_hidden_nothing_doubled,
    nothing_lost_nothing_doubled,
    states,
    waiting,
    written,
)
from tests.nodes import QUICK, a_node, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tests.application import Office
    from tests.held_gateway import HeldGateway
    from tests.nodes import Node

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

S = MessageState
GRACE_S = float(str(QUICK["node_grace_seconds"]))


@contextmanager
def frozen_node(office: Office, point: Point, **settings: Any) -> Iterator[Node]:
    """A node, the only one so far, that stands still at that point."""
    with a_node(office, fail_at=f"{point}=freeze", **settings) as node:
        node.wait_until_frozen()
        yield node


def endings(office: Office) -> dict[str, str]:
    """How each node has ended, by name; empty for one that has not."""
    with office.application.database.reading() as work:
        return {each.name: each.ending for each in work.cluster_nodes.recent(10)}


def id_of(office: Office, node: Node) -> str:
    with office.application.database.reading() as work:
        return next(n.id for n in work.cluster_nodes.recent(10) if n.name == node.name)


def lose_lock(office: Office, node: Node) -> Connection:
    """End the session that holds the node's lock; gives a connection to the same server."""
    engine = create_engine(office.application.settings.database_url, poolclass=NullPool)
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    ended = connection.execute(
        text(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_locks"
            " WHERE locktype = 'advisory' AND granted AND classid = :lock_class AND objid = :key"
        ),
        {"lock_class": LOCK_CLASS, "key": lock_key(id_of(office, node))},
    )
    assert ended.scalar() == 1
    return connection


def steal_lock(office: Office, node: Node) -> Connection:
    """Get the node's lock before the node can take it again; gives the connection that has it.

    Whoever waits for the lock is the next to have it, so the thief waits before it is lost.
    """
    engine = create_engine(office.application.settings.database_url, poolclass=NullPool)
    thief = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    thief.execute(text("SET lock_timeout = '30s'"))
    key = lock_key(id_of(office, node))
    signed = key - 2**32 if key >= 2**31 else key
    with ThreadPoolExecutor(max_workers=1) as pool:
        wanted = text(f"SELECT pg_advisory_lock({LOCK_CLASS}, {signed})")
        taken = pool.submit(thief.execute, wanted)
        wait_until(lambda: is_wanted(office, key), lambda: node.log)
        lose_lock(office, node).close()
        taken.result()
    return thief


def is_wanted(office: Office, key: int) -> bool:
    """Whether somebody waits for the lock."""
    engine = create_engine(office.application.settings.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        waiting_for_it = connection.execute(
            text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND classid = :lock_class AND objid = :key"
            ),
            {"lock_class": LOCK_CLASS, "key": key},
        )
        return bool(waiting_for_it.scalar())


@pytest.mark.parametrize("share", [0.5, 2.0], ids=["shorter", "longer"])
def test_a_node_that_stands_still_keeps_its_jobs(on_server: Office, share: float) -> None:
    """Shorter or longer than the grace: its session lives, so it is not taken for dead."""
    messages = waiting(on_server)
    with frozen_node(on_server, Point.JOB_BEGUN) as frozen, a_node(on_server, "two") as other:
        other.wait_until_started()
        time.sleep(GRACE_S * share)
        held = {m.id for m in on_server.messages() if m.state is S.PENDING}
        frozen.thaw()
        frozen.wait_until(lambda: all_are(on_server, S.ACCEPTED))
    assert held
    assert set(endings(on_server).values()) == {""}
    nothing_lost_nothing_doubled(on_server, messages)


def test_one_that_lost_its_lock_meanwhile_is_taken_for_dead_and_ends_when_it_wakes_up(
    on_server: Office,
) -> None:
    messages = waiting(on_server)
    with frozen_node(on_server, Point.JOB_BEGUN) as frozen, a_node(on_server, "two") as other:
        other.wait_until_started()
        lose_lock(on_server, frozen).close()
        other.wait_until(lambda: all_are(on_server, S.ACCEPTED))
        assert endings(on_server)["one"] == "lost"
        frozen.thaw()
        assert frozen.wait_until_dead() == 1
    nothing_lost_nothing_doubled(on_server, messages)


def test_what_it_stands_still_in_the_middle_of_writing_is_undone_and_done_by_others(
    on_server: Office,
) -> None:
    """Its messages are given to a job, which nobody can see before that is committed."""
    messages = waiting(on_server)
    with (
        frozen_node(on_server, Point.HANDED_OVER) as frozen,
        a_node(on_server, "two") as other,
    ):
        other.wait_until(lambda: all_are(on_server, S.ACCEPTED))
        frozen.thaw()
        frozen.wait_until(lambda: "sweep dispatch could not run" in frozen.log)
    assert set(endings(on_server).values()) == {""}
    nothing_lost_nothing_doubled(on_server, messages)


def test_standing_still_between_claim_and_call_sends_nothing_when_it_wakes_up(
    on_server_by_gateway: Office, gateway: HeldGateway
) -> None:
    office = on_server_by_gateway
    messages = waiting(office)
    # One job at a time, so that nothing else is on its way while the node stands still.
    alone = {**gateway.settings(), "jobs_at_once": 1}
    with frozen_node(office, Point.CLAIMED, **alone) as frozen:
        claimed = states(office)[S.SENDING]  # before the other node claims any
        with a_node(office, "two", **gateway.settings()) as other:
            other.wait_until(lambda: states(office)[S.IN_DOUBT] == claimed)
            frozen.thaw()
            frozen.wait_until(lambda: "failed with RuntimeError" in frozen.log)
            other.wait_until(lambda: all_are(office, S.ACCEPTED, S.IN_DOUBT))
    outcome = nothing_hidden_nothing_doubled(office, gateway, messages)
    assert outcome[S.IN_DOUBT] == claimed
    assert not any(gateway.arrived[m.id] for m in office.messages() if m.state is S.IN_DOUBT)


def test_a_lock_that_is_lost_again_and_again_is_taken_again(
    on_server_by_gateway: Office, gateway: HeldGateway
) -> None:
    office = on_server_by_gateway
    messages = waiting(office)
    gateway.hold()
    settings = {**gateway.settings(), "in_doubt_minutes": 1}
    with a_node(office, **settings) as node:
        gateway.wait_for(len(messages))
        with a_node(office, "two", **settings) as other:
            other.wait_until_started()
            lose_it_three_times(office, node)
            time.sleep(GRACE_S)
            gateway.release()
            node.wait_until(lambda: all_are(office, S.ACCEPTED))
    assert set(endings(office).values()) == {""}
    outcome = nothing_hidden_nothing_doubled(office, gateway, messages)
    assert outcome == {S.ACCEPTED: len(messages)}


def lose_it_three_times(office: Office, node: Node) -> None:
    node_id = id_of(office, node)
    for _ in range(3):
        lose_lock(office, node).close()
        wait_until(lambda: is_present(office, node_id), lambda: node.log)


def is_present(office: Office, node_id: str) -> bool:
    return bool(office.application.database.present({node_id}))


def test_a_node_that_cannot_get_its_lock_back_ends_and_its_jobs_go_on_elsewhere(
    on_server: Office,
) -> None:
    with a_node(on_server) as node:
        node.wait_until_started()
        thief = steal_lock(on_server, node)
        assert node.wait_until_dead() == 1
        assert "has no lock" in node.log
        thief.close()
    messages = waiting(on_server)
    with a_node(on_server, "two") as other:
        other.wait_until(lambda: all_are(on_server, S.ACCEPTED))
        other.wait_until(lambda: endings(on_server)["one"] == "lost")
    assert written(on_server).total() == len(messages)
