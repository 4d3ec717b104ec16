"""What the reads for screens need of a database beyond what the use cases need. Nothing writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.ports.work import Accounts, DefinitionVersions, Grid, LedgerStreams, Outbox, Tickets, Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from app.ports.accounts import User
    from app.ports.organisation import Branch, NodeNames
    from engine.definition import Ending, WorkflowDefinition
    from engine.ledger import LedgerEntry
    from engine.ticket import Ticket
    from notifications.message import Message

# ruff: noqa: D102  (one-line reads whose names say what they give)


class StoredWorklistRow(Protocol):
    """One ticket of the worklist with the instant that it is sorted by."""

    @property
    def ticket(self) -> Ticket: ...
    @property
    def pressing_at(self) -> datetime | None: ...


class TicketReads(Tickets, Protocol):
    """Tickets. `after` is (pressing_at, ticket_no) of the last row of the page before."""

    def find_by_progress_token(self, progress_token: str) -> Ticket | None: ...
    def worklist(
        self,
        *,
        branch: str | None,
        manager: str | None,
        text: str | None,
        open_only: bool,
        limit: int,
        after: tuple[datetime | None, str] | None,
        due_before: datetime | None,
    ) -> Sequence[StoredWorklistRow]: ...


class TicketHistory(Protocol):
    """A ticket's entries in their order; facts that it lacks are empty."""

    @property
    def ticket_no(self) -> str: ...
    @property
    def branch(self) -> str: ...
    @property
    def definition_id(self) -> str: ...
    @property
    def customer_type(self) -> str: ...
    @property
    def service_scheme(self) -> str: ...
    @property
    def ending(self) -> Ending | None: ...
    @property
    def entries(self) -> tuple[LedgerEntry, ...]: ...


class LedgerReads(LedgerStreams, Protocol):
    """The entries of a stream, in order; histories ticket by ticket, read as they are taken."""

    def entries(self, stream: str) -> Iterable[LedgerEntry]: ...
    def histories(
        self,
        *,
        branch: str | None,
        definition_id: str | None,
        submitted_from: datetime | None,
        submitted_before: datetime | None,
    ) -> Iterable[TicketHistory]: ...


class PeopleReads(Accounts, Protocol):
    """The company's people."""

    def users(self) -> Sequence[User]: ...


class GridReads(Grid, Protocol):
    """The company's branches."""

    def branches(self) -> Sequence[Branch]: ...


class OutboxReads(Outbox, Protocol):
    """Messages, the newest first."""

    def listing(
        self,
        *,
        ticket_no: str | None,
        state: str | None,
        branch: str | None,
        unhandled: bool,
        limit: int,
    ) -> Sequence[Message]: ...


class DefinitionReads(DefinitionVersions, Protocol):
    """Published definitions."""

    def all_in_force(self, at: datetime) -> Sequence[WorkflowDefinition]: ...


class QueryUnit(Work, Protocol):
    """One reading transaction."""

    @property
    def tickets(self) -> TicketReads: ...
    @property
    def ledger(self) -> LedgerReads: ...
    @property
    def accounts(self) -> PeopleReads: ...
    @property
    def grid(self) -> GridReads: ...
    @property
    def outbox(self) -> OutboxReads: ...
    @property
    def definitions(self) -> DefinitionReads: ...
    @property
    def topology(self) -> NodeNames: ...


class QueryDatabase(Protocol):
    """Opens reading transactions."""

    def reading(self) -> AbstractContextManager[QueryUnit]: ...
