"""Places at which the fault tests kill, freeze or trip a process exactly between two steps.

`HUODIAN_FAIL_POINT=<point>[=kill|freeze|raise][@<n>|@every]` in the environment makes the n-th
passing of that point fatal, counted in this process; the first one if nothing is said. Without it a
passing costs one comparison.
"""

from __future__ import annotations

import os
import signal
import time
from enum import StrEnum
from functools import cache
from itertools import count

_passings = count(1)


class Point(StrEnum):
    """The steps of sending, by what has just happened."""

    HANDED_OVER = "handed_over"
    """Messages were given to jobs; the transaction is not committed."""
    JOB_BEGUN = "job_begun"
    """A job begins; nothing is claimed."""
    CLAIMED = "claimed"
    """The claim is committed; nobody was called."""
    ANSWERED = "answered"
    """The provider has answered of one message; nothing is settled."""
    SETTLED = "settled"
    """Answers are committed; the job has not ended."""
    PAGE_WRITTEN = "page_written"
    """A page of a notice is committed; the next one has not begun."""
    RECOVERING = "recovering"
    """A node was found dead; none of its jobs is recovered yet."""


class TrippedError(RuntimeError):
    """What `raise` raises."""


def passing(point: Point) -> None:
    """Die, freeze or raise here if the environment asks for it."""
    wanted, manner, number = _wanted()
    if point != wanted:
        return
    if number != "every" and next(_passings) != int(number or 1):
        return
    match manner:
        case "raise":
            raise TrippedError(point)
        case "freeze":
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(0.2)  # a thread may run on for a moment before the signal arrives
        case _:
            os.kill(os.getpid(), signal.SIGKILL)


@cache
def _wanted() -> tuple[str, str, str]:
    """The point, what happens at it, and at which passing."""
    what, _, number = os.environ.get("HUODIAN_FAIL_POINT", "").partition("@")
    point, _, manner = what.partition("=")
    return point, manner, number
