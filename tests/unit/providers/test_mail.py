"""E-mail against a real SMTP server: what arrives, and what each of its answers makes certain."""

from __future__ import annotations

import socket
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from notifications.channels.base import (
    ErrorClass,
    ReceiptRefusedError,
    ReceiptRequest,
    Result,
    Verdict,
)
from notifications.channels.mail import Attachment, MailChannel, MailSecurity, MailSettings
from notifications.message import Audience, Channel
from tests.kannel import free_ports
from tests.unit.notifications.sms import AT, message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope, Session

    from notifications.message import Message


class Post:
    """A post office. It answers as a test tells it; what it takes it keeps."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.at_rcpt = self.at_data = ""
        self.hangs_up = False
        self.port = 0

    async def handle_RCPT(  # noqa: N802  (the library's)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.at_rcpt:
            return self.at_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.at_data:
            return self.at_data
        assert isinstance(envelope.content, bytes)
        self.taken.append(message_from_bytes(envelope.content, policy=default))
        if self.hangs_up:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def post() -> Iterator[Post]:
    office = Post()
    (office.port,) = free_ports(1)
    running = Controller(office, hostname="127.0.0.1", port=office.port)
    running.start()
    yield office
    running.stop()


def channel(port: int, attachments: Any = None, **more: Any) -> MailChannel:
    facts: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "sender": "huodian@power.example",
        "security": MailSecurity.NONE,
        "timeout_s": 5.0,
    }
    return MailChannel(MailSettings(**{**facts, **more}), lambda: AT, attachments)


def report(number: int = 1, **more: Any) -> Message:
    facts: dict[str, Any] = {
        "channel": Channel.EMAIL,
        "audience": Audience.STAFF,
        "address": "head@power.example",
        "text": "腾冲分公司超时工单 2 件\n\nTC-1 超时 1 天\n.TC-2 超时 3 天",
    }
    return message(number, **{**facts, **more})


def only(mail: MailChannel, told: Message) -> Result:
    (result,) = mail.submit([told])
    return result


def test_a_mail_arrives_with_its_first_line_as_subject(post: Post) -> None:
    found = list(channel(post.port).submit([report(1), report(2)]))
    assert {each.verdict for each in found} == {Verdict.ACCEPTED}
    first, second = post.taken
    assert first["Subject"] == "腾冲分公司超时工单 2 件"
    assert first.get_content().splitlines() == ["TC-1 超时 1 天", ".TC-2 超时 3 天"]
    assert (first["To"], first["From"]) == ("head@power.example", "获电 <huodian@power.example>")
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Date"] == "Mon, 06 Sep 2021 02:00:00 +0000"


def test_files_go_with_it(post: Post) -> None:
    class Files:
        def of(self, told: Message) -> Sequence[Attachment]:
            name = f"报表-{told.ticket_no or '全部'}.pdf"
            return (Attachment(name=name, media_type="application/pdf", content=b"%PDF-1"),)

    assert only(channel(post.port, Files()), report()).verdict is Verdict.ACCEPTED
    (file,) = post.taken[0].iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("报表-全部.pdf", b"%PDF-1")


@pytest.mark.parametrize(
    ("answers", "proves"),
    [
        ({"at_rcpt": "550 no such mailbox"}, (Verdict.REJECTED, ErrorClass.RECIPIENT)),
        ({"at_rcpt": "450 greylisted"}, (Verdict.RETRY, ErrorClass.PROVIDER)),
        ({"at_data": "554 rejected as spam"}, (Verdict.REJECTED, ErrorClass.CONTENT)),
        ({"at_data": "452 out of space"}, (Verdict.RETRY, ErrorClass.PROVIDER)),
        ({"hangs_up": True}, (Verdict.UNKNOWN, ErrorClass.UNKNOWN_OUTCOME)),
    ],
)
def test_an_answer_proves_what_it_says_and_no_more(
    post: Post, answers: dict[str, Any], proves: tuple[Any, Any]
) -> None:
    for name, value in answers.items():
        setattr(post, name, value)
    found = only(channel(post.port), report())
    assert (found.verdict, found.error_class) == proves


def test_one_bad_mail_does_not_stop_the_others(post: Post) -> None:
    odd = [report(1), report(2, address=""), report(3, address="a\r\nRCPT TO:<x@y>"), report(4)]
    found = {each.message_id: each.verdict for each in channel(post.port).submit(odd)}
    assert [found[each.id] for each in odd] == [
        Verdict.ACCEPTED,
        Verdict.REJECTED,
        Verdict.REJECTED,
        Verdict.ACCEPTED,
    ]
    assert len(post.taken) == 2


class LostFiles:
    """Files of which those for the second report are gone."""

    def of(self, told: Message) -> Sequence[Attachment]:
        if told.id == report(2).id:
            raise LookupError
        return ()


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ({"address": "张三@power.example"}, ErrorClass.RECIPIENT),
        ({"address": "head@电力.example"}, ErrorClass.RECIPIENT),
        ({"address": "head\x00@power.example"}, ErrorClass.RECIPIENT),
        ({"text": "主题\r有断行\n\n正文"}, ErrorClass.CONTENT),
        ({}, ErrorClass.CONTENT),
    ],
    ids=["name", "domain", "control", "subject", "files"],
)
def test_a_mail_that_cannot_be_addressed_or_made_is_its_own_trouble(
    post: Post, bad: dict[str, Any], kind: ErrorClass
) -> None:
    reports = [report(1), report(2, **bad), report(3)]
    files = None if bad else LostFiles()
    found = {each.message_id: each for each in channel(post.port, files).submit(reports)}
    assert [found[each.id].error_class for each in reports] == [None, kind, None]
    assert len(post.taken) == 2


def test_after_a_broken_connection_the_next_mail_begins_afresh(post: Post) -> None:
    post.hangs_up = True
    found = list(channel(post.port).submit([report(1), report(2)]))
    assert [each.verdict for each in found] == [Verdict.UNKNOWN, Verdict.UNKNOWN]
    assert len(post.taken) == 2


def test_a_server_that_is_not_there_was_certainly_not_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        mail = channel(taken.getsockname()[1])
        found = only(mail, report())
        assert [each.code for each in mail.check()] == ["provider_check_failed"]
    assert (found.verdict, found.error_class) == (Verdict.RETRY, ErrorClass.PROVIDER)


def test_a_server_that_protects_nothing_gets_no_password_when_it_should(post: Post) -> None:
    cautious = channel(post.port, security=MailSecurity.STARTTLS, username="u", password="p")
    assert only(cautious, report()).verdict is Verdict.RETRY
    assert post.taken == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_password_is_asked_for_and_must_be_right() -> None:
    def knows(*given: Any) -> AuthResult:
        data = given[-1]
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data == LoginPassword(b"huodian", b"right"))

    office = Post()
    (port,) = free_ports(1)
    running = Controller(
        office,
        hostname="127.0.0.1",
        port=port,
        authenticator=knows,
        auth_required=True,
        auth_require_tls=False,
        auth_exclude_mechanism=["LOGIN"],
    )
    running.start()
    try:
        right = channel(port, username="huodian", password="right")
        wrong = channel(port, username="huodian", password="wrong")
        assert right.check() == ()
        assert only(right, report()).verdict is Verdict.ACCEPTED
        assert only(wrong, report()).error_class is ErrorClass.AUTH
    finally:
        running.stop()
    assert len(office.taken) == 1


def test_mail_gives_no_receipts() -> None:
    mail = channel(1)
    assert mail.find(report()) is None
    with pytest.raises(ReceiptRefusedError):
        mail.parse_receipts(ReceiptRequest(received_at=AT))
