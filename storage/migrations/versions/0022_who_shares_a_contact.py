"""Which customers may share their contact with others."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

SHARING = (
    "UPDATE customers SET shares_contact = true WHERE contact_id IN (SELECT other.contact_id"
    " FROM customers AS other WHERE other.contact_id IS NOT NULL"
    " GROUP BY other.contact_id HAVING count(*) > 1)"
)
COLUMN, INDEX = "shares_contact", "ix_customers_sharing"


def upgrade() -> None:
    op.add_column(
        "customers", sa.Column(COLUMN, sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(SHARING)
    where = sa.text(COLUMN)
    op.create_index(INDEX, "customers", ["node_id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index(INDEX, table_name="customers")
    op.drop_column("customers", COLUMN)
