"""Outages, whom they affect, what was told of them, and the figures of earlier years."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
OPEN = sa.text("phase IN ('scheduled', 'in_progress')")


def upgrade() -> None:
    op.create_table(
        "outages",
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("announced_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("counted_at", INSTANT, nullable=False),
        sa.Column("planned_from", INSTANT, nullable=True),
        sa.Column("planned_until", INSTANT, nullable=True),
        sa.Column("begins_at", INSTANT, nullable=False),
        sa.Column("begins_source", sa.String(), nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("ends_source", sa.String(), nullable=False),
        sa.Column("estimated_at", INSTANT, nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_no"], ["tickets.ticket_no"], name="fk_outages_ticket_no"),
        sa.PrimaryKeyConstraint("ticket_no", name="pk_outages"),
    )
    op.create_index("ix_outages_begins_at", "outages", ["begins_at"])
    op.create_index(
        "ix_outages_open",
        "outages",
        ["branch", "begins_at"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    _create_members("outage_nodes", "node_id")
    op.create_index("ix_outage_nodes_node_id", "outage_nodes", ["node_id"])
    _create_members("outage_feeders", "feeder_id")
    op.create_index("ix_outage_feeders_feeder_id", "outage_feeders", ["feeder_id"])
    _create_members(
        "outage_restorations",
        "node_id",
        sa.Column("restored_at", INSTANT, nullable=False),
        sa.Column("means", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
    )
    op.create_table(
        "outage_affected",
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("area_class", sa.String(), nullable=False),
        sa.Column("important", sa.Boolean(), nullable=False),
        sa.Column("included_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_step", sa.Integer(), nullable=True),
        sa.Column("interrupted_at", INSTANT, nullable=True),
        sa.Column("restored_at", INSTANT, nullable=True),
        sa.Column("restored_step", sa.Integer(), nullable=True),
        _of_outage("outage_affected"),
        sa.PrimaryKeyConstraint("ticket_no", "node_id", name="pk_outage_affected"),
    )
    op.create_index("ix_outage_affected_node_id", "outage_affected", ["node_id", "interrupted_at"])
    op.create_table(
        "outage_notices",
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("news", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("everybody", sa.Boolean(), nullable=False),
        sa.Column("estimated_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        _of_outage("outage_notices"),
        sa.PrimaryKeyConstraint("notice_id", name="pk_outage_notices"),
    )
    op.create_index("ix_outage_notices_ticket_no", "outage_notices", ["ticket_no", "created_at"])
    op.create_table(
        "outage_connections",
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("connection_no", sa.String(), nullable=False),
        _of_outage("outage_connections"),
        sa.ForeignKeyConstraint(
            ["connection_no"], ["tickets.ticket_no"], name="fk_outage_connections_connection_no"
        ),
        sa.PrimaryKeyConstraint("ticket_no", "connection_no", name="pk_outage_connections"),
    )
    op.create_table(
        "reliability_base",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("year", "figure", "subject", name="pk_reliability_base"),
    )


def downgrade() -> None:
    for table in (
        "reliability_base",
        "outage_connections",
        "outage_notices",
        "outage_affected",
        "outage_restorations",
        "outage_feeders",
        "outage_nodes",
        "outages",
    ):
        op.drop_table(table)


def _create_members(table: str, member: str, *columns: sa.Column[object]) -> None:
    """A table of nodes that belong to an outage."""
    op.create_table(
        table,
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column(member, sa.String(), nullable=False),
        *columns,
        _of_outage(table),
        sa.ForeignKeyConstraint([member], ["nodes.id"], name=f"fk_{table}_{member}"),
        sa.PrimaryKeyConstraint("ticket_no", member, name=f"pk_{table}"),
    )


def _of_outage(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["ticket_no"], ["outages.ticket_no"], name=f"fk_{table}_ticket_no"
    )
