"""The company's own mobile app, by a signed webhook.

Whoever runs the app knows which handset belongs to which phone number; we call one address and say
what is to be shown. Every call carries the time and an HMAC over time and body, so that the app's
server knows us, and our id, by which it shows a message once however often it is told. It may
report back in the same manner.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING

from notifications.channels.base import (
    Answer,
    Capabilities,
    ErrorClass,
    ParsedReceipts,
    Receipt,
    ReceiptMode,
    ReceiptRequest,
    Result,
    Verdict,
    json_items,
    not_genuine,
    receipt_refused,
    refused,
    unknown,
)
from notifications.channels.one_by_one import one_by_one
from notifications.message import MessageState
from notifications.wire.guarded import PublicResolver
from notifications.wire.http import (
    HttpAnswer,
    HttpClient,
    NeverLeftError,
    NoAnswerError,
    UnfitRequestError,
)
from notifications.wire.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from engine.errors import Reason
    from notifications.message import Message
    from notifications.wire.event_loop import EventLoop

NAME = "app"
REMEMBERED = timedelta(days=1)
"""So long the app's server must know an id."""
FRESH = timedelta(minutes=5)
"""How old a report may be when it comes."""
STATES: Mapping[str, MessageState] = MappingProxyType(
    {"delivered": MessageState.DELIVERED, "failed": MessageState.FAILED}
)
CONFLICT = 409
"""The app's server has this id already."""
STATUS_CLASSES: Mapping[int, ErrorClass] = MappingProxyType(
    {
        401: ErrorClass.AUTH,
        403: ErrorClass.AUTH,
        404: ErrorClass.RECIPIENT,
        410: ErrorClass.RECIPIENT,
        429: ErrorClass.THROTTLE,
    }
)
"""404 and 410 say that the person does not use the app; any other 4xx blames the message."""
REASONS: Mapping[ErrorClass, str] = MappingProxyType(
    {
        ErrorClass.AUTH: "应用服务器未接受签名",
        ErrorClass.RECIPIENT: "客户没有使用手机应用",
        ErrorClass.THROTTLE: "应用服务器繁忙",
        ErrorClass.CONTENT: "应用服务器未接受该消息",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppPushSettings:
    """Where the app's server listens.

    Args:
        secret: what both sides sign with.
        private: whether the server may have an address of our own network.
    """

    url: str
    secret: str = field(repr=False)
    private: bool = False
    timeout_s: float = 5.0
    concurrency: int = 20


class AppPushChannel:
    """One app.

    Args:
        now: tells the time that is signed.
    """

    def __init__(
        self, settings: AppPushSettings, loop: EventLoop, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._now = now
        self._client = HttpClient(
            loop,
            concurrency=settings.concurrency,
            timeout_s=settings.timeout_s,
            resolver=None if settings.private else PublicResolver(),
        )
        self._places = Places(loop, settings.concurrency)

    @property
    def name(self) -> str:
        """How the channel is called in settings and logs."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """What the app's server promises by taking part."""
        return Capabilities(
            concurrency=self._settings.concurrency,
            idempotent_for=REMEMBERED,
            receipts=ReceiptMode.PUSH,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def validate(self, message: Message) -> tuple[Reason, ...]:
        """The app takes any text."""
        del message
        return ()

    def submit(self, messages: Sequence[Message]) -> Iterator[Result]:
        """One call a message."""
        return one_by_one(messages, self._send, self._places)

    def find(self, message: Message) -> Result | None:
        """None: the app's server cannot be asked; a message in doubt may be sent again."""
        del message
        return None

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        """Read `[{"id": ..., "state": "delivered" or "failed", "text": ...}]`.

        Raises:
            ReceiptRefusedError: not signed by the app's server just now, or not understood.
        """
        stamp = request.query.get("timestamp", "")
        expected = signature(self._settings.secret, stamp, request.body)
        given = request.query.get("signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise not_genuine(problem="签名不正确")
        age = request.received_at.timestamp() - int(stamp) if stamp.isdigit() else None
        if age is None or abs(age) > FRESH.total_seconds():
            raise not_genuine(problem="时间戳已过期")
        items = json_items(request.body)
        unheard = {str(each.get("state")) for each in items} - set(STATES)
        if unheard:
            problem = f"未知的状态“{'、'.join(sorted(unheard))}”"
            raise receipt_refused(code="receipt_unknown_status", problem=problem)
        receipts = tuple(
            Receipt(
                message_id=str(each.get("id", "")),
                state=STATES[str(each["state"])],
                text=str(each.get("text", "")),
            )
            for each in items
        )
        return ParsedReceipts(receipts=receipts, answer=Answer(body="ok\n"))

    async def _send(self, message: Message) -> Result:
        if not message.address:
            return refused(message.id, ErrorClass.RECIPIENT, "no_address", "没有号码")
        body = json.dumps(_content(message), ensure_ascii=False).encode()
        stamp = str(int(self._now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.id,
            "X-Huodian-Timestamp": stamp,
            "X-Huodian-Signature": signature(self._settings.secret, stamp, body),
        }
        try:
            answer = await self._client.ask("POST", self._settings.url, body=body, headers=headers)
        except (NeverLeftError, UnfitRequestError) as fault:
            return refused(message.id, ErrorClass.PROVIDER, str(fault), "无法连接应用服务器")
        except NoAnswerError as fault:
            return unknown(message.id, str(fault))
        return _judged(message.id, answer)


def signature(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the time (Unix seconds), a point and the body, in hexadecimal."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, sha256).hexdigest()


def _content(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "to": message.address,
        "text": message.text,
        "template": message.template_key,
        "params": message.params,
        "ticket_no": message.ticket_no,
        "urgent": message.urgent,
    }


def _judged(message_id: str, answer: HttpAnswer) -> Result:
    code = str(answer.status)
    if answer.is_success or answer.status == CONFLICT:
        return Result(message_id=message_id, verdict=Verdict.ACCEPTED, code=code)
    if not answer.is_client_error:
        return unknown(message_id, code)
    kind = STATUS_CLASSES.get(answer.status, ErrorClass.CONTENT)
    return refused(message_id, kind, code, REASONS[kind])
