"""One event loop in a thread of its own, for all the calls of a process that wait for providers.

Callers stay synchronous: they hand over jobs and take results. Many requests wait at once without a
thread each.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from concurrent.futures import Future
    from typing import Any

T = TypeVar("T")

CLOSE_WITHIN_S = 10


class EventLoop:
    """Starts with the first call, ends with `close`. Safe to share between threads."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def call(self, job: Coroutine[Any, Any, T]) -> T:
        """Run one job and wait for what it gives or raises."""
        return self.start(job).result()

    def start(self, job: Coroutine[Any, Any, T]) -> Future[T]:
        """Run one job beside whoever calls."""
        return asyncio.run_coroutine_threadsafe(job, self._running())

    def close(self) -> None:
        """End the thread; jobs that still run are cancelled."""
        with self._starting:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(CLOSE_WITHIN_S)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_run, args=(self._loop,), name="providers", daemon=True
                )
                self._thread.start()
            return self._loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
