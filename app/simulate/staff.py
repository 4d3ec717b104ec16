"""The people of a simulated company: in every branch a counter, two manager pairs and two heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.people.accounts import NewUser
from app.people.organisation import NewGrid
from app.sample import rows
from engine.ticket import SYSTEM, ManagerPair, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.bootstrap import Application
    from engine.ticket import Actor, Ticket

COMPANY = "company"
"""Stands for the company as a whole in user ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Who can act: everybody by user id."""

    people: Mapping[str, Actor]

    def operator(self, branch: str) -> Actor:
        """The one at the counter of the branch."""
        return self.people[f"{branch}.operator"]

    def section_head(self, branch: str) -> Actor:
        """The head of the branch's marketing section (营销科科长)."""
        return self.people[f"{branch}.section_head"]

    def account_manager(self, ticket: Ticket) -> Actor:
        """The ticket's account manager."""
        return self.people[(ticket.managers or first_pair(ticket.branch)).account_manager]

    def one_of(self, roles: Iterable[Role], ticket: Ticket) -> Actor:
        """Who acts for the ticket in the first of these roles that anybody holds."""
        holders = (self._holder(role, ticket) for role in roles)
        return next(self.people[holder] for holder in holders if holder in self.people)

    def _holder(self, role: Role, ticket: Ticket) -> str:
        pair = ticket.managers or first_pair(ticket.branch)
        match role:
            case Role.ACCOUNT_MANAGER:
                return pair.account_manager
            case Role.PROJECT_MANAGER:
                return pair.project_manager
            case _:
                return f"{ticket.branch}.{role}"


def first_pair(branch: str) -> ManagerPair:
    """The managers that the branch's service grid presets."""
    return _pair(branch, 1)


def second_pair(branch: str) -> ManagerPair:
    """Those who take over when a ticket changes hands."""
    return _pair(branch, 2)


def engage(application: Application) -> Staff:
    """Set up branches, people and service grids, through the use cases of administrators."""
    organisation, accounts = application.organisation, application.accounts
    branches = {row["id"]: row for row in rows("branches.csv")}
    for row in branches.values():
        organisation.set_branch(
            row["id"], code=row["code"], name=row["name"], phone=row["phone"], actor=SYSTEM
        )
    people = list(_everybody({key: row["name"] for key, row in branches.items()}))
    for new in people:
        accounts.create_user(new, actor=SYSTEM)
    for key, row in branches.items():
        grid = NewGrid(
            id=f"{key}-01",
            branch=key,
            name=f"{row['name']}网格",
            managers=first_pair(key),
            is_default=True,
        )
        organisation.set_grid(grid, actor=SYSTEM)
    return Staff(people={new.user_id: accounts.actor(new.user_id) for new in people})


def _everybody(branches: Mapping[str, str]) -> Iterator[NewUser]:
    jobs = [
        ("operator", "受理员", Role.OPERATOR),
        ("account_manager_1", "客户经理甲", Role.ACCOUNT_MANAGER),
        ("account_manager_2", "客户经理乙", Role.ACCOUNT_MANAGER),
        ("project_manager_1", "项目经理甲", Role.PROJECT_MANAGER),
        ("project_manager_2", "项目经理乙", Role.PROJECT_MANAGER),
        ("section_head", "营销科科长", Role.SECTION_HEAD),
        ("branch_head", "负责人", Role.BRANCH_HEAD),
    ]
    places = [(branch, job) for branch in branches for job in jobs]
    for number, (branch, (job, title, role)) in enumerate(places, start=1):
        yield NewUser(
            user_id=f"{branch}.{job}",
            name=f"{branches[branch].removesuffix('分公司')}{title}",
            roles=frozenset({role}),
            branch=branch,
            phone=f"1300001{number:04}",
        )
    yield NewUser(
        user_id=f"{COMPANY}.{Role.MARKETING}",
        name="公司市场营销部",
        roles=frozenset({Role.MARKETING}),
        phone="13000019999",
    )


def _pair(branch: str, number: int) -> ManagerPair:
    return ManagerPair(
        project_manager=f"{branch}.project_manager_{number}",
        account_manager=f"{branch}.account_manager_{number}",
    )
