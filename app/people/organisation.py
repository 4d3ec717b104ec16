"""Branches (分公司) and service grids (网格): who looks after which piece of the map (R-6.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.streams import ADMINISTRATION
from engine.amendments import refuse_same_manager
from engine.errors import MalformedError, Reason, not_found
from engine.ledger import LedgerDraft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.clock import Clock
    from app.ports.organisation import Branch, OrganisationDatabase, ServiceGrid
    from engine.ticket import Actor, ManagerPair

CODE_LENGTH = 2


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

    def set_branch(self, branch_id: str, *, code: str, name: str, phone: str, actor: Actor) -> None:
        """Add a branch or change its name and phone; its code is part of ticket numbers.

        Raises:
            MalformedError: a code that is not two capital letters, or an empty field.
        """
        authorize(actor, Action.MANAGE_ORGANISATION)
        given = {"id": branch_id, "code": code, "name": name, "phone": phone}
        reasons = [
            Reason(code="required", field=field, message="不能为空", remedy="请填写")
            for field, value in given.items()
            if not value.strip()
        ]
        if code and not (len(code) == CODE_LENGTH and code.isascii() and code.isupper()):
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
            work.grid.set_branch(branch_id, code=code, name=name.strip(), phone=phone.strip())
            draft = LedgerDraft(
                action="set_branch", source_state="", target_state=branch_id, details=given
            )
            work.ledger.append(ADMINISTRATION, draft, actor, self.clock())
            work.commit()

    def set_grid(self, grid: NewGrid, *, actor: Actor) -> None:
        """Add a service grid or change its managers and nodes; open tickets keep theirs.

        Raises:
            RefusedError: one person for both, or people who may not be that.
            NotFoundError: unknown branch or node.
        """
        authorize(actor, Action.MANAGE_ORGANISATION, branch=grid.branch)
        refuse_same_manager(grid.managers)
        with self.database.writing() as work:
            work.grid.branch(grid.branch)
            work.accounts.refuse_unfit_managers(grid.managers, grid.branch)
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
