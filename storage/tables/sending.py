"""Who carries messages, and the processes that hand them over."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.tables.declaring import instant, table_of


class ProviderRow(SQLModel, table=True):
    """One `notifications.delivery.providers.ProviderStanding`."""

    __tablename__ = "providers"

    channel: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    weight: int
    resting_weight: int
    lowered_at: datetime | None = instant(nullable=True)
    changed_at: datetime | None = instant(nullable=True)
    blocked_until: datetime | None = instant(nullable=True)
    paused_by: str
    reason: str


class ProviderTrafficRow(SQLModel, table=True):
    """How often a provider took a message, and failed by its own fault, in a short stretch."""

    __tablename__ = "provider_traffic"

    channel: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    since: datetime = instant(primary_key=True)
    accepted: int
    faults: int


class ClusterNodeRow(SQLModel, table=True):
    """A process that runs jobs, from its start to its end."""

    __tablename__ = "cluster_nodes"

    id: str = Field(primary_key=True)
    name: str
    version: str
    started_at: datetime = instant()
    seen_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)
    ending: str


PROVIDERS = table_of(ProviderRow)
PROVIDER_TRAFFIC = table_of(ProviderTrafficRow)
CLUSTER_NODES = table_of(ClusterNodeRow)
