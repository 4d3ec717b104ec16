"""Important users of an outage are found without reading all of its points."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

INDEX = "ix_outage_affected_important"


def upgrade() -> None:
    where = sa.text("important")
    op.create_index(
        INDEX,
        "outage_affected",
        ["ticket_no", "node_id"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    op.drop_index(INDEX, table_name="outage_affected")
