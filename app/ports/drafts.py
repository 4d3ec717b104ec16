"""What the life of a rule, from draft to publication, needs of a database.

Definitions, message templates and registrations share it: one open draft, a base, a second person,
immutable versions. Storage fits these shapes without knowing them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from engine.definition import WorkflowDefinition
    from engine.ledger import LedgerDraft
    from engine.ticket import Actor, Ticket
    from notifications.message import Message

# ruff: noqa: D102  (the attributes are explained once, in the class)


class Subject(StrEnum):
    """What a draft is a draft of."""

    DEFINITION = "definition"
    TEMPLATE = "template"
    REGISTRATION = "registration"


class DraftKind(StrEnum):
    """Why a draft was begun; one of each kind may be open for one thing."""

    CHANGE = "change"
    """An administrator changes it."""
    ROLLBACK = "rollback"
    """An old version is to be published again; an emergency does not wait for a change."""
    UPGRADE = "upgrade"
    """A new release of the program brings another content than the company's own."""


class DraftOutcome(StrEnum):
    """How the work on a draft ended."""

    PUBLISHED = "published"
    DISCARDED = "discarded"
    REPLACED = "replaced"


class StoredDraft(Protocol):
    """A draft as it stands.

    `base_version` is the version it was begun from, 0 where there is none; `restores` the old
    version that is to be published again, 0 for new content; `fingerprint` leaves the version
    number out; `outcome` is empty while it is open.
    """

    @property
    def number(self) -> int: ...
    @property
    def subject(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def base_version(self) -> int: ...
    @property
    def restores(self) -> int: ...
    @property
    def author(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def revision(self) -> int: ...
    @property
    def begun_at(self) -> datetime: ...
    @property
    def saved_at(self) -> datetime: ...
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def closed_by(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def published_version(self) -> int: ...


class DraftRepository(Protocol):
    """Drafts. `get` raises NotFoundError; `begin` gives None where one of the kind is open.

    `save` and `close` tell whether the draft was still open and at that revision.
    """

    def begin(
        self,
        *,
        subject: str,
        key: str,
        kind: str,
        base_version: int,
        author: str,
        source: str,
        fingerprint: str,
        at: datetime,
        restores: int = 0,
    ) -> int | None: ...
    def get(self, number: int) -> StoredDraft: ...
    def find_open(self, subject: str, key: str, kind: str) -> StoredDraft | None: ...
    def listing(self, subject: str, *, open_only: bool = True) -> Sequence[StoredDraft]: ...
    def was_offered(self, subject: str, key: str, kind: str, fingerprint: str) -> bool: ...
    def save(
        self,
        number: int,
        revision: int,
        *,
        source: str,
        fingerprint: str,
        base_version: int,
        at: datetime,
    ) -> bool: ...
    def close(
        self,
        number: int,
        revision: int,
        *,
        outcome: str,
        by: str,
        at: datetime,
        published_version: int = 0,
    ) -> bool: ...


class PublishedVersion(Protocol):
    """A published definition version without its content."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def content_hash(self) -> str: ...
    @property
    def in_force_from(self) -> datetime: ...
    @property
    def superseded_at(self) -> datetime | None: ...
    @property
    def published_by(self) -> str: ...
    @property
    def published_at(self) -> datetime: ...


class PublishedDefinitions(Protocol):
    """Published definitions, the newest first; `get` and `source` raise NotFoundError.

    `publish` raises ConflictError where that version is published already.
    """

    def versions(self, definition_id: str | None = None) -> Sequence[PublishedVersion]: ...
    def get(self, definition_id: str, version: int) -> WorkflowDefinition: ...
    def source(self, definition_id: str, version: int) -> str: ...
    def publish(
        self,
        definition: WorkflowDefinition,
        source: str,
        by: str,
        at: datetime,
        in_force_from: datetime | None = None,
    ) -> None: ...


class PublishedTemplate(Protocol):
    """A published text, of a message with its header or of a registration."""

    @property
    def key(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def published_by(self) -> str: ...
    @property
    def published_at(self) -> datetime: ...


class PublishedTemplates(Protocol):
    """Published message texts; `current` gives the newest of each, `versions` the newest first."""

    def stamp(self) -> str: ...
    def current(self) -> Sequence[PublishedTemplate]: ...
    def versions(self, key: str) -> Sequence[PublishedTemplate]: ...
    def publish(
        self, key: str, version: int, *, source: str, fingerprint: str, by: str, at: datetime
    ) -> None: ...


class PublishedRegistrations(PublishedTemplates, Protocol):
    """What providers have approved; `all` gives every version."""

    def all(self) -> Sequence[PublishedTemplate]: ...


class RulesLedger(Protocol):
    """Appends to a stream that belongs to no ticket."""

    def append(self, stream: str, draft: LedgerDraft, actor: Actor, at: datetime) -> object: ...


class DraftsUnit(Protocol):
    """One transaction of the life of rules."""

    @property
    def drafts(self) -> DraftRepository: ...
    @property
    def definitions(self) -> PublishedDefinitions: ...
    @property
    def message_templates(self) -> PublishedTemplates: ...
    @property
    def ledger(self) -> RulesLedger: ...
    def commit(self) -> None: ...


class DraftsDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[DraftsUnit]: ...
    def writing(self) -> AbstractContextManager[DraftsUnit]: ...


class TicketLookup(Protocol):
    """Whether there is such a ticket; raises NotFoundError."""

    def get(self, ticket_no: str) -> Ticket: ...


class MessageReads(Protocol):
    """What a ticket's people were told, the newest first."""

    def listing(self, *, ticket_no: str | None = None, limit: int = 100) -> Sequence[Message]: ...


class TemplatesUnit(DraftsUnit, Protocol):
    """The same with what a preview on a real ticket reads."""

    @property
    def tickets(self) -> TicketLookup: ...
    @property
    def outbox(self) -> MessageReads: ...


class TemplatesDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[TemplatesUnit]: ...
    def writing(self) -> AbstractContextManager[TemplatesUnit]: ...


class RegistrationsUnit(DraftsUnit, Protocol):
    """The same with what providers have approved."""

    @property
    def registrations(self) -> PublishedRegistrations: ...


class RegistrationsDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[RegistrationsUnit]: ...
    def writing(self) -> AbstractContextManager[RegistrationsUnit]: ...
