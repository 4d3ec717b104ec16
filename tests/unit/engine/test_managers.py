"""Who may be manager of a ticket, and what is handed over to whom: R-6.1, T2a."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from engine.managers import against_hand_over, duties_of, same_person, unfit_managers
from engine.ticket import ManagerPair, Role

PM, AM = Role.PROJECT_MANAGER, Role.ACCOUNT_MANAGER


@dataclass(frozen=True, kw_only=True)
class Colleague:
    name: str
    roles: frozenset[Role]
    branch: str = "tengchong"
    active: bool = True


PEOPLE = {
    "pm": Colleague(name="顾长林", roles=frozenset({PM})),
    "am": Colleague(name="白若溪", roles=frozenset({AM}), branch=""),
    "far": Colleague(name="古松年", roles=frozenset({PM}), branch="longling"),
    "gone": Colleague(name="程远帆", roles=frozenset({AM}), active=False),
}


@pytest.mark.parametrize(
    ("project_manager", "account_manager", "expected"),
    [
        ("pm", "am", {}),
        (
            "am",
            "pm",
            {
                "project_manager": "白若溪（am）没有相应的岗位，不能担任项目经理",
                "account_manager": "顾长林（pm）没有相应的岗位，不能担任客户经理",
            },
        ),
        (
            "far",
            "gone",
            {
                "project_manager": "古松年（far）属于其他单位，不能担任项目经理",
                "account_manager": "程远帆（gone）已停用，不能担任客户经理",
            },
        ),
        ("pm", "nobody", {"account_manager": "“nobody”不存在，不能担任客户经理"}),
    ],
    ids=["fit", "each without the role", "another branch and disabled", "unknown"],
)
def test_both_are_people_in_office_of_that_role_and_branch(
    project_manager: str, account_manager: str, expected: dict[str, str]
) -> None:
    pair = ManagerPair(project_manager=project_manager, account_manager=account_manager)
    found = unfit_managers(pair, PEOPLE, "tengchong")
    assert {each.field: each.message for each in found} == expected
    assert {each.clause for each in found} <= {"R-6.1, 四(一)2"}
    assert all(each.remedy for each in found)


def test_they_are_two_people() -> None:
    assert same_person(ManagerPair(project_manager="a", account_manager="b")) == ()
    (reason,) = same_person(ManagerPair(project_manager="a", account_manager="a"))
    assert (reason.code, reason.clause) == ("managers_identical", "R-6.1, 四(一)2")


def test_a_hand_over_has_a_reason_and_a_successor() -> None:
    assert against_hand_over("pm", "far", "调离") == ()
    found = against_hand_over("pm", "pm", " ")
    assert [each.code for each in found] == ["same_person", "reason_missing"]


def test_which_place_somebody_holds() -> None:
    pair = ManagerPair(project_manager="pm", account_manager="am")
    assert [duties_of(who, pair) for who in ("pm", "am", "x")] == [
        ("project_manager",),
        ("account_manager",),
        (),
    ]
