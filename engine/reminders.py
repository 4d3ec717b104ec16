"""The reminder ladder: when each rung of a clock is due, and which one speaks now (R-6.3).

Office hours place the rungs (R-6.3a). What is due is a function of the ticket and the calendar, so
a daemon that was down sends the most urgent rung once and skips the ones it slept through.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from engine.calendar import local_date
from engine.clocks import NO_TARGETS, due_on, reached_on, running_clocks
from engine.definition import RungTiming
from engine.documents import due_checkpoint, outstanding_deferrals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date, datetime

    from engine.calendar import OfficeHours, WorkCalendar
    from engine.clocks import Clock
    from engine.definition import DocumentRequirement, ReminderRung, WorkflowDefinition
    from engine.ticket import Ticket

    _Instants = tuple[tuple[datetime, int | None], ...]
    """Instant of a rung, and for how many days the clock is overdue then."""

ONE_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRung:
    """A rung that is due. `overdue_days` None before the limit ran out, else 0 on its first day.

    A branch's own target that was missed is not overdue: there it stays None. `is_past` once the
    day is over that it is due on.
    """

    clock: Clock
    rung_id: str
    urgency: int
    overdue_days: int | None
    due_on: date
    at: datetime
    is_past: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """(clock, epoch, rung): claimed once per ticket; a new due date is a new epoch."""
        suffix = f"+{self.overdue_days}" if self.overdue_days else ""
        return self.clock.id, self.due_on.isoformat(), f"{self.rung_id}{suffix}"


def due_rungs(  # noqa: PLR0913  (the ticket and all that dates it)
    ticket: Ticket,
    definition: WorkflowDefinition,
    calendar: WorkCalendar,
    hours: OfficeHours,
    at: datetime,
    *,
    targets: Mapping[str, int] = NO_TARGETS,
) -> tuple[DueRung, ...]:
    """The most urgent rung that is due on each running clock of the ticket.

    A suspended ticket is reminded of its end-to-end time only, which never pauses (R-1.2).
    """
    found = (
        latest_rung(clock, definition.reminders, calendar, hours, at)
        for clock in running_clocks(ticket, definition, targets)
    )
    return tuple(rung for rung in found if rung is not None)


def next_rung_at(  # noqa: PLR0913  (the same)
    ticket: Ticket,
    definition: WorkflowDefinition,
    calendar: WorkCalendar,
    hours: OfficeHours,
    after: datetime,
    *,
    targets: Mapping[str, int] = NO_TARGETS,
) -> datetime | None:
    """The first instant after `after` at which any clock of the ticket has a rung."""
    rungs = (
        _rungs(clock, definition.reminders, calendar, hours, until=after)
        for clock in running_clocks(ticket, definition, targets)
    )
    return min((at for at, _, _ in chain.from_iterable(rungs) if at > after), default=None)


def attention_at(
    clocks: Iterable[Clock],
    definition: WorkflowDefinition,
    calendar: WorkCalendar,
    hours: OfficeHours,
    at: datetime,
) -> datetime | None:
    """When the sweep is to look at the clocks of a ticket that was changed `at`: at the next rung.

    At once while a rung is due, reminded of already or not: a change just before the sweep must
    not carry the ticket past a reminder (R-6.3).
    """
    coming = []
    for clock in clocks:
        for rung_at, _, overdue_days in _rungs(clock, definition.reminders, calendar, hours, at):
            if rung_at <= at:
                return at
            coming.append(rung_at)
            if overdue_days is not None:
                break  # the daily ones come later still
    return min(coming, default=None)


def latest_rung(
    clock: Clock,
    ladder: tuple[ReminderRung, ...],
    calendar: WorkCalendar,
    hours: OfficeHours,
    at: datetime,
) -> DueRung | None:
    """The most urgent rung whose instant has come; None before the first."""
    passed = [rung for rung in _rungs(clock, ladder, calendar, hours, until=at) if rung[0] <= at]
    due = due_on(clock, calendar)
    if not passed or due is None:
        return None
    rung_at, urgency, overdue_days = max(passed)
    return DueRung(
        clock=clock,
        rung_id=ladder[urgency].id,
        urgency=urgency,
        overdue_days=overdue_days,
        due_on=due,
        at=rung_at,
        is_past=rung_at >= calendar.end_of_period(due),
    )


def deferrals_due_in_stage(
    ticket: Ticket, definition: WorkflowDefinition, at: datetime
) -> tuple[DocumentRequirement, ...]:
    """Deferred documents still out whose border lies in the ticket's current stage (R-6.3)."""
    run = ticket.current_run
    if run is None:
        return ()
    borders = {
        each.checkpoint
        for each in definition.transitions
        if each.checkpoint and definition.state_by_id[each.source].stage == run.stage_id
    }
    return tuple(
        each
        for each in outstanding_deferrals(definition, ticket, local_date(at))
        if due_checkpoint(each, definition, ticket) in borders
    )


