"""Slows guessing down without ever locking anybody out.

Failures are counted per account and per address; each one after the first few doubles the wait,
up to a limit short enough that nobody can keep a colleague out for long. Kept in memory: after a
restart the guessing starts from a clean slate, which costs the guesser more than it gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

FREE_FOR_ACCOUNT = 4
FREE_FOR_ADDRESS = 20
"""More, because a whole office may share one address."""
LONGEST_WAIT = timedelta(seconds=30)
FORGOTTEN_AFTER = timedelta(minutes=15)
KEPT_AT_MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failures:
    count: int
    last_at: datetime

    def over_at(self, free: int) -> datetime:
        beyond = self.count - free
        if beyond <= 0:
            return self.last_at
        return self.last_at + min(timedelta(seconds=2 ** min(beyond, 10)), LONGEST_WAIT)


class SignInThrottle:
    """Counts failed sign-ins; one per process, safe for threads."""

    def __init__(self) -> None:
        self._failures: dict[tuple[str, int], _Failures] = {}
        self._lock = Lock()

    def wait(self, user_id: str, address: str, at: datetime) -> timedelta:
        """How long this account or address still has to wait; zero when it may try."""
        with self._lock:
            known = [(key, self._failures.get(key)) for key in _keys(user_id, address)]
        waits = [each.over_at(key[1]) - at for key, each in known if each is not None]
        return max([timedelta(), *waits])

    def failed(self, user_id: str, address: str, at: datetime) -> None:
        """Count one failure."""
        with self._lock:
            if len(self._failures) >= KEPT_AT_MOST:
                self._forget(at)
            for key in _keys(user_id, address):
                before = self._failures.get(key)
                stale = before is None or at - before.last_at > FORGOTTEN_AFTER
                count = 1 if before is None or stale else before.count + 1
                self._failures[key] = _Failures(count=count, last_at=at)

    def succeeded(self, user_id: str) -> None:
        """Forget the failures of this account; those of the address stay."""
        with self._lock:
            self._failures.pop(_account(user_id), None)

    def _forget(self, at: datetime) -> None:
        kept = {
            key: each
            for key, each in self._failures.items()
            if at - each.last_at <= FORGOTTEN_AFTER
        }
        self._failures = kept if len(kept) < KEPT_AT_MOST else {}


def _account(user_id: str) -> tuple[str, int]:
    return f"account {user_id}", FREE_FOR_ACCOUNT


def _keys(user_id: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    return _account(user_id), (f"address {address}", FREE_FOR_ADDRESS)
