"""The WeChat official account (公众号): template messages and subscription messages.

One person a call. A template message carries our id, and WeChat sends the same id to the same
person only once within ten minutes, so a doubt may be tried again so long; a subscription message
has no such help. Whether a message arrived comes by an event (TEMPLATESENDJOBFINISH and others).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from notifications.channels.base import (
    Answer,
    Capabilities,
    ErrorClass,
    ParsedReceipts,
    Receipt,
    ReceiptMode,
    ReceiptRequest,
    Result,
    Uplink,
    Verdict,
    bad_credentials,
    refused,
    unfit,
)
from notifications.channels.codes import code_table
from notifications.channels.one_by_one import one_by_one
from notifications.channels.wechat_callback import event_of, refuse_unsigned
from notifications.channels.weixin import Credentials, OutcomeError, WeixinAccount
from notifications.message import MessageState
from notifications.registrations import Filled, Registered, Registration, UnfitMessageError
from notifications.wire.http import HttpClient
from notifications.wire.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from xml.etree import ElementTree as ET

    from engine.errors import Reason
    from notifications.message import Message
    from notifications.registrations import RegistrationBook
    from notifications.wire.event_loop import EventLoop

NAME = "wechat"
SENT_BEFORE = 40241
"""WeChat has had the same message in the last minute."""
HEARD = Answer(body="success")
PER_MINUTE = 3000
"""No limit is published; others report trouble at several hundred calls at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatSettings:
    """One official account.

    Args:
        token: what signs the calls of WeChat to our address; empty if there are none.
        aes_key: EncodingAESKey, where the account is set to safe mode.
    """

    app_id: str
    app_secret: str = field(repr=False)
    token: str = field(default="", repr=False)
    aes_key: str = field(default="", repr=False)
    base_url: str = "https://api.weixin.qq.com"
    timeout_s: float = 10.0
    concurrency: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatKind:
    """One of the two ways to write to a follower, each with templates of its own.

    Args:
        link: how the address is called that opens on a touch.
    """

    name: str
    path: str
    link: str
    idempotent_for: timedelta | None


TEMPLATE_MESSAGES = WechatKind(
    name=NAME,
    path="cgi-bin/message/template/send",
    link="url",
    idempotent_for=timedelta(minutes=10),
)
SUBSCRIPTION_MESSAGES = WechatKind(
    name="wechat_subscription",
    path="cgi-bin/message/subscribe/bizsend",
    link="page",
    idempotent_for=None,
)


def official_account(settings: WechatSettings, loop: EventLoop) -> WeixinAccount:
    """An account with a token of the stable kind, which several processes may each fetch."""
    credentials = Credentials(
        path="cgi-bin/stable_token",
        asked={
            "grant_type": "client_credential",
            "appid": settings.app_id,
            "secret": settings.app_secret,
            "force_refresh": False,
        },
        by_post=True,
    )
    client = HttpClient(loop, concurrency=settings.concurrency, timeout_s=settings.timeout_s)
    return WeixinAccount(client, settings.base_url, credentials, NAME)


