"""What the use cases need of a database. `storage` fits these shapes without knowing them.

One `Work` is one transaction: leaving it without `commit` undoes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from engine.calendar import CalendarYear, DayOverride
    from engine.definition import Ending, WorkflowDefinition
    from engine.ledger import LedgerDraft, LedgerEntry
    from engine.standing import TicketStanding
    from engine.ticket import Actor, ManagerPair, Role, StoredFile, Ticket
    from notifications.message import Message, MessageState, SharedNotice

# ruff: noqa: D102  (what the names do not say is said in the class)


class RelatedTicket(Protocol):
    """Another ticket of the same applicant at the same address."""

    @property
    def ticket_no(self) -> str: ...
    @property
    def submitted_at(self) -> datetime: ...
    @property
    def ended_at(self) -> datetime | None: ...
    @property
    def ending(self) -> Ending | None: ...


class Dossier(Protocol):
    """A ticket with what its change depends on and what messages about it mention."""

    @property
    def ticket(self) -> Ticket: ...
    @property
    def progress_token(self) -> str: ...
    @property
    def branch_name(self) -> str: ...
    @property
    def branch_phone(self) -> str: ...
    @property
    def targets(self) -> Mapping[str, Mapping[str, int]]: ...
    @property
    def managers(self) -> Mapping[str, Person]: ...
    @property
    def calendar_stamp(self) -> str: ...
    @property
    def template_stamp(self) -> str: ...


class Tickets(Protocol):
    """Tickets with their ledger. `save` and `add` write exactly one entry each.

    `save` also puts the messages into the outbox, because each statement is a round trip.

    `get` and `dossier` raise NotFoundError, `save` ConflictError when the ticket has changed since.
    `set_next_rung` and `refresh_standing` touch derived columns only and tell whether the ticket
    was still at that revision.
    """

    def get(self, ticket_no: str) -> Ticket: ...
    def dossier(self, ticket_no: str) -> Dossier: ...
    def add(
        self,
        ticket: Ticket,
        draft: LedgerDraft,
        *,
        actor: Actor,
        at: datetime,
        standing: TicketStanding,
        progress_token: str,
    ) -> Ticket: ...
    def save(
        self,
        ticket: Ticket,
        draft: LedgerDraft,
        *,
        actor: Actor,
        at: datetime,
        standing: TicketStanding,
        messages: Sequence[Message],
    ) -> Ticket: ...
    def next_number(self, branch: str, on: date) -> str: ...
    def progress_token(self, ticket_no: str) -> str: ...
    def find_by_progress_token(self, progress_token: str) -> Ticket | None: ...
    def related(self, id_number: str, address: str) -> Sequence[RelatedTicket]: ...
    def open_numbers(self) -> Sequence[str]: ...
    def managed_by(
        self, user_id: str, branch: str | None = None, places: Collection[str] = ...
    ) -> Sequence[str]: ...
    def due_for_reminder(self, at: datetime, limit: int) -> Sequence[str]: ...
    def derived_with_other_calendar(self, version: str, limit: int) -> Sequence[str]: ...
    def set_next_rung(
        self, ticket_no: str, revision: int, next_rung_at: datetime | None
    ) -> bool: ...
    def refresh_standing(self, ticket_no: str, revision: int, standing: TicketStanding) -> bool: ...


class ReminderClaims(Protocol):
    """Each rung is claimed once: (ticket, clock, epoch, rung)."""

    def claim(self, ticket_no: str, clock_id: str, epoch: str, rung: str, at: datetime) -> bool: ...


class Outbox(Protocol):
    """Messages. A key that is there already is left alone; states only move forward."""

    def add(self, messages: Sequence[Message]) -> int: ...
    def settle(
        self,
        message_id: str,
        state: MessageState,
        at: datetime,
        *,
        provider_id: str = "",
        error_code: str = "",
        error_text: str = "",
        next_attempt_at: datetime | None = None,
    ) -> bool: ...
    def supersede(self, topic: str, at: datetime, *, before: datetime | None = None) -> int: ...


class Notices(Protocol):
    """What many are told in equal words; `get` raises NotFoundError.

    `take` locks a notice of which messages are still to be written, and gives None for any other.
    """

    def add(self, notice: SharedNotice) -> bool: ...
    def get(self, notice_id: str) -> SharedNotice: ...
    def take(self, notice_id: str) -> SharedNotice | None: ...
    def advance(self, notice_id: str, after: str, at: datetime) -> None: ...
    def unfinished(self) -> list[str]: ...


class LedgerStreams(Protocol):
    """The streams that belong to no ticket."""

    def append(self, stream: str, draft: LedgerDraft, actor: Actor, at: datetime) -> object: ...
    def entries(self, stream: str) -> Iterable[LedgerEntry]: ...


class DefinitionVersions(Protocol):
    """Published definitions; `get` and `version_in_force` raise NotFoundError."""

    def get(self, definition_id: str, version: int) -> WorkflowDefinition: ...
    def version_in_force(self, definition_id: str, at: datetime) -> int: ...
    def all_in_force(self, at: datetime) -> Sequence[WorkflowDefinition]: ...
    def latest(self, definition_id: str) -> WorkflowDefinition | None: ...
    def publish(
        self, definition: WorkflowDefinition, source: str, by: str, at: datetime
    ) -> object: ...


class CalendarRecords(Protocol):
    """Imported years and single days; `stamp` differs whenever either has changed."""

    def stamp(self) -> str: ...
    def years(self) -> Iterable[CalendarYear]: ...
    def overrides(self) -> Iterable[DayOverride]: ...
    def add_year(self, year: CalendarYear, by: str, at: datetime) -> object: ...
    def set_override(self, override: DayOverride, by: str, at: datetime) -> object: ...


class TemplateText(Protocol):
    """A published message text with its header."""

    @property
    def key(self) -> str: ...
    @property
    def source(self) -> str: ...


class MessageTemplates(Protocol):
    """Published message texts; `current` gives the newest of each, `stamp` changes with them."""

    def stamp(self) -> str: ...
    def current(self) -> Sequence[TemplateText]: ...


class Person(Protocol):
    """One of the company's people; a `StaffMember` with an address."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def wecom_id(self) -> str: ...
    @property
    def roles(self) -> frozenset[Role]: ...
    @property
    def branch(self) -> str: ...
    @property
    def active(self) -> bool: ...


