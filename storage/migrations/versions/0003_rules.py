"""Published definitions, which never change, and the working calendar."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")

FIXED = "id, version, content_hash, source, content, in_force_from, published_by, published_at"
SQLITE_TRIGGERS = (
    f"""CREATE TRIGGER definition_versions_no_update BEFORE UPDATE OF {FIXED}
       ON definition_versions
       BEGIN SELECT RAISE(ABORT, 'a published definition is immutable'); END""",
    """CREATE TRIGGER definition_versions_no_delete BEFORE DELETE ON definition_versions
       BEGIN SELECT RAISE(ABORT, 'a published definition is immutable'); END""",
    """CREATE TRIGGER definition_versions_no_replace BEFORE INSERT ON definition_versions
       WHEN EXISTS (
         SELECT 1 FROM definition_versions WHERE id = NEW.id AND version = NEW.version
       )
       BEGIN SELECT RAISE(ABORT, 'a published definition is immutable'); END""",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION refuse_definition_change() RETURNS trigger LANGUAGE plpgsql AS
       $$BEGIN RAISE EXCEPTION 'a published definition is immutable'; END$$""",
    f"""CREATE TRIGGER definition_versions_no_update BEFORE UPDATE OF {FIXED}
       ON definition_versions FOR EACH ROW EXECUTE FUNCTION refuse_definition_change()""",
    """CREATE TRIGGER definition_versions_no_delete BEFORE DELETE ON definition_versions
       FOR EACH ROW EXECUTE FUNCTION refuse_definition_change()""",
    """CREATE TRIGGER definition_versions_no_truncate BEFORE TRUNCATE ON definition_versions
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_definition_change()""",
)


def upgrade() -> None:
    op.create_table(
        "definition_versions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("in_force_from", INSTANT, nullable=False),
        sa.Column("superseded_at", INSTANT, nullable=True),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_definition_versions"),
    )
    op.create_index(
        "ix_definition_versions_in_force_from",
        "definition_versions",
        ["id", "in_force_from"],
        unique=False,
    )
    op.create_table(
        "calendar_years",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("imported_by", sa.String(), nullable=False),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("year", "revision", name="pk_calendar_years"),
    )
    op.create_table(
        "calendar_overrides",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("on", name="pk_calendar_overrides"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if is_sqlite else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("calendar_overrides")
    op.drop_table("calendar_years")
    op.drop_table("definition_versions")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_definition_change()")
