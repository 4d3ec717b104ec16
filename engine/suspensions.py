"""Suspend and resume (停表 / 恢复): the company's clocks stand still, the state does not change.

Only in states that declare it, for the two causes of the annex, with evidence (R-2.4, 附件 注2).
The end-to-end clock never stops.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.clock_keeping import paused_run, resumed_run
from engine.clocks import CAUSE_NAMES, promise_of
from engine.documents import refuse_if_ended
from engine.errors import Reason, RefusedError
from engine.events import ClockStopped, Outcome
from engine.ticket import Pause, PauseCause

if TYPE_CHECKING:
    from datetime import datetime

    from engine.calendar import WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.ticket import Act, StageRun, Ticket

CLAUSE = "R-2.4, 附件 注2"


def suspend(
    ticket: Ticket, definition: WorkflowDefinition, cause: PauseCause, evidence: str, act: Act
) -> Outcome:
    """Stop the company's clocks.

    Raises:
        RefusedError: ended, already standing still, the state does not declare this cause, no
            running clock, or no evidence given; all reasons at once.
    """
    refuse_if_ended(ticket, definition)
    run = ticket.current_run
    reasons = list(_against_suspending(ticket, definition, cause, evidence))
    if reasons or run is None:
        raise RefusedError(reasons)
    pause = Pause(
        suspended_at=act.at,
        cause=cause,
        evidence=evidence.strip(),
        suspended_by=act.actor.user_id,
        explicit=True,
    )
    stopped = ClockStopped(cause=cause, explicit=True, evidence=evidence.strip())
    return Outcome(ticket=_with_run(ticket, paused_run(run, pause)), events=(stopped,))


def resume(
    ticket: Ticket, definition: WorkflowDefinition, calendar: WorkCalendar, *, at: datetime
) -> Outcome:
    """Let the clocks run again; gives back the whole working days strictly in between.

    Raises:
        RefusedError: the ticket is not suspended.
    """
    refuse_if_ended(ticket, definition)
    run = ticket.current_run
    if run is None or not ticket.is_suspended:
        raise RefusedError(
            Reason(
                code="not_suspended",
                message=f"工单 {ticket.ticket_no} 没有暂停计时，无需恢复",
                clause=CLAUSE,
            )
        )
    closed, resumed = resumed_run(run, definition, calendar, at)
    promised = promise_of(closed, definition, calendar, at)
    return Outcome(ticket=_with_run(ticket, promised), events=(resumed,))


def _against_suspending(
    ticket: Ticket, definition: WorkflowDefinition, cause: PauseCause, evidence: str
) -> list[Reason]:
    state = definition.state_by_id[ticket.state]
    run = ticket.current_run
    reasons = []
    if ticket.open_pause is not None:
        reasons.append(Reason(code="already_suspended", message="工单已经暂停计时", clause=CLAUSE))
    if cause not in state.suspendable:
        allowed = "、".join(CAUSE_NAMES[each] for each in state.suspendable)
        reasons.append(
            Reason(
                code="not_suspendable",
                message=f"“{state.name}”状态不能因“{CAUSE_NAMES[cause]}”暂停计时",
                clause=CLAUSE,
                remedy=f"此状态可以暂停计时的原因：{allowed}"
                if allowed
                else "此状态不允许暂停计时",
            )
        )
    if run is None or run.started_at is None:
        reasons.append(
            Reason(code="clock_not_running", message="计时尚未开始，无需暂停", clause="R-1.2")
        )
    if not evidence.strip():
        reasons.append(
            Reason(
                code="evidence_missing",
                field="evidence",
                message="暂停计时必须有依据",
                clause=CLAUSE,
                remedy="请填写外线工程或客户工程的施工依据（如施工通知单编号）",
            )
        )
    return reasons


def _with_run(ticket: Ticket, run: StageRun) -> Ticket:
    return replace(ticket, stage_runs=(*ticket.stage_runs[:-1], run))
