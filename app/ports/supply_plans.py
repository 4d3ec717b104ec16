"""What use cases need of a database that keeps how a ticket is to be supplied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal

# ruff: noqa: D102  (what the names do not say is said in the class)


class RestrictedSupply(Protocol):
    """A two-step supply; `outcome` is empty while the full load is owed."""

    @property
    def ticket_no(self) -> str: ...
    @property
    def first_kw(self) -> Decimal: ...
    @property
    def first_by(self) -> date: ...
    @property
    def full_by(self) -> date: ...
    @property
    def reason(self) -> str: ...
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def outcome(self) -> str: ...


class MilestoneFacts(Protocol):
    """A milestone as it is planned: what, and in how many working days."""

    @property
    def name(self) -> str: ...
    @property
    def days(self) -> int: ...


class StoredMilestone(MilestoneFacts, Protocol):
    """A milestone with its number in the works, and when it was begun and finished."""

    @property
    def number(self) -> int: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def finished_at(self) -> datetime | None: ...


class PointFacts(Protocol):
    """A node as surveyed."""

    @property
    def node_id(self) -> str: ...
    @property
    def distance_m(self) -> int: ...
    @property
    def free_kva(self) -> Decimal: ...
    @property
    def is_public(self) -> bool: ...


class StoredPoint(PointFacts, Protocol):
    """A surveyed node; `chosen_at` None unless the customer is connected there."""

    @property
    def chosen_at(self) -> datetime | None: ...
    @property
    def reason(self) -> str: ...


class SupplyPlans(Protocol):
    """What is planned for the supply of a ticket; `put_*` replaces what was planned before."""

    def restricted(self, ticket_no: str) -> RestrictedSupply | None: ...
    def restricted_supplies(self, *, open_only: bool) -> Sequence[RestrictedSupply]: ...
    def put_restricted(
        self,
        ticket_no: str,
        *,
        first_kw: Decimal,
        first_by: date,
        full_by: date,
        reason: str,
        planned_at: datetime,
    ) -> object: ...
    def close_restricted(
        self, ticket_no: str, *, outcome: str, by: str, at: datetime
    ) -> object: ...
    def milestones(self, ticket_no: str) -> Sequence[StoredMilestone]: ...
    def works(self) -> Mapping[str, Sequence[StoredMilestone]]: ...
    def put_milestones(
        self, ticket_no: str, milestones: Iterable[MilestoneFacts], *, after: int = 0
    ) -> object: ...
    def begin_milestone(self, ticket_no: str, number: int, at: datetime) -> object: ...
    def finish_milestone(self, ticket_no: str, number: int, at: datetime) -> object: ...
    def points(self, ticket_no: str) -> Sequence[StoredPoint]: ...
    def put_points(self, ticket_no: str, points: Iterable[PointFacts], at: datetime) -> object: ...
    def choose(self, ticket_no: str, node_id: str, reason: str, at: datetime) -> object: ...
