"""Tickets: loaded whole, saved whole, each change with exactly one ledger entry.

    get(ticket_no) -> Ticket                                         NotFoundError
    dossier(ticket_no) -> Dossier          the ticket with what a change of it reads; NotFoundError
    add(ticket, draft, *, actor, at, standing, progress_token) -> Ticket         RefusedError
    save(ticket, draft, *, actor, at, standing, messages=()) -> Ticket           ConflictError
    set_next_rung(ticket_no, revision, next_rung_at) -> bool
    refresh_standing(ticket_no, revision, standing) -> bool
    derive_again(branch, definition_id) -> None
    next_number(branch, on) -> str                                   NotFoundError
    and the reads of `storage.ticket_reads`

The guarded update of the row is also the lock of the head of its stream: revision and number of
the last entry are one number, so no two changes can continue the same entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from engine.errors import ConflictError, Reason, RefusedError, not_found
from engine.ledger import LedgerHead, seal
from engine.values import changed
from storage.dossiers import DOSSIER, dossier_of
from storage.grid import BRANCH
from storage.ledger import INSERT_ENTRY, row_of
from storage.prepared import Prepared
from storage.snapshots import load_ticket
from storage.tables.organisation import BRANCHES
from storage.tables.tickets import TICKET_NUMBERS, TICKETS
from storage.ticket_columns import (
    describing_columns,
    is_described_alike,
    lasting_columns,
    moving_columns,
    standing_columns,
)
from storage.ticket_reads import TICKET, TicketReads
from storage.ticket_writes import DESCRIBING, MOVING, ChangeWriter, guard, guarded
from storage.upserts import insert_or_set, insert_or_skip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.engine import Connection

    from engine.ledger import LedgerDraft
    from engine.standing import TicketStanding
    from engine.ticket import Actor, Ticket
    from notifications.message import Message
    from storage.dossiers import Dossier

_GET = select(TICKETS.c.snapshot, TICKETS.c.head_hash).where(
    TICKETS.c.ticket_no == bindparam("ticket_no")
)
_ADD = insert_or_skip(TICKETS, "external_ref")
_MOVE = ChangeWriter(*MOVING)
_CHANGE = ChangeWriter(*MOVING, *DESCRIBING)
_SET_NEXT_RUNG = Prepared(guarded("next_rung_at"))
_REFRESH = guarded(
    "stage_id", "due_at", "pressing_at", "next_rung_at", "ending", "calendar_version"
)
_FORGET_CALENDAR = (
    update(TICKETS)
    .where(
        TICKETS.c.ended_at.is_(None),
        TICKETS.c.branch == bindparam("of_branch"),
        TICKETS.c.definition_id == bindparam("of_definition"),
    )
    .values(calendar_version="")
)
_NEXT_NUMBER = insert_or_set(
    TICKET_NUMBERS, "code", "on", values={"last": TICKET_NUMBERS.c.last + 1}
)
# Locked, so that nobody gives the branch another code before the number is stored.
_BRANCH_CODE = (
    select(BRANCHES.c.code).where(BRANCHES.c.id == bindparam("branch")).with_for_update(read=True)
)


class Tickets(TicketReads):
    """The tickets of one transaction."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._dialect = connection.dialect.name
        self._loaded: dict[str, tuple[Ticket, LedgerHead]] = {}

    def get(self, ticket_no: str) -> Ticket:
        """The ticket as it is now.

        Raises:
            NotFoundError: there is none of that number.
        """
        row = self._connection.execute(_GET, {"ticket_no": ticket_no}).first()
        if row is None:
            raise not_found(TICKET, ticket_no)
        snapshot, head_hash = row
        ticket = load_ticket(snapshot)
        self._loads(ticket, head_hash)
        return ticket

    def dossier(self, ticket_no: str) -> Dossier:
        """The ticket as it is now, with what a change of it reads.

        Raises:
            NotFoundError: there is none of that number.
        """
        row = DOSSIER.first(self._connection, {"ticket_no": ticket_no})
        if row is None:
            raise not_found(TICKET, ticket_no)
        found = dossier_of(row)
        self._loads(found.ticket, found.head_hash)
        return found

    def add(  # noqa: PLR0913  (what every save takes, and the token)
        self,
        ticket: Ticket,
        draft: LedgerDraft,
        *,
        actor: Actor,
        at: datetime,
        standing: TicketStanding,
        progress_token: str,
    ) -> Ticket:
        """Store a new ticket with the first entry of its stream; returns it at revision 1.

        Raises:
            RefusedError: a ticket with the same external reference exists.
        """
        head = LedgerHead(stream=ticket.ticket_no)
        entry = seal(draft, head, actor, at, ticket.definition_ref)
        added = changed(ticket, revision=entry.seq)
        row = {
            **lasting_columns(added, progress_token),
            **describing_columns(added),
            **moving_columns(added, standing),
            "head_hash": entry.hash,
        }
        if self._connection.execute(_ADD[self._dialect], row).rowcount != 1:
            raise _known_reference(ticket.request.external_ref)
        self._connection.execute(INSERT_ENTRY, row_of(entry))
        self._loads(added, entry.hash)
        return added

    def save(  # noqa: PLR0913  (all that a change writes)
        self,
        ticket: Ticket,
        draft: LedgerDraft,
        *,
        actor: Actor,
        at: datetime,
        standing: TicketStanding,
        messages: Sequence[Message] = (),
    ) -> Ticket:
        """Store a change of a ticket that was loaded in this unit of work, with its entry.

        The messages that the change causes go into the outbox with it.

        Returns the ticket at its new revision.

        Raises:
            ConflictError: somebody else changed the ticket since it was loaded.
            LookupError: it was not loaded in this unit of work (a mistake of the program).
        """
        if ticket.ticket_no not in self._loaded:
            msg = f"{ticket.ticket_no} was not loaded in this unit of work"
            raise LookupError(msg)
        before, head = self._loaded[ticket.ticket_no]
        if head.seq != ticket.revision:
            raise _stale(ticket.ticket_no)
        entry = seal(draft, head, actor, at, ticket.definition_ref)
        saved = changed(ticket, revision=entry.seq)
        changes = {**moving_columns(saved, standing), "head_hash": entry.hash}
        writer = _MOVE
        if not is_described_alike(before, saved):
            writer = _CHANGE
            changes |= describing_columns(saved)
        change = guard(ticket.ticket_no, ticket.revision, changes)
        if not writer.write(self._connection, change, row_of(entry), messages):
            raise _stale(ticket.ticket_no)
        self._loads(saved, entry.hash)
        return saved

    def set_next_rung(self, ticket_no: str, revision: int, next_rung_at: datetime | None) -> bool:
        """Note when to look at the ticket again; False if it has changed since that revision."""
        parameters = guard(ticket_no, revision, {"next_rung_at": next_rung_at})
        return _SET_NEXT_RUNG.run(self._connection, parameters) == 1

    def refresh_standing(self, ticket_no: str, revision: int, standing: TicketStanding) -> bool:
        """Renew the derived columns; False if the ticket has changed since that revision."""
        parameters = guard(ticket_no, revision, standing_columns(standing))
        return self._connection.execute(_REFRESH, parameters).rowcount == 1

    def derive_again(self, branch: str, definition_id: str) -> None:
        """Have the derived columns of these open tickets renewed by the next calendar sweep."""
        those = {"of_branch": branch, "of_definition": definition_id}
        self._connection.execute(_FORGET_CALENDAR, those)

    def next_number(self, branch: str, on: date) -> str:
        """The next ticket number of the branch on that day, for example `TC-20210906-0001`.

        Counted by the code that it shows, so each code has every number of a day once, whenever
        the branch took that code. The counter stays locked until the transaction ends; a
        roll-back gives the number back, so there are no gaps.

        Raises:
            NotFoundError: there is no such branch.
        """
        code = self._connection.execute(_BRANCH_CODE, {"branch": branch}).scalar()
        if code is None:
            raise not_found(BRANCH, branch)
        statement = _NEXT_NUMBER[self._dialect].returning(TICKET_NUMBERS.c.last)
        first = {"code": code, "on": on, "branch": branch, "last": 1}
        number = self._connection.execute(statement, first).scalar_one()
        return f"{code}-{on:%Y%m%d}-{number:04}"

    def _loads(self, ticket: Ticket, head_hash: str) -> None:
        """Keep what a change of the ticket is to be guarded by, and compared with."""
        head = LedgerHead(stream=ticket.ticket_no, seq=ticket.revision, hash=head_hash)
        self._loaded[ticket.ticket_no] = (ticket, head)


def _stale(ticket_no: str) -> ConflictError:
    return ConflictError(
        Reason(
            code="stale_revision",
            message=f"工单 {ticket_no} 已被他人处理，您看到的内容不是最新的",
            remedy="请刷新后重试",
        )
    )


def _known_reference(external_ref: str) -> RefusedError:
    return RefusedError(
        Reason(
            code="duplicate_external_ref",
            field="external_ref",
            message=f"外部编号“{external_ref}”的申请已经受理，不能重复录入",
            clause="R-5.2",
            remedy="请查询原工单",
        )
    )
