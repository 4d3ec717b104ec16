"""Migrations of tickets between versions of their definition, and their results."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "ticket_migrations",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition_id", sa.String(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("to_version", sa.Integer(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("approved_at", INSTANT, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_ticket_migrations"),
    )
    op.create_index(
        "uq_ticket_migrations_open",
        "ticket_migrations",
        ["definition_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "ticket_migration_results",
        sa.Column("migration", sa.Integer(), nullable=False),
        sa.Column("ticket_no", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("source_state", sa.String(), nullable=False),
        sa.Column("target_state", sa.String(), nullable=False),
        sa.Column("examined_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("migration", "ticket_no", name="pk_ticket_migration_results"),
    )


def downgrade() -> None:
    op.drop_table("ticket_migration_results")
    op.drop_table("ticket_migrations")
