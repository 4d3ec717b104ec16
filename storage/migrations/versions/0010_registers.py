"""Registers of areas with too low a voltage, of communities and of complaints."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
DECIMAL = sa.Numeric().with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "undervoltage_areas",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("lowest_v", DECIMAL, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_undervoltage_areas"),
    )
    op.create_index(
        "uq_undervoltage_areas_open",
        "undervoltage_areas",
        ["node_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "communities",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_old", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_communities"),
    )
    op.create_table(
        "complaints",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("opened_by", sa.String(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name="fk_complaints_community_id"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_complaints"),
    )
    op.create_index(
        "ix_complaints_community_id", "complaints", ["community_id", "opened_at"], unique=False
    )
    op.create_index("ix_complaints_opened_at", "complaints", ["opened_at"], unique=False)


def downgrade() -> None:
    op.drop_table("complaints")
    op.drop_table("communities")
    op.drop_table("undervoltage_areas")
