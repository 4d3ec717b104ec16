"""The report of reliability. Numbers are exact; whoever shows them rounds (`rounded`)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

PLACES = Decimal("0.0001")
"""To what numbers are rounded where they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeederView:
    """A line and its outages; `is_frequent` from the border on."""

    feeder_id: str
    feeder_name: str
    count: int
    is_frequent: bool
    outages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LateView:
    """An outage that was not announced in time, and the reason that was recorded."""

    ticket_no: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedView:
    """Outages of a kind that had to be announced, and those that were not in time (R-7.2)."""

    kind: str
    kind_name: str
    count: int
    late: tuple[LateView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FewerView:
    """The number of lines with frequent outages against its target.

    `decides` marks the reading that counts, on the base year; the other one, on the year before,
    is shown beside it (Q23). `verified` is true for a base that the system counted itself. Where
    nobody entered a base and nothing was recorded, `base`, `most` and `is_good` are None: nothing
    is judged against a number that is not known.
    """

    year: int
    count: int
    base_year: int
    base: int | None
    verified: bool
    percent: int
    most: Fraction | None
    is_good: bool | None
    decides: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """An outage behind a number: how many points, how many customer hours."""

    ticket_no: str
    points: int
    customer_hours: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRecordView:
    """An outage behind the indices: the sustained interruptions that began with it, its hours."""

    ticket_no: str
    interruptions: int
    customer_hours: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexView:
    """SAIFI, SAIDI and CAIDI (IEEE 1366) over sustained interruptions that began in the year.

    `records` sum up to `interruptions` and `customer_hours`, which the indices are made of.
    """

    served: Fraction
    interruptions: int
    customer_hours: Fraction
    saifi: Fraction | None
    saidi_hours: Fraction | None
    caidi_hours: Fraction | None
    records: tuple[IndexRecordView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaView:
    """Average hours of an area class against its limit, or against the year before (M4b).

    `hours` counts every second without supply in the year; None where nobody is served.
    """

    area_class: str
    area_class_name: str
    served: Fraction
    customer_hours: Fraction
    hours: Fraction | None
    most_hours: Fraction
    hours_before: Fraction | None
    before_verified: bool
    fell_percent: Fraction | None
    is_within: bool
    has_fallen: bool
    is_good: bool
    indices: IndexView
    records: tuple[RecordView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnclassifiedView:
    """Points of no area class: the indices count them, no average of a class does."""

    served: Fraction
    customer_hours: Fraction
    records: tuple[RecordView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeederReport:
    """The outages of one line: of the year, and its faults of the months up to a day."""

    feeder_id: str
    feeder_name: str
    year: int
    outages: tuple[str, ...]
    faults_since: date
    faults_until: date
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityReport:
    """The indicators of a year, up to `until`."""

    year: int
    until: datetime
    feeders: tuple[FeederView, ...]
    fault_feeders: tuple[FeederView, ...]
    faults_since: date
    faults_until: date
    announced: tuple[AnnouncedView, ...]
    fewer: tuple[FewerView, ...]
    areas: tuple[AreaView, ...]
    unclassified: UnclassifiedView | None
    indices: IndexView


_View = FewerView | AreaView | UnclassifiedView | IndexView | RecordView | IndexRecordView


def rounded(number: Fraction | None) -> str | None:
    """A number as people read it, to four places."""
    if number is None:
        return None
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return str(exact.quantize(PLACES, rounding=ROUND_HALF_UP))


def plain(report: ReliabilityReport) -> dict[str, object]:
    """The report for programs: numbers as text to four places, the records with each."""
    return {
        "year": report.year,
        "until": report.until,
        "feeders": report.feeders,
        "fault_feeders": {
            "since": report.faults_since,
            "until": report.faults_until,
            "feeders": report.fault_feeders,
        },
        "announced": report.announced,
        "fewer_frequent": [_plain(each) for each in report.fewer],
        "areas": [_plain(each) for each in report.areas],
        "unclassified": None if report.unclassified is None else _plain(report.unclassified),
        "indices": _plain(report.indices),
    }


def _plain(view: _View) -> dict[str, object]:
    return {field.name: _plain_value(getattr(view, field.name)) for field in fields(view)}


def _plain_value(value: object) -> object:
    if isinstance(value, Fraction):
        return rounded(value)
    if isinstance(value, tuple):
        return [_plain_value(each) for each in value]
    if isinstance(value, IndexView | RecordView | IndexRecordView):
        return _plain(value)
    return value
