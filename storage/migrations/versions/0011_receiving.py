"""Reports of providers until they are applied, replies, suppressions, and how to reach staff."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")

INDEXES = (
    ("ix_receipts_next_try_at", "receipts", ["next_try_at"], "next_try_at IS NOT NULL"),
    ("ix_messages_accepted", "messages", ["settled_at"], "state = 'accepted'"),
    ("ix_messages_staff", "messages", ["recipient", "created_at"], "audience = 'staff'"),
)


def upgrade() -> None:
    for name in ("wecom_id", "email"):
        op.add_column("users", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("receipts", sa.Column("query", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("receipts", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("receipts", sa.Column("next_try_at", INSTANT, nullable=True))
    op.add_column("receipts", sa.Column("applied_at", INSTANT, nullable=True))
    op.create_table(
        "uplinks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("sequence", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uplinks"),
    )
    op.create_index(
        "uq_uplinks_sequence", "uplinks", ["provider", "address", "sequence"], unique=True
    )
    op.create_table(
        "suppressions",
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_suppressions"),
    )
    op.create_table(
        "inquiries",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_inquiries"),
    )
    op.create_table(
        "inbox_reads",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", "user_id", name="pk_inbox_reads"),
    )
    for name, table, columns, where in INDEXES:
        condition = sa.text(where)
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    for name, table, *_ in INDEXES:
        op.drop_index(name, table_name=table)
    for table in ("inbox_reads", "inquiries", "suppressions", "uplinks"):
        op.drop_table(table)
    for table, columns in (
        ("receipts", ("applied_at", "next_try_at", "tries", "query")),
        ("users", ("email", "wecom_id")),
    ):
        with op.batch_alter_table(table) as batch:
            for name in columns:
                batch.drop_column(name)
