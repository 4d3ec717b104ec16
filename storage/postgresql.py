"""PostgreSQL: a pool of connections, each of them tried if it lay idle."""

from __future__ import annotations

from contextlib import closing, contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, exc, text

from storage.presence import SessionPresence, present_sessions
from storage.troubles import AWAY, LOST, no_free_connection, of_postgresql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy.engine import URL, Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from engine.errors import Reason

MOST_KEPT = 4
"""Connections that are kept at hand beside the pool, for changes."""
STALLED_SECONDS = 60
"""A transaction in which nothing happens for so long is undone: its process stands still, and
others wait for the rows that it holds. What takes long is done before one is begun."""
_NEED_NOT_WAIT = text("SET LOCAL synchronous_commit = off")


class PostgresqlAccess:
    """The connections to one server.

    One that lay unused for `idle_seconds` is tried before it is used: the server may have been
    restarted.
    """

    name = "postgresql"

    def __init__(
        self,
        url: URL,
        *,
        idle_seconds: float,
        stalled_seconds: float,
        **options: Any,  # noqa: ANN401  (SQLAlchemy's)
    ) -> None:
        self.place = _place(url)
        self._engine = create_engine(url, hide_parameters=True, **options)
        _end_stalled_transactions(self._engine, stalled_seconds)
        _try_idle_connections(self._engine, idle_seconds)
        self._for_reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._for_changing = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._idle_seconds = idle_seconds
        self._kept: list[tuple[Connection, float]] = []

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database and cannot write."""
        with self._for_reading.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *, lasting: bool = True) -> Iterator[Connection]:
        """A connection that begins a transaction with its first statement."""
        with self._engine.connect() as connection:
            if not lasting:
                connection.execute(_NEED_NOT_WAIT)
            yield connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A connection on which each statement is a transaction by itself.

        It stays at hand for the next change, because what the pool does around each use costs as
        much as a statement. One that failed goes back to the pool, which looks at it.
        """
        connection = self._at_hand() or self._for_changing.connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if connection.in_transaction():  # by SQLAlchemy's own books
            connection.rollback()
        if len(self._kept) < MOST_KEPT:
            self._kept.append((connection, monotonic()))
        else:
            connection.close()

    def now(self) -> datetime:
        """The server's clock."""
        with self._engine.connect() as connection:
            found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return found.astimezone(UTC)

    def presence(self, node_id: str) -> SessionPresence:
        """A session lock of the node, not taken yet."""
        return SessionPresence(self._engine.url, node_id)

    def present(self, node_ids: Collection[str]) -> set[str]:
        """Those of the nodes whose lock a session holds."""
        with self._engine.connect() as connection:
            return present_sessions(connection, node_ids)

    def trouble(self, fault: BaseException) -> Reason | None:
        """What the fault means for the database; None if it is one of this program.

        When a connection was lost the others are gone as well, and new ones are made.
        """
        if isinstance(fault, exc.TimeoutError):
            return no_free_connection(self.place)
        driver = fault.orig if isinstance(fault, exc.DBAPIError) else fault
        if not isinstance(driver, self._engine.dialect.loaded_dbapi.Error):
            return None
        reason = of_postgresql(driver, self.place)
        if reason is not None and reason.code in {LOST, AWAY}:
            self.close()
        return reason

    def close(self) -> None:
        """Close every connection; the next use makes new ones."""
        while self._kept:
            self._kept.pop()[0].close()
        self._engine.dispose()

    def _at_hand(self) -> Connection | None:
        """A connection that served a moment ago; those that did not go back to the pool."""
        while True:
            try:
                connection, since = self._kept.pop()
            except IndexError:
                return None
            if monotonic() - since < self._idle_seconds:
                return connection
            connection.close()


def _place(url: URL) -> str:
    """Which database on which server, without who uses it."""
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"{host}{port}/{url.database or ''}"


def _end_stalled_transactions(engine: Engine, stalled_seconds: float) -> None:
    """Have the server undo what a process that stands still has begun, and free its rows."""
    limit = f"SET idle_in_transaction_session_timeout = {round(stalled_seconds * 1000)}"

    def made(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        with closing(connection.cursor()) as cursor:
            cursor.execute(limit)
        connection.commit()

    event.listen(engine, "connect", made)


def _try_idle_connections(engine: Engine, idle_seconds: float) -> None:
    """Have connections tried that lay idle: cheap where it matters, free on the hot path."""

    def returned(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["idle_since"] = monotonic()

    def taken(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        if monotonic() - entry.info.get("idle_since", monotonic()) < idle_seconds:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise exc.DisconnectionError from error  # the pool tries another connection

    event.listen(engine, "checkin", returned)
    event.listen(engine, "checkout", taken)
