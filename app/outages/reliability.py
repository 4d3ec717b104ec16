"""The indicators of reliability, each with the records that it is made of (R-7.4).

    service.report(year=None, day=None, actor=...)          -> ReliabilityReport
    service.feeder(feeder_id, year=None, day=None, actor=...)  -> FeederReport

Every number leads to its outages. Figures of years before the introduction are claims: they are
entered once and marked as not verified (R-5.1c).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.outages.reliability_base import AVERAGE_HOURS
from app.outages.reliability_lines import LineCounts, announced, claimed_figures
from app.outages.reliability_views import (
    AreaView,
    FeederReport,
    IndexRecordView,
    IndexView,
    RecordView,
    ReliabilityReport,
    UnclassifiedView,
)
from engine.application import AREA_CLASSES, AreaClass
from engine.calendar import local_date
from engine.errors import MalformedError, Reason, not_found
from engine.network import NODE_KINDS, NodeKind
from engine.reliability import (
    SECONDS_AN_HOUR,
    HoursVerdict,
    Indices,
    Period,
    average_hours,
    months_before,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from app.clock import Clock
    from app.ports.reliability import (
        AreaInterruptions,
        OutageShare,
        ReliabilityDatabase,
        ReliabilityWork,
        SustainedShare,
    )
    from engine.ticket import Actor
    from workflows.outage_policy import OutagePolicy

SECONDS_A_MINUTE = 60
NOBODY = Fraction(0)
UNCLASSIFIED = ""
"""The area class of points of which none is known."""
FIRST_YEAR, LAST_YEAR = 2000, 2999


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The average hours of the year before; `verified` if they are our own count."""

    hours: Fraction | None
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted in a period, by area class."""

    interruptions: Mapping[str, AreaInterruptions]
    served: Mapping[str, Fraction]
    shares: Sequence[OutageShare] = ()
    sustained_shares: Sequence[SustainedShare] = ()

    @property
    def everywhere(self) -> tuple[str, ...]:
        """Every area class, also that of points of which none is known."""
        return tuple({**self.served, **self.interruptions})

    def seconds(self, area: str) -> int:
        """Seconds without supply, summed over the customers."""
        found = self.interruptions.get(area)
        return 0 if found is None else found.customer_seconds

    def hours(self, area: str) -> Fraction | None:
        """Hours of an average customer; None where nobody is served."""
        return average_hours(self.seconds(area), self.served.get(area, NOBODY))

    def records(self, area: str) -> tuple[RecordView, ...]:
        """The outages that the seconds come from."""
        return tuple(_record(each) for each in self.shares if each.area_class == area)

    def indices(self, areas: Sequence[str]) -> IndexView:
        """The indices of IEEE 1366 of these area classes together, with their outages."""
        found = [self.interruptions[each] for each in areas if each in self.interruptions]
        indices = Indices(
            served=sum((self.served.get(each, NOBODY) for each in areas), NOBODY),
            interruptions=sum(each.sustained for each in found),
            customer_seconds=sum(each.sustained_seconds for each in found),
        )
        return IndexView(
            served=indices.served,
            interruptions=indices.interruptions,
            customer_hours=Fraction(indices.customer_seconds, SECONDS_AN_HOUR),
            saifi=indices.saifi,
            saidi_hours=indices.saidi_hours,
            caidi_hours=indices.caidi_hours,
            records=_index_records(e for e in self.sustained_shares if e.area_class in areas),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityService:
    """Counts, compares with targets, and says where each number comes from."""

    database: ReliabilityDatabase
    clock: Clock
    policy: OutagePolicy

    def report(
        self, *, actor: Actor, year: int | None = None, day: date | None = None
    ) -> ReliabilityReport:
        """The indicators of a year, the running one unless told otherwise.

        `day` is the last day of the months in which faults are counted, today without it.

        Raises:
            MalformedError: no year or day of which there are records.
        """
        authorize(actor, Action.READ)
        at = self.clock()
        number, last = _asked_for(year, day, at)
        period, lines = Period.year(number, at), LineCounts(policy=self.policy)
        with self.database.reading() as work:
            counted = self._counted(work, period, at)
            before = self._counted(work, Period.year(number - 1, at), at)
            claimed = claimed_figures(work, number - 1, AVERAGE_HOURS)
            return ReliabilityReport(
                year=number,
                until=period.until,
                feeders=lines.in_year(work, period),
                fault_feeders=lines.of_faults(work, last),
                faults_since=self._faults_since(last),
                faults_until=last,
                announced=announced(work, period),
                fewer=lines.fewer(work, number, at),
                areas=tuple(
                    self._area(area, counted, _before(area, before, claimed)) for area in AreaClass
                ),
                unclassified=_unclassified(counted),
                indices=counted.indices(counted.everywhere),
            )

    def feeder(
        self, feeder_id: str, *, actor: Actor, year: int | None = None, day: date | None = None
    ) -> FeederReport:
        """The outages of one line: those of the year, and the faults of the months up to `day`.

        Raises:
            NotFoundError: no such line.
            MalformedError: no year or day of which there are records.
        """
        authorize(actor, Action.READ)
        at = self.clock()
        number, last = _asked_for(year, day, at)
        lines = LineCounts(policy=self.policy)
        with self.database.reading() as work:
            node = work.topology.find_node(feeder_id)
            if node is None or node.kind != NodeKind.FEEDER:
                raise not_found(NODE_KINDS[NodeKind.FEEDER], feeder_id)
            in_year = lines.in_year(work, Period.year(number, at))
            faults = lines.of_faults(work, last)
        return FeederReport(
            feeder_id=node.id,
            feeder_name=node.name,
            year=number,
            outages=next((e.outages for e in in_year if e.feeder_id == node.id), ()),
            faults_since=self._faults_since(last),
            faults_until=last,
            faults=next((e.outages for e in faults if e.feeder_id == node.id), ()),
        )

    def _faults_since(self, last: date) -> date:
        return months_before(last, self.policy.frequent_faults.months)

    def _counted(self, work: ReliabilityWork, period: Period, at: datetime) -> Counted:
        span, border = (period.since, period.until, at), self.policy.sustained_minutes
        longer_than_s = border * SECONDS_A_MINUTE
        found = work.reliability.interruptions(*span, longer_than_s)
        return Counted(
            interruptions={each.area_class: each for each in found},
            served=_served(work, period),
            shares=work.reliability.shares(*span),
            sustained_shares=work.reliability.sustained_shares(*span, longer_than_s),
        )

    def _area(self, area: AreaClass, counted: Counted, before: Before) -> AreaView:
        hours, rule = counted.hours(area), self.policy.outage_hours
        verdict = HoursVerdict(
            hours=hours or Fraction(0),
            most=next(Fraction(e.hours) for e in rule.most if e.area_class is area),
            before=before.hours,
            least_percent=rule.or_less_percent,
        )
        return AreaView(
            area_class=area,
            area_class_name=AREA_CLASSES[area],
            served=counted.served.get(area, NOBODY),
            customer_hours=Fraction(counted.seconds(area), SECONDS_AN_HOUR),
            hours=hours,
            most_hours=verdict.most,
            hours_before=before.hours,
            before_verified=before.verified,
            fell_percent=None if hours is None else verdict.fell_percent,
            is_within=verdict.is_within,
            has_fallen=verdict.has_fallen,
            is_good=verdict.is_good,
            indices=counted.indices((area,)),
            records=counted.records(area),
        )


def _asked_for(year: int | None, day: date | None, at: datetime) -> tuple[int, date]:
    """The year and the day, those of the present without them."""
    today = local_date(at)
    number, last = today.year if year is None else year, today if day is None else day
    asked = (("year", number), ("day", last.year))
    wrong = [field for field, asked_year in asked if not FIRST_YEAR <= asked_year <= LAST_YEAR]
    if wrong:
        message = f"只统计 {FIRST_YEAR} 至 {LAST_YEAR} 年"
        raise MalformedError(
            Reason(code="out_of_range", field=field, message=message, remedy="请核对年份")
            for field in wrong
        )
    return number, last


def _before(area: AreaClass, counted: Counted, claimed: Mapping[str, str]) -> Before:
    """What the area class had in the year before: as claimed, else as counted."""
    if area.value in claimed:
        return Before(hours=Fraction(claimed[area.value]), verified=False)
    return Before(hours=counted.hours(area) if counted.seconds(area) else None, verified=True)


def _unclassified(counted: Counted) -> UnclassifiedView | None:
    """Points of which no area class is known are in no average; None if there are none."""
    served, seconds = counted.served.get(UNCLASSIFIED, NOBODY), counted.seconds(UNCLASSIFIED)
    if not served and not seconds:
        return None
    return UnclassifiedView(
        served=served,
        customer_hours=Fraction(seconds, SECONDS_AN_HOUR),
        records=counted.records(UNCLASSIFIED),
    )


def _served(work: ReliabilityWork, period: Period) -> dict[str, Fraction]:
    """Customers by area class, each for the share of the period in which it was in the network."""
    if not period.seconds:
        return {}
    found: Mapping[str, int] = work.reliability.served_seconds(period.since, period.until)
    return {area: Fraction(seconds, period.seconds) for area, seconds in found.items()}


def _record(share: OutageShare) -> RecordView:
    return RecordView(
        ticket_no=share.ticket_no,
        points=share.points,
        customer_hours=Fraction(share.customer_seconds, SECONDS_AN_HOUR),
    )


def _index_records(shares: Iterable[SustainedShare]) -> tuple[IndexRecordView, ...]:
    """The outages that sustained interruptions come from, over all area classes, the most first."""
    found: dict[str, tuple[int, int]] = {}
    for each in shares:
        interruptions, seconds = found.get(each.ticket_no, (0, 0))
        found[each.ticket_no] = (
            interruptions + each.interruptions,
            seconds + each.customer_seconds,
        )
    views = [
        IndexRecordView(
            ticket_no=number,
            interruptions=interruptions,
            customer_hours=Fraction(seconds, SECONDS_AN_HOUR),
        )
        for number, (interruptions, seconds) in found.items()
    ]
    return tuple(sorted(views, key=lambda each: (-each.customer_hours, each.ticket_no)))
