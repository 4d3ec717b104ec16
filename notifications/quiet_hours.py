"""Hours in which nobody is woken: what is not urgent waits until morning (R-6.4).

The law sets no such hours for service messages; they are this company's own courtesy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from engine.calendar import SHANGHAI, local_date


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From `starts` (included) to `ends` (excluded), local time; usually across midnight."""

    starts: time = time(21, 0)
    ends: time = time(8, 0)

    def __post_init__(self) -> None:
        if self.starts.tzinfo or self.ends.tzinfo or self.starts == self.ends:
            msg = f"expected two different local times, got {self.starts} and {self.ends}"
            raise ValueError(msg)

    def contains(self, local: time) -> bool:
        """Whether that local time is quiet."""
        if self.starts < self.ends:
            return self.starts <= local < self.ends
        return local >= self.starts or local < self.ends


def not_before(at: datetime, *, urgent: bool, quiet: QuietHours) -> datetime:
    """The instant from which a message planned at `at` may be sent, in the zone of `at`.

    Raises:
        ValueError: `at` is naive.
    """
    today = local_date(at)
    local = at.astimezone(SHANGHAI).time()
    if urgent or not quiet.contains(local):
        return at
    morning = today if local < quiet.ends else today + timedelta(days=1)
    return datetime.combine(morning, quiet.ends, tzinfo=SHANGHAI).astimezone(at.tzinfo)
