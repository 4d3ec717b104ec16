"""SQLite: one file, many readers, and one writer at a time.

All writing of this process goes through one connection, and threads wait for it by a lock of our
own. SQLite would let each of them ask again and again, and would compile every statement for each
connection anew. Other processes are waited for as SQLite does it.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, exc

from engine.errors import UnavailableError, place_unusable
from storage.presence import FilePresence
from storage.troubles import ADDRESS, busy, moved, no_free_connection, of_sqlite
from storage.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy.engine import URL, Connection, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

    from engine.errors import Reason

CHECKPOINT_PAGES = 25_000
"""Pages of the log, 100 MB, after which they are copied into the file.

SQLite would do so after 1,000, which each page of a notice alone fills, and so would copy the same
pages of the indexes again and again.
"""
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}",
)
READING_PRAGMAS = (*PRAGMAS, "PRAGMA query_only = ON")
"""Of connections of their own: changing this setting makes SQLite forget what it has compiled."""


class SqliteAccess:
    """The connections to one file."""

    name = "sqlite"

    def __init__(self, url: URL, *, wait_seconds: float, **options: object) -> None:
        self._path = Path(str(url.database))
        self._presence = Path(f"{url.database}.daemon")
        self.place = str(self._path)
        self._file: tuple[int, int] | None = None
        _make_directory(self._path)
        self._wait_seconds = wait_seconds
        options["connect_args"] = {"timeout": wait_seconds}
        self._for_writing = _engine(url, PRAGMAS, options)
        self._for_reading = _engine(url, READING_PRAGMAS, options)
        for engine in (self._for_writing, self._for_reading):
            event.listen(engine, "connect", self._remember)
        self._turns = Turns()
        self._writer: Connection | None = None
        self._is_lasting = True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database and cannot write."""
        self._refuse_moved()
        with self._for_reading.connect() as connection:
            yield from _transaction(connection, "BEGIN")

    @contextmanager
    def writing(self, *, lasting: bool = True) -> Iterator[Connection]:
        """The connection that writes, with SQLite's write lock taken.

        Raises:
            UnavailableError: another thread did not come to an end, or this one writes already.
        """
        if not self._turns.acquire(timeout=self._wait_seconds):
            raise UnavailableError(busy(self.place))
        try:
            self._refuse_moved()
            if self._writer is None:
                self._writer = self._for_writing.connect()
            self._wait_for_disk(self._writer, lasting=lasting)
            yield from _transaction(self._writer, "BEGIN IMMEDIATE")
        finally:
            self._turns.release()

    changing = writing

    def now(self) -> None:
        """A file has no clock of its own."""
        return

    def presence(self, node_id: str) -> FilePresence:
        """The lock of the one process that runs jobs on this file, whatever it calls itself."""
        del node_id
        return FilePresence(self._presence)

    def present(self, node_ids: Collection[str]) -> set[str]:
        """All of them if somebody holds the lock, none otherwise."""
        free = FilePresence(self._presence)
        if not free.take():
            return set(node_ids)
        free.release()
        return set()

    def trouble(self, fault: BaseException) -> Reason | None:
        """What the fault means for the file; None if it is one of this program."""
        if isinstance(fault, exc.TimeoutError):
            return no_free_connection(self.place)
        driver = fault.orig if isinstance(fault, exc.DBAPIError) else fault
        return None if driver is None else of_sqlite(driver, self.place)

    def _refuse_moved(self) -> None:
        """What is written to a file that was moved away is lost with it, and nobody would notice.

        Asked before connecting: to connect would make a new file in its place.

        Raises:
            UnavailableError: another file, or none, lies where the database was opened.
        """
        if self._file is not None and _identity(self._path) != self._file:
            raise UnavailableError(moved(self.place))

    def _wait_for_disk(self, writer: Connection, *, lasting: bool) -> None:
        """Have commits wait until they lie on the disk, or not; SQLite wants to know beforehand."""
        if lasting is not self._is_lasting:
            driver: Any = writer.connection.dbapi_connection
            driver.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}").close()
            self._is_lasting = lasting

    def _remember(self, _connection: object, _entry: ConnectionPoolEntry) -> None:
        """Which file was opened first; every later connection is to be to the same one."""
        self._file = self._file or _identity(self._path)

    def close(self) -> None:
        """Close every connection."""
        if self._writer is not None:
            self._writer.close()
        self._for_writing.dispose()
        self._for_reading.dispose()


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells the file from any other; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _make_directory(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        what = f"无法建立数据库文件所在的目录 {path.parent}"
        remedy = f"请先建立该目录并授予读写权限，或核对 {ADDRESS}"
        raise place_unusable(what, fault, code="database_not_opened", remedy=remedy) from fault


def _engine(url: URL, pragmas: tuple[str, ...], options: dict[str, Any]) -> Engine:
    engine = create_engine(url, hide_parameters=True, **options)

    def prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401  (sqlite3)
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(pragma)

    event.listen(engine, "connect", prepare)
    return engine


def _transaction(connection: Connection, begin: str) -> Iterator[Connection]:
    """Begin by our own statement, which the driver would choose otherwise; roll back what is left.

    An event of SQLAlchemy could do the same, but any such event slows every statement down.
    """
    driver: Any = connection.connection.dbapi_connection
    driver.execute(begin).close()
    try:
        yield connection
    finally:
        if connection.in_transaction():  # by SQLAlchemy's own books
            connection.rollback()
        if driver.in_transaction:  # it was not committed, or the commit itself failed
            driver.rollback()
