"""Any SMS gateway that takes one message in one HTTP request.

Addresses, bodies and headers are templates in the same sandbox as message texts. A failure before
the request was on its way is `RETRY`; once it may have been written, the outcome is `UNKNOWN`
unless the gateway says otherwise in so many words.

Gateways of this kind often give neither a message id nor a signature with their receipts. So the
address for receipts carries our own id and a token that only we can compute from it.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING

from notifications.channels.base import (
    Capabilities,
    ErrorClass,
    ParsedReceipts,
    Receipt,
    ReceiptMode,
    ReceiptRequest,
    Result,
    Uplink,
    Verdict,
    not_genuine,
    receipt_refused,
    refused,
    unknown,
)
from notifications.channels.one_by_one import one_by_one
from notifications.message import MessageState
from notifications.provider_requests import national
from notifications.sandbox import MessageSandbox, TemplateError
from notifications.wire.http import (
    HttpAnswer,
    HttpClient,
    NeverLeftError,
    NoAnswerError,
    UnfitRequestError,
)
from notifications.wire.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.errors import Reason
    from notifications.message import Message
    from notifications.wire.event_loop import EventLoop

LONGEST_REMARK = 200
"""How much of a gateway's answer is kept."""

DELIVERY_REPORT_BITS: Mapping[str, MessageState] = MappingProxyType(
    {
        "1": MessageState.DELIVERED,
        "2": MessageState.FAILED,
        "4": MessageState.ACCEPTED,
        "8": MessageState.ACCEPTED,
        "16": MessageState.FAILED,
    }
)
"""The usual numbers: delivered, failed, queued by the centre, accepted by it, rejected by it."""

STATUS_CLASSES: Mapping[int, ErrorClass] = MappingProxyType(
    {
        401: ErrorClass.AUTH,
        403: ErrorClass.AUTH,
        404: ErrorClass.PROVIDER,
        405: ErrorClass.PROVIDER,
        407: ErrorClass.AUTH,
        408: ErrorClass.PROVIDER,
        429: ErrorClass.THROTTLE,
    }
)
"""What a status means where no pattern knows better; any other 4xx is the content's fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One message as the gateway wants it."""

    url: str
    body: bytes | None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSmsSettings:
    """How one gateway is spoken to.

    Args:
        url: template of the address, values through `urlencode`. Templates know `to`, `text`,
            `message_id`, `sender`, `receipt_url` and every name in `secrets`.
        receipt_url: template of the address for receipts; knows `message_id` and `token`. What the
            gateway itself fills in (`%d`) stands in it literally. Empty: no receipts.
        receipt_key: secret from which the token of a receipt is made.
        body: template of the body; empty for none.
        success: the answer was understood as success if its body contains this pattern.
        id_pattern: its first group is the gateway's own message id.
        errors: pattern in the body -> what it means; looked at before status and `success`.
        receipt_states: value of the receipt's `status` -> state.
        timeout_s: seconds for each of connecting and waiting for the answer.
        concurrency: most requests at once.
        proxy: address of an HTTP proxy; the environment is not asked.
    """

    url: str
    method: str = "GET"
    sender: str = ""
    body: str = ""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    success: str = ""
    id_pattern: str = ""
    errors: Mapping[str, ErrorClass] = field(default_factory=dict)
    receipt_url: str = ""
    receipt_key: str = field(default="", repr=False)
    receipt_states: Mapping[str, MessageState] = field(default_factory=lambda: DELIVERY_REPORT_BITS)
    timeout_s: float = 10.0
    concurrency: int = 20
    proxy: str = ""


