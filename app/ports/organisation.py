"""What the organisation use cases need of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from app.ports.work import Accounts, LedgerStreams
    from engine.ticket import ManagerPair

# ruff: noqa: D102  (what the names do not say is said in the class)


class Branch(Protocol):
    """A branch; `code` is the part of ticket numbers that names it.

    `targets`: definition -> stage -> the working days that it has set itself (T3d).
    """

    @property
    def id(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def targets(self) -> Mapping[str, Mapping[str, int]]: ...


class ServiceGrid(Protocol):
    """A service grid with its managers."""

    @property
    def id(self) -> str: ...
    @property
    def branch(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def project_manager(self) -> str: ...
    @property
    def account_manager(self) -> str: ...
    @property
    def is_default(self) -> bool: ...


class GridStore(Protocol):
    """Branches and grids. `set_*` adds or replaces; `branch` raises NotFoundError.

    `set_branch` returns its code until now; `set_managers` changes the pair of a grid.
    """

    def branch(self, branch_id: str) -> Branch: ...
    def branches(self) -> Sequence[Branch]: ...
    def grids(self) -> Sequence[ServiceGrid]: ...
    def set_branch(self, branch_id: str, *, code: str, name: str, phone: str) -> str: ...
    def set_grid(
        self,
        grid_id: str,
        *,
        branch: str,
        name: str,
        managers: ManagerPair,
        nodes: Sequence[str],
        is_default: bool,
    ) -> object: ...
    def set_managers(self, grid_id: str, managers: ManagerPair) -> object: ...


class NodeNames(Protocol):
    """Whether the topology knows a node."""

    def knows(self, node_id: str) -> bool: ...


class OrganisationUnit(Protocol):
    """One transaction."""

    @property
    def grid(self) -> GridStore: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def topology(self) -> NodeNames: ...
    @property
    def ledger(self) -> LedgerStreams: ...
    def commit(self) -> None: ...


class OrganisationDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[OrganisationUnit]: ...
    def writing(self) -> AbstractContextManager[OrganisationUnit]: ...
