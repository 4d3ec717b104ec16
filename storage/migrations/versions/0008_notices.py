"""What many are told in equal words, and what sending keeps of a message."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")

NEW_COLUMNS = ("topic", "job", "provider", "fallback_address", "handled_by")
WAITING = "state = 'pending' AND job = ''"
PENDING = "state = 'pending'"
INDEXES = (
    ("ix_messages_waiting", ["urgent", "not_before", "created_at", "id"], WAITING),
    ("ix_messages_job", ["job"], "state = 'pending' AND job <> ''"),
    ("ix_messages_topic", ["topic"], "state = 'pending' AND topic <> ''"),
    ("ix_messages_expires_at", ["expires_at"], "state = 'pending' AND expires_at IS NOT NULL"),
    ("ix_messages_in_doubt", ["next_attempt_at"], "state = 'in_doubt'"),
    ("ix_messages_address", ["address", "claimed_at"], "claimed_at IS NOT NULL"),
    ("ix_messages_notice_id", ["notice_id"], "notice_id IS NOT NULL"),
)


def index(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "messages", columns, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("template_key", sa.String(), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("fan_out_after", sa.String(), nullable=False),
        sa.Column("fanned_out_at", INSTANT, nullable=True),
        sa.Column("superseded_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index("ix_notices_topic", "notices", ["topic"])
    op.add_column("messages", sa.Column("notice_id", sa.String(), nullable=True))
    for name in NEW_COLUMNS:
        op.add_column("messages", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("messages", sa.Column("handled_at", INSTANT, nullable=True))
    op.drop_index("ix_messages_pending", table_name="messages")
    for each in INDEXES:
        index(*each)


def downgrade() -> None:
    for name, *_ in INDEXES:
        op.drop_index(name, table_name="messages")
    for name in ("handled_at", *reversed(NEW_COLUMNS), "notice_id"):
        op.drop_column("messages", name)
    index("ix_messages_pending", ["urgent", "not_before", "created_at", "id"], PENDING)
    op.drop_table("notices")
