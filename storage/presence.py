"""Which processes live, told by locks that go when a process or its connection does.

On PostgreSQL a session lock on a connection of its own, which must not go through a pooler that
shares sessions. On SQLite, where one process at a time runs jobs, a lock on a file beside it.
"""

from __future__ import annotations

import fcntl
import os
from binascii import crc32
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, exc, text
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from sqlalchemy.engine import URL, Connection

LOCK_CLASS = 4_774
"""First half of the keys of our session locks; the second one is made from the node's id."""
KEEPALIVES = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""Both ends notice within a quarter of a minute that the other one's machine is gone."""
SERVER_SETTINGS = (
    "tcp_keepalives_idle = 5",
    "tcp_keepalives_interval = 2",
    "tcp_keepalives_count = 3",
)
_TAKE = text("SELECT pg_try_advisory_lock(:lock_class, :lock_key)")
_PRESENT = text(
    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
    " AND classid = :lock_class AND database = (SELECT oid FROM pg_database"
    " WHERE datname = current_database())"
)


def lock_key(node_id: str) -> int:
    """The number of a node's lock, from 0 to 2^32 - 1."""
    return crc32(node_id.encode())


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number


class SessionPresence:
    """A lock that a session of the server holds."""

    def __init__(self, url: URL, node_id: str) -> None:
        named = {"application_name": f"huodian {node_id}"[:63], "connect_timeout": 5}
        self._engine = create_engine(url, poolclass=NullPool, connect_args=named | KEEPALIVES)
        self._key = lock_key(node_id)
        self._connection: Connection | None = None

    def take(self) -> bool:
        """Take the lock, on a new connection if the old one is gone."""
        if self.is_held():
            return True
        try:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            for setting in SERVER_SETTINGS:
                connection.execute(text(f"SET {setting}"))
            parameters = {"lock_class": LOCK_CLASS, "lock_key": _signed(self._key)}
            taken = bool(connection.execute(_TAKE, parameters).scalar())
        except exc.DBAPIError:
            return False
        if taken:
            self._connection = connection
        else:
            connection.close()
        return taken

    def is_held(self) -> bool:
        """Whether the session that holds it lives."""
        if self._connection is None:
            return False
        try:
            self._connection.execute(text("SELECT 1"))
        except exc.DBAPIError:
            self._connection.invalidate()
            self._connection = None
            return False
        return True

    def release(self) -> None:
        """Let go of it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()


class FilePresence:
    """A lock on a file: whoever holds it is the one process that runs jobs on this database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Take the lock if nobody holds it."""
        if self._descriptor is not None:
            return True
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def is_held(self) -> bool:
        """Whether this object holds it."""
        return self._descriptor is not None

    def release(self) -> None:
        """Let go of it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def present_sessions(connection: Connection, node_ids: Collection[str]) -> set[str]:
    """Those of the nodes whose lock a session of the server holds."""
    held = set(connection.execute(_PRESENT, {"lock_class": LOCK_CLASS}).scalars())
    return {each for each in node_ids if lock_key(each) in held}
