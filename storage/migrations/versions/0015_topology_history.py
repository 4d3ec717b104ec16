"""Where every node stood at any time, and one number for each way to reach somebody."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")

INDEXES = (
    ("ix_nodes_alternative_node_id", "alternative_node_id", "alternative_node_id IS NOT NULL"),
    ("ix_nodes_unplaced", "id", "placed_at IS NULL"),
)


def upgrade() -> None:
    op.add_column("nodes", sa.Column("retired_at", INSTANT, nullable=True))
    op.add_column("nodes", sa.Column("placed_at", INSTANT, nullable=True))
    for name, column, condition in INDEXES:
        op.create_index(
            name,
            "nodes",
            [column],
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.add_column("customers", sa.Column("contact_id", sa.Integer(), nullable=True))
    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reach", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
    )
    op.create_index("uq_contacts_reach", "contacts", ["reach"], unique=True)
    op.create_table(
        "placements",
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("valid_from", INSTANT, nullable=False),
        sa.Column("valid_to", INSTANT, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=True),
        sa.Column("area_class", sa.String(), nullable=False),
        sa.Column("important", sa.Boolean(), nullable=False),
        sa.Column("alternative_node_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"], name="fk_placements_node_id"),
        sa.PrimaryKeyConstraint("node_id", "valid_from", name="pk_placements"),
    )
    op.create_index("ix_placements_parent_id_kind", "placements", ["parent_id", "kind"])


def downgrade() -> None:
    op.drop_table("placements")
    op.drop_table("contacts")
    op.drop_column("customers", "contact_id")
    for name, _, _ in INDEXES:
        op.drop_index(name, "nodes")
    op.drop_column("nodes", "placed_at")
    op.drop_column("nodes", "retired_at")
