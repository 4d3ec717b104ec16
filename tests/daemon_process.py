"""The real daemon as a child process, and locks with which a test stops it between two steps.

The product knows no fail points. A daemon that wants to write waits for whoever holds the
database, and one that wants to append to the outgoing file for whoever holds that.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy.engine import make_url

from app.clock import system_clock
from engine.calendar import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.application import Office

PATIENCE = 60
HUODIAN = Path(sys.executable).with_name("huodian")


def environment(office: Office, **settings: Any) -> dict[str, str]:
    """The environment of a command that works on the office's database, by the real clock."""
    own = office.application.settings
    where = {"database_url": own.database_url, "var_dir": own.var_dir}
    return environment_of(**where, **{"sweep_seconds": 1, "dispatch_seconds": 1} | settings)


def environment_of(**settings: Any) -> dict[str, str]:
    """The environment of a command with these settings, and nothing set by whoever runs tests."""
    inherited = {key: value for key, value in os.environ.items() if "HUODIAN_" not in key}
    chosen = {"sample": "false", **not_quiet_now(), **settings}
    return inherited | {f"HUODIAN_{key.upper()}": str(value) for key, value in chosen.items()}


def not_quiet_now() -> dict[str, str]:
    """Settings that put the quiet hours half a day away from the real time."""
    far_from_now = system_clock().astimezone(SHANGHAI) + timedelta(hours=12)
    until = far_from_now + timedelta(minutes=1)
    return {"quiet_from": f"{far_from_now:%H:%M}", "quiet_until": f"{until:%H:%M}"}


class Daemon:
    """One `huodian daemon`, whose output goes to a file."""

    def __init__(self, office: Office, **settings: Any) -> None:
        log = office.application.settings.var_dir / "daemon.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [HUODIAN, "daemon"], env=environment(office, **settings), stderr=output
            )

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that the daemon brings about."""
        deadline = time.monotonic() + PATIENCE
        while not happened():
            assert self._process.poll() is None, self.log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, self.log.read_text(encoding="utf-8")
            time.sleep(0.01)

    def wait_until_started(self) -> None:
        """Wait until it says that it runs."""
        self.wait_until(lambda: "daemon started" in self.log.read_text(encoding="utf-8"))

    def kill(self) -> None:
        """Kill it as `kill -9` does: it cannot do anything about it."""
        self._process.kill()
        assert self._process.wait(PATIENCE) == -signal.SIGKILL

    def stop(self) -> int:
        """Ask it to stop; returns its exit code."""
        self._process.terminate()
        return self._process.wait(PATIENCE)

    def ask_to_stop(self) -> None:
        """Ask it to stop without waiting for it."""
        self._process.terminate()


@contextmanager
def running_daemon(office: Office, **settings: Any) -> Iterator[Daemon]:
    """A daemon that is dead in the end, whatever the test did."""
    daemon = Daemon(office, **settings)
    try:
        yield daemon
    finally:
        daemon._process.kill()  # noqa: SLF001  (the same room)
        daemon._process.wait()  # noqa: SLF001


@contextmanager
def held_database(office: Office) -> Iterator[None]:
    """Nobody else can write a message meanwhile; everybody can read."""
    url = make_url(office.application.settings.database_url)
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(url.database), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.close()
        return
    where = f"host={url.query['host']} user={url.username} dbname={url.database}"
    with psycopg.connect(where) as server:
        server.execute("LOCK TABLE messages IN EXCLUSIVE MODE")
        yield
        server.rollback()


@contextmanager
def held_file(office: Office) -> Iterator[None]:
    """Nobody else can append to the outgoing file meanwhile."""
    path = office.application.settings.var_dir / "messages.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
