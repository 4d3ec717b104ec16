"""Whose turn it is: a lock that threads get in the order in which they asked for it.

An ordinary lock goes to whoever is quickest, and that is whoever has just let go of it: a batch
that writes transaction after transaction would keep a clerk waiting until it is done.
"""

from __future__ import annotations

from collections import deque
from threading import Lock


class Turns:
    """A lock for threads, first come, first served. A thread that has it does not get it again."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._is_taken = False
        self._waiting: deque[Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many threads wait."""
        return len(self._waiting)

    def acquire(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds; whether the turn has come."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            called = Lock()
            called.acquire()
            self._waiting.append(called)
        if called.acquire(timeout=timeout):
            return True
        with self._guard:
            if called not in self._waiting:  # called at the last moment
                return True
            self._waiting.remove(called)
            return False

    def release(self) -> None:
        """Let the next one have its turn."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
