"""The two managers of a ticket (双经理): who may be one of them (R-6.1, T2a, 四(一)2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.errors import Reason
from engine.ticket import ManagerPair, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

CLAUSE = "R-6.1, 四(一)2"
DUTIES = {"project_manager": "项目经理", "account_manager": "客户经理"}
"""The two places of a pair, each held by somebody of the role of that name."""


class StaffMember(Protocol):
    """One of the company's people; `branch` is empty for the company as a whole."""

    @property
    def name(self) -> str:
        """As shown."""

    @property
    def roles(self) -> frozenset[Role]:
        """What the person may do."""

    @property
    def branch(self) -> str:
        """Where the person works."""

    @property
    def active(self) -> bool:
        """Whether the person is still in office."""


def same_person(pair: ManagerPair) -> tuple[Reason, ...]:
    """Why one person cannot be both managers."""
    if pair.project_manager != pair.account_manager:
        return ()
    return (
        Reason(
            code="managers_identical",
            message="项目经理和客户经理须为不同的两人",
            clause=CLAUSE,
            remedy="请另行指定其中一人",
        ),
    )


def unfit_managers(
    pair: ManagerPair, people: Mapping[str, StaffMember], branch: str
) -> tuple[Reason, ...]:
    """What stands against either of them: both are people in office, of that role and branch.

    Args:
        pair: the two, by user id.
        people: those of them who are known.
        branch: the branch they are to work for.
    """
    return tuple(
        Reason(
            code="unfit_manager",
            field=place,
            message=f"{_called(user_id, people)}{problem}，不能担任{DUTIES[place]}",
            clause=CLAUSE,
            remedy=f"请指定本单位在岗的{DUTIES[place]}",
        )
        for place, user_id in _places(pair)
        if (problem := _unfit(people.get(user_id), Role(place), branch))
    )


def against_hand_over(user_id: str, to: str, reason: str) -> tuple[Reason, ...]:
    """Why what one manager looks after is not handed over like that to another."""
    reasons = []
    if user_id == to:
        same = f"移交人和接手人都是“{to}”"
        reasons.append(
            Reason(code="same_person", field="to", message=same, remedy="请指定另一位接手人")
        )
    if not reason.strip():
        reasons.append(
            Reason(
                code="reason_missing",
                field="reason",
                message="移交必须说明原因",
                clause="R-5.4",
                remedy="请填写原因，例如：调离",
            )
        )
    return tuple(reasons)


def duties_of(user_id: str, pair: ManagerPair) -> tuple[str, ...]:
    """The places of the pair that the person holds."""
    return tuple(place for place, holder in _places(pair) if holder == user_id)


def _places(pair: ManagerPair) -> tuple[tuple[str, str], ...]:
    return tuple((place, getattr(pair, place)) for place in DUTIES)


def _called(user_id: str, people: Mapping[str, StaffMember]) -> str:
    person = people.get(user_id)
    return f"“{user_id}”" if person is None else f"{person.name}（{user_id}）"


def _unfit(person: StaffMember | None, role: Role, branch: str) -> str:
    """What stands against the person, in Chinese; empty if nothing does."""
    if person is None:
        return "不存在"
    if not person.active:
        return "已停用"
    if role not in person.roles:
        return "没有相应的岗位"
    return "" if person.branch in {"", branch} else "属于其他单位"
