"""Transactions: what a unit of work keeps, what it undoes, and what it survives."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from engine.errors import UnavailableError
from storage.database import open_database
from tests.contract.builders import AT, stored
from tests.databases import binaries_or_skip, running_cluster

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database
    from tests.databases import Cluster


def marked(database: Database, key: str) -> str | None:
    with database.reading() as work:
        return work.marks.find(key)


def test_what_was_committed_stays_and_what_came_after_does_not(database: Database) -> None:
    with database.writing() as work:
        work.marks.set("a", "1")
        work.commit()
    with database.writing() as work:
        work.marks.set("a", "2")
    assert marked(database, "a") == "1"


def test_what_need_not_last_is_seen_at_once(database: Database) -> None:
    with database.writing(lasting=False) as work:
        work.marks.set("a", "1")
        work.commit()
    assert marked(database, "a") == "1"


@pytest.mark.postgresql
def test_a_server_waits_for_its_disk_again_after_what_need_not_last() -> None:
    with running_cluster(
        binaries_or_skip(), synchronous_commit="on", wal_writer_delay="10s"
    ) as server:
        database = open_database(server.fresh())
        with database.writing(lasting=False) as work:
            work.marks.set("soon", "1")
            work.commit()
        with database.writing() as work:
            work.marks.set("lasting", "1")
            work.commit()
        server.stop_at_once()
        server.start()
        database.close()
        assert (marked(database, "soon"), marked(database, "lasting")) == ("1", "1")
        database.close()


def test_a_file_waits_for_its_disk_again_after_what_need_not_last(tmp_path: Path) -> None:
    """1 is NORMAL and 2 is FULL; there is no taking the power from a machine in here."""
    database = open_database(f"sqlite:///{tmp_path}/x.db")
    for lasting, expected in ((True, 2), (False, 1), (False, 1), (True, 2)):
        with database.writing(lasting=lasting) as work:
            found = work.connection.exec_driver_sql("PRAGMA synchronous").scalar()
            assert found == expected
    with pytest.raises(ZeroDivisionError), database.writing(lasting=False):
        raise ZeroDivisionError
    with database.writing() as work:
        assert work.connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    database.close()


def test_an_exception_undoes_everything(database: Database) -> None:
    def fail_half_way() -> None:
        with database.writing() as work:
            work.marks.set("a", "1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert marked(database, "a") is None


def test_a_reading_unit_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading() as work:
        work.marks.set("a", "1")
    with database.writing() as work:
        work.marks.set("b", "1")
        work.commit()
    assert (marked(database, "a"), marked(database, "b")) == (None, "1")


def test_an_error_does_not_repeat_what_was_to_be_stored(database: Database) -> None:
    """It is logged, and what is stored names people."""
    with pytest.raises(DBAPIError) as failed, database.reading() as work:
        work.marks.set("a", "13800138000")
    assert "13800138000" not in str(failed.value)


def test_a_connection_is_fit_for_use_after_a_statement_failed(database: Database) -> None:
    for _ in range(3):
        with database.writing() as work, pytest.raises(DBAPIError):
            work.accounts.add_link("x", user_id="nobody", at=AT, expires_at=AT)
    assert stored(database).revision == 1


def test_many_threads_may_read_and_write_at_once(database: Database) -> None:
    def count_up(_: int) -> int:
        with database.writing() as work:
            counted = work.marks.count_up("n")
            work.commit()
        return counted

    with ThreadPoolExecutor(8) as threads:
        counted = list(threads.map(count_up, range(80)))
    assert sorted(counted) == list(range(1, 81))
    assert marked(database, "n") == "80"


def test_a_sqlite_file_is_durable_and_keeps_references(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'huodian.db'}")
    database.migrate()
    with database.writing() as work, pytest.raises(DBAPIError, match="FOREIGN KEY"):
        work.accounts.add_link("x", user_id="nobody", at=AT, expires_at=AT)
    database.close()
    with sqlite3.connect(tmp_path / "huodian.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_database_that_is_busy_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'huodian.db'}"
    first, second = open_database(url), open_database(url, wait_seconds=0.1)
    first.migrate()
    with first.writing(), pytest.raises(UnavailableError) as refusal, second.writing():
        pass
    assert refusal.value.reasons[0].code == "database_busy"
    with second.writing(), pytest.raises(UnavailableError), second.writing():  # one's own thread
        pass
    with second.writing() as work:
        work.marks.set("a", "1")
        work.commit()
    for each in (first, second):
        each.close()


@pytest.mark.postgresql
def test_a_restart_of_the_server_is_survived(cluster: Cluster) -> None:
    url = cluster.fresh()
    database = open_database(url, idle_seconds=0)
    stored(database)
    address = url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    assert ended
    assert stored(database).revision == 1
    database.close()
    cluster.drop(url)
