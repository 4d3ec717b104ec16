"""What the targets of branches need of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from app.ports.organisation import Branch
    from app.ports.work import LedgerStreams

# ruff: noqa: D102  (what the names do not say is said in the class)


class Branches(Protocol):
    """Branches with what they have set themselves; `branch` raises NotFoundError."""

    def branch(self, branch_id: str) -> Branch: ...
    def branches(self) -> Sequence[Branch]: ...
    def set_targets(self, branch_id: str, targets: Mapping[str, Mapping[str, int]]) -> object: ...


class SortedTickets(Protocol):
    """`derive_again` has the calendar sweep renew what open tickets are sorted and reminded by."""

    def derive_again(self, branch: str, definition_id: str) -> object: ...


class TargetsUnit(Protocol):
    """One transaction."""

    @property
    def grid(self) -> Branches: ...
    @property
    def tickets(self) -> SortedTickets: ...
    @property
    def ledger(self) -> LedgerStreams: ...
    def commit(self) -> None: ...


class TargetsDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[TargetsUnit]: ...
    def writing(self) -> AbstractContextManager[TargetsUnit]: ...
