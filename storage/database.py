"""Opens the database: SQLite in one file, or PostgreSQL. One code path, the URL decides.

    open_database(url) -> Database
    Database.migrate() -> None            bring the tables up to date; safe for two at once
    Database.check() -> None              raises RefusedError unless they are
    Database.writing() / .changing() / .reading()     context managers that give a `UnitOfWork`
    Database.close() -> None

A writing unit takes SQLite's write lock when it begins, so two writers queue instead of failing
half way. A reading unit sees one moment of the database, however many reads it makes, and cannot
write.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc, inspect, text
from sqlalchemy.engine import make_url

from engine.errors import HuodianError, MalformedError, Reason, RefusedError, UnavailableError
from storage.postgresql import STALLED_SECONDS, PostgresqlAccess
from storage.sqlite import SqliteAccess
from storage.troubles import NOT_WRITABLE, foreign_tables
from storage.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy.engine import URL, Connection

    from storage.presence import FilePresence, SessionPresence

MIGRATIONS = Path(__file__).parent / "migrations"
WAIT_SECONDS = 30
"""How long to wait for a lock of SQLite, or for a free connection."""
MIGRATION_LOCK = 4_774_051_113
"""Key of the advisory lock that migrating takes on PostgreSQL."""

_dump_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_decode_json = json.JSONDecoder().decode


def _read_json(given: str | bytes) -> Any:  # noqa: ANN401  (whatever was stored)
    """UTF-8 always, so one need not look which encoding it is, as the library would each time."""
    return _decode_json(given if isinstance(given, str) else given.decode())


class Database:
    """One opened database. Threads may share it; each unit of work has its own connection."""

    def __init__(self, access: SqliteAccess | PostgresqlAccess) -> None:
        self._access = access
        self.dialect = access.name

    @contextmanager
    def writing(self, *, lasting: bool = True) -> Iterator[UnitOfWork]:
        """One transaction that may write; without `commit()` nothing of it stays.

        One that need not be `lasting` is committed without waiting for the disk: the next that is
        does so. Everybody sees it at once. If the machine fails it may be lost, and then all that
        was committed later is lost too, so nobody ever builds on what is not there.
        """
        with self._explaining(), self._access.writing(lasting=lasting) as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def changing(self) -> Iterator[UnitOfWork]:
        """Reads, then one change of one ticket, which a server is told in a single statement.

        That statement is a transaction by itself and guarded by the ticket's revision, so none is
        begun around it: two round trips instead of four. Nothing else may be written in here, and
        `commit()` follows the change at once.
        """
        with self._explaining(), self._access.changing() as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """One transaction that only reads, all of it as of one moment."""
        with self._explaining(reads_only=True), self._access.reading() as connection:
            yield UnitOfWork(connection)

    def migrate(self) -> None:
        """Bring the tables up to date. Two programs that start at once wait for each other.

        Raises:
            UnavailableError: it cannot be reached or written, or belongs to another program.
        """
        if self.revision() != expected_revision():
            self.migrate_to("head")

    def migrate_to(self, revision: str) -> None:
        """Migrate up or down to a revision; `base` removes every table."""
        from alembic import command  # noqa: PLC0415  (slow to import, and rarely needed)
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        with self._explaining(), self._access.writing() as connection:
            if self.dialect == PostgresqlAccess.name:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            config.attributes["connection"] = connection
            found = _revision(connection)
            if found is None:
                self._refuse_foreign(connection)
            is_back = revision == "base" or revision < (found or "")
            (command.downgrade if is_back else command.upgrade)(config, revision)
            connection.commit()

    def revision(self) -> str | None:
        """The revision of the tables; None before the first migration."""
        with self._explaining(), self._access.reading() as connection:
            return _revision(connection)

    def is_behind(self) -> bool:
        """Whether it is older than this program, so that `migrate` is due."""
        return (self.revision() or "") < expected_revision()

    def check(self) -> None:
        """Make sure that the database answers and has the tables this program was written for.

        Raises:
            UnavailableError: it cannot be used.
            RefusedError: the tables are older or newer; says what to do.
        """
        found, expected = self.revision(), expected_revision()
        if found == expected:
            return
        is_newer = found is not None and found > expected
        raise RefusedError(
            Reason(
                code="database_revision",
                message=f"数据库结构版本为 {found or '空'}，程序需要 {expected}",
                remedy="请先升级程序" if is_newer else "请重新运行程序，启动时会自动升级数据库结构",
            )
        )

    def now(self) -> datetime | None:
        """The server's clock; None for a file, whose clock is this machine's."""
        with self._explaining(reads_only=True):
            return self._access.now()

    def presence(self, node_id: str) -> SessionPresence | FilePresence:
        """What proves that a node lives, not taken yet."""
        return self._access.presence(node_id)

    def present(self, node_ids: Collection[str]) -> set[str]:
        """Those of the nodes that somebody holds the presence of."""
        with self._explaining(reads_only=True):
            return self._access.present(node_ids)

    def close(self) -> None:
        """Close every connection."""
        self._access.close()

    @contextmanager
    def _explaining(self, *, reads_only: bool = False) -> Iterator[None]:
        """Say in words what is wrong with the database, where that is what is wrong.

        Raises:
            UnavailableError: it is. A unit that only reads and writes all the same is a mistake of
                this program and stays one.
        """
        try:
            yield
        except HuodianError:
            raise
        except Exception as fault:
            reason = self._access.trouble(fault)
            if reason is None or (reads_only and reason.code == NOT_WRITABLE):
                raise
            raise UnavailableError(reason) from fault

    def _refuse_foreign(self, connection: Connection) -> None:
        """Make our tables only where nobody else's would be in the way."""
        from storage.tables import METADATA  # noqa: PLC0415  (all of them, and rarely needed)

        taken = sorted(set(inspect(connection).get_table_names()) & set(METADATA.tables))
        if taken:
            raise UnavailableError(foreign_tables(self._access.place, taken))


