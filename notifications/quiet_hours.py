"""Hours in which nobody is woken: what is not urgent waits until morning (R-6.4).

The law sets no such hours for service messages; they are this company's own courtesy.
"""

from __future__ import annotations

from binascii import crc32
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

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

    def end_of_the_night(self, at: datetime) -> datetime:
        """When the quiet hours end that `at` lies in, in the zone of `at`."""
        today = local_date(at)
        morning = today if at.astimezone(SHANGHAI).time() < self.ends else today + DAY
        return _at(morning, self.ends, at)

    def start_of_the_night(self, at: datetime) -> datetime:
        """When the quiet hours began that `at` lies in, in the zone of `at`."""
        today = local_date(at)
        evening = today if at.astimezone(SHANGHAI).time() >= self.starts else today - DAY
        return _at(evening, self.starts, at)

    def wait(self, lot: str, most: timedelta | None = None) -> timedelta:
        """How long after the end something waits; the same lot waits as long whoever asks.

        Less than `most`, if that is given.
        """
        spread = self.spread if most is None else min(self.spread, most)
        seconds = int(spread.total_seconds())
        return timedelta(seconds=crc32(lot.encode()) % seconds) if seconds else timedelta(0)


DAY = timedelta(days=1)
EARLIER = timedelta(minutes=5)
"""What cannot wait for the morning is pulled so far before the quiet hours: time for its job."""
IN_TIME = timedelta(minutes=5)
"""What the law demands must be sent so long before it is worthless, or it is not told in time."""


def not_before(at: datetime, *, urgent: bool, quiet: QuietHours, lot: str = "") -> datetime:
    """The instant from which a message planned at `at` may be sent, in the zone of `at`.

    Raises:
        ValueError: `at` is naive.
    """
    return next_chance(at, at, urgent=urgent, useful_until=None, quiet=quiet, lot=lot)


def next_chance(  # noqa: PLR0913  (what it depends on)
    wanted: datetime,
    now: datetime,
    *,
    urgent: bool,
    useful_until: datetime | None,
    quiet: QuietHours,
    lot: str = "",
    by_law: bool = False,
) -> datetime:
    """When something that is due at `wanted` goes out, seen from `now`.

    What would be worthless in the morning is pulled forward to before the quiet hours, if those
    have not begun; each time that comes to nothing, to the middle of what is left of the day. If
    they have, only what the law demands goes out nevertheless.

    Raises:
        ValueError: `wanted` is naive.
    """
    if wanted.utcoffset() is None:
        msg = f"{wanted} has no time zone; instants are aware"
        raise ValueError(msg)
    if urgent or not quiet.contains(wanted.astimezone(SHANGHAI).time()):
        return wanted
    ends, starts = quiet.end_of_the_night(wanted), quiet.start_of_the_night(wanted)
    if useful_until is None:
        return ends + quiet.wait(lot)
    if (ends + IN_TIME <= useful_until) if by_law else (ends < useful_until):
        return ends + quiet.wait(lot, most=(useful_until - ends) / 2)
    if now < starts:
        return max(starts - EARLIER, now + (starts - now) / 2)
    return wanted if by_law else ends + quiet.wait(lot)


def _at(day: date, local: time, like: datetime) -> datetime:
    return datetime.combine(day, local, tzinfo=SHANGHAI).astimezone(like.tzinfo)
