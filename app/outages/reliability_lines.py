"""Lines with many outages against their targets (R-7.4), and what was not announced in time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from app.outages.reliability_base import FREQUENT_FEEDERS
from app.outages.reliability_views import AnnouncedView, FeederView, FewerView, LateView
from engine.calendar import start_of_day
from engine.outage import OUTAGE_KINDS, OutageKind
from engine.reliability import FewerVerdict, Period, months_before

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from app.ports.reliability import FeederOutage, ReliabilityWork
    from workflows.outage_policy import OutagePolicy

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCounts:
    """Counts outages by line."""

    policy: OutagePolicy

    def in_year(self, work: ReliabilityWork, period: Period) -> tuple[FeederView, ...]:
        """Every line with the outages that began in the period."""
        found = work.reliability.feeder_outages(period.since, period.until)
        return _by_feeder(found, self.policy.frequent_outages.count)

    def of_faults(self, work: ReliabilityWork, last: date) -> tuple[FeederView, ...]:
        """A fault of the very day so many months ago counts, one of the day before does not."""
        rule = self.policy.frequent_faults
        since = start_of_day(months_before(last, rule.months))
        found = work.reliability.feeder_outages(since, start_of_day(last + A_DAY), faults_only=True)
        return _by_feeder(found, rule.count)

    def fewer(self, work: ReliabilityWork, year: int, at: datetime) -> tuple[FewerView, ...]:
        """This year's number against its target: on the base year, and read on the year before."""
        rule = self.policy.fewer_frequent
        percent = rule.percent_in(year)
        if percent is None:
            return ()
        count = self._frequent_in(work, year, at) or 0
        views = []
        for base_year in dict.fromkeys((rule.base_year, year - 1)):
            claimed = claimed_figures(work, base_year, FREQUENT_FEEDERS).get("")
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
        found = self.in_year(work, Period.year(year, at))
        return sum(each.is_frequent for each in found) if found else None


def announced(work: ReliabilityWork, period: Period) -> tuple[AnnouncedView, ...]:
    """Of each kind that has a lead time: how many there were, and which were not in time."""
    found = work.reliability.announced(period.since, period.until)
    return tuple(
        AnnouncedView(
            kind=kind,
            kind_name=OUTAGE_KINDS[kind],
            count=sum(each.kind == kind for each in found),
            late=tuple(
                LateView(ticket_no=each.ticket_no, reason=each.late_reason)
                for each in found
                if each.kind == kind and each.late_reason
            ),
        )
        for kind in (OutageKind.PLANNED, OutageKind.TEMPORARY)
    )


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


def claimed_figures(work: ReliabilityWork, year: int, figure: str) -> dict[str, str]:
    """What was entered of a year before the introduction, by area class or empty."""
    return {e.subject: e.value for e in work.reliability.base(year) if e.figure == figure}
