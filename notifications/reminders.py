"""Reminders before and after a limit: to the managers, and to those above them (R-6.1, R-6.3).

Clocks that fall due together make one message a person, at the most urgent rung (R-6.3a).
Deferred documents have their own, to the customer and the account manager. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.definition import RungTiming
from engine.managers import DUTIES
from notifications.context import (
    Notice,
    PlanContext,
    address,
    customer_of,
    group_of,
    staff_member,
    told_instead,
)
from notifications.message import MessageKind
from notifications.wording import clock_name, deferral, until

if TYPE_CHECKING:
    from engine.definition import DocumentRequirement
    from engine.reminders import DueRung
    from engine.ticket import Ticket
    from notifications.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """Who is told, by user id, once a limit is overdue by so many working days (0: at once)."""

    overdue_days: int
    people: tuple[str, ...]


def escalation(
    *,
    section_heads: tuple[str, ...] = (),
    branch_heads: tuple[str, ...] = (),
    marketing: tuple[str, ...] = (),
) -> tuple[EscalationStep, ...]:
    """The chain of the plan: section head at once, branch head after 1 day, marketing after 3."""
    return (
        EscalationStep(overdue_days=0, people=section_heads),
        EscalationStep(overdue_days=1, people=branch_heads),
        EscalationStep(overdue_days=3, people=marketing),
    )


def plan_reminder(
    ticket: Ticket,
    rungs: tuple[DueRung, ...],
    deferred: tuple[DocumentRequirement, ...],
    steps: tuple[EscalationStep, ...],
    context: PlanContext,
) -> tuple[Message, ...]:
    """The messages of the rungs that are due now; none if no rung is.

    Args:
        ticket: the ticket whose clocks they are.
        rungs: at most one a clock, newly claimed.
        deferred: deferred documents still out that fall due in the current stage.
        steps: the chain above the managers.
        context: `people` holds everybody named in the ticket and in `steps`.
    """
    if not rungs:
        return ()
    lead = max(rungs, key=_urgency)
    messages = [*_of_limits(ticket, rungs, lead, steps, context)]
    if deferred and not lead.clock.is_target:
        messages.extend(_of_documents(ticket, lead, deferred, context))
    return tuple(messages)


def to_managers(notice: Notice, ticket: Ticket, context: PlanContext) -> list[Message]:
    """A notice to both managers; its template is told whose place somebody takes (`absent`)."""
    return _to_managers(notice, _duties(ticket), ticket, context)


def _of_limits(
    ticket: Ticket,
    rungs: tuple[DueRung, ...],
    lead: DueRung,
    steps: tuple[EscalationStep, ...],
    context: PlanContext,
) -> list[Message]:
    # What is overdue is overdue by the plan; a branch's own target has no part in that (T3d).
    told = [rung for rung in rungs if lead.overdue_days is None or not rung.clock.is_target]
    params = {
        "clocks": "、".join(_clock(rung, context) for rung in sorted(told, key=_urgency)[::-1]),
        "state": context.definition.state_by_id[ticket.state].name,
    }
    overdue = lead.overdue_days
    if overdue is None:
        params["call"] = _call(lead, context)
    notice = Notice(
        template="limit_due" if overdue is None else "limit_overdue",
        occasion=_occasion(lead),
        params=params,
        kind=MessageKind.REMINDER,
        # Once the limit has run out, the overdue rung says more than this one would.
        expires_at=None if lead.is_past else context.calendar.end_of_period(lead.due_on),
        topic=_topic(rungs),
    )
    duties = _duties(ticket)
    if overdue is None:
        return _to_managers(notice, duties, ticket, context)
    managers = [user_id for user_id in duties if user_id not in context.stand_ins]
    messages = [_staff(notice, user_id, ticket, context) for user_id in managers]
    names = [context.state_of(user_id) for user_id in duties] or ["未指定", "未指定"]
    escalated = Notice(
        template="limit_overdue_escalated",
        occasion=notice.occasion,
        params={
            **params,
            "branch": context.branch_name,
            "project_manager": names[0],
            "account_manager": names[-1],
        },
        kind=MessageKind.ESCALATION,
        topic=notice.topic,
    )
    reached = [person for step in steps if step.overdue_days <= overdue for person in step.people]
    # Whoever stands in for a manager hears of it at once, and in the same words.
    reached += [person for person in told_instead(duties, context) if person not in managers]
    above = [person for person in dict.fromkeys(reached) if person not in managers]
    messages += [_staff(escalated, user_id, ticket, context) for user_id in above]
    if ticket.branch in context.groups:
        group = group_of(ticket.branch, context)
        messages.append(address(escalated, group, ticket.ticket_no, context))
    return messages


def _of_documents(
    ticket: Ticket,
    lead: DueRung,
    deferred: tuple[DocumentRequirement, ...],
    context: PlanContext,
) -> list[Message]:
    params = deferral(deferred, ticket, context.definition)
    occasion = _occasion(lead)
    messages = []
    if not lead.overdue_days:
        # The days after the limit are the company's own delay: the customer is not told daily.
        told = Notice(
            template="deferred_documents_due",
            occasion=occasion,
            params=params,
            kind=MessageKind.REMINDER,
        )
        messages.append(address(told, customer_of(ticket), ticket.ticket_no, context))
    if ticket.managers is not None:
        collect = Notice(
            template="deferred_documents_collect",
            occasion=occasion,
            params=params,
            kind=MessageKind.REMINDER,
        )
        duty = {ticket.managers.account_manager: DUTIES["account_manager"]}
        messages += _to_managers(collect, duty, ticket, context)
    return messages


def _urgency(rung: DueRung) -> tuple[int, bool, int]:
    """Overdue before due, longer overdue before shorter, promised before own, by the ladder."""
    overdue = -1 if rung.overdue_days is None else rung.overdue_days
    return overdue, not rung.clock.is_target, rung.urgency


def _clock(rung: DueRung, context: PlanContext) -> str:
    name = clock_name(rung.clock, context.definition)
    start = rung.clock.started_on
    provisional = start is not None and context.calendar.is_provisional(start, rung.due_on)
    due = until(rung.due_on, provisional=provisional)
    if not rung.overdue_days:
        return f"{name}应于 {due}办结"
    return f"{name}应于 {due}办结（超时 {rung.overdue_days} 个工作日）"


def _call(lead: DueRung, context: PlanContext) -> str:
    """What is asked for; the two rungs of the last day do not read alike."""
    rung = next(each for each in context.definition.reminders if each.id == lead.rung_id)
    today = "内部目标今日到期" if lead.clock.is_target else "今日到期"
    match rung.timing:
        case RungTiming.LAST_DAY:
            return f"{today}，请于今日办结"
        case RungTiming.BEFORE_CLOSE:
            return f"{today}，距下班不足 {rung.hours} 小时，请抓紧办结"
        case RungTiming.OVERDUE:  # of a target: what is promised is not due yet
            return "已过内部目标日期，请抓紧办结"
        case _:
            return "请按期办结"


def _occasion(lead: DueRung) -> str:
    return ":".join(lead.key)


def _topic(rungs: tuple[DueRung, ...]) -> str:
    """Of two messages about the same clocks the later one says all that is left to say."""
    return f"limit:{'+'.join(sorted(rung.clock.id for rung in rungs))}"


def _duties(ticket: Ticket) -> dict[str, str]:
    """The managers by user id, each with the duty in Chinese."""
    pair = ticket.managers
    return {} if pair is None else {getattr(pair, place): duty for place, duty in DUTIES.items()}


def _to_managers(
    notice: Notice, duties: dict[str, str], ticket: Ticket, context: PlanContext
) -> list[Message]:
    """The notice to those on duty, or to whoever stands in for them, who is told why."""
    return [
        _staff(replace(notice, params={**notice.params, "absent": absent}), who, ticket, context)
        for who, absent in told_instead(duties, context).items()
    ]


def _staff(notice: Notice, user_id: str, ticket: Ticket, context: PlanContext) -> Message:
    return address(notice, staff_member(user_id, context), ticket.ticket_no, context)
