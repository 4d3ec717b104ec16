"""Drafts of definitions and message templates, and published message templates."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")

SQLITE_TRIGGERS = (
    """CREATE TRIGGER message_templates_no_update BEFORE UPDATE ON message_templates
       BEGIN SELECT RAISE(ABORT, 'a published message template is immutable'); END""",
    """CREATE TRIGGER message_templates_no_delete BEFORE DELETE ON message_templates
       BEGIN SELECT RAISE(ABORT, 'a published message template is immutable'); END""",
    """CREATE TRIGGER message_templates_no_replace BEFORE INSERT ON message_templates
       WHEN EXISTS (
         SELECT 1 FROM message_templates WHERE key = NEW.key AND version = NEW.version
       )
       BEGIN SELECT RAISE(ABORT, 'a published message template is immutable'); END""",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION refuse_template_change() RETURNS trigger LANGUAGE plpgsql AS
       $$BEGIN RAISE EXCEPTION 'a published message template is immutable'; END$$""",
    """CREATE TRIGGER message_templates_no_change BEFORE UPDATE OR DELETE
       ON message_templates FOR EACH ROW EXECUTE FUNCTION refuse_template_change()""",
    """CREATE TRIGGER message_templates_no_truncate BEFORE TRUNCATE ON message_templates
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_template_change()""",
)


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("restores", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_drafts"),
    )
    op.create_index(
        "uq_drafts_open",
        "drafts",
        ["subject", "key", "kind"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "message_templates",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name="pk_message_templates"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if is_sqlite else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("message_templates")
    op.drop_table("drafts")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_template_change()")