def _rungs(
    clock: Clock,
    ladder: tuple[ReminderRung, ...],
    calendar: WorkCalendar,
    hours: OfficeHours,
    until: datetime,
) -> Iterator[tuple[datetime, int, int | None]]:
    """Instant, urgency and days overdue of each rung, of the daily ones those around `until`."""
    due = None if clock.is_paused else due_on(clock, calendar)
    if due is None:
        return
    # A rung that passed before the clock was last resumed is not made up for.
    resumed_on = clock.pauses[-1].to_on if clock.pauses else None
    limit = _Limit(clock, due, calendar, hours, until)
    for urgency, rung in enumerate(ladder):
        if clock.is_target and rung.timing is RungTiming.OVERDUE_DAILY:
            continue
        for at, overdue_days in _PLACES[rung.timing](limit, rung):
            if resumed_on is None or local_date(at) >= resumed_on:
                yield at, urgency, overdue_days


class _Limit(NamedTuple):
    """A limit that is running out, and all that places its rungs."""

    clock: Clock
    due: date
    calendar: WorkCalendar
    hours: OfficeHours
    until: datetime


def _half_left(limit: _Limit, _rung: ReminderRung) -> _Instants:
    """The first working day on which only half the limit is left; a one-day limit has none."""
    days = limit.clock.limit_days or 0
    left = days // 2
    day = None if left == 0 else reached_on(limit.clock, days - left + 1, limit.calendar)
    return () if day is None else ((limit.hours.opening(day), None),)


def _last_day(limit: _Limit, _rung: ReminderRung) -> _Instants:
    return ((limit.hours.opening(limit.due), None),)


def _before_close(limit: _Limit, rung: ReminderRung) -> _Instants:
    return ((limit.hours.closing(limit.due) - rung.hours * ONE_HOUR, None),)


def _overdue(limit: _Limit, _rung: ReminderRung) -> _Instants:
    overdue_days = None if limit.clock.is_target else 0
    return ((limit.calendar.end_of_period(limit.due), overdue_days),)


def _overdue_daily(limit: _Limit, _rung: ReminderRung) -> _Instants:
    due, calendar = limit.due, limit.calendar
    late_days = calendar.working_days_between(due, max(due, local_date(limit.until)))
    return tuple(
        (limit.hours.opening(calendar.add_working_days(due, days)), days)
        for days in range(max(1, late_days - 1), late_days + 2)
    )


_PLACES: dict[RungTiming, Callable[[_Limit, ReminderRung], _Instants]] = {
    RungTiming.HALF_LEFT: _half_left,
    RungTiming.LAST_DAY: _last_day,
    RungTiming.BEFORE_CLOSE: _before_close,
    RungTiming.OVERDUE: _overdue,
    RungTiming.OVERDUE_DAILY: _overdue_daily,
}
"""When a rung of each timing comes."""
