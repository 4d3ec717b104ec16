"""Registers: areas with too low a voltage, communities, and what their people complain of."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from storage.columns import ExactDecimal
from storage.tables.declaring import instant, partial_index, table_of


class UndervoltageRow(SQLModel, table=True):
    """An area whose voltage was found too low; one open entry an area."""

    __tablename__ = "undervoltage_areas"
    __table_args__ = (
        partial_index(
            "uq_undervoltage_areas_open", "node_id", unique=True, where="closed_at IS NULL"
        ),
    )

    number: int = Field(primary_key=True)
    node_id: str
    branch: str
    source: str
    lowest_v: Decimal | None = Field(default=None, sa_type=ExactDecimal, nullable=True)
    note: str = Field(sa_type=Text)
    opened_at: datetime = instant()
    opened_by: str
    closed_at: datetime | None = instant(nullable=True)
    closed_by: str
    result: str = Field(sa_type=Text)


class CommunityRow(SQLModel, table=True):
    """A residential community; `is_old` marks 老旧小区."""

    __tablename__ = "communities"

    id: str = Field(primary_key=True)
    branch: str
    name: str
    is_old: bool


class ComplaintRow(SQLModel, table=True):
    """A complaint about the supply of a community."""

    __tablename__ = "complaints"
    __table_args__ = (
        Index("ix_complaints_community_id", "community_id", "opened_at"),
        Index("ix_complaints_opened_at", "opened_at"),
    )

    number: int = Field(primary_key=True)
    community_id: str = Field(foreign_key="communities.id")
    source: str
    subject: str
    note: str = Field(sa_type=Text)
    opened_at: datetime = instant()
    opened_by: str
    closed_at: datetime | None = instant(nullable=True)
    closed_by: str
    result: str = Field(sa_type=Text)


UNDERVOLTAGE_AREAS = table_of(UndervoltageRow)
COMMUNITIES = table_of(CommunityRow)
COMPLAINTS = table_of(ComplaintRow)
