"""Threads get their turn in the order in which they asked for it; who gives up loses nobody's."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from storage.turns import Turns
from tests.nodes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable

LONG = 60.0


def waiting(turns: Turns, names: Iterable[str], had: list[str]) -> list[threading.Thread]:
    """Threads that ask for their turn one after the other."""

    def ask(name: str) -> None:
        if turns.acquire(LONG):
            had.append(name)
            turns.release()

    threads = []
    for number, name in enumerate(names, start=1):
        threads.append(threading.Thread(target=ask, args=(name,)))
        threads[-1].start()
        wait_until(partial(_so_many_wait, turns, number))
    return threads


def _so_many_wait(turns: Turns, number: int) -> bool:
    return turns.waiting == number


def test_first_come_first_served() -> None:
    turns, had = Turns(), list[str]()
    assert turns.acquire(LONG)
    threads = waiting(turns, "abcde", had)
    turns.release()
    for each in threads:
        each.join()
    assert had == list("abcde")


def test_who_lets_go_stands_at_the_end_again() -> None:
    turns, had = Turns(), list[str]()
    assert turns.acquire(LONG)
    threads = waiting(turns, "ab", had)
    turns.release()
    assert turns.acquire(LONG)
    assert had == ["a", "b"]
    turns.release()
    for each in threads:
        each.join()


def test_who_gives_up_is_passed_over() -> None:
    turns, had = Turns(), list[str]()
    assert turns.acquire(LONG)
    assert not turns.acquire(0.01)  # a thread does not get it twice, either
    threads = waiting(turns, "a", had)
    turns.release()
    for each in threads:
        each.join()
    assert had == ["a"]
    assert turns.acquire(0)
