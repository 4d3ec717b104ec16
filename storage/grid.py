"""Branches (分公司) and service grids (网格), which preset the manager pair (R-6.1).

branch(branch_id) -> Branch                                      NotFoundError
branches() -> list[Branch]
set_branch(branch_id, *, code, name, phone) -> str               ConflictError, RefusedError
set_targets(branch_id, targets) -> None
grids() -> list[ServiceGrid]
set_grid(grid_id, *, branch, name, managers, nodes, is_default) -> None
set_managers(grid_id, managers) -> None
branches_of(node_ids) -> frozenset[str]
covered() -> dict[str, str]                 node -> the branch whose grid covers it
managers_for(node_id, branch) -> ManagerPair | None
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from engine.errors import ConflictError, Reason, RefusedError, not_found
from engine.ticket import ManagerPair
from storage.tables.organisation import BRANCHES, SERVICE_GRID_NODES, SERVICE_GRIDS
from storage.tables.tickets import TICKET_NUMBERS
from storage.tables.topology import NODES
from storage.topology import path_upwards
from storage.upserts import insert_or_update

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import RowMapping
    from sqlalchemy.engine import Connection


BRANCH = "分公司"
NO_TARGETS = "{}"
Targets = dict[str, dict[str, int]]
"""Definition -> stage -> working days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch; `code` names it in ticket numbers.

    `targets`: definition -> stage -> the working days that the branch has set itself (T3d).
    """

    id: str
    code: str
    name: str
    phone: str
    targets: Targets


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceGrid:
    """A service grid with its managers; the default one of a branch covers all other nodes."""

    id: str
    branch: str
    name: str
    project_manager: str
    account_manager: str
    is_default: bool


_BRANCH = select(BRANCHES).where(BRANCHES.c.id == bindparam("branch_id"))
_BRANCHES = select(BRANCHES).order_by(BRANCHES.c.id)
_OTHER_OF_CODE = select(BRANCHES.c.name).where(
    BRANCHES.c.code == bindparam("code"), BRANCHES.c.id != bindparam("branch_id")
)
_NUMBERED_BY = select(TICKET_NUMBERS.c.branch).where(
    TICKET_NUMBERS.c.code == bindparam("code"), TICKET_NUMBERS.c.branch != bindparam("branch_id")
)
_SET_BRANCH = insert_or_update(BRANCHES, "id", keep=("targets",))
_SET_TARGETS = (
    update(BRANCHES)
    .where(BRANCHES.c.id == bindparam("of_branch"))
    .values(targets=bindparam("new_targets"))
)
_GRIDS = select(SERVICE_GRIDS).order_by(SERVICE_GRIDS.c.branch, SERVICE_GRIDS.c.id)
_NO_OTHER_DEFAULT = (
    update(SERVICE_GRIDS)
    .where(SERVICE_GRIDS.c.branch == bindparam("of_branch"), SERVICE_GRIDS.c.is_default)
    .values(is_default=False)
)
_SET_GRID = insert_or_update(SERVICE_GRIDS, "id")
_SET_MANAGERS = (
    update(SERVICE_GRIDS)
    .where(SERVICE_GRIDS.c.id == bindparam("of_grid"))
    .values(project_manager=bindparam("project"), account_manager=bindparam("account"))
)
_CLEAR_NODES = delete(SERVICE_GRID_NODES).where(
    SERVICE_GRID_NODES.c.grid_id == bindparam("of_grid")
)
_SET_NODE = insert_or_update(SERVICE_GRID_NODES, "node_id")

_PAIR = select(SERVICE_GRIDS.c.project_manager, SERVICE_GRIDS.c.account_manager).where(
    SERVICE_GRIDS.c.branch == bindparam("branch")
)
_PATH = path_upwards()
_NEAREST = (
    _PAIR.join(SERVICE_GRID_NODES, SERVICE_GRID_NODES.c.grid_id == SERVICE_GRIDS.c.id)
    .join(_PATH, _PATH.c.id == SERVICE_GRID_NODES.c.node_id)
    .order_by(_PATH.c.steps)
    .limit(1)
)
_BRANCH_ABOVE = (
    select(SERVICE_GRIDS.c.branch)
    .join(SERVICE_GRID_NODES, SERVICE_GRID_NODES.c.grid_id == SERVICE_GRIDS.c.id)
    .join(_PATH, _PATH.c.id == SERVICE_GRID_NODES.c.node_id)
    .order_by(_PATH.c.steps)
    .limit(1)
)
_COVERED = (select(SERVICE_GRID_NODES.c.grid_id, SERVICE_GRID_NODES.c.node_id)).cte(
    "covered", recursive=True
)
_ABOVE_COVERED = _COVERED.union(
    select(_COVERED.c.grid_id, NODES.c.parent_id).join(_COVERED, NODES.c.id == _COVERED.c.node_id)
)
_COVERING = select(SERVICE_GRID_NODES.c.node_id, SERVICE_GRIDS.c.branch).join(
    SERVICE_GRIDS, SERVICE_GRIDS.c.id == SERVICE_GRID_NODES.c.grid_id
)
_BRANCHES_BELOW = (
    select(SERVICE_GRIDS.c.branch)
    .join(_ABOVE_COVERED, _ABOVE_COVERED.c.grid_id == SERVICE_GRIDS.c.id)
    .where(_ABOVE_COVERED.c.node_id.in_(bindparam("nodes", expanding=True)))
    .distinct()
)
_DEFAULT = _PAIR.where(SERVICE_GRIDS.c.is_default)


class Grid:
    """Branches and service grids of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def branch(self, branch_id: str) -> Branch:
        """The branch.

        Raises:
            NotFoundError: there is none of that id.
        """
        found = self._connection.execute(_BRANCH, {"branch_id": branch_id}).mappings().first()
        if found is None:
            raise not_found(BRANCH, branch_id)
        return _branch(found)

    def branches(self) -> list[Branch]:
        """Every branch, by id."""
        return [_branch(row) for row in self._connection.execute(_BRANCHES).mappings()]

    def set_branch(self, branch_id: str, *, code: str, name: str, phone: str) -> str:
        """Add the branch or replace what is known of it.

        Returns its code until now, empty for a new one.

        Raises:
            ConflictError: another branch has that code.
            RefusedError: another branch had it when it gave out ticket numbers.
        """
        key = {"code": code, "branch_id": branch_id}
        other = self._connection.execute(_OTHER_OF_CODE, key).scalar()
        if other is not None:
            raise _code_taken(code, other)
        former = self._connection.execute(_BRANCH, {"branch_id": branch_id}).mappings().first()
        row = {"id": branch_id, "code": code, "name": name, "phone": phone}
        self._connection.execute(_SET_BRANCH[self._dialect], row)
        # Only now: who was giving out a number under this code has come to an end.
        owner = self._connection.execute(_NUMBERED_BY, key).scalar()
        if owner is not None:
            raise _code_used(code, owner)
        return "" if former is None else former["code"]

    def set_targets(self, branch_id: str, targets: Mapping[str, Mapping[str, int]]) -> None:
        """Keep what the branch has set itself, in place of what it had."""
        text = json.dumps(targets, sort_keys=True, separators=(",", ":"))
        self._connection.execute(_SET_TARGETS, {"of_branch": branch_id, "new_targets": text})

    def grids(self) -> list[ServiceGrid]:
        """Every service grid, by branch."""
        return [ServiceGrid(**row) for row in self._connection.execute(_GRIDS).mappings()]

    def set_grid(  # noqa: PLR0913  (the columns of a grid)
        self,
        grid_id: str,
        *,
        branch: str,
        name: str,
        managers: ManagerPair,
        nodes: Sequence[str] = (),
        is_default: bool = False,
    ) -> None:
        """Add the grid or replace it; its nodes leave the grids they were in.

        A new default grid takes the place of the branch's earlier one.
        """
        if is_default:
            self._connection.execute(_NO_OTHER_DEFAULT, {"of_branch": branch})
        row = {
            "id": grid_id,
            "branch": branch,
            "name": name,
            "project_manager": managers.project_manager,
            "account_manager": managers.account_manager,
            "is_default": is_default,
        }
        self._connection.execute(_SET_GRID[self._dialect], row)
        self._connection.execute(_CLEAR_NODES, {"of_grid": grid_id})
        covered = [{"node_id": node, "grid_id": grid_id} for node in nodes]
        if covered:
            self._connection.execute(_SET_NODE[self._dialect], covered)

    def set_managers(self, grid_id: str, managers: ManagerPair) -> None:
        """Give the grid other managers; everything else of it stays."""
        new = {"project": managers.project_manager, "account": managers.account_manager}
        self._connection.execute(_SET_MANAGERS, {"of_grid": grid_id, **new})

    def branches_of(self, node_ids: Sequence[str]) -> frozenset[str]:
        """Whose the nodes are: by the grids that cover them or what is below them, else above."""
        found = set(self._connection.execute(_BRANCHES_BELOW, {"nodes": list(node_ids)}).scalars())
        for each in node_ids:
            nearest = self._connection.execute(_BRANCH_ABOVE, {"start": each}).scalar()
            found |= set() if nearest is None else {nearest}
        return frozenset(found)

    def covered(self) -> dict[str, str]:
        """Every node that a grid covers, with the branch of the grid."""
        return {row.node_id: row.branch for row in self._connection.execute(_COVERING)}

    def managers_for(self, node_id: str, branch: str) -> ManagerPair | None:
        """The pair of the branch's grid that lies nearest above the node, else of its default grid.

        None if the branch has neither; managers are then named by hand.
        """
        sought = {"branch": branch, "start": node_id}
        pair = self._connection.execute(_NEAREST, sought).first() if node_id else None
        pair = pair or self._connection.execute(_DEFAULT, {"branch": branch}).first()
        if pair is None:
            return None
        project_manager, account_manager = pair
        return ManagerPair(project_manager=project_manager, account_manager=account_manager)


def _branch(row: RowMapping) -> Branch:
    return Branch(**{**row, "targets": read_targets(row["targets"])})


def read_targets(text: str) -> Targets:
    """The column as a value; the branch's own change is atomic, so it is read whole."""
    targets: Targets = {} if text == NO_TARGETS else json.loads(text)
    return targets


def _code_taken(code: str, other: str) -> ConflictError:
    return ConflictError(
        Reason(
            code="branch_code_taken",
            field="code",
            message=f"单位代码“{code}”已由“{other}”使用",
            remedy="请换一个代码，否则两个单位的工单编号会重复",
        )
    )


def _code_used(code: str, owner: str) -> RefusedError:
    return RefusedError(
        Reason(
            code="branch_code_used",
            field="code",
            message=f"单位代码“{code}”已用于“{owner}”的工单编号，不能再给其他单位",
            clause="R-5.4",
            remedy="请换一个没有用过的代码，否则看编号分不清是哪个单位的工单",
        )
    )
