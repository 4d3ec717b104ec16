"""Clocks: how many working days a ticket has used, how many are left, and when it is due.

A clock is derived from the ticket, never stored: start, end, pauses and limit give everything
else, so elapsed, remaining, due and overdue cannot disagree (R-1.2, R-1.3, R-2.4).

Three kinds. *stage*: company time in one stage. *handling*: the sum over the stages; the gap
between two stages is a pause of it. *end_to_end*: application to energization, never pausing. A
branch may set itself a shorter *target* for a stage (T3d): a fourth clock beside the stage's own,
for its people only. What is promised and what is overdue stays with the other three.

A pause gives back the working days strictly between its two dates, so suspending at 23:59 and
resuming at 00:01 gives nothing back. A pause that begins when the limit has run out, at close of
business where that ends the day, changes nothing: what is late stays late.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.calendar import DayKind, local_date
from engine.calendar_year import WEEKDAY_NAMES
from engine.ticket import PauseCause, Promise, StageRun
from engine.values import changed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.calendar import WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.ticket import Ticket

ONE_DAY = timedelta(days=1)


class ClockKind(StrEnum):
    """Which of the three times of the annex is measured, or a branch's own target."""

    STAGE = "stage"
    HANDLING = "handling"
    END_TO_END = "end_to_end"
    TARGET = "target"


NO_TARGETS: Mapping[str, int] = MappingProxyType({})
"""A branch that has set itself no targets: stage -> working days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseDays:
    """A pause: since which instant, and until which date; `to_on` None while it lasts."""

    from_at: datetime
    to_on: date | None
    cause: PauseCause

    @property
    def from_on(self) -> date:
        """The day it began."""
        return local_date(self.from_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One clock of one ticket. `limit_days` None measures without a limit.

    `started_on` None has not started; `ended_at` None still counts.
    """

    kind: ClockKind
    stage_id: str
    limit_days: int | None
    started_on: date | None
    ended_at: datetime | None = None
    pauses: tuple[PauseDays, ...] = ()

    @property
    def ended_on(self) -> date | None:
        """The day it ended, if it did."""
        return _on(self.ended_at)

    @property
    def id(self) -> str:
        """Key of this clock within its ticket."""
        return f"{self.kind}:{self.stage_id}" if self.stage_id else str(self.kind)

    @property
    def is_target(self) -> bool:
        """Whether it measures a branch's own target, and nothing that was promised."""
        return self.kind is ClockKind.TARGET

    @property
    def is_paused(self) -> bool:
        """Whether it stands still now."""
        return bool(self.pauses) and self.pauses[-1].to_on is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a clock stands at a moment.

    `due_on` and `due_at` are None when it has no due date now: not started, without limit, or
    paused before it was due.
    """

    clock: Clock
    elapsed_days: int
    remaining_days: int | None
    due_on: date | None
    due_at: datetime | None
    is_overdue: bool
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One day in the explanation of a due date; `why` is Chinese."""

    on: date
    counted: bool
    why: str


def elapsed_days(clock: Clock, calendar: WorkCalendar, on: date) -> int:
    """Working days the clock has counted by the end of `on` (the start day is not counted)."""
    if clock.started_on is None:
        return 0
    end = on if clock.ended_on is None else min(on, clock.ended_on)
    given_back = sum(_given_back(pause, calendar, end) for pause in clock.pauses)
    return calendar.working_days_between(clock.started_on, end) - given_back


def due_on(clock: Clock, calendar: WorkCalendar) -> date | None:
    """The last working day within the limit; None without one, or while a pause holds it open."""
    return None if clock.limit_days is None else reached_on(clock, clock.limit_days, calendar)


def reached_on(clock: Clock, days: int, calendar: WorkCalendar) -> date | None:
    """The day on which the clock counts its `days`-th working day; None while that is open."""
    return _reached_on(clock.started_on, clock.pauses, days, calendar)


