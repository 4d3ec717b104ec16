"""Any SMS gateway that takes one message in one HTTP request.

Addresses, bodies and headers are templates in the same sandbox as message texts. A failure before
the request was on its way is `RETRY`; once it may have been written, the outcome is `UNKNOWN`
unless the gateway says otherwise in so many words.

Gateways of this kind often give neither a message id nor a signature with their receipts. So the
address for receipts carries our own id and a token that only we can compute from it.
"""

from __future__ import annotations

import hmac
import logging
import re
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING

import httpx

from notifications.channels.base import (
    ErrorClass,
    Receipt,
    Result,
    Verdict,
    receipt_refused,
    refused,
)
from notifications.message import MessageState
from notifications.sandbox import MessageSandbox, TemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notifications.message import Message

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

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
"""Failures that come before the first byte of a request."""


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
        timeout_s: seconds for each of connecting, writing and reading.
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
    proxy: str = ""


class HttpSmsChannel:
    """One gateway. Safe to share between threads.

    Raises:
        ValueError: receipts are asked for without a key to prove them.
        TemplateSyntaxError: a template of the settings is not valid.
    """

    def __init__(self, settings: HttpSmsSettings, name: str = "http_sms") -> None:
        if settings.receipt_url and not settings.receipt_key:
            msg = "expected a receipt_key with receipt_url: receipts carry no other proof"
            raise ValueError(msg)
        # At INFO it logs whole addresses, and ours hold phone numbers, texts and a password.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        sandbox = MessageSandbox()
        self._name = name
        self._settings = settings
        self._url = sandbox.from_string(settings.url)
        self._body = sandbox.from_string(settings.body)
        self._receipt_url = sandbox.from_string(settings.receipt_url)
        self._headers = {key: sandbox.from_string(value) for key, value in settings.headers.items()}
        self._errors = [(re.compile(each), kind) for each, kind in settings.errors.items()]
        self._client = httpx.Client(
            timeout=settings.timeout_s,
            proxy=settings.proxy or None,
            trust_env=False,
            follow_redirects=False,
        )

    @property
    def name(self) -> str:
        """How the channel is called in settings and logs."""
        return self._name

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def remembers_everything(self) -> bool:
        """A gateway of this kind cannot be asked at all."""
        return False

    def submit(self, messages: Sequence[Message]) -> list[Result]:
        """One request a message, in order."""
        return [self._send(each) for each in messages]

    def find(self, message_id: str) -> Result | None:  # noqa: ARG002  (the channel's contract)
        """None: such a gateway cannot be asked; only its receipt resolves a doubt."""
        return None

    def parse_receipt(self, fields: Mapping[str, str]) -> Receipt:
        """Read `message_id`, `token` and `status`.

        Raises:
            ReceiptRefusedError: the token does not belong to the message, or the status is not
                in the settings.
        """
        message_id, status = fields.get("message_id", ""), fields.get("status", "")
        if not self._settings.receipt_key or not hmac.compare_digest(
            self.token(message_id).encode(), fields.get("token", "").encode()
        ):
            raise receipt_refused(code="receipt_not_genuine", problem="凭证与消息不符")
        state = self._settings.receipt_states.get(status)
        if state is None:
            known = "、".join(self._settings.receipt_states)
            raise receipt_refused(
                code="receipt_unknown_status",
                problem=f"未知的状态“{status}”",
                remedy=f"设置中的状态：{known}",
            )
        return Receipt(message_id=message_id, state=state, code=status, text=fields.get("text", ""))

    def token(self, message_id: str) -> str:
        """The proof that a receipt for this message was asked for by us."""
        key = self._settings.receipt_key.encode()
        return hmac.new(key, message_id.encode(), sha256).hexdigest()

    def _send(self, message: Message) -> Result:
        if not message.address.strip():
            return refused(message.id, ErrorClass.RECIPIENT, "no_address", "没有号码")
        if not message.text.strip():
            return refused(message.id, ErrorClass.CONTENT, "no_text", "没有内容")
        try:
            request = self._request(message)
        except (TemplateError, httpx.InvalidURL, UnicodeError) as fault:
            text = "无法生成请求，请核对网关设置"
            return refused(message.id, ErrorClass.PROVIDER, type(fault).__name__, text)
        return self._call(message.id, request)

    def _call(self, message_id: str, request: httpx.Request) -> Result:
        try:
            answer = self._client.send(request)
        except _NEVER_LEFT as fault:
            return refused(message_id, ErrorClass.PROVIDER, type(fault).__name__, "无法连接网关")
        except httpx.LocalProtocolError as fault:
            return refused(message_id, ErrorClass.CONTENT, type(fault).__name__, "请求不合规范")
        except httpx.HTTPError as fault:
            text = "请求可能已送达网关，结果未知"
            return refused(message_id, ErrorClass.UNKNOWN_OUTCOME, type(fault).__name__, text)
        return self._judge(message_id, answer)

    def _request(self, message: Message) -> httpx.Request:
        values = {
            **self._settings.secrets,
            "to": message.address,
            "text": message.text,
            "message_id": message.id,
            "sender": self._settings.sender,
            "receipt_url": self._receipt_url.render(
                message_id=message.id, token=self.token(message.id)
            ),
        }
        headers = {key: each.render(values) for key, each in self._headers.items()}
        if self._settings.content_type:
            headers["Content-Type"] = self._settings.content_type
        return self._client.build_request(
            self._settings.method,
            self._url.render(values),
            content=self._body.render(values).encode() or None,
            headers=headers,
        )

    def _judge(self, message_id: str, answer: httpx.Response) -> Result:
        body, code = answer.text, str(answer.status_code)
        remark = body.strip()[:LONGEST_REMARK]
        for pattern, kind in self._errors:
            if pattern.search(body):
                return refused(message_id, kind, code, remark)
        if answer.is_success and re.search(self._settings.success, body):
            found = (
                re.search(self._settings.id_pattern, body) if self._settings.id_pattern else None
            )
            provider_id = found.group(1) if found else ""
            return Result(
                message_id=message_id,
                verdict=Verdict.ACCEPTED,
                provider_id=provider_id,
                code=code,
                text=remark,
            )
        kind = STATUS_CLASSES.get(answer.status_code, ErrorClass.CONTENT)
        if not answer.is_client_error:
            # An answer that nobody taught us to read proves nothing.
            kind = ErrorClass.UNKNOWN_OUTCOME
        return refused(message_id, kind, code, remark)
