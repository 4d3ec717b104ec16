"""One transaction with the repositories on it.

    with database.writing() as work:
        ticket = work.tickets.get(ticket_no)
        ...
        work.commit()

`commit()` is explicit; leaving without it, by an exception or not, rolls everything back.
Repositories are imported and made when they are first used, so a small command pays for what it
uses only.
"""

# ruff: noqa: PLC0415  (see above)

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from storage.accounts import Accounts
    from storage.affected_points import AffectedPoints
    from storage.api_tokens import ApiTokens
    from storage.calendars import Calendars
    from storage.cluster_nodes import ClusterNodes
    from storage.definitions import Definitions
    from storage.demand import Demand
    from storage.drafts import Drafts
    from storage.grid import Grid
    from storage.grid_areas import GridAreas
    from storage.inbox import Inbox
    from storage.ledger import Ledger
    from storage.load_readings import LoadReadings
    from storage.loose_ends import LooseEnds
    from storage.marks import Marks
    from storage.message_queue import MessageQueue
    from storage.message_templates import MessageTemplates
    from storage.notices import Notices
    from storage.outage_messages import OutageMessages
    from storage.outage_reads import OutageReads
    from storage.outages import Outages
    from storage.outbox import Outbox
    from storage.providers import Providers
    from storage.readiness import Readiness
    from storage.receipts import Receipts
    from storage.registers import Registers
    from storage.registrations import Registrations
    from storage.reliability import Reliability
    from storage.reminders import Reminders
    from storage.supply_plans import SupplyPlans
    from storage.suppressions import Suppressions
    from storage.sweeps import Sweeps
    from storage.ticket_migrations import TicketMigrations
    from storage.tickets import Tickets
    from storage.topology import Topology
    from storage.uplinks import Uplinks


