"""Ticket numbers are counted by the code that they show, and a code belongs to one branch for good.

What was given out stands in the tickets' own numbers, so the counters are made from these.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

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


def downgrade() -> None:
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


def _day() -> str:
    return DAY if op.get_bind().dialect.name == "sqlite" else f"CAST({DAY} AS DATE)"
