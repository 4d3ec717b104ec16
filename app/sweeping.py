"""What every sweep of the daemon has in common: one transaction a row, survive a bad one, report.

A second run changes nothing, so any number of daemons may sweep at once and any may be killed.
"""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import ConflictError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class SweepReport:
    """What a sweep did: rows changed, left alone, overtaken by somebody else, failed."""

    name: str
    done: int = 0
    unchanged: int = 0
    overtaken: int = 0
    failed: int = 0

    def add(self, part: SweepReport) -> None:
        """Count in a part of the same sweep."""
        self.done += part.done
        self.unchanged += part.unchanged
        self.overtaken += part.overtaken
        self.failed += part.failed

    def counts(self) -> dict[str, int]:
        """The numbers for the heartbeat row and for `--json`."""
        return {
            "done": self.done,
            "unchanged": self.unchanged,
            "overtaken": self.overtaken,
            "failed": self.failed,
        }


def sweep_each(name: str, keys: Iterable[str], one: Callable[[str], bool]) -> SweepReport:
    """Apply `one` to each key; it tells whether it changed anything.

    A row that somebody else changed meanwhile is left for the next tick; a row that fails is
    logged by its key and does not stop the others.

    Raises:
        UnavailableError: the database cannot be used, so no other row would fare better.
    """
    report = SweepReport(name=name)
    for key in keys:
        try:
            if one(key):
                report.done += 1
            else:
                report.unchanged += 1
        except UnavailableError:
            raise
        except ConflictError:
            report.overtaken += 1
        except Exception as fault:  # noqa: BLE001  (the edge: one row must not stop the others)
            log_fault(logger, f"sweep {name} failed for {key}", fault)
            report.failed += 1
    return report


def log_fault(log: logging.Logger, what: str, fault: Exception) -> None:
    """Log a fault by its kind and places, without its words: they may name people."""
    where = "".join(traceback.format_tb(fault.__traceback__))
    log.error("%s: %s\n%s", what, type(fault).__name__, where)
