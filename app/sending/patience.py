"""Tries again while the database is away: restarted, failing over, or busy for a moment."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, TypeVar

from engine.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    T = TypeVar("T")

logger = logging.getLogger(__name__)

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 3.0


def patiently(action: Callable[[], T], *, limit_s: float) -> T:
    """Do it, again and again for `limit_s` seconds after it failed because the database is away.

    How long the first try took does not count: its machine may have stood still. The action must
    be harmless the second time: its commit may have been lost on the way back.

    Raises:
        UnavailableError: it stayed away.
    """
    deadline: float | None = None
    wait = FIRST_WAIT_S
    while True:
        try:
            return action()
        except UnavailableError as error:
            now = time.monotonic()
            if deadline is None:
                deadline = now + limit_s
            if now + wait > deadline:
                raise
            logger.warning("the database is away (%s); trying again", error.reasons[0].code)
        time.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT_S)
