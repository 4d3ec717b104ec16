"""Outages: what was declared, who was told and interrupted, and when supply came back (R-7.2).

An outage is a ticket; `outages` holds what of it queries need. Reported times stand beside the
instants at which they were recorded (R-5.1a); the ledger keeps both for ever.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from engine.outage import NEVER
from storage.tables.declaring import instant, partial_index, table_of

OPEN = "phase IN ('scheduled', 'in_progress')"


class OutageRow(SQLModel, table=True):
    """One outage.

    `begins_at` and `ends_at` are its time as far as it is known: planned at first, then reported;
    `ends_at` is empty while supply is out and nobody knows.
    """

    __tablename__ = "outages"
    __table_args__ = (
        Index("ix_outages_begins_at", "begins_at"),
        partial_index("ix_outages_open", "branch", "begins_at", where=OPEN),
    )

    ticket_no: str = Field(primary_key=True, foreign_key="tickets.ticket_no")
    branch: str
    kind: str
    phase: str
    area: str = Field(sa_type=Text)
    line: str = Field(sa_type=Text)
    cause: str
    announced_at: datetime = instant()
    changed_at: datetime = instant()
    counted_at: datetime = instant()
    planned_from: datetime | None = instant(nullable=True)
    planned_until: datetime | None = instant(nullable=True)
    begins_at: datetime = instant()
    begins_source: str
    ends_at: datetime | None = instant(nullable=True)
    ends_source: str
    estimated_at: datetime | None = instant(nullable=True)
    late_reason: str = Field(sa_type=Text)
    step: int
    network_seen_at: datetime = instant(default=NEVER)
    customers_seen_at: datetime = instant(default=NEVER)


class OutageNodeRow(SQLModel, table=True):
    """A node that an outage was declared on; everything below it belongs to the outage."""

    __tablename__ = "outage_nodes"
    __table_args__ = (Index("ix_outage_nodes_node_id", "node_id"),)

    ticket_no: str = Field(primary_key=True, foreign_key="outages.ticket_no")
    node_id: str = Field(primary_key=True, foreign_key="nodes.id")


class OutageFeederRow(SQLModel, table=True):
    """A feeder that an outage touches: declared on it, above it or on a part of it."""

    __tablename__ = "outage_feeders"
    __table_args__ = (Index("ix_outage_feeders_feeder_id", "feeder_id"),)

    ticket_no: str = Field(primary_key=True, foreign_key="outages.ticket_no")
    feeder_id: str = Field(primary_key=True, foreign_key="nodes.id")


class OutageRestorationRow(SQLModel, table=True):
    """A node below which supply is back before the whole outage ends, by repair or by switching."""

    __tablename__ = "outage_restorations"

    ticket_no: str = Field(primary_key=True, foreign_key="outages.ticket_no")
    node_id: str = Field(primary_key=True, foreign_key="nodes.id")
    restored_at: datetime = instant()
    means: str
    source: str
    recorded_at: datetime = instant()
    step: int


class OutageAffectedRow(SQLModel, table=True):
    """A service point of an outage: evidence of who was in it, and for how long supply was out.

    A point that has left an outage and joins it again does so in a new `episode`. The steps name
    the step of the outage at which the point joined it, and at which it left it.
    """

    __tablename__ = "outage_affected"
    __table_args__ = (
        Index("ix_outage_affected_node_id", "node_id", "interrupted_at"),
        partial_index("ix_outage_affected_important", "ticket_no", "node_id", where="important"),
    )

    ticket_no: str = Field(primary_key=True, foreign_key="outages.ticket_no")
    node_id: str = Field(primary_key=True)
    episode: int = Field(primary_key=True)
    area_class: str
    important: bool
    included_at: datetime = instant()
    included_step: int
    withdrawn_at: datetime | None = instant(nullable=True)
    withdrawn_step: int | None
    interrupted_at: datetime | None = instant(nullable=True)
    restored_at: datetime | None = instant(nullable=True)
    restored_step: int | None


class OutageNoticeRow(SQLModel, table=True):
    """One `engine.outage.OutageNotice`: which of an outage's points a shared notice is for."""

    __tablename__ = "outage_notices"
    __table_args__ = (Index("ix_outage_notices_ticket_no", "ticket_no", "created_at"),)

    notice_id: str = Field(primary_key=True)
    ticket_no: str = Field(foreign_key="outages.ticket_no")
    news: str
    step: int
    everybody: bool
    estimated_at: datetime | None = instant(nullable=True)
    known_since: datetime | None = instant(nullable=True)
    created_at: datetime = instant()
    planned_from: datetime | None = instant(nullable=True)
    planned_until: datetime | None = instant(nullable=True)
    last_told: str | None


class OutageConnectionRow(SQLModel, table=True):
    """A connection ticket whose works use an outage."""

    __tablename__ = "outage_connections"

    ticket_no: str = Field(primary_key=True, foreign_key="outages.ticket_no")
    connection_no: str = Field(primary_key=True, foreign_key="tickets.ticket_no")


class ReliabilityBaseRow(SQLModel, table=True):
    """A figure of a year before the introduction, claimed and not verified (R-5.1c)."""

    __tablename__ = "reliability_base"

    year: int = Field(primary_key=True)
    figure: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    value: str
    source: str
    entered_by: str
    entered_at: datetime = instant()


OUTAGES = table_of(OutageRow)
OUTAGE_NODES = table_of(OutageNodeRow)
OUTAGE_FEEDERS = table_of(OutageFeederRow)
OUTAGE_RESTORATIONS = table_of(OutageRestorationRow)
OUTAGE_AFFECTED = table_of(OutageAffectedRow)
OUTAGE_NOTICES = table_of(OutageNoticeRow)
OUTAGE_CONNECTIONS = table_of(OutageConnectionRow)
RELIABILITY_BASE = table_of(ReliabilityBaseRow)
