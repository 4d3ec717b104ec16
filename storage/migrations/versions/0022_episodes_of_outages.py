"""A point is in an outage once or more; who joined when; since when customers are known."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0017"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
TABLE, KEY = "outage_affected", "pk_outage_affected"
EARLIER = (
    "DELETE FROM outage_affected WHERE EXISTS (SELECT 1 FROM outage_affected AS later"
    " WHERE later.ticket_no = outage_affected.ticket_no"
    " AND later.node_id = outage_affected.node_id AND later.episode > outage_affected.episode)"
)


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as batch:
        for name in ("episode", "included_step"):
            batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="1"))
        batch.drop_constraint(KEY, type_="primary")
        batch.create_primary_key(KEY, ["ticket_no", "node_id", "episode"])
    with op.batch_alter_table(TABLE) as batch:
        for name in ("episode", "included_step"):
            batch.alter_column(name, server_default=None)
    op.add_column("outage_notices", sa.Column("known_since", INSTANT, nullable=True))
    op.add_column("customers", sa.Column("known_at", INSTANT, nullable=True))
    op.create_index("ix_customers_contact_id", "customers", ["contact_id"])


def downgrade() -> None:
    op.drop_index("ix_customers_contact_id", "customers")
    op.drop_column("customers", "known_at")
    op.drop_column("outage_notices", "known_since")
    op.execute(EARLIER)  # the old key has room for the last one only
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(KEY, type_="primary")
        batch.create_primary_key(KEY, ["ticket_no", "node_id"])
        batch.drop_column("included_step")
        batch.drop_column("episode")