class Accounts(Protocol):
    """People. `with_role` gives the active ones of a branch; empty means the whole company.

    `people` gives those of the ids that are known, active or not.
    """

    def find_user(self, user_id: str) -> Person | None: ...
    def people(self, user_ids: Iterable[str]) -> Mapping[str, Person]: ...
    def with_role(self, role: Role, branch: str) -> Sequence[Person]: ...


class BranchFacts(Protocol):
    """A branch as messages name it, and what it has set itself: definition -> stage -> days."""

    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def targets(self) -> Mapping[str, Mapping[str, int]]: ...


class Grid(Protocol):
    """Branches and service grids; `branch` raises NotFoundError."""

    def branch(self, branch_id: str) -> BranchFacts: ...
    def managers_for(self, node_id: str, branch: str) -> ManagerPair | None: ...


class Marks(Protocol):
    """Small facts about the database itself."""

    def find(self, key: str) -> str | None: ...
    def set(self, key: str, value: str) -> object: ...


class Heartbeats(Protocol):
    """When each sweep last ran, and what it did."""

    def beat(
        self, name: str, started_at: datetime, finished_at: datetime, counts: Mapping[str, int]
    ) -> object: ...


class Work(Protocol):
    """One transaction with everything in it.

    `connection` is the transaction itself: only the job engine may look at it.
    """

    @property
    def tickets(self) -> Tickets: ...
    @property
    def reminders(self) -> ReminderClaims: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def ledger(self) -> LedgerStreams: ...
    @property
    def definitions(self) -> DefinitionVersions: ...
    @property
    def calendars(self) -> CalendarRecords: ...
    @property
    def message_templates(self) -> MessageTemplates: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def grid(self) -> Grid: ...
    @property
    def sweeps(self) -> Heartbeats: ...
    @property
    def marks(self) -> Marks: ...
    @property
    def connection(self) -> object: ...
    def commit(self) -> None: ...


class Database(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[Work]: ...
    def writing(self) -> AbstractContextManager[Work]: ...
    def changing(self) -> AbstractContextManager[Work]: ...


class Files(Protocol):
    """Files by content hash, outside the database (R-3.6)."""

    def keep(self, name: str, content: bytes) -> StoredFile: ...
    def read(self, sha256: str) -> bytes: ...
