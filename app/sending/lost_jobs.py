"""Takes messages back whose job does not exist any more, whatever has lost it.

The rows say what is to be sent, jobs only do it. So a job may be thrown away, as those of an old
version are, and its messages are handed over to another one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ports.jobs import JobEngine
    from app.ports.sending import SendingDatabase

logger = logging.getLogger(__name__)

AT_A_TIME = 500
"""Jobs looked for in one round; the next round goes on behind them."""


@dataclass(slots=True, kw_only=True)
class LostJobs:
    """Goes through the jobs that messages were handed over to, again and again."""

    database: SendingDatabase
    jobs: JobEngine
    at_a_time: int = AT_A_TIME
    _place: str = ""

    def take_back(self) -> int:
        """Look for the next jobs; returns how many messages of lost ones wait again.

        The messages are read before the jobs. Both were committed together, so a job that was
        enqueued meanwhile is never missed; one that has ended meanwhile has left no message
        behind. And should one come to life after all, it finds nothing to do.
        """
        with self.database.reading() as work:
            named = work.loose_ends.jobs_named(self._place, self.at_a_time)
        self._place = named[-1] if len(named) == self.at_a_time else ""
        lost = set(named) - self.jobs.known(named)
        if not lost:
            return 0
        with self.database.writing() as work:
            taken_back = work.loose_ends.take_back(lost)
            work.commit()
        if taken_back:
            logger.warning("%s messages of %s lost jobs wait again", taken_back, len(lost))
        return taken_back
