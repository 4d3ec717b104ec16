"""Nodes and the locks that prove that they live."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from storage.database import open_database
from storage.presence import lock_key
from tests.contract.builders import AT

if TYPE_CHECKING:
    from storage.database import Database
    from tests.databases import Cluster

HOUR = timedelta(hours=1)


def test_a_node_begins_lives_and_ends_once(database: Database) -> None:
    with database.writing() as work:
        nodes = work.cluster_nodes
        nodes.begin("n1", "east", "1", AT)
        nodes.begin("n2", "west", "1", AT + HOUR)
        assert nodes.seen("n1", AT + HOUR)
        assert nodes.end("n1", AT + 2 * HOUR, "lost")
        assert not nodes.end("n1", AT + 3 * HOUR, "stopped")
        assert not nodes.seen("n1", AT + 3 * HOUR)
        assert [each.id for each in nodes.running()] == ["n2"]
        latest, first = nodes.recent(10)
        assert [latest.id] == [each.id for each in nodes.recent(1)] == ["n2"]
        assert (first.name, first.seen_at, first.ended_at, first.ending) == (
            "east",
            AT + HOUR,
            AT + 2 * HOUR,
            "lost",
        )
        nodes.begin("n1", "east", "2", AT + 4 * HOUR)  # the one node of a file begins anew
        assert [each.id for each in nodes.running()] == ["n2", "n1"]


def test_a_node_is_present_as_long_as_it_holds_its_lock(
    database: Database, database_url: str
) -> None:
    other = open_database(database_url)
    mine, again = database.presence("n1"), other.presence("n1")
    assert database.present({"n1"}) == set()
    assert mine.take()
    assert mine.take()
    assert mine.is_held()
    assert database.present({"n1"}) == other.present({"n1"}) == {"n1"}
    assert not again.take()
    mine.release()
    assert not mine.is_held()
    assert database.present({"n1"}) == set()
    assert again.take()
    again.release()
    other.close()


def test_a_file_has_one_node_and_a_server_any_number(database: Database) -> None:
    one, two = database.presence("n1"), database.presence("n2")
    assert one.take()
    assert two.take() is (database.dialect == "postgresql")
    if database.dialect == "postgresql":
        assert database.present({"n1", "n2", "n3"}) == {"n1", "n2"}
    one.release()
    two.release()


@pytest.mark.postgresql
def test_a_lock_whose_session_is_gone_is_noticed_and_taken_again(cluster: Cluster) -> None:
    url = cluster.fresh()
    database = open_database(url)
    presence = database.presence("n1")
    assert presence.take()
    end_session_of(url, "n1")
    assert database.present({"n1"}) == set()
    assert not presence.is_held()
    assert presence.take()
    assert database.present({"n1"}) == {"n1"}
    presence.release()
    database.close()
    cluster.drop(url)


def end_session_of(url: str, node_id: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        ended = connection.execute(
            text(
                "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_locks"
                " WHERE locktype = 'advisory' AND objid = :key"
            ),
            {"key": lock_key(node_id)},
        )
        assert ended.scalar() == 1


def test_the_clock_of_a_server_is_aware_and_a_file_has_none(database: Database) -> None:
    now = database.now()
    if database.dialect == "sqlite":
        assert now is None
    else:
        assert now is not None
        assert now.utcoffset() == timedelta(0)
