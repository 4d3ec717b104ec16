"""The loop on which channels wait: results as they come, a bound on what is begun, a clean end."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from notifications.wire.event_loop import EventLoop
from notifications.wire.http import HttpClient, NoAnswerError
from notifications.wire.places import Places
from tests.unit.notifications.sms import gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def loop() -> Iterator[EventLoop]:
    made = EventLoop()
    yield made
    made.close()


def test_results_come_as_they_are_ready_and_no_more_run_at_once_than_allowed(
    loop: EventLoop,
) -> None:
    running, most = 0, 0
    gates = {number: asyncio.Event() for number in range(6)}

    async def job(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gates[number].wait()
        running -= 1
        return number

    results = Places(loop, 3).each(partial(job, number) for number in range(6))
    order = [2, 1, 0, 5, 4, 3]
    found = []
    for number in order:
        loop.call(set_(gates[number]))
        found.append(next(results))
    assert (found, most) == (order, 3)
    assert list(results) == []


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert happened()


async def set_(gate: asyncio.Event) -> None:
    gate.set()


def test_who_came_first_begins_all_before_the_next_begins_any(loop: EventLoop) -> None:
    """Else all would end together, and then nobody would be calling."""
    places, begun, go_on = Places(loop, 2), [], asyncio.Event()

    async def job(name: str) -> str:
        begun.append(name)
        await go_on.wait()
        return name

    first = places.each(partial(job, "first") for _ in range(4))
    second = places.each(partial(job, "second") for _ in range(4))
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(list, first)]
        wait_until(lambda: begun == ["first"] * 2)
        asked.append(threads.submit(list, second))
        loop.call(asyncio.sleep(0.05))
        loop.call(set_(go_on))
        assert [each.result(10) for each in asked] == [["first"] * 4, ["second"] * 4]
    assert begun == ["first"] * 4 + ["second"] * 4


@pytest.mark.parametrize("later", range(6))
def test_a_call_that_is_cancelled_before_it_begins_leaves_its_place(
    loop: EventLoop, later: int
) -> None:
    """One job ends and makes room for the last; another one breaks so many turns of the loop later.

    At one of them the last job has its place, has not begun, and is cancelled.
    """
    places, forever = Places(loop, 2), asyncio.Event()

    async def sound() -> int:
        return 1

    async def broken() -> int:
        for _ in range(later):
            await asyncio.sleep(0)
        msg = "broken"
        raise ValueError(msg)

    async def waiting() -> int:
        await forever.wait()
        return 0

    with ThreadPoolExecutor(1) as threads:
        for _ in range(2):
            with pytest.raises(ExceptionGroup):
                threads.submit(list, places.each([sound, broken, waiting])).result(10)
        waited = threads.submit(list, places.each([sound] * 3))
        try:
            assert waited.result(10) == [1] * 3
        finally:
            loop.close()


def test_nothing_begins_before_somebody_asks(loop: EventLoop) -> None:
    begun = []

    async def job() -> int:
        begun.append(1)
        return 1

    results = Places(loop, 1).each([job])
    assert begun == []
    assert list(results) == [1]


def test_who_stops_asking_stops_what_has_not_ended(loop: EventLoop) -> None:
    ended, forever = threading.Event(), asyncio.Event()

    async def job(number: int) -> int:
        if number == 0:
            return 0
        try:
            await forever.wait()
        except asyncio.CancelledError:
            ended.set()
            raise
        return number

    results = Places(loop, 2).each(partial(job, number) for number in range(3))
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert ended.wait(10)


def test_what_a_job_raises_reaches_who_asked(loop: EventLoop) -> None:
    async def job() -> int:
        msg = "broken"
        raise ValueError(msg)

    with pytest.raises(ExceptionGroup) as raised:
        list(Places(loop, 1).each([job]))
    assert raised.group_contains(ValueError, match="broken")


def test_closing_ends_the_thread_and_what_runs_on_it() -> None:
    before = threading.active_count()
    loop, begun, ended = EventLoop(), threading.Event(), threading.Event()

    async def job() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    def wait() -> None:
        with pytest.raises(CancelledError):
            loop.call(job())

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert begun.wait(10)
    loop.close()
    waiting.join(10)
    assert ended.is_set()
    assert threading.active_count() == before
    loop.close()


def test_many_calls_wait_at_once_on_few_threads(loop: EventLoop) -> None:
    with gateway() as server, closing(HttpClient(loop, concurrency=50, timeout_s=5.0)) as client:
        jobs = (partial(client.ask, "GET", f"{server.url}/{n}") for n in range(200))
        threads = threading.active_count()
        answers = list(Places(loop, 50).each(jobs))
    assert len(answers) == len({each.path for each in server.requests}) == 200
    assert threads <= threading.active_count() <= threads + 60  # those of the test's own server


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_whose_connection_breaks_is_never_repeated(loop: EventLoop, method: str) -> None:
    with gateway() as server, closing(HttpClient(loop, concurrency=1, timeout_s=5.0)) as client:
        loop.call(client.ask("GET", server.url))
        server.hangs_up = True
        with pytest.raises(NoAnswerError):
            loop.call(client.ask(method, f"{server.url}/once"))
    assert len(server.requests) == 2


def test_an_answer_is_read_up_to_a_bound(loop: EventLoop) -> None:
    with gateway() as server, closing(HttpClient(loop, concurrency=1, timeout_s=5.0)) as client:
        server.body = "长" * 1_000_000
        answer = loop.call(client.ask("GET", server.url))
    assert len(answer.body) < 100_000