def open_database(
    url: str,
    *,
    idle_seconds: float = 5,
    wait_seconds: float = WAIT_SECONDS,
    stalled_seconds: float = STALLED_SECONDS,
) -> Database:
    """Open the database at `url`; the directory of a SQLite file is made if it is missing.

    A connection to a server that lay unused for `idle_seconds` is tried before it is used: the
    server may have been restarted. A lock of SQLite, or a free connection, is waited for. A server
    undoes a transaction in which nothing happens for `stalled_seconds`.

    Raises:
        UnavailableError: that directory cannot be made.
        MalformedError: the URL is neither `sqlite:///path` nor `postgresql+psycopg://...`.
    """
    parsed = _parsed(url)
    pool: dict[str, Any] = {
        "pool_size": 10,
        "max_overflow": 20,
        "pool_timeout": wait_seconds,
        "json_serializer": _dump_json,
        "json_deserializer": _read_json,
    }
    if parsed.get_backend_name() == SqliteAccess.name:
        return Database(SqliteAccess(parsed, wait_seconds=wait_seconds, **pool))
    limits = {"idle_seconds": idle_seconds, "stalled_seconds": stalled_seconds}
    return Database(PostgresqlAccess(parsed, **limits, **pool))


def expected_revision() -> str:
    """The number of the newest migration, without importing the migration library."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        raise _malformed() from None
    name, has_file = parsed.drivername, parsed.database not in {None, "", ":memory:"}
    if (name in {"sqlite", "sqlite+pysqlite"} and has_file) or name == "postgresql+psycopg":
        return parsed
    raise _malformed()


def _malformed() -> MalformedError:
    # The URL itself is not repeated: it may hold a password.
    return MalformedError(
        Reason(
            code="database_url",
            field="HUODIAN_DATABASE_URL",
            message="无法识别的数据库地址",
            remedy="请写成 sqlite:///目录/文件.db 或 postgresql+psycopg://用户:口令@主机/库名",
        )
    )


def _revision(connection: Connection) -> str | None:
    is_sqlite = connection.dialect.name == SqliteAccess.name
    table = "sqlite_master" if is_sqlite else "information_schema.tables"
    column = "name" if is_sqlite else "table_name"
    asked = text(f"SELECT 1 FROM {table} WHERE {column} = 'alembic_version'")  # noqa: S608  (constants)
    if connection.execute(asked).first() is None:
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
