"""The grid against what is asked of it: readings, forecasts, projects, and what tickets wait for.

Capacities of readings are whole VA and W, because a maximum is asked of them and SQLite has no
decimals to compare.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from storage.columns import ExactDecimal, Instant
from storage.tables.declaring import instant, partial_index, table_of


class LoadReadingRow(SQLModel, table=True):
    """The peak of an area measured at an instant, in VA or in W."""

    __tablename__ = "load_readings"

    node_id: str = Field(primary_key=True)
    measured_at: datetime = Field(primary_key=True, sa_type=Instant)
    peak_va: int | None
    peak_w: int | None


class LoadForecastRow(SQLModel, table=True):
    """What a low-voltage ticket was last found to do to its area; `occasion` empty: nothing yet."""

    __tablename__ = "load_forecasts"
    __table_args__ = (Index("ix_load_forecasts_area_id", "area_id"),)

    ticket_no: str = Field(primary_key=True)
    seen_revision: int
    occasion: str
    area_id: str
    requested_kw: Decimal = Field(sa_type=ExactDecimal, nullable=False)
    exceeds: bool
    sentence: str = Field(sa_type=Text)
    assessed_at: datetime | None = instant(nullable=True)


class ReinforcementProjectRow(SQLModel, table=True):
    """Which ticket reinforces which area, numbered by area; what for, the ticket tells."""

    __tablename__ = "reinforcement_projects"
    __table_args__ = (Index("uq_reinforcement_projects_ticket_no", "ticket_no", unique=True),)

    node_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    ticket_no: str


class RestrictedSupplyRow(SQLModel, table=True):
    """A ticket that is supplied in two steps, open until the full load is there."""

    __tablename__ = "restricted_supplies"
    __table_args__ = (
        partial_index("ix_restricted_supplies_open", "full_by", where="closed_at IS NULL"),
    )

    ticket_no: str = Field(primary_key=True)
    first_kw: Decimal = Field(sa_type=ExactDecimal, nullable=False)
    first_by: date
    full_by: date
    reason: str = Field(sa_type=Text)
    planned_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    closed_by: str
    outcome: str


class MatchingMilestoneRow(SQLModel, table=True):
    """One part of the works that the grid owes a ticket."""

    __tablename__ = "matching_milestones"

    ticket_no: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    name: str
    days: int
    started_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)


class ConnectionPointRow(SQLModel, table=True):
    """A node at which a ticket's customer could be connected, as surveyed; one may be chosen."""

    __tablename__ = "connection_points"
    __table_args__ = (
        partial_index(
            "uq_connection_points_chosen",
            "ticket_no",
            unique=True,
            where="chosen_at IS NOT NULL",
        ),
    )

    ticket_no: str = Field(primary_key=True)
    node_id: str = Field(primary_key=True)
    distance_m: int
    free_kva: Decimal = Field(sa_type=ExactDecimal, nullable=False)
    is_public: bool
    surveyed_at: datetime = instant()
    chosen_at: datetime | None = instant(nullable=True)
    reason: str = Field(sa_type=Text)


LOAD_READINGS = table_of(LoadReadingRow)
LOAD_FORECASTS = table_of(LoadForecastRow)
REINFORCEMENT_PROJECTS = table_of(ReinforcementProjectRow)
RESTRICTED_SUPPLIES = table_of(RestrictedSupplyRow)
MATCHING_MILESTONES = table_of(MatchingMilestoneRow)
CONNECTION_POINTS = table_of(ConnectionPointRow)
