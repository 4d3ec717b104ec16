"""A clock as a screen or a command shows it: one state, never told by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.calendar import local_date
from engine.clocks import (
    CAUSE_NAMES,
    NO_TARGETS,
    ClockKind,
    end_to_end_clock,
    handling_clock,
    stage_clock,
    standing,
    target_clock,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from engine.calendar import WorkCalendar
    from engine.clocks import Clock, Standing
    from engine.definition import WorkflowDefinition
    from engine.ticket import Ticket


class ClockState(StrEnum):
    """How a clock stands, in the order of urgency."""

    OVERDUE = "overdue"
    TARGET_MISSED = "target_missed"
    DUE_TODAY = "due_today"
    RUNNING = "running"
    STOPPED = "stopped"
    NOT_STARTED = "not_started"
    UNLIMITED = "unlimited"
    ABANDONED = "abandoned"
    ENDED_LATE = "ended_late"
    ENDED_IN_TIME = "ended_in_time"


STATE_NAMES = {
    ClockState.OVERDUE: "超时",
    ClockState.TARGET_MISSED: "已过目标",
    ClockState.DUE_TODAY: "今日到期",
    ClockState.RUNNING: "计时中",
    ClockState.STOPPED: "暂停计时",
    ClockState.NOT_STARTED: "未起算",
    ClockState.UNLIMITED: "无时限",
    ClockState.ABANDONED: "已中止",
    ClockState.ENDED_LATE: "超时办结",
    ClockState.ENDED_IN_TIME: "按时办结",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """One clock at one moment. Days are working days; `remaining_days` is negative when late."""

    id: str
    name: str
    state: ClockState
    state_name: str
    limit_days: int | None
    elapsed_days: int
    remaining_days: int | None
    started_on: date | None
    due_on: date | None
    provisional: bool
    note: str = ""
    is_target: bool = False

    @property
    def remaining_text(self) -> str:
        """What is left, in words: `剩 3 个工作日`, `超时 1 个工作日`."""
        match self.state:
            case ClockState.OVERDUE:
                late = -(self.remaining_days or 0)
                return f"超时 {late} 个工作日" if late else "超时不足 1 个工作日"
            case ClockState.TARGET_MISSED:
                late = -(self.remaining_days or 0)
                return f"已过目标 {late} 个工作日" if late else "已过目标"
            case ClockState.DUE_TODAY:
                return "今日到期"
            case ClockState.RUNNING:
                return f"剩 {self.remaining_days} 个工作日"
            case _:
                return self.state_name


def clock_view(
    clock: Clock,
    definition: WorkflowDefinition,
    calendar: WorkCalendar,
    at: datetime,
    *,
    given_up_at: datetime | None = None,
) -> ClockView:
    """The clock with its state and Chinese names.

    A clock that ended when the ticket was aborted (`given_up_at`) was neither late nor in time.
    """
    now = standing(clock, calendar, at)
    is_given_up = given_up_at is not None and clock.ended_at == given_up_at
    state = ClockState.ABANDONED if is_given_up else _state(now, at)
    paused_by = CAUSE_NAMES[clock.pauses[-1].cause] if clock.is_paused else ""
    return ClockView(
        id=clock.id,
        name=_name(clock, definition),
        state=state,
        state_name=STATE_NAMES[state],
        limit_days=clock.limit_days,
        elapsed_days=now.elapsed_days,
        remaining_days=now.remaining_days,
        started_on=clock.started_on,
        due_on=now.due_on,
        provisional=now.provisional,
        note=f"暂停原因：{paused_by}" if paused_by and state is ClockState.STOPPED else "",
        is_target=clock.is_target,
    )


def clocks_of(
    ticket: Ticket, definition: WorkflowDefinition, targets: Mapping[str, int] = NO_TARGETS
) -> tuple[Clock, ...]:
    """The clocks worth showing: the current stage's with the branch's target, handling, whole."""
    run = ticket.current_run
    stage = () if run is None else (stage_clock(run, definition),)
    target = None if run is None else target_clock(run, definition, targets)
    whole = (handling_clock(ticket, definition), end_to_end_clock(ticket, definition))
    return (*stage, *((target,) if target else ()), *whole)


def most_urgent(clocks: tuple[ClockView, ...]) -> ClockView:
    """The clock that says how a ticket stands; a branch's own target never does."""
    order = list(ClockState)
    left = 10**6
    return min(
        (each for each in clocks if not each.is_target),
        key=lambda each: (
            order.index(each.state),
            left if each.remaining_days is None else each.remaining_days,
        ),
    )


def _name(clock: Clock, definition: WorkflowDefinition) -> str:
    match clock.kind:
        case ClockKind.STAGE:
            return f"环节“{definition.stage_by_id[clock.stage_id].name}”"
        case ClockKind.HANDLING:
            return "合计办理时间"
        case ClockKind.END_TO_END:
            return "全过程时间"
        case ClockKind.TARGET:
            return "本环节内部目标"


def _state(now: Standing, at: datetime) -> ClockState:
    clock = now.clock
    if clock.ended_at is not None:
        return _ended(now)
    if clock.started_on is None:
        return ClockState.NOT_STARTED
    if clock.limit_days is None:
        return ClockState.UNLIMITED
    if now.is_overdue:
        return ClockState.TARGET_MISSED if clock.is_target else ClockState.OVERDUE
    if now.due_on is None:
        return ClockState.STOPPED
    return ClockState.DUE_TODAY if now.due_on == local_date(at) else ClockState.RUNNING


def _ended(now: Standing) -> ClockState:
    if now.clock.limit_days is None:
        return ClockState.UNLIMITED
    return ClockState.ENDED_LATE if now.is_overdue else ClockState.ENDED_IN_TIME
