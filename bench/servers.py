"""Databases to measure on, set up as they would run in earnest.

SQLite syncs at each commit. PostgreSQL is a cluster of our own with fsync on, below a temporary
directory, as a user without rights.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from tests.databases import USER, find_binaries, unprivileged_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OPTIONS = {
    "listen_addresses": "''",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "timezone": "UTC",
}

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


@contextmanager
def database_server(kind: str) -> Iterator[Callable[[], str]]:
    """Give a function that makes an empty database and returns its URL."""
    directory = Path(tempfile.mkdtemp(prefix="huodian-bench-"))
    numbers = count(1)
    try:
        if kind == SQLITE:
            yield lambda: f"sqlite:///{directory}/{next(numbers)}.db"
        else:
            with _cluster(directory):
                yield lambda: _made(directory, f"bench_{next(numbers)}")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def available(kind: str) -> bool:
    """Whether databases of that kind can be made here."""
    return kind == SQLITE or find_binaries() is not None


@contextmanager
def _cluster(directory: Path) -> Iterator[None]:
    owner, binaries = unprivileged_user(), find_binaries()
    if binaries is None:
        msg = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        raise SystemExit(msg)

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
    run("initdb", "-D", store, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale")
    options = " ".join(f"-c {name}={value}" for name, value in OPTIONS.items())
    options += f" -c unix_socket_directories={directory}"
    run("pg_ctl", "-D", store, "-l", str(directory / "log"), "-w", "-o", options, "start")
    try:
        yield
    finally:
        run("pg_ctl", "-D", store, "-m", "immediate", "stop")


def _made(directory: Path, name: str) -> str:
    where = f"host={directory} user={USER} dbname=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql+psycopg://{USER}@/{name}?host={directory}"


def driver_dsn(url: str) -> str:
    """The URL as psycopg itself takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def sqlite_path(url: str) -> str:
    """The file of a SQLite URL."""
    return url.removeprefix("sqlite:///")
