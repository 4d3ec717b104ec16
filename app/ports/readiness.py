"""What grid readiness and the registers need of a database. `storage` fits by shape.

Areas, readings, forecasts and the like are values that have the attributes named here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.ports.work import Grid, Tickets, Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from decimal import Decimal

    from app.ports.organisation import Branch, ServiceGrid
    from app.ports.supply_plans import SupplyPlans
    from engine.ticket import Ticket

# ruff: noqa: D102  (what the names do not say is said in the class)


class Area(Protocol):
    """A transformer area; `cell`, `branch`, `feeder` empty and `rated_kva` None where unknown."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def rated_kva(self) -> Decimal | None: ...
    @property
    def area_class(self) -> str: ...
    @property
    def feeder(self) -> str: ...
    @property
    def feeder_name(self) -> str: ...
    @property
    def cell(self) -> str: ...
    @property
    def cell_name(self) -> str: ...
    @property
    def branch(self) -> str: ...


class Areas(Protocol):
    """Transformer areas; `area_at` gives the one that a node is or lies below.

    `cell_of` gives the service grid nearest above any node, empty if there is none.
    """

    def areas(self) -> Sequence[Area]: ...
    def area_at(self, node_id: str) -> Area | None: ...
    def cell_of(self, node_id: str) -> str: ...


class Peak(Protocol):
    """The highest readings of an area in a window, kVA and kW apart."""

    @property
    def kva(self) -> Decimal | None: ...
    @property
    def kw(self) -> Decimal | None: ...
    @property
    def measured_until(self) -> datetime: ...


class Reading(Protocol):
    """A peak measured at an instant, in kVA or in kW."""

    @property
    def node_id(self) -> str: ...
    @property
    def measured_at(self) -> datetime: ...
    @property
    def peak_kva(self) -> Decimal | None: ...
    @property
    def peak_kw(self) -> Decimal | None: ...


class PutCounts(Protocol):
    """What putting rows did; those that were there already, as they are, are unchanged."""

    @property
    def added(self) -> int: ...
    @property
    def changed(self) -> int: ...
    @property
    def unchanged(self) -> int: ...


class Readings(Protocol):
    """Load readings. Both ends of a window belong to it."""

    def put(self, readings: Iterable[Reading]) -> PutCounts: ...
    def peaks(
        self, since: datetime, until: datetime, node_ids: Sequence[str] | None = None
    ) -> Mapping[str, Peak]: ...
    def latest(self, node_id: str, limit: int) -> Sequence[Reading]: ...


class StoredForecast(Protocol):
    """What a ticket was last found to do to its area; `occasion` is the checkpoint then passed."""

    @property
    def ticket_no(self) -> str: ...
    @property
    def occasion(self) -> str: ...
    @property
    def area_id(self) -> str: ...
    @property
    def requested_kw(self) -> Decimal: ...
    @property
    def exceeds(self) -> bool: ...
    @property
    def sentence(self) -> str: ...
    @property
    def assessed_at(self) -> datetime | None: ...


class StoredProject(Protocol):
    """A reinforcement project: the area, which one of the area it is, and its ticket.

    `is_completed` tells one that was built from one that was given up.
    """

    @property
    def node_id(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def ticket(self) -> Ticket: ...
    @property
    def is_completed(self) -> bool: ...


class ReadinessStore(Protocol):
    """Forecasts and projects.

    `add_project` tells whether the area's project of that number was still free.
    """

    def unseen_tickets(self, limit: int) -> Sequence[str]: ...
    def saw(self, ticket_no: str, revision: int) -> object: ...
    def forecast(self, ticket_no: str) -> StoredForecast | None: ...
    def put_forecast(
        self,
        ticket_no: str,
        *,
        seen_revision: int,
        occasion: str,
        area_id: str,
        requested_kw: Decimal,
        exceeds: bool,
        sentence: str,
        assessed_at: datetime,
    ) -> object: ...
    def committed_kw(self, area_id: str, since: datetime, without: str) -> Decimal: ...
    def open_excesses(self) -> Sequence[StoredForecast]: ...
    def add_project(self, node_id: str, number: int, ticket_no: str) -> bool: ...
    def projects(
        self, *, open_only: bool = False, node_id: str | None = None
    ) -> Sequence[StoredProject]: ...


class DemandRow(Protocol):
    """What one connection ticket asks for; `ending` None while it is open."""

    @property
    def branch(self) -> str: ...
    @property
    def node_id(self) -> str: ...
    @property
    def submitted_at(self) -> datetime: ...
    @property
    def ending(self) -> str | None: ...
    @property
    def requested_kw(self) -> Decimal: ...


class DemandReads(Protocol):
    """The demand of tickets submitted in a half-open span of time."""

    def rows(self, since: datetime, until: datetime) -> Iterator[DemandRow]: ...


class NodeFacts(Protocol):
    """A node of the network."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...


class Nodes(Protocol):
    """Nodes of the network by id."""

    def find_node(self, node_id: str) -> NodeFacts | None: ...


class AllGrids(Grid, Protocol):
    """Branches and service grids, all of them."""

    def branches(self) -> Sequence[Branch]: ...
    def grids(self) -> Sequence[ServiceGrid]: ...


class TicketsByDefinition(Tickets, Protocol):
    """Tickets, the open ones also by their definition."""

    def open_numbers(self, definition_id: str | None = None) -> Sequence[str]: ...


class GridWork(Work, Protocol):
    """One transaction."""

    @property
    def tickets(self) -> TicketsByDefinition: ...
    @property
    def grid(self) -> AllGrids: ...
    @property
    def topology(self) -> Nodes: ...
    @property
    def grid_areas(self) -> Areas: ...
    @property
    def load_readings(self) -> Readings: ...
    @property
    def readiness(self) -> ReadinessStore: ...
    @property
    def supply_plans(self) -> SupplyPlans: ...
    @property
    def demand(self) -> DemandReads: ...


class GridDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[GridWork]: ...
    def writing(self) -> AbstractContextManager[GridWork]: ...
