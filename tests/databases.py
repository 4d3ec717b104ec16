"""Databases for tests: a SQLite file, and a database in one PostgreSQL cluster of our own.

The cluster is started once a test session (once a worker under xdist), below a temporary
directory, as a user without rights, on a Unix socket only, and without fsync. Every test gets a
fresh copy of a migrated template. Without PostgreSQL these tests are skipped; with CI=true they
fail, because there nothing may be left out.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from storage.database import open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.database import Database

USER = "huodian"
TEMPLATE = "huodian_template"
OPTIONS = {
    "listen_addresses": "''",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "120",
    "max_wal_size": "128MB",
    "min_wal_size": "32MB",
    "timezone": "Asia/Shanghai",  # not UTC, so that a test notices an instant that is not converted
}


IN_MEMORY = Path("/dev/shm")  # noqa: S108  (a directory of our own is made in it)
ROOM = 4 * 1024**3
"""Bytes that must be free there. In memory a database is made in a fraction of the time."""


class Cluster:
    """A running PostgreSQL server of our own; `control` runs `pg_ctl` on it."""

    def __init__(self, directory: Path, control: Callable[..., None]) -> None:
        self._directory = directory
        self._control = control
        self._numbers = count(1)
        open_and_migrate(self._made("CREATE DATABASE " + TEMPLATE, TEMPLATE))

    def stop_at_once(self) -> None:
        """Stop it as a crash does: every session ends where it is."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Start it again, and wait until it takes connections."""
        self._control("start")

    def fresh(self) -> str:
        """The URL of a new database with all tables and nothing in them."""
        name = f"huodian_{next(self._numbers)}"
        return self._made(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}", name)

    def empty(self) -> str:
        """The URL of a new database without any table."""
        name = f"huodian_{next(self._numbers)}"
        return self._made(f"CREATE DATABASE {name}", name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        name = url.partition("?")[0].rpartition("/")[2]
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _made(self, statement: str, name: str) -> str:
        self._run(statement)
        return f"postgresql+psycopg://{USER}@/{name}?host={self._directory}"

    def _run(self, statement: str) -> None:
        where = f"host={self._directory} user={USER} dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement)


def open_and_migrate(url: str) -> None:
    """Make the tables of a database and let go of it."""
    database = open_database(url)
    database.migrate()
    database.close()


@contextmanager
def running_cluster(binaries: Path, **options: str) -> Iterator[Cluster]:
    """Start a cluster with these options besides `OPTIONS`; stop and remove it in the end."""
    owner = unprivileged_user()
    directory = Path(tempfile.mkdtemp(prefix="huodian-pg-", dir=_roomy_memory()))

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(binaries / program), *arguments],
            check=True,
            cwd=directory,
            stdout=subprocess.DEVNULL,
            user=owner,
            extra_groups=None if owner is None else [],
        )

    if owner is not None:
        shutil.chown(directory, user=owner)
    store = str(directory / "store")
    try:
        run("initdb", "-D", store, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        chosen = OPTIONS | options | {"unix_socket_directories": str(directory)}
        texts = " ".join(f"-c {name}={value}" for name, value in chosen.items())
        log = str(directory / "log")

        def control(*arguments: str) -> None:
            run("pg_ctl", "-D", store, "-l", log, "-w", "-o", texts, *arguments)

        control("start")
        try:
            yield Cluster(directory, control)
        finally:
            control("-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _roomy_memory() -> Path | None:
    """Where files lie in memory, if there is enough of it; None for the usual place."""
    if not os.access(IN_MEMORY, os.W_OK) or shutil.disk_usage(IN_MEMORY).free < ROOM:
        return None
    return IN_MEMORY


def unprivileged_user() -> str | None:
    """Whom to run the server as: PostgreSQL refuses root. None for the present user."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def find_binaries() -> Path | None:
    """The directory of the server's programs, the newest version first."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: float(path.parts[-3]),
        reverse=True,
    )
    on_path = shutil.which("initdb")
    found = [*installed, *([Path(on_path)] if on_path else [])]
    return found[0].parent if found else None


# --- fixtures --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The session's PostgreSQL cluster; skips, or fails with CI=true, where there is none."""
    with running_cluster(binaries_or_skip()) as cluster:
        yield cluster


def binaries_or_skip() -> Path:
    """The directory of the server's programs; without them the test is skipped, or fails."""
    binaries = find_binaries()
    if binaries is None:
        reason = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return binaries


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    open_and_migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "huodian.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.fresh()
    yield url
    cluster.drop(url)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'made' / 'by' / 'opening.db'}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.empty()
    yield url
    cluster.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An opened database of each kind, migrated and empty."""
    opened = open_database(database_url)
    yield opened
    opened.close()
