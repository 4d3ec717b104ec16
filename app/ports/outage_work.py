"""What the use cases of an outage need of a database, beside what every ticket needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.ports.work import Grid, Work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from app.ports.network import Network
    from app.ports.outages import OutageReads

# ruff: noqa: D102  (what the names do not say is said in the class)


class OutageGrid(Grid, Protocol):
    """Branches by what their service grids cover, at or below the nodes or nearest above them."""

    def branches_of(self, nodes: Sequence[str]) -> frozenset[str]: ...


class OutageWork(Work, Protocol):
    """One transaction, with the network in it."""

    @property
    def grid(self) -> OutageGrid: ...
    @property
    def topology(self) -> Network: ...
    @property
    def outage_reads(self) -> OutageReads: ...


class OutageDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[OutageWork]: ...
    def writing(self) -> AbstractContextManager[OutageWork]: ...
