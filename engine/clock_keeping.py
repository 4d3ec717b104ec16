"""Keeps a ticket's stage runs in step with its state and its documents.

Called after every change of either. It starts a stage when the company first holds the ticket in
it, pauses it while the customer builds, resumes it, and ends it when the stage or ticket ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.calendar import local_date
from engine.clocks import ONE_DAY, promise_of, run_due_on
from engine.documents import KEY, missing_key_documents, satisfying
from engine.events import ClockResumed, ClockStarted, ClockStopped, Event, Outcome
from engine.ticket import Act, Pause, PauseCause, StageRun
from engine.values import changed

if TYPE_CHECKING:
    from datetime import datetime

    from engine.calendar import WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.ticket import Ticket


def company_holds(ticket: Ticket, definition: WorkflowDefinition, at: datetime) -> bool:
    """Whether the company is to act now, so that its time counts (R-1.2)."""
    state = definition.state_by_id[ticket.state]
    on = local_date(at)
    if state.until_received == KEY:
        return not missing_key_documents(definition, ticket, on)
    if state.until_received:
        awaited = next(each for each in definition.documents if each.id == state.until_received)
        return satisfying(awaited, ticket, on) is not None
    return state.held_by_customer is None


def keep_clocks(
    ticket: Ticket,
    definition: WorkflowDefinition,
    calendar: WorkCalendar,
    act: Act,
    *,
    moved: bool,
) -> Outcome:
    """The ticket with its stage runs brought up to now, and what that started or stopped.

    Pauses begin only on entering a state (`moved`): a document that is rejected later stops no
    clock (Q2).
    """
    at = act.at
    state = definition.state_by_id[ticket.state]
    runs = list(ticket.stage_runs)
    events: list[Event] = []
    if runs and runs[-1].ended_at is None and (state.is_final or runs[-1].stage_id != state.stage):
        runs[-1] = _ended(runs[-1], act)
    if state.is_final:
        ended = changed(ticket, stage_runs=tuple(runs), ended_at=at)
        return Outcome(ticket=ended, events=())
    if not runs or runs[-1].ended_at is not None:
        runs.append(StageRun(stage_id=state.stage))
    holds = company_holds(ticket, definition, at)
    run = runs[-1]
    pause = run.pauses[-1] if run.pauses and run.pauses[-1].resumed_at is None else None
    if holds and run.started_at is None:
        run = changed(run, started_at=at)
        due = run_due_on(run, definition, calendar)
        events.append(ClockStarted(stage=run.stage_id, at=at, due_on=due))
    elif holds and pause is not None and not pause.explicit:
        run, resumed = resumed_run(run, definition, calendar, at)
        events.append(resumed)
    elif moved and not holds and run.started_at and not pause and state.held_by_customer:
        run = paused_run(run, Pause(suspended_at=at, cause=state.held_by_customer))
        events.append(ClockStopped(cause=state.held_by_customer, explicit=False))
    runs[-1] = promise_of(run, definition, calendar, at)
    whole_from = at if holds else None
    return Outcome(ticket=_kept(ticket, definition, tuple(runs), whole_from), events=tuple(events))


def paused_run(run: StageRun, pause: Pause) -> StageRun:
    """The run with one more pause."""
    return changed(run, pauses=(*run.pauses, pause))


def resumed_run(
    run: StageRun, definition: WorkflowDefinition, calendar: WorkCalendar, at: datetime
) -> tuple[StageRun, ClockResumed]:
    """The run with its open pause closed, and how many working days that gave back."""
    pause = run.pauses[-1]
    closed = changed(run, pauses=(*run.pauses[:-1], changed(pause, resumed_at=at)))
    from_on, to_on = local_date(pause.suspended_at), local_date(at)
    return closed, ClockResumed(
        cause=PauseCause(pause.cause),
        explicit=pause.explicit,
        due_on=run_due_on(closed, definition, calendar),
        given_back_days=calendar.working_days_between(from_on, to_on - ONE_DAY),
    )


def _kept(
    ticket: Ticket,
    definition: WorkflowDefinition,
    runs: tuple[StageRun, ...],
    whole_from: datetime | None,
) -> Ticket:
    """The ticket with these runs; its whole time starts at `whole_from` unless it has, or may not.

    Most moves change neither.
    """
    begun = ticket.end_to_end_started_at
    if begun is None and definition.end_to_end_from in {"", ticket.state}:
        begun = whole_from
    if runs == ticket.stage_runs and begun == ticket.end_to_end_started_at:
        return ticket
    return changed(ticket, stage_runs=runs, end_to_end_started_at=begun)


def _ended(run: StageRun, act: Act) -> StageRun:
    pauses = run.pauses
    if pauses and pauses[-1].resumed_at is None:
        pauses = (*pauses[:-1], changed(pauses[-1], resumed_at=act.at))
    return changed(run, pauses=pauses, ended_at=act.at, ended_by=act.actor.user_id)
