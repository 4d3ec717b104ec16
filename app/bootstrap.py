"""The composition root: settings in, one wired application out. The only room that knows all."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.accounts import AccountService
from app.amendments import AmendmentService
from app.calendar_service import CalendarService
from app.calendars import Calendars
from app.clock import Clock, system_clock
from app.definitions import Definitions, Rulebook
from app.desk import Desk
from app.documents import DocumentService
from app.drafts import DraftService
from app.file_store import FileStore
from app.imports import ImportService
from app.message_texts import MessageTexts
from app.organisation import OrganisationService
from app.queries import QueryService
from app.recording import Recorder
from app.reminders import Reminders
from app.sending import Sending
from app.settings import Carrier, Settings
from app.sweeps import Sweeps
from app.telling import Telling
from app.templates import TemplateService
from app.tickets import TicketService
from notifications.message import Channel
from notifications.quiet_hours import QuietHours
from storage.database import Database, open_database
from workflows.eligibility import shipped_eligibility

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notifications.channels.base import MessageChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One running system. Faces call the services and nothing else."""

    settings: Settings
    clock: Clock
    database: Database
    desk: Desk
    tickets: TicketService
    documents: DocumentService
    amendments: AmendmentService
    calendars: CalendarService
    rulebook: Rulebook
    drafts: DraftService
    templates: TemplateService
    queries: QueryService
    accounts: AccountService
    organisation: OrganisationService
    imports: ImportService
    reminders: Reminders
    sending: Sending
    sweeps: Sweeps


def build(settings: Settings, *, clock: Clock = system_clock) -> Application:
    """Wire one system; tests and the simulation pass their own settings and clock.

    The database is opened, not migrated: `app.first_start` does that.
    """
    database = open_database(settings.database_url)
    hours = settings.office_hours
    carriers = _carriers(settings)
    quiet = QuietHours(starts=settings.quiet_from, ends=settings.quiet_until)
    telling = Telling(
        hours=hours,
        quiet=quiet,
        channels=frozenset(carriers),
        base_url=settings.base_url,
        texts=MessageTexts(),
    )
    desk = Desk(
        database=database,
        definitions=Definitions(),
        calendars=Calendars(),
        recorder=Recorder(hours=hours, telling=telling),
        clock=clock,
    )
    tickets = TicketService(desk=desk, policy=shipped_eligibility, settings=settings)
    amendments = AmendmentService(desk=desk, policy=shipped_eligibility)
    calendars = CalendarService(desk=desk)
    reminders = Reminders(desk=desk, telling=telling, hours=hours)
    sending = Sending(
        database=database,
        channels=carriers,
        clock=clock,
        node=f"{socket.gethostname()}:{os.getpid()}",
        claim_limit=settings.claim_limit,
        in_doubt_after=timedelta(minutes=settings.in_doubt_minutes),
        quiet=quiet,
    )
    return Application(
        settings=settings,
        clock=clock,
        database=database,
        desk=desk,
        tickets=tickets,
        documents=DocumentService(desk=desk, files=FileStore(settings.var_dir / "files")),
        amendments=amendments,
        calendars=calendars,
        rulebook=Rulebook(database=database, definitions=desk.definitions, clock=clock),
        drafts=DraftService(database=database, clock=clock),
        templates=TemplateService(database=database, clock=clock),
        queries=QueryService(desk=desk, database=database, hours=hours),
        accounts=AccountService(database, clock),
        organisation=OrganisationService(database=database, clock=clock),
        imports=ImportService(database=database, tickets=tickets, clock=clock),
        reminders=reminders,
        sending=sending,
        sweeps=Sweeps(
            database=database,
            clock=clock,
            settings=settings,
            calendars=calendars,
            amendments=amendments,
            reminders=reminders,
            sending=sending,
        ),
    )


def _carriers(settings: Settings) -> Mapping[Channel, MessageChannel]:
    """What carries each channel. Imported here because an HTTP client costs start-up time."""
    from notifications.channels.file import FileChannel  # noqa: PLC0415

    carriers: dict[Channel, MessageChannel] = {}
    outgoing = FileChannel(settings.var_dir / "messages.jsonl")
    if settings.sms_carrier in {Carrier.HTTP, Carrier.KANNEL}:
        carriers[Channel.SMS] = _sms_gateway(settings)
    elif settings.sms_carrier is Carrier.FILE:
        carriers[Channel.SMS] = outgoing
    if settings.wechat_carrier is Carrier.FILE:
        carriers[Channel.WECHAT] = outgoing
    return carriers


def _sms_gateway(settings: Settings) -> MessageChannel:
    from notifications.channels.http_sms import HttpSmsChannel, HttpSmsSettings  # noqa: PLC0415
    from notifications.channels.kannel import kannel_settings  # noqa: PLC0415

    secrets_by_name = {
        name: secret.get_secret_value() for name, secret in settings.sms_secrets.items()
    }
    if settings.sms_carrier is Carrier.KANNEL:
        return HttpSmsChannel(
            kannel_settings(
                settings.sms_url,
                sender=settings.sms_sender,
                secrets=secrets_by_name,
                receipt_base=f"{settings.base_url}/receipts/sms",
                receipt_key=receipt_key(settings),
            )
        )
    return HttpSmsChannel(
        HttpSmsSettings(
            url=settings.sms_url,
            method=settings.sms_method,
            sender=settings.sms_sender,
            body=settings.sms_body,
            content_type=settings.sms_content_type,
            headers=settings.sms_headers,
            secrets=secrets_by_name,
            success=settings.sms_success,
            id_pattern=settings.sms_id_pattern,
            errors=settings.sms_errors,
            receipt_url=settings.receipt_url,
            receipt_key=receipt_key(settings),
            timeout_s=settings.sms_timeout_seconds,
        )
    )


def receipt_key(settings: Settings) -> str:
    """The key that proves receipts: from the settings, else made once and kept in `var_dir`."""
    given = settings.receipt_secret.get_secret_value()
    if given:
        return given
    path = settings.var_dir / "receipt.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(32))
        with suppress(FileExistsError):  # of two that start at once the first one's key counts
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text()
