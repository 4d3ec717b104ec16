"""What impact, replay and migration need of a database beyond what every change of a ticket needs.

Storage fits these shapes without knowing them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from app.ports.work import DefinitionVersions, LedgerStreams, Tickets, Work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from app.ports.drafts import PublishedVersion
    from engine.ledger import LedgerEntry
    from engine.ticket import Ticket

# ruff: noqa: D102  (what the names do not say is said in the class)


class StoredMigration(Protocol):
    """A decision to move tickets, see `storage.ticket_migrations`."""

    @property
    def number(self) -> int: ...
    @property
    def definition_id(self) -> str: ...
    @property
    def from_version(self) -> int: ...
    @property
    def to_version(self) -> int: ...
    @property
    def mapping(self) -> Mapping[str, str]: ...
    @property
    def reason(self) -> str: ...
    @property
    def proposed_by(self) -> str: ...
    @property
    def proposed_at(self) -> datetime: ...
    @property
    def approved_by(self) -> str: ...
    @property
    def approved_at(self) -> datetime | None: ...
    @property
    def closed_by(self) -> str: ...
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def outcome(self) -> str: ...


class StoredResult(Protocol):
    """What a migration did to one ticket; `reasons` are those of an error, as JSON values."""

    @property
    def ticket_no(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def reasons(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def from_version(self) -> int: ...
    @property
    def source_state(self) -> str: ...
    @property
    def target_state(self) -> str: ...
    @property
    def examined_at(self) -> datetime: ...


class TicketMigrations(Protocol):
    """Migrations and their results. `get` raises NotFoundError; the writes tell whether they did.

    `pending` gives tickets that are not examined yet, `results` what was done, both by number.
    """

    def begin(
        self,
        *,
        definition_id: str,
        from_version: int,
        to_version: int,
        mapping: dict[str, str],
        reason: str,
        by: str,
        at: datetime,
    ) -> int | None: ...
    def get(self, number: int) -> StoredMigration: ...
    def listing(self, definition_id: str | None = None) -> Sequence[StoredMigration]: ...
    def approve(self, number: int, by: str, at: datetime) -> bool: ...
    def close(self, number: int, *, outcome: str, by: str, at: datetime) -> bool: ...
    def pending(self, number: int, after: str, limit: int) -> Sequence[str]: ...
    def add_result(
        self,
        migration: int,
        ticket_no: str,
        *,
        verdict: str,
        reasons: Sequence[dict[str, Any]],
        from_version: int,
        source_state: str,
        target_state: str,
        at: datetime,
    ) -> bool: ...
    def results(
        self, number: int, *, after: str, limit: int, verdicts: Sequence[str]
    ) -> Sequence[StoredResult]: ...
    def totals(self, number: int) -> Mapping[str, int]: ...


class SurveyedTickets(Tickets, Protocol):
    """Tickets of one definition, page by page, and how many are open on which version."""

    def in_flight(self) -> Mapping[tuple[str, int], int]: ...
    def of_definition(
        self,
        definition_id: str,
        *,
        ended: bool,
        after: str,
        limit: int,
        other_than: int = 0,
        of: int = 0,
    ) -> Sequence[Ticket]: ...


class EntryReads(LedgerStreams, Protocol):
    """The entries of a stream, in order."""

    def entries(self, stream: str) -> Sequence[LedgerEntry]: ...


class AllDefinitions(DefinitionVersions, Protocol):
    """Published definitions, those of old versions too; `versions` gives the newest first."""

    def versions(self, definition_id: str | None = None) -> Sequence[PublishedVersion]: ...


class SurveyUnit(Work, Protocol):
    """One transaction."""

    @property
    def tickets(self) -> SurveyedTickets: ...
    @property
    def ledger(self) -> EntryReads: ...
    @property
    def definitions(self) -> AllDefinitions: ...
    @property
    def ticket_migrations(self) -> TicketMigrations: ...


class SurveyDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[SurveyUnit]: ...
    def writing(self) -> AbstractContextManager[SurveyUnit]: ...
