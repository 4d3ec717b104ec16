"""Matching works (配套工程) scheduled back from the day on which the customer wants to be supplied.

The plan wants the grid's own works ahead of the customer's application or in step with it (R-9.1a,
四(一)3, T3b). Days are working days; the day on which a milestone starts is not counted, as with
every other limit (R-2.1), so a milestone begins on the day on which the one before it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from engine.calendar import WorkCalendar

CLAUSE = "R-9.1a, 四(一)3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """One part of the works: how many working days it takes, when it was begun and finished."""

    name: str
    days: int
    started_on: date | None = None
    finished_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledMilestone:
    """A milestone with the last days on which it may begin and end, and when it will end."""

    milestone: Milestone
    start_by: date
    finish_by: date
    expected_finish_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The works against the customer's date.

    `is_red` when they end after it or lie behind the application (T3b); `warnings` say so in
    Chinese.
    """

    milestones: tuple[ScheduledMilestone, ...]
    expected_energization_on: date
    finish_on: date
    is_finished: bool
    is_red: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketProgress:
    """What of the application the works have to keep in step with, as of a day.

    `awaits_energization`: nothing but the energization itself is left.
    """

    expected_energization_on: date
    awaits_energization: bool
    today: date


def schedule(
    milestones: Sequence[Milestone], progress: TicketProgress, calendar: WorkCalendar
) -> Schedule:
    """The milestones, which follow each other, held against the customer's date.

    Raises:
        CalendarExhaustedError: the date lies beyond the years that the calendar knows.
    """
    wanted = progress.expected_energization_on
    latest = _latest_days(milestones, wanted, calendar)
    expected = _expected_days(milestones, progress.today, calendar)
    rows = tuple(
        ScheduledMilestone(
            milestone=each, start_by=start, finish_by=finish, expected_finish_on=coming
        )
        for each, (start, finish), coming in zip(milestones, latest, expected, strict=True)
    )
    is_finished = all(each.finished_on is not None for each in milestones)
    warnings = tuple(_warnings(expected[-1], progress, is_finished=is_finished))
    return Schedule(
        milestones=rows,
        expected_energization_on=wanted,
        finish_on=expected[-1],
        is_finished=is_finished,
        is_red=bool(warnings),
        warnings=warnings,
    )


def _latest_days(
    milestones: Sequence[Milestone], wanted: date, calendar: WorkCalendar
) -> list[tuple[date, date]]:
    """The last days on which each milestone may begin and end, counted back from the last one."""
    days = []
    finish = calendar.add_working_days(wanted, 0)
    for each in reversed(milestones):
        start = calendar.subtract_working_days(finish, each.days)
        days.append((start, finish))
        finish = start
    return days[::-1]


def _expected_days(
    milestones: Sequence[Milestone], today: date, calendar: WorkCalendar
) -> list[date]:
    """When each milestone will end, if what is late or not begun goes on from today."""
    days = []
    free_from = today
    for each in milestones:
        if each.finished_on is not None:
            days.append(each.finished_on)
            continue
        start = max(each.started_on or free_from, days[-1]) if days else each.started_on
        finish = calendar.add_working_days(start or free_from, each.days)
        if finish < today:
            finish = today if calendar.is_working_day(today) else calendar.next_working_day(today)
        days.append(finish)
        free_from = finish
    return days


def _warnings(finish_on: date, progress: TicketProgress, *, is_finished: bool) -> Iterable[str]:
    wanted = progress.expected_energization_on
    if finish_on > wanted:
        verb = "已于" if is_finished else "预计于"
        yield f"配套工程{verb} {finish_on} 完成，晚于客户期望送电日期 {wanted}（依据 {CLAUSE}）"
    if progress.awaits_energization and not is_finished:
        yield f"工单已到装表送电，配套工程尚未完成，落后于报装进度（依据 {CLAUSE}）"
