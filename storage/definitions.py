"""Published definition versions; immutable but for the instant at which the next one took over.

publish(definition, source, by, at, in_force_from=None) -> None          ConflictError
get(definition_id, version) -> WorkflowDefinition                        NotFoundError
version_in_force(definition_id, at) -> int                               NotFoundError
in_force(definition_id, at) -> WorkflowDefinition                        NotFoundError
all_in_force(at) -> list[WorkflowDefinition]
latest(definition_id) -> WorkflowDefinition | None
versions(definition_id=None) -> list[PublishedVersion]                   newest first
source(definition_id, version) -> str                                    NotFoundError
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, or_, select, update

from engine.errors import ConflictError, Reason, not_found
from storage.snapshots import dump_definition, load_definition
from storage.tables.rules import DEFINITION_VERSIONS
from storage.upserts import insert_or_skip

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from engine.definition import WorkflowDefinition


DEFINITION, DEFINITION_IN_FORCE = "流程定义", "生效的流程定义"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVersion:
    """A published version without its content. It governs what begins from `in_force_from` on."""

    id: str
    version: int
    content_hash: str
    in_force_from: datetime
    superseded_at: datetime | None
    published_by: str
    published_at: datetime


_V = DEFINITION_VERSIONS.c
_FIELDS = tuple(field.name for field in fields(PublishedVersion))
_ADD = insert_or_skip(DEFINITION_VERSIONS, "id", "version")
_SUPERSEDE = (
    update(DEFINITION_VERSIONS)
    .where(
        _V.id == bindparam("published_id"),
        _V.version < bindparam("published_version"),
        # A version planned for later is overtaken by a newer one that begins before it.
        or_(_V.superseded_at.is_(None), _V.superseded_at > bindparam("at")),
    )
    .values(superseded_at=bindparam("at"))
)
_IS_PUBLISHED = select(_V.version).where(
    _V.id == bindparam("definition_id"), _V.version == bindparam("version")
)
_ONE = select(_V.content, _V.source).where(
    _V.id == bindparam("definition_id"), _V.version == bindparam("version")
)
_LATEST = (
    select(_V.content)
    .where(_V.id == bindparam("definition_id"))
    .order_by(_V.version.desc())
    .limit(1)
)
_IN_FORCE = select(_V.id, func.max(_V.version)).where(_V.in_force_from <= bindparam("at"))
_ONE_IN_FORCE = _IN_FORCE.where(_V.id == bindparam("definition_id")).group_by(_V.id)
_ALL_IN_FORCE = _IN_FORCE.group_by(_V.id).order_by(_V.id)
_VERSIONS = select(*(_V[name] for name in _FIELDS)).order_by(_V.id, _V.version.desc())


class Definitions:
    """The definition versions of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def publish(
        self,
        definition: WorkflowDefinition,
        source: str,
        by: str,
        at: datetime,
        in_force_from: datetime | None = None,
    ) -> None:
        """Store a version for ever; it governs what begins from `in_force_from` on, else at once.

        Raises:
            ConflictError: that version of the definition is published already.
        """
        sought = {"definition_id": definition.id, "version": definition.version}
        if self._connection.execute(_IS_PUBLISHED, sought).first() is not None:
            raise _published_already(definition.ref)
        begins = in_force_from or at
        row = {
            "id": definition.id,
            "version": definition.version,
            "content_hash": definition.content_hash,
            "source": source,
            "content": dump_definition(definition),
            "in_force_from": begins,
            "superseded_at": None,
            "published_by": by,
            "published_at": at,
        }
        dialect = self._connection.dialect.name
        if self._connection.execute(_ADD[dialect], row).rowcount != 1:
            raise _published_already(definition.ref)
        published = {
            "published_id": definition.id,
            "published_version": definition.version,
            "at": begins,
        }
        self._connection.execute(_SUPERSEDE, published)

    def get(self, definition_id: str, version: int) -> WorkflowDefinition:
        """One version.

        Raises:
            NotFoundError: it was never published.
        """
        content, _ = self._one(definition_id, version)
        return load_definition(content)

    def source(self, definition_id: str, version: int) -> str:
        """The text that a version was published from.

        Raises:
            NotFoundError: it was never published.
        """
        _, source = self._one(definition_id, version)
        return source

    def version_in_force(self, definition_id: str, at: datetime) -> int:
        """The version that governs what begins at `at`.

        Raises:
            NotFoundError: none is in force then.
        """
        sought = {"definition_id": definition_id, "at": at}
        row = self._connection.execute(_ONE_IN_FORCE, sought).first()
        if row is None:
            raise not_found(DEFINITION_IN_FORCE, definition_id)
        version: int = row[1]
        return version

    def in_force(self, definition_id: str, at: datetime) -> WorkflowDefinition:
        """The definition that governs what begins at `at`.

        Raises:
            NotFoundError: none is in force then.
        """
        return self.get(definition_id, self.version_in_force(definition_id, at))

    def all_in_force(self, at: datetime) -> list[WorkflowDefinition]:
        """Every definition in force at `at`, by id."""
        found = self._connection.execute(_ALL_IN_FORCE, {"at": at}).all()
        return [self.get(definition_id, version) for definition_id, version in found]

    def latest(self, definition_id: str) -> WorkflowDefinition | None:
        """The newest version, in force or not yet; None if there is none."""
        sought = {"definition_id": definition_id}
        content = self._connection.execute(_LATEST, sought).scalar()
        return None if content is None else load_definition(content)

    def versions(self, definition_id: str | None = None) -> list[PublishedVersion]:
        """Every published version, or those of one definition; the newest first."""
        statement = _VERSIONS
        if definition_id is not None:
            statement = statement.where(_V.id == definition_id)
        rows = self._connection.execute(statement).mappings()
        return [PublishedVersion(**row) for row in rows]

    def _one(self, definition_id: str, version: int) -> tuple[str, str]:
        sought = {"definition_id": definition_id, "version": version}
        row = self._connection.execute(_ONE, sought).first()
        if row is None:
            raise not_found(DEFINITION, f"{definition_id}@{version}")
        content, source = row
        return content, source


def _published_already(ref: str) -> ConflictError:
    return ConflictError(
        Reason(
            code="version_published",
            message=f"流程定义 {ref} 已经发布，已发布的版本不得修改",
            clause="R-10.2",
            remedy="请把修改后的定义作为新版本发布",
        )
    )
