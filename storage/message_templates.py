"""Published message texts; immutable, the newest version of each is the one in use.

stamp() -> str                                   differs whenever one was published
publish(key, version, *, source, ...) -> None    ConflictError
current() -> list[TemplateVersion]               the newest of each, by key
versions(key) -> list[TemplateVersion]           newest first
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from engine.errors import ConflictError, Reason
from storage.marks import Marks
from storage.tables.drafts import MESSAGE_TEMPLATES
from storage.upserts import insert_or_skip

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

STAMP = "template_changes"
"""The mark that counts publications."""
UNCHANGED = "0"
"""The stamp while nothing was published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersion:
    """A published text, header included; `fingerprint` leaves the version number out."""

    key: str
    version: int
    source: str
    fingerprint: str
    published_by: str
    published_at: datetime


_T = MESSAGE_TEMPLATES.c
_NEWEST = select(_T.key, func.max(_T.version).label("version")).group_by(_T.key).subquery()
_CURRENT = (
    select(MESSAGE_TEMPLATES)
    .join(_NEWEST, (_NEWEST.c.key == _T.key) & (_NEWEST.c.version == _T.version))
    .order_by(_T.key)
)
_VERSIONS = (
    select(MESSAGE_TEMPLATES).where(_T.key == bindparam("sought")).order_by(_T.version.desc())
)
_ADD = insert_or_skip(MESSAGE_TEMPLATES, "key", "version")
_IS_PUBLISHED = select(_T.version).where(
    _T.key == bindparam("sought"), _T.version == bindparam("sought_version")
)


class MessageTemplates:
    """The published texts of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._marks = Marks(connection)

    def stamp(self) -> str:
        """A text that changes with every publication; cheap to ask for."""
        return self._marks.find(STAMP) or UNCHANGED

    def publish(  # noqa: PLR0913  (one argument a column)
        self, key: str, version: int, *, source: str, fingerprint: str, by: str, at: datetime
    ) -> None:
        """Store a version for ever; it is used from now on.

        Raises:
            ConflictError: that version is published already.
        """
        sought = {"sought": key, "sought_version": version}
        if self._connection.execute(_IS_PUBLISHED, sought).first() is not None:
            raise _published_already(key, version)
        row = {
            "key": key,
            "version": version,
            "source": source,
            "fingerprint": fingerprint,
            "published_by": by,
            "published_at": at,
        }
        added = self._connection.execute(_ADD[self._connection.dialect.name], row)
        if added.rowcount != 1:
            raise _published_already(key, version)
        self._marks.count_up(STAMP)

    def current(self) -> list[TemplateVersion]:
        """The version in use of every template, by key."""
        rows = self._connection.execute(_CURRENT).mappings()
        return [TemplateVersion(**row) for row in rows]

    def versions(self, key: str) -> list[TemplateVersion]:
        """Every version of one template, the newest first."""
        rows = self._connection.execute(_VERSIONS, {"sought": key}).mappings()
        return [TemplateVersion(**row) for row in rows]


def _published_already(key: str, version: int) -> ConflictError:
    return ConflictError(
        Reason(
            code="version_published",
            message=f"消息模板“{key}”第 {version} 版已经发布",
            clause="R-10.2",
            remedy="请刷新后在最新版本上重新修改",
        )
    )