class WechatChannel:
    """One kind of message of one official account; both kinds share the account."""

    def __init__(
        self,
        settings: WechatSettings,
        account: WeixinAccount,
        registrations: RegistrationBook,
        kind: WechatKind = TEMPLATE_MESSAGES,
    ) -> None:
        self._settings = settings
        self._account = account
        self._registrations = registrations
        self._kind = kind
        self._places = Places(account.client.loop, settings.concurrency)

    @property
    def name(self) -> str:
        """How the channel is called in settings and logs."""
        return self._kind.name

    @property
    def capabilities(self) -> Capabilities:
        """The limits of the account."""
        return Capabilities(
            concurrency=self._settings.concurrency,
            per_minute=PER_MINUTE,
            idempotent_for=self._kind.idempotent_for,
            receipts=ReceiptMode.PUSH if self._settings.token else ReceiptMode.NONE,
        )

    def close(self) -> None:
        """Close the connections."""
        self._account.client.close()

    def validate(self, message: Message) -> tuple[Reason, ...]:
        """Why the text could not be sent: not registered, or a field that WeChat would refuse."""
        registered = self._registrations.current()
        key, version = message.template_key, message.template_version
        return registered.against(self.name, key, version, message.params)

    def submit(self, messages: Sequence[Message]) -> Iterator[Result]:
        """One call a message."""
        registered = self._registrations.current()
        send = partial(self._send, registered=registered)
        return one_by_one(messages, send, self._places)

    def find(self, message: Message) -> Result | None:
        """None: WeChat cannot be asked; only its event tells."""
        del message
        return None

    def check(self) -> tuple[Reason, ...]:
        """Whether WeChat lends us a token."""
        outcome = self._account.check()
        return () if outcome is None else (bad_credentials(self.name, outcome),)

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        """Read an event, or a message that somebody wrote to the account.

        Raises:
            ReceiptRefusedError: not signed by WeChat, or no XML.
        """
        settings = self._settings
        refuse_unsigned(request.query, settings.token)
        if "echostr" in request.query:
            return ParsedReceipts(answer=Answer(body=request.query["echostr"]))
        event = event_of(
            request.body, request.query, settings.token, settings.aes_key, settings.app_id
        )
        return ParsedReceipts(
            receipts=tuple(_receipts(event)), uplinks=tuple(_uplinks(event)), answer=HEARD
        )

    async def _send(self, message: Message, registered: Registered) -> Result:
        if not message.address:
            return refused(message.id, ErrorClass.RECIPIENT, "no_address", "没有微信标识")
        key, version = message.template_key, message.template_version
        try:
            registration, filled = registered.fill(self.name, key, version, message.params)
            body = self._body(message, registration, filled)
            said = await self._account.say(message.id, self._kind.path, body)
        except UnfitMessageError as refusal:
            return unfit(message.id, refusal.reasons)
        except OutcomeError as refusal:
            return replace(refusal.outcome, message_id=message.id)
        return self._judged(message, said)

    def _body(self, message: Message, registration: Registration, filled: Filled) -> dict[str, Any]:
        body: dict[str, Any] = {
            "touser": message.address,
            "template_id": registration.code,
            "data": {name: {"value": value} for name, value in filled.values.items()},
        }
        if filled.link:
            body[self._kind.link] = filled.link
        if self._kind.idempotent_for is not None:
            body["client_msg_id"] = message.id
        return body

    def _judged(self, message: Message, said: Mapping[str, Any]) -> Result:
        code = said["errcode"]
        # The same id again: our own earlier attempt, whose answer was lost.
        if code == 0 or (code == SENT_BEFORE and message.attempts > 1):
            return Result(
                message_id=message.id,
                verdict=Verdict.ACCEPTED,
                provider_id=str(said.get("msgid", "")),
            )
        return self._account.judged(message.id, code)


def _receipts(event: ET.Element) -> Iterator[Receipt]:
    """What an event says of messages of either kind: an account has one address for both."""
    kind = event.findtext("Event", "")
    if kind == "TEMPLATESENDJOBFINISH":
        status = event.findtext("Status", "")
        is_sent = status == "success"
        yield _receipt(
            TEMPLATE_MESSAGES, event, event.findtext("MsgID", ""), status, is_sent=is_sent
        )
    if kind == "subscribe_msg_sent_event":
        for each in event.iterfind("SubscribeMsgSentEvent/List"):
            is_sent, status = each.findtext("ErrorCode") == "0", each.findtext("ErrorStatus", "")
            message_id = each.findtext("MsgID", "")
            yield _receipt(SUBSCRIPTION_MESSAGES, event, message_id, status, is_sent=is_sent)


def _receipt(
    kind: WechatKind, event: ET.Element, message_id: str, status: str, *, is_sent: bool
) -> Receipt:
    meaning = None if is_sent else code_table(NAME).find(status)
    return Receipt(
        state=MessageState.DELIVERED if is_sent else MessageState.FAILED,
        provider_id=message_id,
        address=event.findtext("FromUserName", ""),
        provider=kind.name,
        code=status,
        text="" if meaning is None else meaning.text,
    )


def _uplinks(event: ET.Element) -> Iterator[Uplink]:
    if event.findtext("MsgType", "") == "text":
        yield Uplink(
            address=event.findtext("FromUserName", ""),
            text=event.findtext("Content", ""),
            sequence=event.findtext("MsgId", ""),
        )
