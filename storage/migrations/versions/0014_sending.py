"""Providers with their weights and traffic, the nodes of a cluster, and what waits for a person."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")

UNHANDLED = "handled_at IS NULL AND state IN ('failed', 'in_doubt', 'unreachable')"
WITH_TOPIC = "state = 'pending' AND topic <> ''"
INDEXES = (
    ("ix_messages_claimed_at", ["claimed_at"], "claimed_at IS NOT NULL"),
    ("ix_messages_unhandled", ["state", "created_at"], UNHANDLED),
)


def upgrade() -> None:
    op.create_table(
        "providers",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("resting_weight", sa.Integer(), nullable=False),
        sa.Column("lowered_at", INSTANT, nullable=True),
        sa.Column("changed_at", INSTANT, nullable=True),
        sa.Column("blocked_until", INSTANT, nullable=True),
        sa.Column("paused_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "name", name="pk_providers"),
    )
    op.create_table(
        "provider_traffic",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "name", "since", name="pk_provider_traffic"),
    )
    op.create_table(
        "cluster_nodes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ending", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cluster_nodes"),
    )
    for name, columns, where in INDEXES:
        _index(name, columns, where)
    op.drop_index("ix_messages_topic", table_name="messages")
    _index("ix_messages_topic", ["topic", "address", "created_at"], WITH_TOPIC)


def downgrade() -> None:
    op.drop_index("ix_messages_topic", table_name="messages")
    _index("ix_messages_topic", ["topic"], WITH_TOPIC)
    for name, *_ in INDEXES:
        op.drop_index(name, table_name="messages")
    op.drop_table("cluster_nodes")
    op.drop_table("provider_traffic")
    op.drop_table("providers")


def _index(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "messages", columns, sqlite_where=condition, postgresql_where=condition)
