"""What providers have approved: registered templates, immutable once published."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")

SQLITE_TRIGGERS = (
    """CREATE TRIGGER registrations_no_update BEFORE UPDATE ON registrations
       BEGIN SELECT RAISE(ABORT, 'a published registration is immutable'); END""",
    """CREATE TRIGGER registrations_no_delete BEFORE DELETE ON registrations
       BEGIN SELECT RAISE(ABORT, 'a published registration is immutable'); END""",
    """CREATE TRIGGER registrations_no_replace BEFORE INSERT ON registrations
       WHEN EXISTS (SELECT 1 FROM registrations WHERE key = NEW.key AND version = NEW.version)
       BEGIN SELECT RAISE(ABORT, 'a published registration is immutable'); END""",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION refuse_registration_change() RETURNS trigger LANGUAGE plpgsql AS
       $$BEGIN RAISE EXCEPTION 'a published registration is immutable'; END$$""",
    """CREATE TRIGGER registrations_no_change BEFORE UPDATE OR DELETE
       ON registrations FOR EACH ROW EXECUTE FUNCTION refuse_registration_change()""",
    """CREATE TRIGGER registrations_no_truncate BEFORE TRUNCATE ON registrations
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_registration_change()""",
)


def upgrade() -> None:
    op.create_table(
        "registrations",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name="pk_registrations"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if is_sqlite else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("registrations")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_registration_change()")
