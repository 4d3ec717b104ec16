"""What is wrong with a database, from the drivers' own errors: a sentence that says what to do."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors

from engine.errors import UnavailableError
from storage.database import open_database
from storage.troubles import of_postgresql, of_sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from storage.database import Database
    from tests.databases import Cluster

NOT_HEXADECIMAL = b"this is a letter to somebody, and no database of anybody's at all\n" * 20


# --- SQLite ------------------------------------------------------------------------------------


def a_text(path: Path) -> str:
    path.write_bytes(NOT_HEXADECIMAL)
    return f"sqlite:///{path}"


def a_directory(path: Path) -> str:
    path.mkdir()
    return f"sqlite:///{path}"


def below_a_file(path: Path) -> str:
    path.write_text("a file")
    return f"sqlite:///{path}/huodian.db"


def of_somebody_else(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE users (name)")
    connection.close()
    return f"sqlite:///{path}"


@pytest.mark.parametrize(
    ("make", "code", "said"),
    [
        (a_text, "not_a_database", "不是数据库文件"),
        (a_directory, "database_not_opened", "无法打开数据库文件"),
        (below_a_file, "database_not_opened", "无法建立数据库文件所在的目录"),
        (of_somebody_else, "foreign_database", "已有其他程序的表：users"),
    ],
)
def test_what_is_no_database_of_ours_is_refused_at_the_start(
    tmp_path: Path, make: Callable[[Path], str], code: str, said: str
) -> None:
    path = tmp_path / "thing"
    url = make(path)
    with pytest.raises(UnavailableError) as refusal:
        open_database(url).migrate()
    (reason,) = refusal.value.reasons
    assert (reason.code, str(path) in reason.message) == (code, True)
    assert said in reason.message
    assert reason.remedy


def test_a_file_that_is_moved_or_replaced_is_not_written_on(tmp_path: Path) -> None:
    path = tmp_path / "huodian.db"
    database = open_database(f"sqlite:///{path}")
    database.migrate()

    def fails_with(code: str) -> None:
        for unit in (database.writing, database.reading, database.changing):
            with pytest.raises(UnavailableError) as refusal, unit():
                pass
            assert refusal.value.reasons[0].code == code

    path.rename(tmp_path / "aside.db")
    fails_with("database_moved")
    assert not path.exists()
    path.write_bytes((tmp_path / "aside.db").read_bytes())
    fails_with("database_moved")
    (tmp_path / "aside.db").rename(path)
    database.check()
    database.close()


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "huodian.db"
    database = open_database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    damaged = open_database(f"sqlite:///{path}")
    with pytest.raises(UnavailableError) as refusal, damaged.reading() as work:
        work.marks.find("a")
    assert refusal.value.reasons[0].code == "database_damaged"
    damaged.close()


@pytest.mark.parametrize(
    ("pragma", "code"),
    [("query_only = ON", "database_not_writable"), ("max_page_count = 1", "database_full")],
)
def test_what_sqlite_itself_says(tmp_path: Path, pragma: str, code: str) -> None:
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (x)")
    connection.execute(f"PRAGMA {pragma}")
    with pytest.raises(sqlite3.Error) as fault:  # noqa: PT012  (as much as it takes)
        for _ in range(10):
            connection.execute("INSERT INTO t VALUES (?)", ("x" * 5000,))
    connection.close()
    reason = of_sqlite(fault.value, "x.db")
    assert reason is not None
    assert reason.code == code


def test_a_mistake_of_ours_is_no_trouble_of_sqlite() -> None:
    connection = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.Error) as fault:
        connection.execute("SELECT nonsense")
    connection.close()
    assert of_sqlite(fault.value, "x.db") is None
    assert of_sqlite(ZeroDivisionError(), "x.db") is None


# --- PostgreSQL --------------------------------------------------------------------------------


def test_a_server_that_is_not_there_is_said_to_be_unreachable(tmp_path: Path) -> None:
    database = open_database(f"postgresql+psycopg://huodian:geheim@/x?host={tmp_path}")
    with pytest.raises(UnavailableError, match="无法连接数据库服务器") as refusal:
        database.check()
    assert refusal.value.reasons[0].code == "database_away"
    assert "geheim" not in str(refusal.value)


@pytest.fixture
def fresh(cluster: Cluster) -> Iterator[str]:
    url = cluster.fresh()
    yield url
    cluster.drop(url)


def as_superuser(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda url: url.replace("huodian_", "nowhere_"), "database_missing"),
        (lambda url: url.replace("//huodian@", "//stranger:geheim@"), "database_refused"),
    ],
    ids=["no such database", "no such user"],
)
def test_a_server_that_lets_nobody_in(fresh: str, change: Callable[[str], str], code: str) -> None:
    with pytest.raises(UnavailableError) as refusal:
        open_database(change(fresh)).check()
    assert refusal.value.reasons[0].code == code
    assert "geheim" not in str(refusal.value)


@pytest.mark.postgresql
def test_a_server_that_may_only_be_read(fresh: str) -> None:
    name = fresh.partition("?")[0].rpartition("/")[2]
    as_superuser(fresh, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database = open_database(fresh)
    with pytest.raises(UnavailableError) as refusal, database.writing() as work:
        work.marks.set("a", "1")
    assert refusal.value.reasons[0].code == "database_not_writable"
    database.close()


@pytest.mark.postgresql
def test_a_user_without_rights(fresh: str) -> None:
    with suppress(errors.DuplicateObject):
        as_superuser(fresh, "CREATE ROLE guest LOGIN")
    database = open_database(fresh.replace("//huodian@", "//guest@"))
    with pytest.raises(UnavailableError) as refusal, database.reading() as work:
        work.marks.find("a")
    assert "没有所需的权限" in str(refusal.value)
    database.close()


@pytest.mark.postgresql
def test_a_connection_lost_in_the_middle_is_replaced_by_a_new_one(fresh: str) -> None:
    database = open_database(fresh)

    def count_up() -> int:
        with database.writing() as work:
            counted = work.marks.count_up("n")
            work.commit()
        return counted

    assert count_up() == 1
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"
    name = fresh.partition("?")[0].rpartition("/")[2]
    as_superuser(fresh.replace(f"/{name}?", "/postgres?"), ended.format(name))
    with pytest.raises(UnavailableError) as refusal:
        count_up()
    assert refusal.value.reasons[0].code == "database_connection_lost"
    assert count_up() == 2
    database.close()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (errors.AdminShutdown, "database_connection_lost"),
        (errors.CannotConnectNow, "database_connection_lost"),
        (errors.ConnectionFailure, "database_connection_lost"),
        (errors.TooManyConnections, "database_busy"),
        (errors.DeadlockDetected, "database_busy"),
        (errors.LockNotAvailable, "database_busy"),
        (errors.QueryCanceled, "database_busy"),
        (errors.DiskFull, "database_full"),
        (errors.OutOfMemory, "database_full"),
        (errors.IoError, "database_io"),
        (errors.DataCorrupted, "database_damaged"),
        (errors.InvalidPassword, "database_refused"),
        (errors.UndefinedTable, None),
        (errors.UniqueViolation, None),
        (errors.SyntaxError, None),
    ],
)
def test_what_postgresql_says_by_its_codes(fault: type[psycopg.Error], code: str | None) -> None:
    reason = of_postgresql(fault("said"), "db/huodian")
    assert (None if reason is None else reason.code) == code


def overtaken_in_the_middle(frozen: Database, other: Database, *, commits: bool) -> None:
    """Write on one database while the other waits for that row, until the first is given up."""
    with frozen.writing() as work:
        work.marks.set("a", "frozen")
        with other.writing() as others:
            others.marks.set("a", "other")
            others.commit()
        if commits:
            work.commit()
        else:
            work.marks.set("a", "again")


@pytest.mark.postgresql
@pytest.mark.parametrize("commits", [True, False], ids=["commit", "statement"])
def test_a_transaction_that_stands_still_is_undone_and_nobody_waits_for_it(
    fresh: str, *, commits: bool
) -> None:
    """As that of a process that was frozen in the middle of it."""
    name = fresh.partition("?")[0].rpartition("/")[2]
    as_superuser(fresh, f"ALTER DATABASE {name} SET lock_timeout = '20s'")
    frozen, other = open_database(fresh, stalled_seconds=0.2), open_database(fresh)
    with pytest.raises(UnavailableError, match="停顿过久") as refusal:
        overtaken_in_the_middle(frozen, other, commits=commits)
    assert refusal.value.reasons[0].code == "database_stalled"
    for database in (frozen, other):
        with database.writing() as work:
            assert work.marks.find("a") == "other"
            work.marks.set("b", "1")
            work.commit()
        database.close()
