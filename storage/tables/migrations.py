"""Decisions to move open tickets to another version, and what became of each ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from storage.tables.declaring import instant, partial_index, table_of

IS_OPEN = "closed_at IS NULL"


class TicketMigrationRow(SQLModel, table=True):
    """One migration: proposed by one person, approved by another, then carried out to its end.

    `from_version` 0 takes tickets of every other version.
    """

    __tablename__ = "ticket_migrations"
    __table_args__ = (
        partial_index(
            "uq_ticket_migrations_open",
            "definition_id",
            unique=True,
            where=IS_OPEN,
        ),
    )

    number: int = Field(primary_key=True)
    definition_id: str
    from_version: int
    to_version: int
    mapping: dict[str, Any] = Field(sa_type=JSON, nullable=False)
    reason: str
    proposed_by: str
    proposed_at: datetime = instant()
    approved_by: str
    approved_at: datetime | None = instant(nullable=True)
    closed_by: str
    closed_at: datetime | None = instant(nullable=True)
    outcome: str


class TicketMigrationResultRow(SQLModel, table=True):
    """What a migration did to one ticket; whoever writes the row first did it."""

    __tablename__ = "ticket_migration_results"

    migration: int = Field(primary_key=True)
    ticket_no: str = Field(primary_key=True)
    verdict: str
    reasons: list[dict[str, Any]] = Field(sa_type=JSON, nullable=False)
    from_version: int
    source_state: str
    target_state: str
    examined_at: datetime = instant()


TICKET_MIGRATIONS = table_of(TicketMigrationRow)
TICKET_MIGRATION_RESULTS = table_of(TicketMigrationResultRow)
