"""The network and the customers behind it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

DECIMAL = sa.Numeric().with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "nodes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("rated_kva", DECIMAL, nullable=True),
        sa.Column("contract_kw", DECIMAL, nullable=True),
        sa.Column("area_class", sa.String(), nullable=False),
        sa.Column("important", sa.Boolean(), nullable=False),
        sa.Column("alternative_node_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alternative_node_id"],
            ["nodes.id"],
            name="fk_nodes_alternative_node_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["nodes.id"],
            name="fk_nodes_parent_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_nodes"),
    )
    op.create_index("ix_nodes_parent_id", "nodes", ["parent_id"], unique=False)
    op.create_table(
        "customers",
        sa.Column("customer_no", sa.String(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("wechat_openid", sa.String(), nullable=False),
        sa.Column("outage_notices", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"], name="fk_customers_node_id"),
        sa.PrimaryKeyConstraint("customer_no", name="pk_customers"),
    )
    op.create_index("ix_customers_node_id", "customers", ["node_id"], unique=False)


def downgrade() -> None:
    op.drop_table("customers")
    op.drop_table("nodes")
