"""Keeps the clock of a process by that of the database, which all processes share.

Which of two news is the newer one, and from when a message may go, is decided by whoever writes it:
a console or a command as often as a daemon. So each of them goes by the same clock.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from app.clock import ClusterClock
from engine.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from app.clock import Clock

logger = logging.getLogger(__name__)

EVERY_S = 60.0
"""How often a process that runs no sweeps looks at the database's clock."""


class Timed(Protocol):
    """A database; `now` is the server's clock, None where there is no server."""

    def now(self) -> datetime | None: ...  # noqa: D102  (see above)


def set_clock(clock: Clock, database: Timed) -> None:
    """Set the clock once; one question to a server, none to a file.

    Raises:
        UnavailableError: the database is away.
    """
    server = database.now() if isinstance(clock, ClusterClock) else None
    if server is None or not isinstance(clock, ClusterClock):
        return
    before = clock.ahead
    clock.set_by(server)
    if clock.ahead and clock.ahead != before:
        logger.warning("this machine's clock is %s ahead of the database's", clock.ahead)


@contextmanager
def keeping_time(clock: Clock, database: Timed, *, every_s: float = EVERY_S) -> Iterator[None]:
    """Set the clock again and again meanwhile."""
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(every_s):
            try:
                set_clock(clock, database)
            except UnavailableError as error:
                logger.warning("the clock could not be set, it is tried again: %s", error)

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
