"""Places for the calls of one provider: so many at once, and first come, first served.

Several chunks are sent at the same time. Whichever came first begins all its calls before the next
begins any, so that they end one after another: were the places shared out evenly, all would end
together, and nobody would be calling while the next chunks are claimed.
"""

from __future__ import annotations

import asyncio
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator
    from typing import Any

    from notifications.wire.event_loop import EventLoop

T = TypeVar("T")


class _End:
    """No more results will come."""


class Places:
    """Safe to share between threads.

    Args:
        loop: on which the calls are made.
        at_once: calls that are under way at the same time, whoever makes them.
    """

    def __init__(self, loop: EventLoop, at_once: int) -> None:
        self._loop = loop
        self._free = asyncio.Semaphore(at_once)
        self._turn = asyncio.Lock()

    def each(self, jobs: Iterable[Callable[[], Coroutine[Any, Any, T]]]) -> Iterator[T]:
        """Run jobs; give what they give, as it comes. Nothing begins before it is asked for.

        Whoever stops taking cancels what has not ended. What one job raises ends them all.
        """
        results: SimpleQueue[T | _End] = SimpleQueue()

        async def run_one(job: Callable[[], Coroutine[Any, Any, T]]) -> None:
            results.put(await job())

        async def run() -> None:
            async with asyncio.TaskGroup() as group, self._turn:
                for job in jobs:
                    await self._free.acquire()
                    # Not in the task: one that is cancelled before it begins runs no line of it.
                    group.create_task(run_one(job)).add_done_callback(self._leave)

        running = self._loop.start(run())
        running.add_done_callback(lambda _: results.put(_End()))
        try:
            while not isinstance(result := results.get(), _End):
                yield result
            running.result()
        finally:
            running.cancel()

    def _leave(self, _ended: asyncio.Task[None]) -> None:
        self._free.release()
