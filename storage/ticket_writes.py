"""How a change of a ticket is written: its row, its ledger entry and its messages, at once.

Most changes move a ticket and leave alone what it is about, so there are two forms: one for the
columns that a move may change, one for all. A server is told everything in one statement, because
each statement is a round trip; SQLite, in the same process, gets plain statements.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select, update

from storage.ledger import FIELDS, INSERT_ENTRY
from storage.outbox import Outbox, adding_if, as_parameter
from storage.prepared import Prepared
from storage.tables.tickets import LEDGER, TICKETS
from storage.upserts import POSTGRESQL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Insert, Update
    from sqlalchemy.engine import Connection

    from notifications.message import Message

MOVING = (
    "state",
    "stage_id",
    "entered_at",
    "ended_at",
    "ending",
    "due_at",
    "pressing_at",
    "next_rung_at",
    "calendar_version",
    "suspended",
    "revision",
    "head_hash",
    "snapshot",
)
"""The columns that any change of a ticket may change."""

DESCRIBING = (
    "definition_id",
    "definition_version",
    "customer_type",
    "service_scheme",
    "title",
    "address",
    "address_key",
    "project_manager",
    "account_manager",
)
"""The columns that repeat what the ticket is about and who looks after it."""


def guarded(*columns: str) -> Update:
    """Set those columns, given as `new_*`, unless somebody changed the ticket meanwhile."""
    return (
        update(TICKETS)
        .where(
            TICKETS.c.ticket_no == bindparam("key"),
            TICKETS.c.revision == bindparam("loaded_revision"),
        )
        .values({name: bindparam(f"new_{name}") for name in columns})
    )


def guard(ticket_no: str, revision: int, changes: Mapping[str, object]) -> dict[str, object]:
    """The parameters of `guarded`."""
    new = {f"new_{name}": value for name, value in changes.items()}
    return {"key": ticket_no, "loaded_revision": revision, **new}


class ChangeWriter:
    """Writes changes of some columns of a ticket with all that belongs to them."""

    def __init__(self, *columns: str) -> None:
        self._row = Prepared(guarded(*columns))
        self._row_and_entry = Prepared(partial(_in_one_statement, columns, tells=False))
        self._all = Prepared(partial(_in_one_statement, columns, tells=True))

    def write(
        self,
        connection: Connection,
        change: Mapping[str, object],
        entry: Mapping[str, object],
        messages: Sequence[Message],
    ) -> bool:
        """Write everything; False, and nothing is written, if somebody was faster."""
        if connection.dialect.name == POSTGRESQL:
            if not messages:
                return self._row_and_entry.run(connection, {**change, **entry}) == 1
            told = as_parameter(messages)
            return self._all.run(connection, {**change, **entry, **told}) == 1
        if self._row.run(connection, change) != 1:
            return False
        _APPEND.run(connection, entry)
        Outbox(connection).add(messages)
        return True


def _in_one_statement(columns: Sequence[str], *, tells: bool) -> Insert:
    """Change the row and, if that succeeds, append the entry and add the messages."""
    changed = guarded(*columns).returning(TICKETS.c.ticket_no).cte("changed")
    entry = select(*(bindparam(name, type_=LEDGER.c[name].type) for name in FIELDS))
    append = insert(LEDGER).from_select(FIELDS, entry.select_from(changed))
    return append.add_cte(adding_if(changed).cte("told")) if tells else append


_APPEND = Prepared(INSERT_ENTRY)
