"""Which tickets: the worklist, the sweeps' queues, and the searches. Nothing here writes.

worklist(*, branch, manager, text, open_only, limit, after, due_before) -> list[WorklistRow]
due_for_reminder(at, limit) -> list[str]
derived_with_other_calendar(version, limit) -> list[str]
open_numbers(definition_id=None) -> list[str]
managed_by(user_id, branch=None, places=...) -> list[str]        open ones that name the manager
related(id_number, address) -> list[RelatedTicket]               newest first
find_by_external_ref(external_ref) / find_by_progress_token(token) -> Ticket | None
progress_token(ticket_no) -> str                                 NotFoundError
counts(branch=None) -> TicketCounts
in_flight() -> dict[(definition, version), int]                  open tickets
of_definition(definition_id, *, ended, after, limit, other_than=0, of=0) -> list[Ticket]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, func, or_, select

from engine.definition import Ending
from engine.errors import not_found
from storage.prepared import Prepared
from storage.snapshots import load_ticket
from storage.tables.tickets import TICKETS
from storage.ticket_columns import address_key, applicant_key

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection

    from engine.ticket import Ticket


TICKET = "工单"
MANAGERS = ("project_manager", "account_manager")
"""The columns that repeat a ticket's manager pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistRow:
    """A ticket with what it is sorted by; `(pressing_at, ticket.ticket_no)` continues the page."""

    ticket: Ticket
    pressing_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedTicket:
    """Another ticket of the same applicant at the same address (R-5.2)."""

    ticket_no: str
    submitted_at: datetime
    ended_at: datetime | None
    ending: Ending | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCounts:
    """How many tickets are open, and how the others ended."""

    open: int
    completed: int
    aborted: int


_IS_OPEN = TICKETS.c.ended_at.is_(None)
_WORKLIST = select(TICKETS.c.snapshot, TICKETS.c.pressing_at).order_by(
    TICKETS.c.pressing_at.asc().nulls_last(), TICKETS.c.ticket_no
)
_DUE = Prepared(
    select(TICKETS.c.ticket_no)
    .where(TICKETS.c.next_rung_at <= bindparam("at"))
    .order_by(TICKETS.c.next_rung_at, TICKETS.c.ticket_no)
    .limit(bindparam("limit"))
)
_OTHER_CALENDAR = (
    select(TICKETS.c.ticket_no)
    .where(_IS_OPEN, TICKETS.c.calendar_version != bindparam("version"))
    .order_by(TICKETS.c.pressing_at.asc().nulls_last(), TICKETS.c.ticket_no)
    .limit(bindparam("limit"))
)
_OPEN_NUMBERS = select(TICKETS.c.ticket_no).where(_IS_OPEN).order_by(TICKETS.c.ticket_no)
_RELATED = (
    select(TICKETS.c.ticket_no, TICKETS.c.submitted_at, TICKETS.c.ended_at, TICKETS.c.ending)
    .where(
        TICKETS.c.applicant_key == bindparam("applicant_key"),
        TICKETS.c.address_key == bindparam("address_key"),
    )
    .order_by(TICKETS.c.submitted_at.desc(), TICKETS.c.ticket_no.desc())
)
_BY_EXTERNAL_REF = select(TICKETS.c.snapshot).where(TICKETS.c.external_ref == bindparam("sought"))
_BY_TOKEN = select(TICKETS.c.snapshot).where(TICKETS.c.progress_token == bindparam("sought"))
_TOKEN = select(TICKETS.c.progress_token).where(TICKETS.c.ticket_no == bindparam("ticket_no"))
_IN_FLIGHT = (
    select(TICKETS.c.definition_id, TICKETS.c.definition_version, func.count())
    .where(_IS_OPEN)
    .group_by(TICKETS.c.definition_id, TICKETS.c.definition_version)
)
_OF_DEFINITION = (
    select(TICKETS.c.snapshot)
    .where(
        TICKETS.c.definition_id == bindparam("of_definition"),
        TICKETS.c.ticket_no > bindparam("after"),
    )
    .order_by(TICKETS.c.ticket_no)
    .limit(bindparam("limit"))
)
_COUNTS = select(TICKETS.c.ending, func.count().label("tickets")).group_by(TICKETS.c.ending)


