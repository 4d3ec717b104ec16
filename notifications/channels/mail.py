"""E-mail by SMTP, for reports to staff: the first line of a text is the subject.

The steps of the protocol are taken one by one, because only they tell what is certain: until the
text has been sent nothing has gone out; after it, a broken connection leaves a doubt.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from notifications.channels.base import (
    Capabilities,
    ErrorClass,
    ParsedReceipts,
    ReceiptRequest,
    Result,
    Verdict,
    bad_credentials,
    no_receipts,
    refused,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from engine.errors import Reason
    from notifications.message import Message

NAME = "smtp"
MAILBOX = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\".]+")
REFUSING, PERMANENT = 400, 500
"""From here on a server says no; from there on it will say the same tomorrow."""
NO_SUCH_MAILBOX = frozenset({550, 551, 552, 553})
WAITS = "邮件服务器暂不接收"


class MailSecurity(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a message; `media_type` for example `application/pdf`."""

    name: str
    media_type: str
    content: bytes


class Attachments(Protocol):
    """Where the files of a message come from."""

    def of(self, message: Message) -> Sequence[Attachment]:
        """The files that go with it; none for most."""


class NoAttachments:
    """Messages without files."""

    def of(self, message: Message) -> Sequence[Attachment]:
        """None, whatever the message."""
        del message
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """One mail server, and whom its mail comes from."""

    host: str
    port: int
    sender: str
    sender_name: str = "获电"
    security: MailSecurity = MailSecurity.STARTTLS
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 20.0


class MailChannel:
    """One mail server.

    Args:
        now: tells the date that a mail bears.
    """

    def __init__(
        self,
        settings: MailSettings,
        now: Callable[[], datetime],
        attachments: Attachments | None = None,
    ) -> None:
        self._settings = settings
        self._now = now
        self._attachments = attachments or NoAttachments()

    @property
    def name(self) -> str:
        """How the channel is called in settings and logs."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """One mail after the other; a server tells nothing later."""
        return Capabilities()

    def close(self) -> None:
        """The server is connected only while mail is handed over."""

    def validate(self, message: Message) -> tuple[Reason, ...]:
        """A mail takes any text."""
        del message
        return ()

    def submit(self, messages: Sequence[Message]) -> Iterator[Result]:
        """All of them over one connection, one after the other."""
        server: smtplib.SMTP | None = None
        for message in messages:
            try:
                server = server or self._connected()
                result = self._send(server, message)
            except (smtplib.SMTPException, OSError, UnicodeError) as fault:
                server = None  # the next one begins afresh
                result = _not_begun(message.id, fault)
            if result.verdict is Verdict.UNKNOWN:
                server = None
            yield result
        if server is not None:
            _leave(server)

    def find(self, message: Message) -> Result | None:
        """None: a server cannot be asked."""
        del message
        return None

    def check(self) -> tuple[Reason, ...]:
        """Whether the server lets us in."""
        try:
            _leave(self._connected())
        except (smtplib.SMTPException, OSError) as fault:
            return (bad_credentials(NAME, _not_begun("", fault)),)
        return ()

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        """Mail gives no receipts.

        Raises:
            ReceiptRefusedError: always.
        """
        del request
        raise no_receipts(channel="邮件")

    def _connected(self) -> smtplib.SMTP:
        """A connection on which mail may be handed over.

        Raises:
            OSError, SMTPException: there is none to be had.
        """
        settings = self._settings
        context = ssl.create_default_context()
        server = (
            smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout_s, context=context
            )
            if settings.security is MailSecurity.TLS
            else smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
        )
        try:
            if settings.security is MailSecurity.STARTTLS:
                server.starttls(context=context)
            if settings.username:
                _log_in(server, settings)
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server

    def _send(self, server: smtplib.SMTP, message: Message) -> Result:
        if not is_mailbox(message.address):
            text = "邮箱地址无效" if message.address else "没有邮箱地址"
            return refused(message.id, ErrorClass.RECIPIENT, "bad_address", text)
        try:
            content = self._mail(message).as_bytes(policy=SMTP)
        except Exception as fault:  # noqa: BLE001  (the edge: one mail must not stop the others)
            return refused(message.id, ErrorClass.CONTENT, type(fault).__name__, "无法生成邮件")
        not_taken = self._envelope(server, message)
        if not_taken is not None:
            server.rset()
            return not_taken
        try:
            code, _ = server.data(content)
        except smtplib.SMTPDataError as fault:
            code = fault.smtp_code
        except (smtplib.SMTPException, OSError) as fault:
            return unknown(message.id, type(fault).__name__)
        if code >= REFUSING:
            return _refused(message.id, code, ErrorClass.CONTENT)
        return Result(message_id=message.id, verdict=Verdict.ACCEPTED, code=str(code))

    def _envelope(self, server: smtplib.SMTP, message: Message) -> Result | None:
        """Name sender and recipient; the server's no, if it says no."""
        code, _ = server.mail(self._settings.sender, ["BODY=8BITMIME"])
        if code >= REFUSING:
            return _refused(message.id, code, ErrorClass.AUTH)
        code, _ = server.rcpt(message.address)
        if code < REFUSING:
            return None
        kind = ErrorClass.RECIPIENT if code in NO_SUCH_MAILBOX else ErrorClass.PROVIDER
        return _refused(message.id, code, kind)

    def _mail(self, message: Message) -> EmailMessage:
        subject, _, body = message.text.partition("\n")
        mail = EmailMessage()
        mail["Subject"] = subject.strip()
        mail["From"] = Address(
            display_name=self._settings.sender_name, addr_spec=self._settings.sender
        )
        mail["To"] = message.address
        mail["Date"] = format_datetime(self._now())
        mail["Message-ID"] = f"<{message.id}@{self._settings.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(f"{body.strip()}\n")
        for each in self._attachments.of(message):
            main, _, sub = each.media_type.partition("/")
            mail.add_attachment(each.content, maintype=main, subtype=sub, filename=each.name)
        return mail


def is_mailbox(address: str) -> bool:
    """Whether the steps of the protocol can name it: in ASCII, since few servers take more."""
    return address.isascii() and address.isprintable() and MAILBOX.fullmatch(address) is not None


def _log_in(server: smtplib.SMTP, settings: MailSettings) -> None:
    """Log in; a server that hangs up on us then does not like our password."""
    try:
        server.login(settings.username, settings.password)
    except smtplib.SMTPServerDisconnected as fault:
        raise smtplib.SMTPAuthenticationError(535, "disconnected") from fault


def _not_begun(message_id: str, fault: Exception) -> Result:
    """What went wrong before the text was sent."""
    kind = ErrorClass.PROVIDER
    if isinstance(fault, smtplib.SMTPAuthenticationError):
        kind = ErrorClass.AUTH
    return refused(message_id, kind, type(fault).__name__, "无法登录或连接邮件服务器")


def _refused(message_id: str, code: int, kind: ErrorClass) -> Result:
    """A server's no; a temporary one waits."""
    if code < PERMANENT:
        return refused(message_id, ErrorClass.PROVIDER, str(code), WAITS)
    return refused(message_id, kind, str(code), "邮件服务器拒收")


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()
