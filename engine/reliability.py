"""How reliable supply was: exact arithmetic over counts and seconds (R-7.4, IEEE 1366). Pure.

Nothing is rounded before it is judged: 8 % less is 8 % less (M4b), and floats are not used.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from engine.calendar import start_of_day

SECONDS_AN_HOUR = 3600
HUNDRED = 100
MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `since` up to but without `until`; a running year ends now."""

    since: datetime
    until: datetime

    @classmethod
    def year(cls, number: int, at: datetime) -> Period:
        """A calendar year of Asia/Shanghai, as far as it has passed at `at`."""
        since, until = start_of_day(date(number, 1, 1)), start_of_day(date(number + 1, 1, 1))
        return cls(since=since, until=max(since, min(until, at)))

    @property
    def seconds(self) -> int:
        """Its length."""
        return int((self.until - self.since).total_seconds())


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last day of that month if it has none."""
    count = day.year * MONTHS + day.month - 1 - months
    year, month = divmod(count, MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Indices:
    """The indices of IEEE 1366 over sustained interruptions; None where nobody is served.

    Args:
        served: customers served, each counted for the share of the period in which it was.
        interruptions: customer interruptions.
        customer_seconds: seconds without supply, summed over the customers.
    """

    served: Fraction
    interruptions: int
    customer_seconds: int

    @property
    def saifi(self) -> Fraction | None:
        """Interruptions of an average customer."""
        return self.interruptions / self.served if self.served else None

    @property
    def saidi_hours(self) -> Fraction | None:
        """Hours without supply of an average customer."""
        return average_hours(self.customer_seconds, self.served)

    @property
    def caidi_hours(self) -> Fraction | None:
        """Hours that an average interruption took."""
        if not self.interruptions:
            return None
        return Fraction(self.customer_seconds, self.interruptions * SECONDS_AN_HOUR)


def average_hours(customer_seconds: int, served: Fraction) -> Fraction | None:
    """Hours without supply of an average customer; None where nobody is served."""
    return customer_seconds / served / SECONDS_AN_HOUR if served else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursVerdict:
    """Whether the hours of an average customer are good: few enough, or enough fewer (M4b)."""

    hours: Fraction
    most: Fraction
    before: Fraction | None
    least_percent: int

    @property
    def is_within(self) -> bool:
        """Whether they are within the limit; the limit belongs to it (Q16)."""
        return self.hours <= self.most

    @property
    def fell_percent(self) -> Fraction | None:
        """By how much they fell since the year before; negative if they rose."""
        if not self.before:
            return None
        return (self.before - self.hours) / self.before * HUNDRED

    @property
    def has_fallen(self) -> bool:
        """Whether they fell by enough; exactly enough is enough."""
        fell = self.fell_percent
        return fell is not None and fell >= self.least_percent

    @property
    def is_good(self) -> bool:
        """Whether either holds."""
        return self.is_within or self.has_fallen


@dataclass(frozen=True, slots=True, kw_only=True)
class FewerVerdict:
    """Whether a count has come down by enough per cent of what it was (M4a)."""

    count: int
    base: int
    percent: int

    @property
    def most(self) -> Fraction:
        """How high it may be."""
        return Fraction(self.base * (HUNDRED - self.percent), HUNDRED)

    @property
    def is_good(self) -> bool:
        """Whether it is that low."""
        return self.count <= self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedFigure:
    """A figure of an earlier year as somebody claims it; `subject` is an area class or empty."""

    year: int
    figure: str
    subject: str
    value: str
    source: str
    entered_by: str
    entered_at: datetime
