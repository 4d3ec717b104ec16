"""What looking at the network needs of a database. `storage` fits by shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.ports.imports import NodeFacts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from app.ports.outages import AffectedCounts
    from engine.network import SupplyView

# ruff: noqa: D102  (the attributes are explained once, in the class)


class NetworkNode(NodeFacts, Protocol):
    """A node as it is kept; `retired_at` is when it was taken out of the network."""

    @property
    def retired_at(self) -> datetime | None: ...


class Placement(Protocol):
    """Where and as what a node stood from `valid_from` until `valid_to`, None for until now."""

    @property
    def valid_from(self) -> datetime: ...
    @property
    def valid_to(self) -> datetime | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def parent_id(self) -> str | None: ...
    @property
    def area_class(self) -> str: ...
    @property
    def important(self) -> bool: ...
    @property
    def alternative_node_id(self) -> str | None: ...


class Standing(Protocol):
    """A node as it stood in the network at some time; its name is today's."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...


class Network(Protocol):
    """The network; `node` raises NotFoundError, and knows retired ones too.

    `path` is a node and what it hung on at an instant, from itself up, empty if it was not there;
    `parts` is what hung on it.
    """

    def path(self, node_id: str, as_of: datetime) -> Sequence[Standing]: ...
    def parts(self, node_id: str, as_of: datetime) -> Sequence[Standing]: ...

    def node(self, node_id: str) -> NetworkNode: ...
    def find_node(self, node_id: str) -> NetworkNode | None: ...
    def ancestors(self, node_id: str) -> Sequence[NetworkNode]: ...
    def children(self, node_id: str) -> Sequence[NetworkNode]: ...
    def placements(self, node_id: str) -> Sequence[Placement]: ...
    def of_kind(self, kind: str) -> Sequence[NetworkNode]: ...


class Preview(Protocol):
    """Whom an outage on some nodes would leave without supply."""

    def preview(self, nodes: Sequence[str], view: SupplyView) -> AffectedCounts: ...


class NetworkWork(Protocol):
    """One reading transaction."""

    @property
    def topology(self) -> Network: ...
    @property
    def affected(self) -> Preview: ...


class NetworkDatabase(Protocol):
    """Opens reading transactions."""

    def reading(self) -> AbstractContextManager[NetworkWork]: ...
