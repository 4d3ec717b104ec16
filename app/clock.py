"""The only reader of the wall clock. Everything else is given its `at` (R-5.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Gives the present instant, aware and in UTC."""

TOLERANCE = timedelta(seconds=1)
"""A difference below this is taken for the time that asking took."""


def system_clock() -> datetime:
    """The server's time; the only one that counts for compliance."""
    return datetime.now(UTC)


class ClusterClock:
    """This machine's clock, set by that of the database which all nodes share.

    So one whose clock is wrong neither sends too early nor takes others for dead, and what it tells
    is not taken for newer than it is.
    """

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        """How far this machine's clock is ahead of the database's."""

    def __call__(self) -> datetime:
        """The present instant."""
        return system_clock() - self.ahead

    def set_by(self, server: datetime) -> None:
        """Go by the server from now on."""
        ahead = system_clock() - server
        if abs(ahead - self.ahead) > TOLERANCE:
            self.ahead = ahead if abs(ahead) > TOLERANCE else timedelta(0)
