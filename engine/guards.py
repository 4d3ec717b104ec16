"""The closed list of guards that a definition may name, and what each of them means.

A guard is pure and returns every reason against a move. The list is closed on purpose: a guard
that a definition could write itself would be a way to disguise a precondition (四(二)3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.calendar import local_date
from engine.definition import Checkpoint, Ending, Transition, WorkflowDefinition
from engine.documents import missing_at, reason_missing
from engine.errors import Reason
from engine.fields import Entered

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.ticket import Act, Role, Ticket


NOTHING_ENTERED = Entered()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a guard looks at: who tries to move which ticket by which transition.

    `entered` is what was filled in for it; nothing as long as the move is only offered.
    `unfit_managers` is what stands against the ticket's managers (`engine.managers`).
    """

    ticket: Ticket
    definition: WorkflowDefinition
    transition: Transition
    act: Act
    entered: Entered = NOTHING_ENTERED
    unfit_managers: tuple[Reason, ...] = ()


def managers_named(attempt: Attempt) -> list[Reason]:
    """Both managers are named, two people who may be that, before intake ends (R-6.1, T2a)."""
    pair = attempt.ticket.managers
    if pair is not None and pair.project_manager != pair.account_manager:
        return list(attempt.unfit_managers)
    return [
        Reason(
            code="managers_missing",
            message="尚未指定双经理（项目经理、客户经理，须为不同的两人）",
            clause="R-6.1, 四(一)2",
            remedy="请先按网格或人工指定项目经理和客户经理",
        )
    ]


GUARDS: dict[str, Callable[[Attempt], list[Reason]]] = {
    "managers_named": managers_named,
}
"""Name in a definition -> guard. Documents are guarded by a transition's `checkpoint`."""


def blocking_reasons(attempt: Attempt) -> tuple[Reason, ...]:
    """Every reason against the move, all at once: role, reason, suspension, documents, guards."""
    reasons = [
        *_role(attempt),
        *_reason_given(attempt),
        *_not_suspended(attempt),
        *_documents(attempt),
    ]
    for name in attempt.transition.guards:
        reasons.extend(GUARDS[name](attempt))
    return tuple(reasons)


def _role(attempt: Attempt) -> list[Reason]:
    transition = attempt.transition
    return role_reasons(attempt.act, transition.roles, transition.name)


def role_reasons(act: Act, roles: tuple[Role, ...], what: str) -> list[Reason]:
    """Why the actor may not do `what`: none of the actor's roles is among those that may."""
    if act.actor.roles.intersection(roles):
        return []
    allowed = "、".join(ROLE_NAMES[role] for role in roles)
    return [
        Reason(
            code="role_not_allowed",
            message=f"“{what}”只能由{allowed}办理",
            remedy="请转交有权限的人员",
        )
    ]


def _reason_given(attempt: Attempt) -> list[Reason]:
    if not attempt.transition.reason_required or attempt.act.reason.strip():
        return []
    return [
        Reason(
            code="reason_missing",
            field="reason",
            message=f"“{attempt.transition.name}”必须说明原因",
            clause="R-5.4, 四(一)1",
            remedy="请填写原因",
        )
    ]


def _not_suspended(attempt: Attempt) -> list[Reason]:
    """A suspended ticket moves only after it is resumed; aborting it stays possible."""
    target = attempt.definition.state_by_id[attempt.transition.target]
    if not attempt.ticket.is_suspended or target.ending is Ending.ABORTED:
        return []
    return [
        Reason(
            code="ticket_suspended",
            message="工单已暂停计时，不能办理",
            clause="R-2.4, 附件 注2",
            remedy="请先恢复计时",
        )
    ]


def _documents(attempt: Attempt) -> list[Reason]:
    checkpoint: Checkpoint | None = attempt.transition.checkpoint
    if checkpoint is None:
        return []
    ticket, definition, on = attempt.ticket, attempt.definition, local_date(attempt.act.at)
    missing = missing_at(checkpoint, definition, ticket, on)
    return [reason_missing(each, definition, ticket, on) for each in missing]


ROLE_NAMES = {
    "operator": "受理员",
    "account_manager": "客户经理",
    "project_manager": "项目经理",
    "section_head": "营销科科长",
    "branch_head": "分公司负责人",
    "marketing": "公司市场营销部",
    "dispatcher": "调度员",
    "auditor": "审计员",
    "administrator": "管理员",
    "customer": "客户",
    "system": "系统",
}
"""Chinese names of the roles."""
