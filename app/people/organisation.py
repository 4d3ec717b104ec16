"""Branches (分公司) and service grids (网格): who looks after which piece of the map (R-6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.fields import remark
from app.people.duties import pair_of
from app.streams import ADMINISTRATION
from engine.errors import MalformedError, Reason, RefusedError, not_found
from engine.ledger import LedgerDraft
from engine.managers import against_hand_over, duties_of, same_person, unfit_managers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.clock import Clock
    from app.ports.organisation import Branch, OrganisationDatabase, ServiceGrid
    from app.ports.work import Person
    from engine.ticket import Actor, ManagerPair

BRANCH_ID = re.compile(r"[a-z][a-z0-9-]{1,31}")
CODE = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGrid:
    """A service grid: its manager pair and the topology nodes it covers.

    `is_default` presets the managers of everything in the branch that no grid covers.
    """

    id: str
    branch: str
    name: str
    managers: ManagerPair
    nodes: tuple[str, ...] = ()
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationService:
    """What administrators keep of the company's own structure."""

    database: OrganisationDatabase
    clock: Clock

    def branches(self) -> Sequence[Branch]:
        """Every branch."""
        with self.database.reading() as work:
            return work.grid.branches()

    def grids(self, branch: str = "") -> Sequence[ServiceGrid]:
        """Every service grid, or those of one branch."""
        with self.database.reading() as work:
            return [each for each in work.grid.grids() if branch in {"", each.branch}]

    def set_branch(self, branch_id: str, *, code: str, name: str, phone: str, actor: Actor) -> str:
        """Add a branch or change it; its code begins the numbers of its tickets from now on.

        Returns its code until now, empty for a new branch. A code that it has used stays its own.

        Raises:
            MalformedError: a code that is not two capital letters, or an empty field.
            ConflictError: another branch has that code.
            RefusedError: another branch's ticket numbers begin with it.
        """
        authorize(actor, Action.MANAGE_ORGANISATION)
        given = {"id": branch_id, "code": code, "name": name, "phone": phone}
        reasons = [
            Reason(code="required", field=field, message="不能为空", remedy="请填写")
            for field, value in given.items()
            if not value.strip()
        ]
        if branch_id.strip() and not BRANCH_ID.fullmatch(branch_id):
            reasons.append(
                Reason(
                    code="bad_branch_id",
                    field="id",
                    message=f"单位标识“{branch_id}”不符合要求",
                    remedy="请用小写字母开头、2 至 32 位的小写字母、数字、横线，例如 tengchong",
                )
            )
        if code.strip() and not CODE.fullmatch(code):
            reasons.append(
                Reason(
                    code="bad_code",
                    field="code",
                    message=f"单位代码“{code}”不是两个大写字母",
                    remedy="例如 TC；代码会出现在工单编号中",
                )
            )
        if reasons:
            raise MalformedError(reasons)
        with self.database.writing() as work:
            former = work.grid.set_branch(
                branch_id, code=code, name=name.strip(), phone=phone.strip()
            )
            details = {**given, "former_code": former}
            draft = LedgerDraft(action="set_branch", target_state=branch_id, details=details)
            work.ledger.append(ADMINISTRATION, draft, actor, self.clock())
            work.commit()
        return former

    def set_grid(self, grid: NewGrid, *, actor: Actor) -> None:
        """Add a service grid or change its managers and nodes; open tickets keep theirs.

        Raises:
            RefusedError: one person for both, or people who may not be that.
            NotFoundError: unknown branch or node.
        """
        authorize(actor, Action.MANAGE_ORGANISATION, branch=grid.branch)
        with self.database.writing() as work:
            work.grid.branch(grid.branch)
            pair = grid.managers
            people = work.accounts.people((pair.project_manager, pair.account_manager))
            _refuse([*same_person(pair), *unfit_managers(pair, people, grid.branch)])
            unknown = [node for node in grid.nodes if not work.topology.knows(node)]
            if unknown:
                what = "台区或线路"
                raise not_found(what, "、".join(unknown))
            work.grid.set_grid(
                grid.id,
                branch=grid.branch,
                name=grid.name,
                managers=grid.managers,
                nodes=grid.nodes,
                is_default=grid.is_default,
            )
            draft = LedgerDraft(
                action="set_grid",
                source_state="",
                target_state=grid.id,
                details={
                    "branch": grid.branch,
                    "project_manager": grid.managers.project_manager,
                    "account_manager": grid.managers.account_manager,
                    "nodes": list(grid.nodes),
                },
            )
            work.ledger.append(ADMINISTRATION, draft, actor, self.clock())
            work.commit()

    def hand_over(
        self, user_id: str, to: str, *, reason: str, actor: Actor
    ) -> tuple[ServiceGrid, ...]:
        """Put `to` in the place of `user_id` on every grid; all of them or none (R-6.1).

        Returns the grids as they are now. People of a branch hand over its own grids only.

        Raises:
            RefusedError: no reason, or `to` may not be that; of every grid at once.
            NotFoundError: either person is unknown.
        """
        authorize(actor, Action.MANAGE_ORGANISATION)
        why = remark(reason, "reason")
        _refuse(against_hand_over(user_id, to, why))
        with self.database.writing() as work:
            known = work.accounts.people((user_id, to))
            if len(known) < len({user_id, to}):
                what = "账号"
                raise not_found(what, "、".join({user_id, to} - set(known)))
            named = [each for each in work.grid.grids() if actor.branch in {"", each.branch}]
            pairs = {each.id: _replaced(pair_of(each), user_id, to) for each in named}
            changed = [each for each in named if pairs[each.id] != pair_of(each)]
            _refuse(
                against
                for each in changed
                for against in _against_grid(each, pairs[each.id], user_id, known)
            )
            at = self.clock()
            details = {"from": user_id, "to": to, "reason": why}
            for each in changed:
                work.grid.set_managers(each.id, pairs[each.id])
                draft = LedgerDraft(action="hand_over", target_state=each.id, details=details)
                work.ledger.append(ADMINISTRATION, draft, actor, at)
            ids = {each.id for each in changed}
            now = tuple(each for each in work.grid.grids() if each.id in ids)
            work.commit()
        return now


def _replaced(pair: ManagerPair, user_id: str, to: str) -> ManagerPair:
    return replace(pair, **dict.fromkeys(duties_of(user_id, pair), to))


def _against_grid(
    grid: ServiceGrid, pair: ManagerPair, user_id: str, known: Mapping[str, Person]
) -> list[Reason]:
    """What stands against the new pair of a grid; the manager who stays is not judged."""
    places = duties_of(user_id, pair_of(grid))
    unfit = unfit_managers(pair, known, grid.branch)
    reasons = [*same_person(pair), *(each for each in unfit if each.field in places)]
    return [replace(each, message=f"网格 {grid.id}：{each.message}") for each in reasons]


def _refuse(reasons: Iterable[Reason]) -> None:
    found = tuple(reasons)
    if found:
        raise RefusedError(found)