def _reached_on(
    started_on: date | None, pauses: tuple[PauseDays, ...], days: int, calendar: WorkCalendar
) -> date | None:
    if started_on is None:
        return None
    due = calendar.add_working_days(started_on, days)
    for pause in pauses:
        if pause.from_at >= calendar.end_of_period(due):
            break
        if pause.to_on is None:
            return None
        days += _given_back(pause, calendar, pause.to_on)
        due = calendar.add_working_days(started_on, days)
    return due


def standing(clock: Clock, calendar: WorkCalendar, at: datetime) -> Standing:
    """Everything a screen shows of a clock at the instant `at`.

    A clock that has ended is judged at its end: late is late for ever, in time stays in time.
    """
    elapsed = elapsed_days(clock, calendar, local_date(at))
    due = due_on(clock, calendar)
    due_at = None if due is None else calendar.end_of_period(due)
    judged_at = at if clock.ended_at is None else min(at, clock.ended_at)
    overdue = due_at is not None and judged_at >= due_at
    remaining = None if clock.limit_days is None else clock.limit_days - elapsed
    provisional = (
        due is not None
        and clock.started_on is not None
        and calendar.is_provisional(clock.started_on, due)
    )
    return Standing(
        clock=clock,
        elapsed_days=elapsed,
        remaining_days=remaining,
        due_on=due,
        due_at=due_at,
        is_overdue=overdue,
        provisional=provisional,
    )


def explain(clock: Clock, calendar: WorkCalendar) -> Iterator[Step]:
    """Day by day from the day after the start to the due date: counted or not, and why (R-2.4)."""
    due = due_on(clock, calendar)
    if clock.started_on is None or due is None:
        return
    on = clock.started_on + ONE_DAY
    while on <= due:
        yield _step(on, clock, calendar)
        on += ONE_DAY


def _step(on: date, clock: Clock, calendar: WorkCalendar) -> Step:
    day = calendar.day(on)
    pause = next((p for p in clock.pauses if p.to_on and p.from_on < on < p.to_on), None)
    if pause is not None and day.is_working:
        return Step(on=on, counted=False, why=f"暂停计时：{CAUSE_NAMES[pause.cause]}")
    is_plain = day.kind is DayKind.WORKDAY and day.note in WEEKDAY_NAMES
    return Step(on=on, counted=day.is_working, why="工作日" if is_plain else day.note)


CAUSE_NAMES = {
    PauseCause.EXTERNAL_LINE: "外线工程施工",
    PauseCause.CUSTOMER_WORKS: "客户工程施工",
}
"""Chinese names of the two causes for which clocks stand still."""


def clock_title(clock_id: str, definition: WorkflowDefinition) -> str:
    """What the clock of that id measures, in the words of the annex."""
    kind, _, stage_id = clock_id.partition(":")
    if not stage_id:
        return WHOLE_NAMES[ClockKind(kind)]
    name = definition.stage_by_id[stage_id].name
    return f"{name}内部目标" if kind == ClockKind.TARGET else name


WHOLE_NAMES = {ClockKind.HANDLING: "合计办理时间", ClockKind.END_TO_END: "全过程时间"}
"""Chinese names of the clocks that belong to no stage."""


def _given_back(pause: PauseDays, calendar: WorkCalendar, until: date) -> int:
    """Working days strictly inside the pause, none of them after `until`."""
    last = until if pause.to_on is None else min(pause.to_on - ONE_DAY, until)
    if last <= pause.from_on:
        return 0
    return calendar.working_days_between(pause.from_on, last)


# --- the clocks of a ticket -------------------------------------------------------------------


def stage_clock(run: StageRun, definition: WorkflowDefinition) -> Clock:
    """The clock of one passage through a stage."""
    return Clock(
        kind=ClockKind.STAGE,
        stage_id=run.stage_id,
        limit_days=definition.stage_by_id[run.stage_id].limit.days,
        started_on=_on(run.started_at),
        ended_at=run.ended_at,
        pauses=_pause_days(run),
    )


