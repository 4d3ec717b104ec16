"""The composition root: settings in, one wired application out. The only room that knows all.

Each service is imported and made when it is first asked for, so that a command which only looks
at a ticket does not wait for all that it has no use for.
"""

# ruff: noqa: PLC0415  (see above)

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from app.clock import Clock, system_clock
from storage.database import Database, open_database

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.channels import ChannelService
    from app.imports.loads import LoadService
    from app.imports.network import NetworkImport
    from app.imports.service import ImportService
    from app.outages.fan_out import OutageFanOut
    from app.outages.services import Outages
    from app.people.accounts import AccountService
    from app.people.api_tokens import ApiTokenService
    from app.people.organisation import OrganisationService
    from app.ports.jobs import FanOut
    from app.readiness.services import GridReadiness
    from app.reading.history_export import HistoryExport
    from app.reading.inbox import InboxService
    from app.reading.network import NetworkReader
    from app.reading.queries import QueryService
    from app.receiving.service import Receiving
    from app.registers.services import Registers
    from app.rules.calendar_service import CalendarService
    from app.rules.diagrams import DiagramService
    from app.rules.drafts import DraftService
    from app.rules.impact import ImpactService
    from app.rules.migrations import MigrationService
    from app.rules.registrations import RegistrationService
    from app.rules.replaying import ReplayService
    from app.rules.survey import Survey
    from app.rules.targets import TargetService
    from app.rules.templates import TemplateService
    from app.sending.service import Sending
    from app.settings import Settings
    from app.summaries import Summaries
    from app.sweeps import Sweeps
    from app.tickets.amendments import AmendmentService
    from app.tickets.documents import DocumentService
    from app.tickets.hand_over import HandOver
    from app.tickets.reminders import Reminders
    from app.tickets.service import TicketService
    from app.transport import Transport
    from app.trip.definitions import Rulebook
    from app.trip.desk import Desk
    from app.trip.message_texts import MessageTexts
    from app.trip.telling import Telling
    from notifications.channels.base import MessageChannel
    from notifications.message import Channel, MessageKind
    from notifications.quiet_hours import QuietHours
    from notifications.wire.event_loop import EventLoop


