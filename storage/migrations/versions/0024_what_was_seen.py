"""Which changes of the network and its customers were seen when an outage's points were determined.

So far the instants were compared: a long import that was committed only after an outage had been
announced, of an instant before that, was never seen.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
NEVER = "1970-01-01 00:00:00.000000+00:00"
SEEN = {"network_seen_at": "network_changed_at", "customers_seen_at": "customers_changed_at"}


def upgrade() -> None:
    for column, mark in SEEN.items():
        _add("outages", column)
        value = "value" if op.get_bind().dialect.name == "sqlite" else "CAST(value AS timestamptz)"
        seen = f"CASE WHEN {value} < counted_at THEN {value} ELSE counted_at END"
        op.execute(
            f"UPDATE outages SET {column} = (SELECT {seen} FROM marks WHERE key = '{mark}')"  # noqa: S608
            f" WHERE EXISTS (SELECT 1 FROM marks WHERE key = '{mark}')"
        )


def downgrade() -> None:
    for column in SEEN:
        op.drop_column("outages", column)


def _add(table: str, column: str) -> None:
    op.add_column(table, sa.Column(column, INSTANT, nullable=False, server_default=NEVER))
