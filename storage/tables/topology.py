"""The network from substation to service point, and who is behind each service point."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field, SQLModel

from storage.columns import ExactDecimal
from storage.tables.declaring import table_of


class NodeRow(SQLModel, table=True):
    """One node. References to other nodes are checked at the end of the transaction."""

    __tablename__ = "nodes"
    __table_args__ = (
        ForeignKeyConstraint(["parent_id"], ["nodes.id"], deferrable=True, initially="DEFERRED"),
        ForeignKeyConstraint(
            ["alternative_node_id"], ["nodes.id"], deferrable=True, initially="DEFERRED"
        ),
        Index("ix_nodes_parent_id", "parent_id"),
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


class CustomerRow(SQLModel, table=True):
    """A customer who is supplied at a service point."""

    __tablename__ = "customers"
    __table_args__ = (Index("ix_customers_node_id", "node_id"),)

    customer_no: str = Field(primary_key=True)
    node_id: str = Field(foreign_key="nodes.id")
    name: str
    phone: str
    wechat_openid: str
    outage_notices: bool


NODES = table_of(NodeRow)
CUSTOMERS = table_of(CustomerRow)
