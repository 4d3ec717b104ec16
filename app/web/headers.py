"""What every answer carries, whoever made it: security headers, a request id, a limited body.

Pure ASGI, outermost, so that error pages and static files are covered too.
"""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

MAX_BODY = 21 * 1024 * 1024
"""One upload of at most 20 MB and its form fields."""

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}
HSTS = "max-age=31536000"
STATIC_CACHE = "public, max-age=31536000, immutable"


class BodyTooLargeError(Exception):
    """More bytes came than any form of the console, or any call of the API, needs."""


class Headed:
    """Adds headers and request id to every answer, limits bodies, answers for our faults.

    `bare_answer` makes the answer where no route does: to whom, and with which status.
    """

    def __init__(
        self, app: ASGIApp, *, https: bool, bare_answer: Callable[[Request, int], Response]
    ) -> None:
        self._app = app
        self._bare_answer = bare_answer
        self._fixed = {**HEADERS, "Strict-Transport-Security": HSTS} if https else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(6)
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(scope, send, {**self._fixed, "X-Request-Id": request_id})
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            await self._bare_answer(Request(scope), 400)(scope, receive, answer.send)
            return
        try:
            _refuse_large(Headers(scope=scope).get("content-length", ""))
            await self._app(scope, _limited(receive), answer.send)
        except BodyTooLargeError:
            logger.warning("request body too large", extra={"request_id": request_id})
            await self._bare_answer(Request(scope), 413)(scope, receive, answer.send)
        except Exception:
            logger.exception("unhandled fault", extra={"request_id": request_id})
            if answer.has_begun:
                raise
            await self._bare_answer(Request(scope), 500)(scope, receive, answer.send)


class _Answer:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send, headers: dict[str, str]) -> None:
        self._is_static = scope["path"].startswith("/static/")
        self._send = send
        self._headers = headers
        self.has_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
            if self._is_static and message["status"] == HTTPStatus.OK:
                headers["Cache-Control"] = STATIC_CACHE
        await self._send(message)


def _refuse_large(content_length: str) -> None:
    if content_length.isdigit() and int(content_length) > MAX_BODY:
        raise BodyTooLargeError


def _limited(receive: Receive) -> Receive:
    received = 0

    async def limited_receive() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY:
            raise BodyTooLargeError
        return message

    return limited_receive
