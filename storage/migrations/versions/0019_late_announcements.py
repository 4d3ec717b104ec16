"""Why an outage was not announced in time; of those before this, only the ledger knows."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("outages", sa.Column("late_reason", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("outages", "late_reason")
