"""What is known of the network holds since ever; customers get the numbers of their contacts."""

from alembic import op

revision = "0016"
down_revision = "0015"

EVER = "1970-01-01 00:00:00.000000+00:00"
REACH = "CASE WHEN phone <> '' THEN phone ELSE 'wechat:' || wechat_openid END"
REACHABLE = "phone <> '' OR wechat_openid <> ''"


def upgrade() -> None:
    op.execute(
        "INSERT INTO placements (node_id, valid_from, kind, parent_id, area_class, important,"  # noqa: S608
        f" alternative_node_id) SELECT id, '{EVER}', kind, parent_id, area_class, important,"
        " alternative_node_id FROM nodes"
    )
    op.execute(f"UPDATE nodes SET placed_at = '{EVER}'")  # noqa: S608
    op.execute(
        f"INSERT INTO contacts (reach) SELECT DISTINCT {REACH} FROM customers WHERE {REACHABLE}"  # noqa: S608
    )
    op.execute(
        "UPDATE customers SET contact_id = (SELECT contacts.id FROM contacts"  # noqa: S608
        f" WHERE contacts.reach = {REACH}) WHERE {REACHABLE}"
    )


def downgrade() -> None:
    op.execute("UPDATE customers SET contact_id = NULL")
    op.execute("DELETE FROM contacts")
    op.execute("DELETE FROM placements")
    op.execute("UPDATE nodes SET placed_at = NULL")
