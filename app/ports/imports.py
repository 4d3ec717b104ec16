"""What imports need of a database and of the ticket service. `storage` fits by shape.

Nodes and customers are values that have at least the attributes named here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.ports.work import Grid, Tickets, Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from decimal import Decimal

    from app.forms.application_form import ApplicationForm
    from app.ports.organisation import Branch
    from engine.ticket import Act, Ticket

# ruff: noqa: D102  (the attributes are explained once, in the class)


class NodeFacts(Protocol):
    """A node of the network. A root has no parent; `area_class` is empty where unknown."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def parent_id(self) -> str | None: ...
    @property
    def name(self) -> str: ...
    @property
    def rated_kva(self) -> Decimal | None: ...
    @property
    def contract_kw(self) -> Decimal | None: ...
    @property
    def area_class(self) -> str: ...
    @property
    def important(self) -> bool: ...
    @property
    def alternative_node_id(self) -> str | None: ...


class CustomerFacts(Protocol):
    """Who is behind a service point; `phone` and `wechat_openid` may be empty."""

    @property
    def customer_no(self) -> str: ...
    @property
    def node_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def wechat_openid(self) -> str: ...
    @property
    def outage_notices(self) -> bool: ...


class PutCounts(Protocol):
    """What putting rows did; those that were there already, as they are, are unchanged."""

    @property
    def added(self) -> int: ...
    @property
    def changed(self) -> int: ...
    @property
    def unchanged(self) -> int: ...


class TopologyStore(Protocol):
    """The network and its customers. `put_*` adds or replaces by key, many at once.

    References between nodes need only hold at the commit, so their order does not matter. After
    `hold` nobody else changes nodes until the commit; `changed_at` tells whether anybody has.
    """

    def hold(self, at: datetime) -> object: ...
    def changed_at(self) -> datetime: ...

    def knows(self, node_id: str) -> bool: ...
    def nodes(self) -> Iterable[NodeFacts]: ...
    def put_nodes(self, nodes: Sequence[NodeFacts], at: datetime) -> PutCounts: ...
    def retire(self, node_ids: Sequence[str], at: datetime) -> object: ...
    def customers(self) -> Iterable[CustomerFacts]: ...
    def put_customers(self, customers: Sequence[CustomerFacts], at: datetime) -> PutCounts: ...


class BranchList(Grid, Protocol):
    """The grid and every branch of it; `covered` gives each covered node with its branch."""

    def branches(self) -> Sequence[Branch]: ...
    def covered(self) -> Mapping[str, str]: ...


class ReferencedTickets(Tickets, Protocol):
    """Tickets that can be found by the number another system gave them."""

    def find_by_external_ref(self, external_ref: str) -> Ticket | None: ...


class ImportWork(Work, Protocol):
    """One transaction of an import."""

    @property
    def tickets(self) -> ReferencedTickets: ...
    @property
    def topology(self) -> TopologyStore: ...
    @property
    def grid(self) -> BranchList: ...


class ImportDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[ImportWork]: ...
    def writing(self) -> AbstractContextManager[ImportWork]: ...


class Submitting(Protocol):
    """Turns a form into a ticket inside a caller's transaction."""

    def submit_in(self, work: Work, form: ApplicationForm, act: Act, /) -> Ticket: ...