class TicketReads:
    """The reads of the ticket repository."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def worklist(  # noqa: PLR0913  (one argument a filter)
        self,
        *,
        branch: str | None = None,
        manager: str | None = None,
        text: str | None = None,
        open_only: bool = True,
        limit: int = 50,
        after: tuple[datetime | None, str] | None = None,
        due_before: datetime | None = None,
    ) -> list[WorklistRow]:
        """Tickets, the most pressing first; those that nothing presses come last.

        Args:
            branch: of this branch only.
            manager: with this user as one of its two managers.
            text: with this text in number, name or address.
            open_only: leave out what has ended.
            limit: at most so many.
            after: continue after the row with this pressing instant and ticket number.
            due_before: due before this instant; the present one gives what is overdue.
        """
        statement = _WORKLIST.limit(limit)
        if open_only:
            statement = statement.where(_IS_OPEN)
        if branch is not None:
            statement = statement.where(TICKETS.c.branch == branch)
        if manager is not None:
            statement = statement.where(_is_managed_by(manager))
        if text:
            statement = statement.where(_contains(text))
        if due_before is not None:
            # What is due presses no later, and only that is indexed.
            by_then = (TICKETS.c.pressing_at < due_before, TICKETS.c.due_at < due_before)
            statement = statement.where(*by_then)
        if after is not None:
            statement = statement.where(_comes_after(*after))
        rows = self._connection.execute(statement)
        return [
            WorklistRow(ticket=load_ticket(row.snapshot), pressing_at=row.pressing_at)
            for row in rows
        ]

    def due_for_reminder(self, at: datetime, limit: int) -> list[str]:
        """The tickets to be looked at by `at`, the longest due first."""
        return _DUE.column(self._connection, {"at": at, "limit": limit})

    def derived_with_other_calendar(self, version: str, limit: int) -> list[str]:
        """Open tickets whose derived columns come from another calendar (R-2.3)."""
        return self._numbers(_OTHER_CALENDAR, {"version": version, "limit": limit})

    def open_numbers(self, definition_id: str | None = None) -> list[str]:
        """The numbers of all open tickets, or of those of one definition."""
        if definition_id is None:
            return self._numbers(_OPEN_NUMBERS, {})
        return self._numbers(_OPEN_NUMBERS.where(TICKETS.c.definition_id == definition_id), {})

    def managed_by(
        self, user_id: str, branch: str | None = None, places: Collection[str] = MANAGERS
    ) -> list[str]:
        """The numbers of open tickets that name the user in one of the places of a pair."""
        statement = _OPEN_NUMBERS.where(_is_managed_by(user_id, places))
        if branch is not None:
            statement = statement.where(TICKETS.c.branch == branch)
        return self._numbers(statement, {})

    def related(self, id_number: str, address: str) -> list[RelatedTicket]:
        """Tickets of the same applicant at the same address, open or not, the newest first.

        Blanks, punctuation and full-width letters make no difference.
        """
        keys = {"applicant_key": applicant_key(id_number), "address_key": address_key(address)}
        return [
            RelatedTicket(
                ticket_no=row.ticket_no,
                submitted_at=row.submitted_at,
                ended_at=row.ended_at,
                ending=None if row.ending is None else Ending(row.ending),
            )
            for row in self._connection.execute(_RELATED, keys)
        ]

    def find_by_external_ref(self, external_ref: str) -> Ticket | None:
        """The ticket that was imported under that reference, if any."""
        return self._find(_BY_EXTERNAL_REF, external_ref)

    def find_by_progress_token(self, progress_token: str) -> Ticket | None:
        """The ticket whose progress page has that token, if any."""
        return self._find(_BY_TOKEN, progress_token)

    def progress_token(self, ticket_no: str) -> str:
        """The token of the ticket's progress page.

        Raises:
            NotFoundError: there is no such ticket.
        """
        token = self._connection.execute(_TOKEN, {"ticket_no": ticket_no}).scalar()
        if token is None:
            raise not_found(TICKET, ticket_no)
        return str(token)

    def counts(self, branch: str | None = None) -> TicketCounts:
        """How many tickets there are, of one branch or of all."""
        statement = _COUNTS if branch is None else _COUNTS.where(TICKETS.c.branch == branch)
        found = {row.ending: row.tickets for row in self._connection.execute(statement)}
        return TicketCounts(
            open=found.get(None, 0),
            completed=found.get(Ending.COMPLETED, 0),
            aborted=found.get(Ending.ABORTED, 0),
        )

    def in_flight(self) -> dict[tuple[str, int], int]:
        """How many tickets are open, by definition and version."""
        rows = self._connection.execute(_IN_FLIGHT)
        return {(definition, version): tickets for definition, version, tickets in rows}

    def of_definition(  # noqa: PLR0913  (one argument a filter)
        self,
        definition_id: str,
        *,
        ended: bool,
        after: str,
        limit: int,
        other_than: int = 0,
        of: int = 0,
    ) -> list[Ticket]:
        """Tickets of one definition by number, open or ended; a page continues `after` a number.

        Args:
            definition_id: of that definition.
            ended: those that have ended, instead of those that are open.
            after: from the number after this one on; empty for the first page.
            limit: at most so many.
            other_than: not of this version.
            of: of this version only; 0 for all.
        """
        statement = _OF_DEFINITION.where(~_IS_OPEN if ended else _IS_OPEN)
        if other_than:
            statement = statement.where(TICKETS.c.definition_version != other_than)
        if of:
            statement = statement.where(TICKETS.c.definition_version == of)
        wanted = {"of_definition": definition_id, "after": after, "limit": limit}
        snapshots = self._connection.execute(statement, wanted).scalars()
        return [load_ticket(snapshot) for snapshot in snapshots]

    def _find(self, statement: Select[str], sought: str) -> Ticket | None:
        snapshot = self._connection.execute(statement, {"sought": sought}).scalar()
        return None if snapshot is None else load_ticket(snapshot)

    def _numbers(self, statement: Select[str], parameters: dict[str, object]) -> list[str]:
        return list(self._connection.execute(statement, parameters).scalars())


def _is_managed_by(user_id: str, places: Collection[str] = MANAGERS) -> ColumnElement[bool]:
    return or_(*(TICKETS.c[place] == user_id for place in places))


def _contains(text: str) -> ColumnElement[bool]:
    columns = (TICKETS.c.ticket_no, TICKETS.c.title, TICKETS.c.address)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def _comes_after(pressing_at: datetime | None, ticket_no: str) -> ColumnElement[bool]:
    """Later in the order of the worklist, in which no instant counts as the latest."""
    if pressing_at is None:
        return and_(TICKETS.c.pressing_at.is_(None), TICKETS.c.ticket_no > ticket_no)
    return or_(
        TICKETS.c.pressing_at.is_(None),
        TICKETS.c.pressing_at > pressing_at,
        and_(TICKETS.c.pressing_at == pressing_at, TICKETS.c.ticket_no > ticket_no),
    )
