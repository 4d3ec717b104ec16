"""One transaction with the repositories on it.

    with database.writing() as work:
        ticket = work.tickets.get(ticket_no)
        ...
        work.commit()

`commit()` is explicit; leaving without it, by an exception or not, rolls everything back.
Repositories are made when they are first used, so a small command pays for what it uses only.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from storage.accounts import Accounts
from storage.calendars import Calendars
from storage.definitions import Definitions
from storage.drafts import Drafts
from storage.grid import Grid
from storage.ledger import Ledger
from storage.marks import Marks
from storage.message_templates import MessageTemplates
from storage.outbox import Outbox
from storage.receipts import Receipts
from storage.reminders import Reminders
from storage.sweeps import Sweeps
from storage.tickets import Tickets
from storage.topology import Topology

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class UnitOfWork:
    """The repositories of one transaction. Not to be shared between threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def commit(self) -> None:
        """Make everything that was done lasting, at once."""
        if self._connection.in_transaction():
            self._connection.commit()
        else:  # only statements of the hot path, of which SQLAlchemy does not know
            self._connection.connection.commit()

    @cached_property
    def tickets(self) -> Tickets:
        """Tickets, and the ledger entries that their changes write."""
        return Tickets(self._connection)

    @cached_property
    def ledger(self) -> Ledger:
        """Streams of entries: reading, verifying, and appending to those of no ticket."""
        return Ledger(self._connection)

    @cached_property
    def outbox(self) -> Outbox:
        """Messages to be sent, and what became of them."""
        return Outbox(self._connection)

    @cached_property
    def reminders(self) -> Reminders:
        """Which rungs have been reminded of."""
        return Reminders(self._connection)

    @cached_property
    def receipts(self) -> Receipts:
        """What providers reported, as it came."""
        return Receipts(self._connection)

    @cached_property
    def accounts(self) -> Accounts:
        """People and their ways to sign in."""
        return Accounts(self._connection)

    @cached_property
    def grid(self) -> Grid:
        """Branches and service grids."""
        return Grid(self._connection)

    @cached_property
    def topology(self) -> Topology:
        """The network and the customers behind it."""
        return Topology(self._connection)

    @cached_property
    def definitions(self) -> Definitions:
        """Published definition versions."""
        return Definitions(self._connection)

    @cached_property
    def drafts(self) -> Drafts:
        """Definitions and message templates in the making."""
        return Drafts(self._connection)

    @cached_property
    def message_templates(self) -> MessageTemplates:
        """Published message texts."""
        return MessageTemplates(self._connection)

    @cached_property
    def calendars(self) -> Calendars:
        """Imported years and single days of the working calendar."""
        return Calendars(self._connection)

    @cached_property
    def sweeps(self) -> Sweeps:
        """The daemon's heartbeat."""
        return Sweeps(self._connection)

    @cached_property
    def marks(self) -> Marks:
        """Small facts about the database itself."""
        return Marks(self._connection)
