"""Who may do what. Moves are the definition's business; everything else is listed here."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from engine.errors import Reason, RefusedError, not_found
from engine.guards import ROLE_NAMES
from engine.ticket import Role

if TYPE_CHECKING:
    from engine.ticket import Actor, Ticket


class Action(StrEnum):
    """What somebody does outside the machine; the values appear in the ledger."""

    READ = "read"
    SUBMIT = "submit"
    SUPPLY_DOCUMENT = "supply_document"
    VERIFY_DOCUMENT = "verify_document"
    REJECT_DOCUMENT = "reject_document"
    SUSPEND = "suspend"
    RESUME = "resume"
    ASSIGN_MANAGERS = "assign_managers"
    EXTEND_BOUNDARY = "extend_boundary"
    AMEND = "amend"
    RECORD_AGREEMENT = "record_agreement"
    IMPORT = "import"
    MANAGE_CALENDAR = "manage_calendar"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_ORGANISATION = "manage_organisation"
    SET_TARGETS = "set_targets"
    MANAGE_MESSAGES = "manage_messages"
    MANAGE_DEFINITIONS = "manage_definitions"
    MANAGE_TEMPLATES = "manage_templates"
    RECORD_LOADS = "record_loads"
    PLAN_RESTRICTED_SUPPLY = "plan_restricted_supply"
    PLAN_MATCHING_WORKS = "plan_matching_works"
    SURVEY_CONNECTION = "survey_connection"
    KEEP_REGISTERS = "keep_registers"
    EXPORT_LEDGER = "export_ledger"


_STAFF = frozenset(Role) - {Role.CUSTOMER, Role.SYSTEM}
_COUNTER = frozenset({Role.OPERATOR, Role.ACCOUNT_MANAGER})
_FIELD = _COUNTER | {Role.PROJECT_MANAGER}
_HEADS = frozenset({Role.SECTION_HEAD, Role.BRANCH_HEAD, Role.MARKETING})
_ADMINISTRATION = frozenset({Role.ADMINISTRATOR})
_GRID = frozenset({Role.PROJECT_MANAGER, Role.DISPATCHER})

PERMITTED: dict[Action, frozenset[Role]] = {
    Action.READ: _STAFF,
    Action.SUBMIT: _COUNTER,
    Action.SUPPLY_DOCUMENT: _FIELD,
    Action.VERIFY_DOCUMENT: _COUNTER,
    Action.REJECT_DOCUMENT: _COUNTER,
    Action.SUSPEND: _FIELD,
    Action.RESUME: _FIELD,
    Action.ASSIGN_MANAGERS: _HEADS | {Role.OPERATOR},
    Action.EXTEND_BOUNDARY: _HEADS,
    Action.AMEND: _COUNTER,
    Action.RECORD_AGREEMENT: _FIELD,
    Action.IMPORT: _ADMINISTRATION | {Role.OPERATOR},
    Action.MANAGE_CALENDAR: _ADMINISTRATION,
    Action.MANAGE_ACCOUNTS: _ADMINISTRATION,
    Action.MANAGE_ORGANISATION: _ADMINISTRATION,
    Action.SET_TARGETS: _ADMINISTRATION | _HEADS,
    Action.MANAGE_MESSAGES: _ADMINISTRATION | _HEADS,
    Action.MANAGE_DEFINITIONS: _ADMINISTRATION,
    Action.MANAGE_TEMPLATES: _ADMINISTRATION,
    Action.RECORD_LOADS: _ADMINISTRATION | _GRID | {Role.OPERATOR},
    Action.PLAN_RESTRICTED_SUPPLY: _HEADS | {Role.PROJECT_MANAGER, Role.ACCOUNT_MANAGER},
    Action.PLAN_MATCHING_WORKS: _HEADS | {Role.PROJECT_MANAGER},
    Action.SURVEY_CONNECTION: _HEADS | {Role.PROJECT_MANAGER, Role.ACCOUNT_MANAGER},
    Action.KEEP_REGISTERS: _COUNTER | _GRID | _HEADS,
    Action.EXPORT_LEDGER: _ADMINISTRATION | _HEADS | {Role.AUDITOR},
}
"""Action -> roles. The system itself may do everything; nobody else may what is not listed."""

ACTION_NAMES = {
    Action.READ: "查看工单",
    Action.SUBMIT: "登记申请",
    Action.SUPPLY_DOCUMENT: "登记资料",
    Action.VERIFY_DOCUMENT: "审核资料",
    Action.REJECT_DOCUMENT: "退回资料",
    Action.SUSPEND: "暂停计时",
    Action.RESUME: "恢复计时",
    Action.ASSIGN_MANAGERS: "指定双经理",
    Action.EXTEND_BOUNDARY: "延伸投资界面",
    Action.AMEND: "更正申请资料",
    Action.RECORD_AGREEMENT: "登记客户同意",
    Action.IMPORT: "导入数据",
    Action.MANAGE_CALENDAR: "维护工作日历",
    Action.MANAGE_ACCOUNTS: "维护账号",
    Action.MANAGE_ORGANISATION: "维护单位和网格",
    Action.SET_TARGETS: "设定内部目标",
    Action.MANAGE_MESSAGES: "处理消息",
    Action.MANAGE_DEFINITIONS: "维护流程定义",
    Action.MANAGE_TEMPLATES: "维护消息模板",
    Action.RECORD_LOADS: "导入负载数据",
    Action.PLAN_RESTRICTED_SUPPLY: "两步供电",
    Action.PLAN_MATCHING_WORKS: "配套工程",
    Action.SURVEY_CONNECTION: "接入点勘查与选定",
    Action.KEEP_REGISTERS: "登记台账",
    Action.EXPORT_LEDGER: "导出台账",
}
"""Chinese names of the actions."""


class Scope(StrEnum):
    """What a token of another program may be used for; it narrows what its user may do."""

    LOADS_WRITE = "loads:write"


SCOPE_NAMES = {Scope.LOADS_WRITE: "写入负载数据"}
"""Chinese names of the scopes."""

NEEDED_FOR = {Scope.LOADS_WRITE: Action.RECORD_LOADS}
"""Scope -> what its user must be permitted to do."""


def is_permitted(actor: Actor, action: Action) -> bool:
    """Whether one of the actor's roles allows the action."""
    return Role.SYSTEM in actor.roles or not actor.roles.isdisjoint(PERMITTED[action])


