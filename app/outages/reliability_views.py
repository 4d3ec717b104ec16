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
class IndexView:
    """SAIFI, SAIDI and CAIDI (IEEE 1366) over sustained interruptions that began in the year."""

    served: Fraction
    interruptions: int
    customer_hours: Fraction
    saifi: Fraction | None
    saidi_hours: Fraction | None
    caidi_hours: Fraction | None


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
class ReliabilityReport:
    """The indicators of a year, up to `until`."""

    year: int
    until: datetime
    feeders: tuple[FeederView, ...]
    fault_feeders: tuple[FeederView, ...]
    faults_since: date
    faults_until: date
    fewer: tuple[FewerView, ...]
    areas: tuple[AreaView, ...]
    indices: IndexView


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
        "fewer_frequent": [_plain(each) for each in report.fewer],
        "areas": [
            {
                **_plain(each),
                "indices": _plain(each.indices),
                "records": [_plain(record) for record in each.records],
            }
            for each in report.areas
        ],
        "indices": _plain(report.indices),
    }


def _plain(view: FewerView | AreaView | IndexView | RecordView) -> dict[str, object]:
    values = ((field.name, getattr(view, field.name)) for field in fields(view))
    return {
        name: rounded(value) if isinstance(value, Fraction) else value for name, value in values
    }
