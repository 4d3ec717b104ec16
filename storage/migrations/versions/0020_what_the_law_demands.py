"""What the law demands to be told, since when a message may be out, and which times were told."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
FAILED = "state IN ('failed', 'in_doubt', 'unreachable')"
BEFORE = f"handled_at IS NULL AND {FAILED}"
SINCE = f"handled_at IS NULL AND ({FAILED} OR (state = 'expired' AND by_law))"
MAYBE_SENT = "state = 'pending' AND maybe_sent_at IS NOT NULL"
BY_LAW = "SELECT notice_id FROM outage_notices WHERE everybody"


def upgrade() -> None:
    for table in ("messages", "notices"):
        op.add_column(
            table, sa.Column("by_law", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.add_column("messages", sa.Column("maybe_sent_at", INSTANT, nullable=True))
    op.create_index(
        "ix_messages_maybe_sent_at",
        "messages",
        ["maybe_sent_at"],
        sqlite_where=sa.text(MAYBE_SENT),
        postgresql_where=sa.text(MAYBE_SENT),
    )
    _index_unhandled(SINCE)
    op.create_index("ix_customers_contact_id", "customers", ["contact_id"])
    op.execute(f"UPDATE notices SET by_law = true WHERE id IN ({BY_LAW})")  # noqa: S608
    op.execute(
        "UPDATE messages SET by_law = true"  # noqa: S608
        f" WHERE state IN ('pending', 'sending') AND notice_id IN ({BY_LAW})"
    )
    op.execute("UPDATE messages SET maybe_sent_at = claimed_at WHERE state = 'sending'")
    op.add_column("outage_notices", sa.Column("planned_from", INSTANT, nullable=True))
    op.add_column("outage_notices", sa.Column("planned_until", INSTANT, nullable=True))
    op.add_column("outage_notices", sa.Column("last_told", sa.String(), nullable=True))
    for column in ("planned_from", "planned_until"):
        # Of times that were changed since nobody knows any more what they were.
        op.execute(
            f"UPDATE outage_notices SET {column} = (SELECT o.{column} FROM outages AS o"  # noqa: S608
            " WHERE o.ticket_no = outage_notices.ticket_no AND o.step = outage_notices.step)"
        )


def downgrade() -> None:
    for column in ("last_told", "planned_until", "planned_from"):
        op.drop_column("outage_notices", column)
    op.drop_index("ix_customers_contact_id", table_name="customers")
    _index_unhandled(BEFORE)
    op.drop_index("ix_messages_maybe_sent_at", table_name="messages")
    op.drop_column("messages", "maybe_sent_at")
    for table in ("notices", "messages"):
        op.drop_column(table, "by_law")


def _index_unhandled(where: str) -> None:
    name, condition = "ix_messages_unhandled", sa.text(where)
    op.drop_index(name, table_name="messages")
    op.create_index(
        name,
        "messages",
        ["state", "created_at"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
