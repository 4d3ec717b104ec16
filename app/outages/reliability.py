"""The indicators of reliability, each with the records that it is made of (R-7.4).

    service.report(year=None, day=None, actor=...)  -> ReliabilityReport

Every number leads to its outages. Figures of years before the introduction are claims: they are
entered once and marked as not verified (R-5.1c).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.outages.reliability_base import AVERAGE_HOURS, FREQUENT_FEEDERS
from app.outages.reliability_views import (
    AreaView,
    FeederView,
    FewerView,
    IndexView,
    RecordView,
    ReliabilityReport,
)
from engine.application import AREA_CLASSES, AreaClass
from engine.calendar import local_date, start_of_day
from engine.reliability import (
    SECONDS_AN_HOUR,
    FewerVerdict,
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
        FeederOutage,
        OutageShare,
        ReliabilityDatabase,
        ReliabilityWork,
    )
    from engine.ticket import Actor
    from workflows.outage_policy import OutagePolicy

A_DAY = timedelta(days=1)
SECONDS_A_MINUTE = 60
NOBODY = Fraction(0)


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

    def indices(self, areas: Sequence[str]) -> Indices:
        """The indices of IEEE 1366 of these area classes together."""
        found = [self.interruptions[each] for each in areas if each in self.interruptions]
        return Indices(
            served=sum((self.served.get(each, NOBODY) for each in areas), NOBODY),
            interruptions=sum(each.sustained for each in found),
            customer_seconds=sum(each.sustained_seconds for each in found),
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
        """
        authorize(actor, Action.READ)
        at = self.clock()
        number = year or local_date(at).year
        last = day or local_date(at)
        period = Period.year(number, at)
        with self.database.reading() as work:
            counted = self._counted(work, period, at)
            shares = work.reliability.shares(period.since, period.until, at)
            return ReliabilityReport(
                year=number,
                until=period.until,
                feeders=self._feeders(work, period),
                fault_feeders=self._fault_feeders(work, last),
                faults_since=months_before(last, self.policy.frequent_faults.months),
                faults_until=last,
                fewer=self._fewer(work, number, at),
                areas=tuple(
                    self._area(area, counted, self._before(work, area, number - 1, at), shares)
                    for area in AreaClass
                ),
                indices=_index(counted.indices(counted.everywhere)),
            )

    # --- lines with many outages -----------------------------------------------------------------

    def _feeders(self, work: ReliabilityWork, period: Period) -> tuple[FeederView, ...]:
        found = work.reliability.feeder_outages(period.since, period.until)
        return _by_feeder(found, self.policy.frequent_outages.count)

    def _fault_feeders(self, work: ReliabilityWork, last: date) -> tuple[FeederView, ...]:
        """A fault of the very day so many months ago counts, one of the day before does not."""
        rule = self.policy.frequent_faults
        since = start_of_day(months_before(last, rule.months))
        found = work.reliability.feeder_outages(since, start_of_day(last + A_DAY), faults_only=True)
        return _by_feeder(found, rule.count)

    def _fewer(self, work: ReliabilityWork, year: int, at: datetime) -> tuple[FewerView, ...]:
        """This year's number against its target: on the base year, and read on the year before."""
        rule = self.policy.fewer_frequent
        percent = rule.percent_in(year)
        if percent is None:
            return ()
        count = self._frequent_in(work, year, at) or 0
        views = []
        for base_year in dict.fromkeys((rule.base_year, year - 1)):
            claimed = _claimed(work, base_year, FREQUENT_FEEDERS).get("")
            # Figures that were entered before counts were made whole may read 40.00.
            base = int(Decimal(claimed)) if claimed else self._frequent_in(work, base_year, at)
            verdict = None
            if base is not None:
                verdict = FewerVerdict(count=count, base=base, percent=percent)
            views.append(
                FewerView(
                    year=year,
                    count=count,
                    base_year=base_year,
                    base=base,
                    verified=base is not None and claimed is None,
                    percent=percent,
                    most=None if verdict is None else verdict.most,
                    is_good=None if verdict is None else verdict.is_good,
                    decides=base_year == rule.base_year,
                )
            )
        return tuple(views)

    def _frequent_in(self, work: ReliabilityWork, year: int, at: datetime) -> int | None:
        """How many lines had frequent outages; None for a year of which nothing is recorded."""
        found = self._feeders(work, Period.year(year, at))
        return sum(each.is_frequent for each in found) if found else None

    # --- hours and indices -----------------------------------------------------------------------

    def _counted(self, work: ReliabilityWork, period: Period, at: datetime) -> Counted:
        found = work.reliability.interruptions(
            period.since, period.until, at, self.policy.sustained_minutes * SECONDS_A_MINUTE
        )
        return Counted(
            interruptions={each.area_class: each for each in found},
            served=_served(work, period),
        )

    def _area(
        self,
        area: AreaClass,
        counted: Counted,
        before: Before,
        records: Sequence[OutageShare],
    ) -> AreaView:
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
            indices=_index(counted.indices((area,))),
            records=tuple(_record(each) for each in records if each.area_class == area),
        )

    def _before(self, work: ReliabilityWork, area: AreaClass, year: int, at: datetime) -> Before:
        claimed = _claimed(work, year, AVERAGE_HOURS).get(area.value)
        if claimed is not None:
            return Before(hours=Fraction(claimed), verified=False)
        counted = self._counted(work, Period.year(year, at), at)
        known = counted.hours(area) if counted.seconds(area) else None
        return Before(hours=known, verified=True)


def _by_feeder(found: Iterable[FeederOutage], border: int) -> tuple[FeederView, ...]:
    """Each feeder with its outages, the most first."""
    outages: dict[str, list[str]] = defaultdict(list)
    names = {}
    for each in found:
        outages[each.feeder_id].append(each.ticket_no)
        names[each.feeder_id] = each.feeder_name
    views = [
        FeederView(
            feeder_id=feeder,
            feeder_name=names[feeder],
            count=len(numbers),
            is_frequent=len(numbers) >= border,
            outages=tuple(numbers),
        )
        for feeder, numbers in outages.items()
    ]
    return tuple(sorted(views, key=lambda each: (-each.count, each.feeder_id)))


def _served(work: ReliabilityWork, period: Period) -> dict[str, Fraction]:
    """Customers by area class, each for the share of the period in which it was in the network."""
    if not period.seconds:
        return {}
    found: Mapping[str, int] = work.reliability.served_seconds(period.since, period.until)
    return {area: Fraction(seconds, period.seconds) for area, seconds in found.items()}


def _claimed(work: ReliabilityWork, year: int, figure: str) -> dict[str, str]:
    return {e.subject: e.value for e in work.reliability.base(year) if e.figure == figure}


def _index(indices: Indices) -> IndexView:
    return IndexView(
        served=indices.served,
        interruptions=indices.interruptions,
        customer_hours=Fraction(indices.customer_seconds, SECONDS_AN_HOUR),
        saifi=indices.saifi,
        saidi_hours=indices.saidi_hours,
        caidi_hours=indices.caidi_hours,
    )


def _record(share: OutageShare) -> RecordView:
    return RecordView(
        ticket_no=share.ticket_no,
        points=share.points,
        customer_hours=Fraction(share.customer_seconds, SECONDS_AN_HOUR),
    )
