"""Texts that are published in versions and never change; the newest of each key is in use.

stamp() -> str                                   differs whenever one was published
publish(key, version, *, source, ...) -> None    ConflictError
current() -> list[PublishedText]                 the newest of each, by key
all() -> list[PublishedText]                     every version, by key
versions(key) -> list[PublishedText]             newest first
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from engine.errors import ConflictError, Reason
from storage.marks import Marks
from storage.upserts import insert_or_skip

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection, MappingResult

UNCHANGED = "0"
"""The stamp while nothing was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedText:
    """A published text; `fingerprint` leaves the version number out."""

    key: str
    version: int
    source: str
    fingerprint: str
    published_by: str
    published_at: datetime


class Statements:
    """What is asked of one table of published texts.

    Args:
        stamp: the mark that counts publications.
        what: what the texts are, in Chinese.
    """

    def __init__(self, table: Table, *, stamp: str, what: str) -> None:
        columns = table.c
        newest = (
            select(columns.key, func.max(columns.version).label("version"))
            .group_by(columns.key)
            .subquery()
        )
        is_newest = (newest.c.key == columns.key) & (newest.c.version == columns.version)
        is_sought = columns.key == bindparam("sought")
        self.mark = stamp
        self.what = what
        self.all = select(table).order_by(columns.key, columns.version)
        self.current = select(table).join(newest, is_newest).order_by(columns.key)
        self.versions = select(table).where(is_sought).order_by(columns.version.desc())
        self.is_published = select(columns.version).where(
            is_sought, columns.version == bindparam("sought_version")
        )
        self.add = insert_or_skip(table, "key", "version")


class PublishedTexts:
    """The published texts of one transaction's view."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self._connection = connection
        self._marks = Marks(connection)
        self._statements = statements

    def stamp(self) -> str:
        """A text that changes with every publication; cheap to ask for."""
        return self._marks.find(self._statements.mark) or UNCHANGED

    def publish(  # noqa: PLR0913  (one argument a column)
        self, key: str, version: int, *, source: str, fingerprint: str, by: str, at: datetime
    ) -> None:
        """Store a version for ever; it is used from now on.

        Raises:
            ConflictError: that version is published already.
        """
        sought = {"sought": key, "sought_version": version}
        if self._connection.execute(self._statements.is_published, sought).first() is not None:
            raise self._published_already(key, version)
        row = {
            "key": key,
            "version": version,
            "source": source,
            "fingerprint": fingerprint,
            "published_by": by,
            "published_at": at,
        }
        add = self._statements.add[self._connection.dialect.name]
        if self._connection.execute(add, row).rowcount != 1:
            raise self._published_already(key, version)
        self._marks.count_up(self._statements.mark)

    def current(self) -> list[PublishedText]:
        """The version in use of every text, by key."""
        return self._texts(self._connection.execute(self._statements.current).mappings())

    def all(self) -> list[PublishedText]:
        """Every version of every text, by key."""
        return self._texts(self._connection.execute(self._statements.all).mappings())

    def versions(self, key: str) -> list[PublishedText]:
        """Every version of one text, the newest first."""
        found = self._connection.execute(self._statements.versions, {"sought": key})
        return self._texts(found.mappings())

    def _texts(self, rows: MappingResult) -> list[PublishedText]:
        return [PublishedText(**row) for row in rows]

    def _published_already(self, key: str, version: int) -> ConflictError:
        return ConflictError(
            Reason(
                code="version_published",
                message=f"{self._statements.what}“{key}”第 {version} 版已经发布",
                clause="R-10.2",
                remedy="请刷新后在最新版本上重新修改",
            )
        )