class UnitOfWork:
    """The repositories of one transaction. Not to be shared between threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def connection(self) -> Connection:
        """The transaction itself, for the job engine, which writes tables of its own in it."""
        return self._connection

    def commit(self) -> None:
        """Make everything that was done lasting, at once."""
        if self._connection.in_transaction():
            self._connection.commit()
        else:  # only statements of the hot path, of which SQLAlchemy does not know
            self._connection.connection.commit()

    @cached_property
    def tickets(self) -> Tickets:
        """Tickets, and the ledger entries that their changes write."""
        from storage.tickets import Tickets

        return Tickets(self._connection)

    @cached_property
    def ledger(self) -> Ledger:
        """Streams of entries: reading, verifying, and appending to those of no ticket."""
        from storage.ledger import Ledger

        return Ledger(self._connection)

    @cached_property
    def outbox(self) -> Outbox:
        """Messages to be sent, and what became of them."""
        from storage.outbox import Outbox

        return Outbox(self._connection)

    @cached_property
    def queue(self) -> MessageQueue:
        """Messages on their way."""
        from storage.message_queue import MessageQueue

        return MessageQueue(self._connection)

    @cached_property
    def loose_ends(self) -> LooseEnds:
        """Messages whose story is not over."""
        from storage.loose_ends import LooseEnds

        return LooseEnds(self._connection)

    @cached_property
    def providers(self) -> Providers:
        """Who carries messages, and how they do."""
        from storage.providers import Providers

        return Providers(self._connection)

    @cached_property
    def cluster_nodes(self) -> ClusterNodes:
        """The processes that run jobs."""
        from storage.cluster_nodes import ClusterNodes

        return ClusterNodes(self._connection)

    @cached_property
    def notices(self) -> Notices:
        """What many people are told in equal words."""
        from storage.notices import Notices

        return Notices(self._connection)

    @cached_property
    def reminders(self) -> Reminders:
        """Which rungs have been reminded of."""
        from storage.reminders import Reminders

        return Reminders(self._connection)

    @cached_property
    def receipts(self) -> Receipts:
        """What providers reported, as it came."""
        from storage.receipts import Receipts

        return Receipts(self._connection)

    @cached_property
    def uplinks(self) -> Uplinks:
        """What people wrote back."""
        from storage.uplinks import Uplinks

        return Uplinks(self._connection)

    @cached_property
    def suppressions(self) -> Suppressions:
        """Who wants no messages."""
        from storage.suppressions import Suppressions

        return Suppressions(self._connection)

    @cached_property
    def inbox(self) -> Inbox:
        """Messages to staff, and what they have read."""
        from storage.inbox import Inbox

        return Inbox(self._connection)

    @cached_property
    def registrations(self) -> Registrations:
        """What providers have approved."""
        from storage.registrations import Registrations

        return Registrations(self._connection)

    @cached_property
    def accounts(self) -> Accounts:
        """People and their ways to sign in."""
        from storage.accounts import Accounts

        return Accounts(self._connection)

    @cached_property
    def api_tokens(self) -> ApiTokens:
        """What other programs are known by."""
        from storage.api_tokens import ApiTokens

        return ApiTokens(self._connection)

    @cached_property
    def grid(self) -> Grid:
        """Branches and service grids."""
        from storage.grid import Grid

        return Grid(self._connection)

    @cached_property
    def topology(self) -> Topology:
        """The network and the customers behind it."""
        from storage.topology import Topology

        return Topology(self._connection)

    @cached_property
    def outages(self) -> Outages:
        """What is out, and since when."""
        from storage.outages import Outages

        return Outages(self._connection)

    @cached_property
    def affected(self) -> AffectedPoints:
        """The service points of outages."""
        from storage.affected_points import AffectedPoints

        return AffectedPoints(self._connection)

    @cached_property
    def outage_messages(self) -> OutageMessages:
        """What is told of outages."""
        from storage.outage_messages import OutageMessages

        return OutageMessages(self._connection)

    @cached_property
    def outage_reads(self) -> OutageReads:
        """What people look at of outages."""
        from storage.outage_reads import OutageReads

        return OutageReads(self._connection)

    @cached_property
    def reliability(self) -> Reliability:
        """What the indicators of reliability are made of."""
        from storage.reliability import Reliability

        return Reliability(self._connection)

    @cached_property
    def definitions(self) -> Definitions:
        """Published definition versions."""
        from storage.definitions import Definitions

        return Definitions(self._connection)

    @cached_property
    def drafts(self) -> Drafts:
        """Definitions and message templates in the making."""
        from storage.drafts import Drafts

        return Drafts(self._connection)

    @cached_property
    def ticket_migrations(self) -> TicketMigrations:
        """Open tickets on their way to another version of their definition."""
        from storage.ticket_migrations import TicketMigrations

        return TicketMigrations(self._connection)

    @cached_property
    def message_templates(self) -> MessageTemplates:
        """Published message texts."""
        from storage.message_templates import MessageTemplates

        return MessageTemplates(self._connection)

    @cached_property
    def calendars(self) -> Calendars:
        """Imported years and single days of the working calendar."""
        from storage.calendars import Calendars

        return Calendars(self._connection)

    @cached_property
    def sweeps(self) -> Sweeps:
        """The daemon's heartbeat."""
        from storage.sweeps import Sweeps

        return Sweeps(self._connection)

    @cached_property
    def marks(self) -> Marks:
        """Small facts about the database itself."""
        from storage.marks import Marks

        return Marks(self._connection)

    @cached_property
    def grid_areas(self) -> GridAreas:
        """Transformer areas with their cells."""
        from storage.grid_areas import GridAreas

        return GridAreas(self._connection)

    @cached_property
    def load_readings(self) -> LoadReadings:
        """Measured loads of transformer areas."""
        from storage.load_readings import LoadReadings

        return LoadReadings(self._connection)

    @cached_property
    def readiness(self) -> Readiness:
        """Forecasts of tickets, and reinforcement projects."""
        from storage.readiness import Readiness

        return Readiness(self._connection)

    @cached_property
    def supply_plans(self) -> SupplyPlans:
        """What is planned for the supply of a ticket."""
        from storage.supply_plans import SupplyPlans

        return SupplyPlans(self._connection)

    @cached_property
    def demand(self) -> Demand:
        """What connection tickets ask for."""
        from storage.demand import Demand

        return Demand(self._connection)

    @cached_property
    def registers(self) -> Registers:
        """Undervoltage areas, communities, complaints."""
        from storage.registers import Registers

        return Registers(self._connection)
