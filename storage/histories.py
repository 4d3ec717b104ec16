"""The ledger read ticket by ticket, however many there are: one after the other, never all at once.

histories(connection, ...) -> Iterator[TicketHistory]
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine.definition import Ending
from engine.ledger import LedgerEntry
from storage.tables.tickets import LEDGER, TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.engine import Connection

ROUND = 1000
"""Entries fetched at a time."""

_FIELDS = tuple(column.name for column in LEDGER.columns)
_FACTS = ("branch", "definition_id", "customer_type", "service_scheme", "ending")
_HISTORIES = (
    select(LEDGER, *(TICKETS.c[name].label(f"ticket_{name}") for name in _FACTS))
    .join(TICKETS, TICKETS.c.ticket_no == LEDGER.c.stream)
    .order_by(LEDGER.c.stream, LEDGER.c.seq)
    .execution_options(yield_per=ROUND)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHistory:
    """A ticket's entries in their order, with what an analyst sorts tickets by; nothing personal.

    `customer_type` and `service_scheme` are empty where no application started the ticket.
    """

    ticket_no: str
    branch: str
    definition_id: str
    customer_type: str
    service_scheme: str
    ending: Ending | None
    entries: tuple[LedgerEntry, ...]


def histories(
    connection: Connection,
    *,
    branch: str | None = None,
    definition_id: str | None = None,
    submitted_from: datetime | None = None,
    submitted_before: datetime | None = None,
) -> Iterator[TicketHistory]:
    """The histories of the tickets that fit every filter, by ticket number."""
    statement = _HISTORIES
    if branch is not None:
        statement = statement.where(TICKETS.c.branch == branch)
    if definition_id is not None:
        statement = statement.where(TICKETS.c.definition_id == definition_id)
    if submitted_from is not None:
        statement = statement.where(TICKETS.c.submitted_at >= submitted_from)
    if submitted_before is not None:
        statement = statement.where(TICKETS.c.submitted_at < submitted_before)
    with connection.execute(statement) as rows:
        for ticket_no, found in groupby(rows, key=attrgetter("stream")):
            first, *others = found
            yield TicketHistory(
                ticket_no=ticket_no,
                branch=first.ticket_branch,
                definition_id=first.ticket_definition_id,
                customer_type=first.ticket_customer_type or "",
                service_scheme=first.ticket_service_scheme or "",
                ending=None if first.ticket_ending is None else Ending(first.ticket_ending),
                entries=tuple(
                    LedgerEntry(**{name: getattr(row, name) for name in _FIELDS})
                    for row in (first, *others)
                ),
            )