def authorize(actor: Actor, action: Action, *, branch: str = "") -> None:
    """Refuse what the actor's roles or branch do not allow.

    Raises:
        RefusedError: no role of the actor allows it, or it concerns another branch.
    """
    reasons = []
    if not is_permitted(actor, action):
        allowed = "、".join(ROLE_NAMES[role] for role in Role if role in PERMITTED[action])
        reasons.append(
            Reason(
                code="not_permitted",
                message=f"您没有“{ACTION_NAMES[action]}”的权限",
                remedy=f"请由{allowed}办理",
            )
        )
    reasons += _other_branch(actor, branch)
    if reasons:
        raise RefusedError(reasons)


def refuse_other_branch(actor: Actor, branch: str) -> None:
    """Refuse people of one branch what concerns another.

    Raises:
        RefusedError: it does.
    """
    reasons = _other_branch(actor, branch)
    if reasons:
        raise RefusedError(reasons)


def _other_branch(actor: Actor, branch: str) -> list[Reason]:
    if not branch or actor.branch in {"", branch}:
        return []
    return [
        Reason(
            code="other_branch",
            field="branch",
            message="不能办理其他单位的业务",
            remedy="请转交该单位办理",
        )
    ]


def authorize_company_wide(actor: Actor, action: Action) -> None:
    """The same for rules of the whole company, which nobody of one branch may change.

    Raises:
        RefusedError: no role of the actor allows it, or he is of one branch only.
    """
    authorize(actor, action)
    if actor.branch:
        raise RefusedError(
            Reason(
                code="company_wide",
                message=f"“{ACTION_NAMES[action]}”涉及全公司，不能由一个单位办理",
                remedy="请由公司本部的管理员办理",
            )
        )


def refuse_foreign_branch(ticket: Ticket, actor: Actor) -> None:
    """People of a branch do not even learn that another branch's ticket exists."""
    if actor.branch and actor.branch != ticket.branch:
        what = "工单"
        raise not_found(what, ticket.ticket_no)
