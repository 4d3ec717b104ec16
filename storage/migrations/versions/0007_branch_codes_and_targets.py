"""Ticket numbers are counted by the code that they show; branches may set targets of their own.

What was given out stands in the tickets' own numbers, so the counters are made from these. The
worklist is sorted by what presses most, which without targets is what is due first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INSTANT = sa.String(32).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
OPEN = sa.text("ended_at IS NULL")

NUMBER = "MAX(CAST(substr(ticket_no, 13) AS INTEGER))"  # of TC-20261124-0011: 11
CODE = "substr(ticket_no, 1, 2)"
DAY = "substr(ticket_no, 4, 4) || '-' || substr(ticket_no, 8, 2) || '-' || substr(ticket_no, 10, 2)"


def upgrade() -> None:
    op.drop_table("ticket_numbers")
    op.create_table(
        "ticket_numbers",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", "on", name="pk_ticket_numbers"),
    )
    day = _day()
    op.execute(
        f"""INSERT INTO ticket_numbers (code, "on", branch, last)
            SELECT {CODE}, {day}, MAX(branch), {NUMBER} FROM tickets GROUP BY {CODE}, {day}"""  # noqa: S608  (constants)
    )
    op.add_column("branches", sa.Column("targets", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("tickets", sa.Column("pressing_at", INSTANT, nullable=True))
    op.execute("UPDATE tickets SET pressing_at = due_at")
    _sort_by("due_at", "pressing_at")


def downgrade() -> None:
    _sort_by("pressing_at", "due_at")
    op.drop_column("tickets", "pressing_at")
    op.drop_column("branches", "targets")
    op.drop_table("ticket_numbers")
    op.create_table(
        "ticket_numbers",
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("branch", "on", name="pk_ticket_numbers"),
    )
    day = _day()
    op.execute(
        f"""INSERT INTO ticket_numbers (branch, "on", last)
            SELECT branch, {day}, {NUMBER} FROM tickets GROUP BY branch, {day}"""  # noqa: S608  (constants)
    )


def _sort_by(former: str, column: str) -> None:
    """Index open tickets by that column instead of the former one."""
    for leading in ((), ("branch",)):
        name = "_".join(("ix_tickets_open", *leading))
        op.drop_index(f"{name}_{former}", table_name="tickets")
        op.create_index(
            f"{name}_{column}",
            "tickets",
            [*leading, column, "ticket_no"],
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        )


def _day() -> str:
    return DAY if op.get_bind().dialect.name == "sqlite" else f"CAST({DAY} AS DATE)"
