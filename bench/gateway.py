"""A provider that takes as long to answer as we tell it, in a process of its own.

It has no limits and never fails, so what is missing from its pace is missing on our side.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from contextlib import contextmanager
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from notifications.channels.base import Capabilities, Result, Verdict, unknown
from notifications.wire.http import HttpClient, NeverLeftError, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

    from engine.errors import Reason
    from notifications.channels.base import ParsedReceipts, ReceiptRequest
    from notifications.message import Message
    from notifications.wire.event_loop import EventLoop

ACCEPTED = "0: accepted"
BATCH = 1000
"""Recipients of one request, as Aliyun takes them."""
PATIENCE_S = 30.0


@contextmanager
def gateway(latency_s: float) -> Iterator[str]:
    """Its address while it runs."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(latency_s, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()


def _serve(latency_s: float, ready: Connection) -> None:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(latency_s)
        return web.Response(text=ACCEPTED)

    async def run() -> None:
        application = web.Application(client_max_size=2**24)
        application.router.add_route("*", "/send", answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        ready.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


def call_bare(url: str, count: int, concurrency: int) -> None:
    """The floor: so many requests, so many at once, and nothing is written down."""

    async def run() -> None:
        remaining = iter(range(count))
        connector = aiohttp.TCPConnector(limit=concurrency)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one_after_another() -> None:
                for number in remaining:
                    async with session.get(f"{url}/send", params={"ref": str(number)}) as answer:
                        await answer.read()

            await asyncio.gather(*(one_after_another() for _ in range(concurrency)))

    asyncio.run(run())


class BatchChannel:
    """Hands equal messages to the gateway, a thousand recipients a request."""

    name = "batches"
    capabilities = Capabilities(same_params=BATCH, mixed_params=1, concurrency=4)

    def __init__(self, url: str, loop: EventLoop) -> None:
        self.sizes: list[int] = []
        self._url = f"{url}/send"
        self._client = HttpClient(
            loop, concurrency=self.capabilities.concurrency, timeout_s=PATIENCE_S
        )

    def validate(self, message: Message) -> tuple[Reason, ...]:
        """It takes any text."""
        del message
        return ()

    def submit(self, messages: Sequence[Message]) -> Iterator[Result]:
        """One request for all; each message has its answer."""
        self.sizes.append(len(messages))
        verdict = self._client.loop.call(self._post(messages))
        for each in messages:
            if verdict is Verdict.ACCEPTED:
                yield Result(message_id=each.id, verdict=verdict, provider_id="b")
            else:
                yield unknown(each.id, "no_answer")

    async def _post(self, messages: Sequence[Message]) -> Verdict:
        body = "\n".join((messages[0].text, *(each.address for each in messages)))
        try:
            answer = await self._client.ask("POST", self._url, body=body.encode())
        except (NeverLeftError, NoAnswerError):
            return Verdict.UNKNOWN
        return Verdict.ACCEPTED if answer.body == ACCEPTED else Verdict.UNKNOWN

    def find(self, message: Message) -> None:
        """It cannot be asked."""

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        """It reports nothing."""
        raise NotImplementedError(request)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
