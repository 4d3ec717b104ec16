"""The customer's timetable (用电时刻表): every stage with its limit, promise and outcome (R-6.2).

The progress page and the messages are made from the same entries, so they show the same dates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.calendar import local_date
from engine.clocks import stage_clock, standing
from engine.definition import Ending

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.calendar import WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.ticket import StageRun, Ticket


class EntryState(StrEnum):
    """Where a stage stands in the customer's eyes."""

    DONE = "done"
    ABANDONED = "abandoned"
    CURRENT = "current"
    WAITING = "waiting"
    UPCOMING = "upcoming"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimetableEntry:
    """One stage. `changed_from` is the earlier promise where the date has been changed.

    WAITING is the current stage while its clock has not started or stands still; ABANDONED the one
    in which the ticket was aborted.
    """

    stage_id: str
    name: str
    limit_days: int | None
    state: EntryState
    due_on: date | None
    provisional: bool
    changed_from: date | None
    done_on: date | None
    is_overdue: bool


def abandoned_at(ticket: Ticket, definition: WorkflowDefinition) -> datetime | None:
    """When the ticket was aborted, if it was: what ended at that instant was never completed."""
    was_aborted = definition.state_by_id[ticket.state].ending is Ending.ABORTED
    return ticket.ended_at if was_aborted else None


def timetable(
    ticket: Ticket,
    definition: WorkflowDefinition,
    calendar: WorkCalendar,
    at: datetime,
) -> tuple[TimetableEntry, ...]:
    """One entry a stage, in the definition's order; stages are all a customer ever sees (R-1.1)."""
    runs = {run.stage_id: run for run in ticket.stage_runs}
    entries = (
        _entry(runs.get(stage.id), stage.id, definition, calendar, at)
        for stage in definition.stages
    )
    given_up_at = abandoned_at(ticket, definition)
    if given_up_at is None:
        return tuple(entries)
    return tuple(_given_up(each, runs.get(each.stage_id), given_up_at) for each in entries)


def _given_up(entry: TimetableEntry, run: StageRun | None, at: datetime) -> TimetableEntry:
    """The stage in which the ticket was aborted was left, not completed."""
    if run is None or run.ended_at != at:
        return entry
    return replace(entry, state=EntryState.ABANDONED, done_on=None)


def _entry(
    run: StageRun | None,
    stage_id: str,
    definition: WorkflowDefinition,
    calendar: WorkCalendar,
    at: datetime,
) -> TimetableEntry:
    stage = definition.stage_by_id[stage_id]
    if run is None:
        return TimetableEntry(
            stage_id=stage_id,
            name=stage.name,
            limit_days=stage.limit.days,
            state=EntryState.UPCOMING,
            due_on=None,
            provisional=False,
            changed_from=None,
            done_on=None,
            is_overdue=False,
        )
    now = standing(stage_clock(run, definition), calendar, at)
    first = run.promises[0].due_on if run.promises else None
    return TimetableEntry(
        stage_id=stage_id,
        name=stage.name,
        limit_days=stage.limit.days,
        state=_state(run, is_paused=now.clock.is_paused),
        due_on=now.due_on,
        provisional=now.provisional,
        changed_from=first if first is not None and now.due_on not in {None, first} else None,
        done_on=None if run.ended_at is None else local_date(run.ended_at),
        is_overdue=now.is_overdue,
    )


def _state(run: StageRun, *, is_paused: bool) -> EntryState:
    if run.ended_at is not None:
        return EntryState.DONE
    return EntryState.WAITING if is_paused or run.started_at is None else EntryState.CURRENT