def target_clock(
    run: StageRun, definition: WorkflowDefinition, targets: Mapping[str, int]
) -> Clock | None:
    """The clock of the branch's own target for that stage; None without a shorter one (T3d)."""
    plan = stage_clock(run, definition)
    days = targets.get(run.stage_id)
    if days is None or plan.limit_days is None or days >= plan.limit_days:
        return None
    return replace(plan, kind=ClockKind.TARGET, limit_days=days)


def handling_clock(ticket: Ticket, definition: WorkflowDefinition) -> Clock:
    """The sum over the stages: one clock, paused wherever a stage is paused or not yet started.

    A gap between two stages does not count the day the next one starts (民法典 201), so as a pause
    it ends one day later. A stage that was left before it started is part of the gap.
    """
    pauses: list[PauseDays] = []
    started_on: date | None = None
    previous_end: datetime | None = None
    for run in ticket.stage_runs:
        taken_up = _on(run.started_at or run.ended_at)
        if started_on is None:
            started_on = _on(run.started_at)
        elif previous_end is not None and taken_up != local_date(previous_end):
            gap_end = None if taken_up is None else taken_up + ONE_DAY
            pauses.append(
                PauseDays(from_at=previous_end, to_on=gap_end, cause=PauseCause.CUSTOMER_WORKS)
            )
        pauses.extend(_pause_days(run))
        previous_end = run.ended_at or previous_end
    return Clock(
        kind=ClockKind.HANDLING,
        stage_id="",
        limit_days=definition.handling_limit.days,
        started_on=started_on,
        ended_at=ticket.ended_at,
        pauses=tuple(pauses),
    )


def end_to_end_clock(ticket: Ticket, definition: WorkflowDefinition) -> Clock:
    """From the application to energization; never pauses."""
    return Clock(
        kind=ClockKind.END_TO_END,
        stage_id="",
        limit_days=definition.end_to_end_limit.days,
        started_on=_on(ticket.end_to_end_started_at),
        ended_at=ticket.ended_at,
    )


def running_clocks(
    ticket: Ticket, definition: WorkflowDefinition, targets: Mapping[str, int] = NO_TARGETS
) -> tuple[Clock, ...]:
    """The clocks that can fall due now: the current stage's, handling, end to end, the target's."""
    if ticket.ended_at is not None:
        return ()
    run = ticket.current_run
    stage = (stage_clock(run, definition),) if run is not None else ()
    whole = (handling_clock(ticket, definition), end_to_end_clock(ticket, definition))
    target = None if run is None or not targets else target_clock(run, definition, targets)
    return (*stage, *whole) if target is None else (*stage, *whole, target)


def run_due_on(
    run: StageRun, definition: WorkflowDefinition, calendar: WorkCalendar
) -> date | None:
    """`due_on` of the stage's clock, which is all that most moves want of it."""
    limit_days = definition.stage_by_id[run.stage_id].limit.days
    if limit_days is None:
        return None
    return _reached_on(_on(run.started_at), _pause_days(run), limit_days, calendar)


def promise_of(
    run: StageRun, definition: WorkflowDefinition, calendar: WorkCalendar, at: datetime
) -> StageRun:
    """The run with the due date that its customer is told now, if that is a new one (R-6.2)."""
    due = run_due_on(run, definition, calendar)
    if due is None or run.started_at is None:
        return run
    provisional = calendar.is_provisional(local_date(run.started_at), due)
    last = run.promises[-1] if run.promises else None
    if last is not None and (last.due_on, last.provisional) == (due, provisional):
        return run
    promise = Promise(due_on=due, provisional=provisional, made_at=at)
    return changed(run, promises=(*run.promises, promise))


def _on(at: datetime | None) -> date | None:
    return None if at is None else local_date(at)


def _pause_days(run: StageRun) -> tuple[PauseDays, ...]:
    if not run.pauses:
        return ()
    return tuple(
        PauseDays(from_at=pause.suspended_at, to_on=_on(pause.resumed_at), cause=pause.cause)
        for pause in run.pauses
    )
