"""The network from substation to service point, as it is and as it was, and who is behind it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKeyConstraint, Index, false
from sqlmodel import Field, SQLModel

from storage.columns import ExactDecimal, Instant
from storage.tables.declaring import instant, partial_index, table_of


class NodeRow(SQLModel, table=True):
    """One node as it is now. References to others are checked at the end of the transaction.

    `placed_at` is the start of its placement; empty while what has changed is not in there yet.
    """

    __tablename__ = "nodes"
    __table_args__ = (
        ForeignKeyConstraint(["parent_id"], ["nodes.id"], deferrable=True, initially="DEFERRED"),
        ForeignKeyConstraint(
            ["alternative_node_id"], ["nodes.id"], deferrable=True, initially="DEFERRED"
        ),
        Index("ix_nodes_parent_id", "parent_id"),
        partial_index(
            "ix_nodes_alternative_node_id",
            "alternative_node_id",
            where="alternative_node_id IS NOT NULL",
        ),
        partial_index("ix_nodes_unplaced", "id", where="placed_at IS NULL"),
    )

    id: str = Field(primary_key=True)
    kind: str
    parent_id: str | None
    name: str
    rated_kva: Decimal | None = Field(default=None, sa_type=ExactDecimal, nullable=True)
    contract_kw: Decimal | None = Field(default=None, sa_type=ExactDecimal, nullable=True)
    area_class: str
    important: bool
    alternative_node_id: str | None
    retired_at: datetime | None = instant(nullable=True)
    placed_at: datetime | None = instant(nullable=True)


class PlacementRow(SQLModel, table=True):
    """Where and as what a node stood in the network for a time; `valid_to` is empty for today's.

    Half-open: a node that is moved at an instant stands on its new place from that instant on.
    """

    __tablename__ = "placements"
    __table_args__ = (Index("ix_placements_parent_id_kind", "parent_id", "kind"),)

    node_id: str = Field(primary_key=True, foreign_key="nodes.id")
    valid_from: datetime = Field(sa_type=Instant, primary_key=True)
    valid_to: datetime | None = instant(nullable=True)
    kind: str
    parent_id: str | None
    area_class: str
    important: bool
    alternative_node_id: str | None


class ContactRow(SQLModel, table=True):
    """One way to reach somebody, however many customers share it: a number to name it by.

    `reach` is the phone number, or the WeChat openid after `wechat:` where there is no number.
    """

    __tablename__ = "contacts"
    __table_args__ = (Index("uq_contacts_reach", "reach", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    reach: str


class CustomerRow(SQLModel, table=True):
    """A customer who is supplied at a service point; without a `contact_id` nobody can be told.

    `known_at` is since when he is known at that point and under that number; empty for since ever.
    `shares_contact` says that others have the same contact; right as a rule, and not relied upon.
    """

    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_node_id", "node_id"),
        Index("ix_customers_contact_id", "contact_id"),
        partial_index("ix_customers_sharing", "node_id", where="shares_contact"),
    )

    customer_no: str = Field(primary_key=True)
    node_id: str = Field(foreign_key="nodes.id")
    name: str
    phone: str
    wechat_openid: str
    outage_notices: bool
    contact_id: int | None
    known_at: datetime | None = instant(nullable=True)
    shares_contact: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


NODES = table_of(NodeRow)
PLACEMENTS = table_of(PlacementRow)
CONTACTS = table_of(ContactRow)
CUSTOMERS = table_of(CustomerRow)
