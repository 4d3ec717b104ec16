"""Tickets, their numbers, the ledger and the reminders.

A ticket is its snapshot; the other columns repeat what is looked up or sorted by. Its revision is
the number of its last ledger entry and `head_hash` that entry's hash, so the guarded update of
the row also locks the head of its stream.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from storage.tables.declaring import instant, partial_index, table_of

OPEN = "ended_at IS NULL"


class TicketRow(SQLModel, table=True):
    """One ticket."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("uq_tickets_external_ref", "external_ref", unique=True),
        Index("uq_tickets_progress_token", "progress_token", unique=True),
        partial_index(
            "ix_tickets_next_rung_at",
            "next_rung_at",
            where="next_rung_at IS NOT NULL",
        ),
        partial_index(
            "ix_tickets_open_branch_pressing_at",
            "branch",
            "pressing_at",
            "ticket_no",
            where=OPEN,
        ),
        partial_index(
            "ix_tickets_open_pressing_at",
            "pressing_at",
            "ticket_no",
            where=OPEN,
        ),
        Index("ix_tickets_applicant_key", "applicant_key", "address_key"),
    )

    ticket_no: str = Field(primary_key=True)
    branch: str
    definition_id: str
    definition_version: int
    state: str
    stage_id: str
    customer_type: str | None
    service_scheme: str | None
    title: str
    address: str
    applicant_key: str
    address_key: str
    external_ref: str | None
    progress_token: str
    submitted_at: datetime = instant()
    entered_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)
    ending: str | None
    due_at: datetime | None = instant(nullable=True)
    pressing_at: datetime | None = instant(nullable=True)
    next_rung_at: datetime | None = instant(nullable=True)
    calendar_version: str
    suspended: bool
    project_manager: str | None
    account_manager: str | None
    revision: int
    head_hash: str
    snapshot: str = Field(sa_type=Text)


class TicketNumberRow(SQLModel, table=True):
    """The last number given out on a day under a code, which is that branch's for good."""

    __tablename__ = "ticket_numbers"

    code: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    branch: str
    last: int


class LedgerRow(SQLModel, table=True):
    """One sealed entry; triggers refuse to change or delete it."""

    __tablename__ = "ledger"

    stream: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: datetime = instant()
    actor_id: str
    actor_name: str
    action: str
    source_state: str
    target_state: str
    definition_ref: str
    details: str = Field(sa_type=Text)
    previous_hash: str
    hash: str


class LedgerHeadRow(SQLModel, table=True):
    """The end of a stream that is no ticket's."""

    __tablename__ = "ledger_heads"

    stream: str = Field(primary_key=True)
    seq: int
    hash: str


class ReminderRow(SQLModel, table=True):
    """A rung that has been reminded of; whoever writes the row first sends."""

    __tablename__ = "reminders"

    ticket_no: str = Field(primary_key=True)
    clock_id: str = Field(primary_key=True)
    epoch: str = Field(primary_key=True)
    rung: str = Field(primary_key=True)
    claimed_at: datetime = instant()


TICKETS = table_of(TicketRow)
TICKET_NUMBERS = table_of(TicketNumberRow)
LEDGER = table_of(LedgerRow)
LEDGER_HEADS = table_of(LedgerHeadRow)
REMINDERS = table_of(ReminderRow)
