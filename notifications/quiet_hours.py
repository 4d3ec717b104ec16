"""Hours in which nobody is woken: what is not urgent waits until morning (R-6.4).

The law sets no such hours for service messages; they are this company's own courtesy.
"""

from __future__ import annotations

from binascii import crc32
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from engine.calendar import SHANGHAI, local_date


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From `starts` (included) to `ends` (excluded), local time; usually across midnight.

    What has waited for the end goes out in the course of `spread`, not all at the same second.
    """

    starts: time = time(21, 0)
    ends: time = time(8, 0)
    spread: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if self.starts.tzinfo or self.ends.tzinfo or self.starts == self.ends:
            msg = f"expected two different local times, got {self.starts} and {self.ends}"
            raise ValueError(msg)

    def contains(self, local: time) -> bool:
        """Whether that local time is quiet."""
        if self.starts < self.ends:
            return self.starts <= local < self.ends
        return local >= self.starts or local < self.ends

    def wait(self, lot: str) -> timedelta:
        """How long after the end something waits; the same lot waits as long whoever asks."""
        seconds = int(self.spread.total_seconds())
        return timedelta(seconds=crc32(lot.encode()) % seconds) if seconds else timedelta(0)


def not_before(at: datetime, *, urgent: bool, quiet: QuietHours, lot: str = "") -> datetime:
    """The instant from which a message planned at `at` may be sent, in the zone of `at`.

    Raises:
        ValueError: `at` is naive.
    """
    today = local_date(at)
    local = at.astimezone(SHANGHAI).time()
    if urgent or not quiet.contains(local):
        return at
    morning = today if local < quiet.ends else today + timedelta(days=1)
    ends = datetime.combine(morning, quiet.ends, tzinfo=SHANGHAI).astimezone(at.tzinfo)
    return ends + quiet.wait(lot)


def next_chance(  # noqa: PLR0913  (what it depends on)
    wanted: datetime,
    now: datetime,
    *,
    urgent: bool,
    useful_until: datetime | None,
    quiet: QuietHours,
    lot: str = "",
) -> datetime:
    """When something that is due at `wanted` goes out, seen from `now`.

    What would be worthless in the morning is pulled forward to the last second before the quiet
    hours, if that has not passed.
    """
    chance = not_before(wanted, urgent=urgent, quiet=quiet, lot=lot)
    if chance == wanted or useful_until is None or chance < useful_until:
        return chance
    evening = local_date(wanted)
    if wanted.astimezone(SHANGHAI).time() < quiet.starts:
        evening -= timedelta(days=1)
    starts = datetime.combine(evening, quiet.starts, tzinfo=SHANGHAI).astimezone(wanted.tzinfo)
    before = starts - timedelta(seconds=1)
    return before if before >= now else chance
