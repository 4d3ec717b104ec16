"""Calls of a provider by HTTP, read for the one question that matters: may it have arrived?

The library repeats a GET whose connection broke. A gateway would send the message twice, so a
broken connection is turned into an answer of ours before the library sees it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.abc import AbstractResolver

    from notifications.wire.event_loop import EventLoop

LONGEST_ANSWER = 256 * 1024
"""Bytes of an answer that are read."""
KEPT_ALIVE_S = 4.0
"""Shorter than what servers grant an idle connection: one that is closed as we write on it leaves
a doubt about a message that was never taken."""


class NeverLeftError(Exception):
    """The request certainly did not reach the provider. The text is the kind of failure."""


class NoAnswerError(Exception):
    """The request may have reached the provider, and no answer came."""


class UnfitRequestError(Exception):
    """The request cannot be written at all, because of what it was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What a provider answered; `body` is text, cut after `LONGEST_ANSWER`."""

    status: int
    body: str

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_client_error(self) -> bool:
        """Whether it is a 4xx."""
        return HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR


class HttpClient:
    """Connections to one provider. Its jobs run on the event loop that it was made with.

    Args:
        concurrency: most connections at once.
        timeout_s: seconds for each of connecting and waiting for the answer.
        proxy: address of an HTTP proxy; the environment is not asked.
        resolver: what turns names into addresses, where not every address may be called.
    """

    def __init__(
        self,
        loop: EventLoop,
        *,
        concurrency: int,
        timeout_s: float,
        proxy: str = "",
        resolver: AbstractResolver | None = None,
    ) -> None:
        self.loop = loop
        self._concurrency = concurrency
        self._timeout = aiohttp.ClientTimeout(
            total=timeout_s * 3, sock_connect=timeout_s, sock_read=timeout_s
        )
        self._proxy = proxy or None
        self._resolver = resolver
        # Whoever waits for a free connection waits here, where no time-out runs: a request that
        # was never written must not count as one whose answer is unknown.
        self._connections = asyncio.Semaphore(concurrency)
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """One request; redirects are not followed.

        Raises:
            NeverLeftError: it certainly did not arrive.
            NoAnswerError: it may have arrived.
            UnfitRequestError: it cannot be written.
        """
        target = _address(url)
        try:
            async with (
                self._connections,
                self._opened().request(
                    method,
                    target,
                    params=params,
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                    proxy=self._proxy,
                ) as answer,
            ):
                return await _read(answer)
        except _NEVER_LEFT as fault:
            raise NeverLeftError(type(fault).__name__) from fault
        except (aiohttp.ClientError, OSError) as fault:
            raise NoAnswerError(type(fault).__name__) from fault
        except ValueError as fault:  # among them addresses and headers that are none
            raise UnfitRequestError(type(fault).__name__) from fault

    def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            self.loop.call(session.close())

    def _opened(self) -> aiohttp.ClientSession:
        """Made on the loop, because it belongs to it."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._concurrency,
                keepalive_timeout=KEPT_ALIVE_S,
                resolver=self._resolver,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=(_never_again,),
            )
        return self._session


_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
"""Failures that come before the first byte of a request."""


async def _never_again(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except _NEVER_LEFT:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as fault:
        raise NoAnswerError(type(fault).__name__) from fault


def _address(url: str) -> URL:
    try:
        return URL(url)
    except ValueError as fault:
        raise NeverLeftError(type(fault).__name__) from fault


async def _read(answer: aiohttp.ClientResponse) -> HttpAnswer:
    content = await answer.content.read(LONGEST_ANSWER)
    while len(content) < LONGEST_ANSWER and not answer.content.at_eof():
        content += await answer.content.read(LONGEST_ANSWER - len(content))
    charset: Any = answer.charset or "utf-8"
    try:
        body = content.decode(charset, errors="replace")
    except LookupError:
        body = content.decode("utf-8", errors="replace")
    return HttpAnswer(status=answer.status, body=body)
