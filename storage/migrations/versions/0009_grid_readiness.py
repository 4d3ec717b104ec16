"""Load readings, forecasts, reinforcement projects, and what the grid owes a ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
DECIMAL = sa.Numeric().with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "load_readings",
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("measured_at", INSTANT, nullable=False),
        sa.Column("peak_va", sa.Integer(), nullable=True),
        sa.Column("peak_w", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("node_id", "measured_at", name="pk_load_readings"),
    )
    op.create_table(
        "load_forecasts",
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("seen_revision", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("area_id", sa.String(), nullable=False),
        sa.Column("requested_kw", DECIMAL, nullable=False),
        sa.Column("exceeds", sa.Boolean(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("assessed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("ticket_no", name="pk_load_forecasts"),
    )
    op.create_index("ix_load_forecasts_area_id", "load_forecasts", ["area_id"], unique=False)
    op.create_table(
        "reinforcement_projects",
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("node_id", "number", name="pk_reinforcement_projects"),
    )
    op.create_index(
        "uq_reinforcement_projects_ticket_no", "reinforcement_projects", ["ticket_no"], unique=True
    )
    op.create_table(
        "restricted_supplies",
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("first_kw", DECIMAL, nullable=False),
        sa.Column("first_by", sa.Date(), nullable=False),
        sa.Column("full_by", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_no", name="pk_restricted_supplies"),
    )
    op.create_index(
        "ix_restricted_supplies_open",
        "restricted_supplies",
        ["full_by"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "matching_milestones",
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("ticket_no", "number", name="pk_matching_milestones"),
    )
    op.create_table(
        "connection_points",
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("distance_m", sa.Integer(), nullable=False),
        sa.Column("free_kva", DECIMAL, nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("surveyed_at", INSTANT, nullable=False),
        sa.Column("chosen_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_no", "node_id", name="pk_connection_points"),
    )
    op.create_index(
        "uq_connection_points_chosen",
        "connection_points",
        ["ticket_no"],
        unique=True,
        sqlite_where=sa.text("chosen_at IS NOT NULL"),
        postgresql_where=sa.text("chosen_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("connection_points")
    op.drop_table("matching_milestones")
    op.drop_table("restricted_supplies")
    op.drop_table("reinforcement_projects")
    op.drop_table("load_forecasts")
    op.drop_table("load_readings")