class HttpSmsChannel:
    """One gateway. Safe to share between threads.

    Raises:
        ValueError: receipts are asked for without a key to prove them.
        TemplateSyntaxError: a template of the settings is not valid.
    """

    def __init__(self, settings: HttpSmsSettings, loop: EventLoop, name: str = "http_sms") -> None:
        if settings.receipt_url and not settings.receipt_key:
            msg = "expected a receipt_key with receipt_url: receipts carry no other proof"
            raise ValueError(msg)
        sandbox = MessageSandbox()
        self._name = name
        self._settings = settings
        self._url = sandbox.from_string(settings.url)
        self._body = sandbox.from_string(settings.body) if settings.body else None
        self._receipt_url = sandbox.from_string(settings.receipt_url)
        self._headers = {key: sandbox.from_string(value) for key, value in settings.headers.items()}
        self._errors = [(re.compile(each), kind) for each, kind in settings.errors.items()]
        self._client = HttpClient(
            loop,
            concurrency=settings.concurrency,
            timeout_s=settings.timeout_s,
            proxy=settings.proxy,
        )
        self._places = Places(loop, settings.concurrency)

    @property
    def name(self) -> str:
        """How the channel is called in settings and logs."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """One message a request; a gateway of this kind cannot be asked at all."""
        return Capabilities(
            concurrency=self._settings.concurrency,
            receipts=ReceiptMode.PUSH if self._settings.receipt_url else ReceiptMode.NONE,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def validate(self, message: Message) -> tuple[Reason, ...]:
        """A gateway takes any text."""
        del message
        return ()

    def submit(self, messages: Sequence[Message]) -> Iterator[Result]:
        """One request a message."""
        return one_by_one(messages, self._send, self._places)

    def find(self, message: Message) -> Result | None:
        """None: such a gateway cannot be asked; only its receipt resolves a doubt."""
        del message
        return None

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        """Read `message_id`, `token`, `status` and perhaps `text`; or a reply: `from` and `text`.

        A reply names no message; it came to the address that only the gateway was told.

        Raises:
            ReceiptRefusedError: the token does not belong to the message, or the status is not
                in the settings.
        """
        fields = request.query
        if "message_id" not in fields and "from" in fields:
            return ParsedReceipts(uplinks=(_reply(fields),))
        message_id, status = fields.get("message_id", ""), fields.get("status", "")
        if not self._settings.receipt_key or not hmac.compare_digest(
            self.token(message_id).encode(), fields.get("token", "").encode()
        ):
            raise not_genuine(problem="凭证与消息不符")
        state = self._settings.receipt_states.get(status)
        if state is None:
            known = "、".join(self._settings.receipt_states)
            raise receipt_refused(
                code="receipt_unknown_status",
                problem=f"未知的状态“{status}”",
                remedy=f"设置中的状态：{known}",
            )
        receipt = Receipt(
            message_id=message_id, state=state, code=status, text=fields.get("text", "")
        )
        return ParsedReceipts(receipts=(receipt,))

    def token(self, message_id: str) -> str:
        """The proof that a receipt for this message was asked for by us."""
        key = self._settings.receipt_key.encode()
        return hmac.new(key, message_id.encode(), sha256).hexdigest()

    async def _send(self, message: Message) -> Result:
        if not message.address.strip():
            return refused(message.id, ErrorClass.RECIPIENT, "no_address", "没有号码")
        if not message.text.strip():
            return refused(message.id, ErrorClass.CONTENT, "no_text", "没有内容")
        try:
            request = self._request(message)
        except (TemplateError, UnicodeError) as fault:
            text = "无法生成请求，请核对网关设置"
            return refused(message.id, ErrorClass.PROVIDER, type(fault).__name__, text)
        return await self._call(message.id, request)

    async def _call(self, message_id: str, request: _Request) -> Result:
        try:
            answer = await self._client.ask(
                self._settings.method, request.url, body=request.body, headers=request.headers
            )
        except NeverLeftError as fault:
            return refused(message_id, ErrorClass.PROVIDER, str(fault), "无法连接网关")
        except UnfitRequestError as fault:
            return refused(message_id, ErrorClass.CONTENT, str(fault), "请求不合规范")
        except NoAnswerError as fault:
            return unknown(message_id, str(fault))
        return self._judge(message_id, answer)

    def _request(self, message: Message) -> _Request:
        values = {
            **self._settings.secrets,
            "to": message.address,
            "text": message.text,
            "message_id": message.id,
            "sender": self._settings.sender,
            "receipt_url": self._own_receipt_url(message.id),
        }
        headers = {key: each.render(values) for key, each in self._headers.items()}
        if self._settings.content_type:
            headers["Content-Type"] = self._settings.content_type
        return _Request(
            url=self._url.render(values),
            body=(self._body.render(values).encode() or None) if self._body else None,
            headers=headers,
        )

    def _own_receipt_url(self, message_id: str) -> str:
        """Where the gateway reports on this message; empty if it is not asked to."""
        if not self._settings.receipt_url:
            return ""
        return self._receipt_url.render(message_id=message_id, token=self.token(message_id))

    def _judge(self, message_id: str, answer: HttpAnswer) -> Result:
        code, remark = str(answer.status), answer.body.strip()[:LONGEST_REMARK]
        for pattern, kind in self._errors:
            if pattern.search(answer.body):
                return refused(message_id, kind, code, remark)
        if answer.is_success and re.search(self._settings.success, answer.body):
            return Result(
                message_id=message_id,
                verdict=Verdict.ACCEPTED,
                provider_id=self._own_id(answer.body),
                code=code,
                text=remark,
            )
        kind = STATUS_CLASSES.get(answer.status, ErrorClass.CONTENT)
        if not answer.is_client_error:
            # An answer that nobody taught us to read proves nothing.
            kind = ErrorClass.UNKNOWN_OUTCOME
        return refused(message_id, kind, code, remark)

    def _own_id(self, body: str) -> str:
        """The id that the gateway gave the message, if it gives any that we can read."""
        found = re.search(self._settings.id_pattern, body)
        groups = found.groups() if found else ()
        return (groups[0] or "") if groups else ""


def _reply(fields: Mapping[str, str]) -> Uplink:
    return Uplink(
        address=national(fields["from"]),
        text=fields.get("text", ""),
        sequence=fields.get("id", ""),
    )
