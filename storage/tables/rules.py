"""The rules in force: published definition versions, and the years of the working calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, Text
from sqlmodel import Field, SQLModel

from storage.tables.declaring import instant, table_of


class DefinitionVersionRow(SQLModel, table=True):
    """A published version: source and content never change (a trigger sees to it)."""

    __tablename__ = "definition_versions"
    __table_args__ = (Index("ix_definition_versions_in_force_from", "id", "in_force_from"),)

    id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    content_hash: str
    source: str = Field(sa_type=Text)
    content: str = Field(sa_type=Text)
    in_force_from: datetime = instant()
    superseded_at: datetime | None = instant(nullable=True)
    published_by: str
    published_at: datetime = instant()


class CalendarYearRow(SQLModel, table=True):
    """One year as a source gave it; the newest revision counts, the others are history."""

    __tablename__ = "calendar_years"

    year: int = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    status: str
    source: str
    days: list[dict[str, Any]] = Field(sa_type=JSON, nullable=False)
    imported_by: str
    imported_at: datetime = instant()


class CalendarOverrideRow(SQLModel, table=True):
    """An administrator's word on one day."""

    __tablename__ = "calendar_overrides"

    on: date = Field(primary_key=True)
    is_working: bool
    note: str
    set_by: str
    set_at: datetime = instant()


DEFINITION_VERSIONS = table_of(DefinitionVersionRow)
CALENDAR_YEARS = table_of(CalendarYearRow)
CALENDAR_OVERRIDES = table_of(CalendarOverrideRow)
