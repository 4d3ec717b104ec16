"""What looks wrong about a ticket that ended in time: stages walked through too fast (R-5.3, Q18).

A flag accuses nobody; it puts the ticket on the auditors' and the follow-up callers' lists.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from engine.calendar import local_date
from engine.definition import Ending
from engine.events import Outcome, TicketFlagged
from engine.ticket import Flag, FlagCode

if TYPE_CHECKING:
    from datetime import datetime

    from engine.calendar import OfficeHours, WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.ticket import StageRun, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class FastPolicy:
    """When a ticket counts as unusually fast; the plan names no number, so these are settings.

    `floor_percent`: company time below this share of the handling limit, in office minutes.
    `same_person_within`: two stages closed by one person within this time.
    """

    floor_percent: int = 10
    same_person_within: timedelta = timedelta(minutes=5)


def unusually_fast(
    ticket: Ticket,
    definition: WorkflowDefinition,
    calendar: WorkCalendar,
    hours: OfficeHours,
    policy: FastPolicy,
) -> Flag | None:
    """The flag for a completed ticket that was walked through too fast, or None."""
    for first, second in pairwise(ticket.stage_runs):
        if first.ended_at is None or second.ended_at is None or first.ended_by != second.ended_by:
            continue
        if second.ended_at - first.ended_at <= policy.same_person_within:
            minutes = int(policy.same_person_within.total_seconds() // 60)
            return _flag(f"同一人在 {minutes} 分钟内办结了相邻两个环节")
    limit = definition.handling_limit.days
    if limit is None:
        return None
    used = sum((_company_time(run, calendar, hours) for run in ticket.stage_runs), timedelta())
    some_day = local_date(ticket.submitted_at)
    day = hours.closing(some_day) - hours.opening(some_day)
    if used * 100 < day * limit * policy.floor_percent:
        return _flag(f"公司办理用时不足办理时限的 {policy.floor_percent}%")
    return None


def flagged_if_fast(
    outcome: Outcome,
    definition: WorkflowDefinition,
    calendar: WorkCalendar,
    hours: OfficeHours,
    policy: FastPolicy,
) -> Outcome:
    """The outcome of a move, with the flag if it completed the ticket too fast."""
    ending = definition.state_by_id[outcome.ticket.state].ending
    if ending is not Ending.COMPLETED or definition.internal:
        return outcome
    flag = unusually_fast(outcome.ticket, definition, calendar, hours, policy)
    if flag is None:
        return outcome
    ticket = replace(outcome.ticket, flags=(*outcome.ticket.flags, flag))
    return Outcome(ticket=ticket, events=(*outcome.events, TicketFlagged(flag=flag)))


def _company_time(run: StageRun, calendar: WorkCalendar, hours: OfficeHours) -> timedelta:
    """Office time of a stage without its pauses: that time was not the company's (R-1.2)."""
    paused = (
        _office_time(pause.suspended_at, pause.resumed_at, calendar, hours) for pause in run.pauses
    )
    return _office_time(run.started_at, run.ended_at, calendar, hours) - sum(paused, timedelta())


def _office_time(
    start: datetime | None, end: datetime | None, calendar: WorkCalendar, hours: OfficeHours
) -> timedelta:
    """Time within office hours of working days between two instants."""
    total = timedelta()
    if start is None or end is None:
        return total
    on = local_date(start)
    while on <= local_date(end):
        if calendar.is_working_day(on):
            inside = min(end, hours.closing(on)) - max(start, hours.opening(on))
            total += max(inside, timedelta())
        on += timedelta(days=1)
    return total


def _flag(note: str) -> Flag:
    return Flag(code=FlagCode.UNUSUALLY_FAST, note=note)