@dataclass(frozen=True, kw_only=True)
class Application:
    """One running system. Faces call the services and nothing else.

    Args:
        durable: jobs are kept in the database and run by daemons; otherwise on the spot.
    """

    settings: Settings
    clock: Clock
    database: Database
    durable: bool = True

    # --- services, as faces know them -----------------------------------------------------------

    @cached_property
    def tickets(self) -> TicketService:
        """Everything people do to tickets."""
        from app.tickets.service import TicketService
        from workflows.eligibility import shipped_eligibility

        return TicketService(desk=self.desk, policy=shipped_eligibility, settings=self.settings)

    @cached_property
    def hand_over(self) -> HandOver:
        """Tickets of one manager handed over to another."""
        from app.tickets.hand_over import HandOver

        return HandOver(desk=self.desk)

    @cached_property
    def documents(self) -> DocumentService:
        """The papers of a ticket."""
        from app.tickets.documents import DocumentService
        from app.tickets.file_store import FileStore

        return DocumentService(desk=self.desk, files=FileStore(self.settings.var_dir / "files"))

    @cached_property
    def amendments(self) -> AmendmentService:
        """Corrections, and better rules for open tickets."""
        from app.tickets.amendments import AmendmentService
        from app.tickets.restarts import Restarts
        from workflows.eligibility import shipped_eligibility

        restarts = Restarts(window_days=self.settings.restart_window_days)
        return AmendmentService(desk=self.desk, policy=shipped_eligibility, restarts=restarts)

    @cached_property
    def calendars(self) -> CalendarService:
        """The working calendar."""
        from app.rules.calendar_service import CalendarService

        return CalendarService(desk=self.desk)

    @cached_property
    def rulebook(self) -> Rulebook:
        """The definitions in force."""
        from app.trip.definitions import Rulebook

        return Rulebook(database=self.database, definitions=self.desk.definitions, clock=self.clock)

    @cached_property
    def drafts(self) -> DraftService:
        """Definitions that are being changed."""
        from app.rules.drafts import DraftService

        return DraftService(database=self.database, clock=self.clock)

    @cached_property
    def impact(self) -> ImpactService:
        """What a version would do to tickets in flight."""
        from app.rules.impact import ImpactService

        return ImpactService(survey=self._survey, drafts=self.drafts)

    @cached_property
    def replays(self) -> ReplayService:
        """What a draft would have done to finished tickets."""
        from app.rules.replaying import ReplayService
        from workflows.eligibility import shipped_eligibility

        return ReplayService(
            desk=self.desk,
            database=self.database,
            drafts=self.drafts,
            policy=shipped_eligibility,
            settings=self.settings,
        )

    @cached_property
    def migrations(self) -> MigrationService:
        """Tickets on their way to another version."""
        from app.rules.migrations import MigrationService

        return MigrationService(survey=self._survey)

    @cached_property
    def diagrams(self) -> DiagramService:
        """Definitions as pictures."""
        from app.rules.diagrams import DiagramService

        return DiagramService(desk=self.desk, database=self.database)

    @cached_property
    def templates(self) -> TemplateService:
        """Message texts that are being changed."""
        from app.rules.templates import TemplateService

        return TemplateService(database=self.database, clock=self.clock)

    @cached_property
    def registrations(self) -> RegistrationService:
        """What providers have approved."""
        from app.rules.registrations import RegistrationService

        return RegistrationService(database=self.database, clock=self.clock)

    @cached_property
    def queries(self) -> QueryService:
        """Reads for screens."""
        from app.reading.queries import QueryService

        return QueryService(desk=self.desk, database=self.database)

    @cached_property
    def history_export(self) -> HistoryExport:
        """Histories of many tickets for other programs."""
        from app.reading.history_export import HistoryExport

        return HistoryExport(desk=self.desk, database=self.database)

    @cached_property
    def inbox(self) -> InboxService:
        """What was sent to staff."""
        from app.reading.inbox import InboxService

        return InboxService(database=self.database, clock=self.clock)

    @cached_property
    def accounts(self) -> AccountService:
        """People and how they sign in."""
        from app.people.accounts import AccountService

        return AccountService(self.database, self.clock)

    @cached_property
    def api_tokens(self) -> ApiTokenService:
        """What other programs are let in by."""
        from app.people.api_tokens import ApiTokenService

        return ApiTokenService(database=self.database, clock=self.clock)

    @cached_property
    def organisation(self) -> OrganisationService:
        """Branches and service grids."""
        from app.people.organisation import OrganisationService

        return OrganisationService(database=self.database, clock=self.clock)

    @cached_property
    def targets(self) -> TargetService:
        """What branches set themselves."""
        from app.rules.targets import TargetService

        return TargetService(database=self.database, rulebook=self.rulebook, clock=self.clock)

    @cached_property
    def imports(self) -> ImportService:
        """Files with many rows."""
        from app.imports.service import ImportService

        return ImportService(
            database=self.database, tickets=self.tickets, network=self.network, clock=self.clock
        )

    @cached_property
    def network(self) -> NetworkImport:
        """The network from a file."""
        from app.imports.network import NetworkImport

        return NetworkImport(database=self.database, clock=self.clock)

    @cached_property
    def network_reader(self) -> NetworkReader:
        """The network to look at."""
        from app.reading.network import NetworkReader

        return NetworkReader(database=self.database, clock=self.clock)

    @cached_property
    def outages(self) -> Outages:
        """Who is without supply, and how reliable supply is."""
        from app.outages.services import Outages
        from app.providers import set_up
        from notifications.message import Channel

        return Outages(
            database=self.database,
            desk=self.desk,
            telling=self._telling,
            jobs=lambda: self.transport.jobs,
            settings=self.settings,
            by_wechat=Channel.WECHAT in set_up(self.settings),
        )

    @cached_property
    def outage_fan_out(self) -> OutageFanOut:
        """Whom a notice of an outage is for."""
        from app.outages.fan_out import OutageFanOut

        return OutageFanOut(
            clock=self.clock,
            channels=frozenset(self.channels),
            quiet=self._quiet,
            in_step=lambda: self.outages.in_step,
        )

    @cached_property
    def loads(self) -> LoadService:
        """Load readings of transformer areas."""
        from app.imports.loads import LoadService

        return LoadService(database=self.database, clock=self.clock)

    @cached_property
    def readiness(self) -> GridReadiness:
        """Whether the grid is ready for what is asked of it."""
        from app.readiness.services import GridReadiness

        return GridReadiness(
            database=self.database,
            desk=self.desk,
            telling=self._telling,
            opening=self.tickets,
            settings=self.settings,
        )

    @cached_property
    def registers(self) -> Registers:
        """Undervoltage areas, communities, complaints."""
        from app.registers.services import Registers

        return Registers(database=self.database, clock=self.clock)

    @cached_property
    def reminders(self) -> Reminders:
        """Reminds of what falls due."""
        from app.tickets.reminders import Reminders

        return Reminders(desk=self.desk, telling=self._telling, hours=self.settings.office_hours)

    @cached_property
    def sending(self) -> Sending:
        """Hands the outbox over, and takes in receipts."""
        return self.transport.sending

    @cached_property
    def transport(self) -> Transport:
        """Everything that brings messages out of the house."""
        from app.transport import Transport

        return Transport(
            settings=self.settings,
            clock=self.clock,
            database=self.database,
            channels=self.channels,
            quiet=self._quiet,
            texts=self._texts,
            fan_outs=self.fan_outs,
            durable=self.durable,
        )

    @cached_property
    def fan_outs(self) -> Mapping[MessageKind, FanOut]:
        """Who knows whom a shared notice of that kind is for."""
        from notifications.message import MessageKind

        return {MessageKind.OUTAGE: self.outage_fan_out}

    @cached_property
    def receiving(self) -> Receiving:
        """Takes in what comes back from providers."""
        from app.providers import receipt_key
        from app.receiving.service import Receiving

        return Receiving(
            database=self.database,
            channels=self.channels,
            clock=self.clock,
            key=receipt_key(self.settings),
            kept=timedelta(days=self.settings.receipts_kept_days),
        )

    @cached_property
    def outlets(self) -> ChannelService:
        """The channels as operators see them."""
        from app.channels import ChannelService

        return ChannelService(
            database=self.database,
            receiving=self.receiving,
            registrations=self.registrations,
            texts=self._texts,
            clock=self.clock,
            base_url=self.settings.base_url,
        )

    @cached_property
    def sweeps(self) -> Sweeps:
        """Everything that happens by itself."""
        from app.sweeps import Sweeps

        return Sweeps(
            database=self.database,
            clock=self.clock,
            settings=self.settings,
            calendars=self.calendars,
            amendments=self.amendments,
            reminders=self.reminders,
            outages=self.outages.sweep,
            transport=self.transport,
            readiness=self.readiness.watch,
            receiving=self.receiving,
            summaries=self._summaries,
        )

    # --- what services share --------------------------------------------------------------------

    @cached_property
    def desk(self) -> Desk:
        """What the services of a ticket share."""
        from app.trip.calendars import Calendars
        from app.trip.definitions import Definitions
        from app.trip.desk import Desk
        from app.trip.recording import Recorder

        return Desk(
            database=self.database,
            definitions=Definitions(),
            calendars=Calendars(closes=self.settings.day_closes),
            recorder=Recorder(hours=self.settings.office_hours, telling=self._telling),
            clock=self.clock,
        )

    @cached_property
    def _summaries(self) -> Summaries:
        from app.providers import set_up
        from app.summaries import Summaries

        return Summaries(
            desk=self.desk,
            queries=self.queries,
            hours=self.settings.office_hours,
            quiet=self._quiet,
            channels=set_up(self.settings),
            texts=self._texts,
        )

    @cached_property
    def _survey(self) -> Survey:
        from app.rules.survey import Survey

        return Survey(desk=self.desk, database=self.database)

    @cached_property
    def _telling(self) -> Telling:
        from app.providers import set_up
        from app.trip.telling import Telling

        return Telling(
            hours=self.settings.office_hours,
            quiet=self._quiet,
            channels=set_up(self.settings),
            customer_ways=self.settings.customer_channels,
            groups=frozenset(self.settings.wecom_robots),
            base_url=self.settings.base_url,
            texts=self._texts,
        )

    @cached_property
    def _texts(self) -> MessageTexts:
        from app.trip.message_texts import MessageTexts

        return MessageTexts()

    @cached_property
    def _quiet(self) -> QuietHours:
        from notifications.quiet_hours import QuietHours

        return QuietHours(
            starts=self.settings.quiet_from,
            ends=self.settings.quiet_until,
            spread=timedelta(minutes=self.settings.quiet_spread_minutes),
        )

    @cached_property
    def channels(self) -> Mapping[Channel, tuple[MessageChannel, ...]]:
        """Who carries each channel, in the order of preference."""
        from app.providers import Providers
        from app.rules.registration_book import StoredRegistrations

        made = Providers(
            settings=self.settings,
            loop=self._event_loop,
            registrations=StoredRegistrations(self.database),
            clock=self.clock,
        )
        return made.all()

    @cached_property
    def _event_loop(self) -> EventLoop:
        from notifications.wire.event_loop import EventLoop

        return EventLoop()

    def close(self) -> None:
        """Let go of jobs, of providers and of the database."""
        if "transport" in self.__dict__:
            self.transport.jobs.close()
        if "channels" in self.__dict__:
            for carriers in self.channels.values():
                for carrier in carriers:
                    carrier.close()
            self._event_loop.close()
        self.database.close()


def build(settings: Settings, *, clock: Clock = system_clock, durable: bool = True) -> Application:
    """Wire one system; tests and the simulation pass their own settings and clock.

    The database is opened, not migrated: `app.first_start` does that.
    """
    database = open_database(settings.database_url, stalled_seconds=settings.stalled_seconds)
    return Application(settings=settings, clock=clock, database=database, durable=durable)
