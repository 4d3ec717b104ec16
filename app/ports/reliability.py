"""What the indicators of reliability need of a database. `storage` fits by shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.ports.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from app.ports.readiness import Nodes
    from engine.reliability import ClaimedFigure

# ruff: noqa: D102  (what the names do not say is said in the class)


class FeederOutage(Protocol):
    """An outage that interrupted supply on a feeder."""

    @property
    def feeder_id(self) -> str: ...
    @property
    def feeder_name(self) -> str: ...
    @property
    def ticket_no(self) -> str: ...


class AnnouncedOutage(Protocol):
    """An outage that was to be announced; `late_reason` empty if it was in time."""

    @property
    def kind(self) -> str: ...
    @property
    def ticket_no(self) -> str: ...
    @property
    def late_reason(self) -> str: ...


class AreaInterruptions(Protocol):
    """Of an area class: seconds without supply in the period, and the sustained interruptions."""

    @property
    def area_class(self) -> str: ...
    @property
    def customer_seconds(self) -> int: ...
    @property
    def sustained(self) -> int: ...
    @property
    def sustained_seconds(self) -> int: ...


class OutageShare(Protocol):
    """What an outage adds: the points that it interrupted, and the seconds it took of them."""

    @property
    def area_class(self) -> str: ...
    @property
    def ticket_no(self) -> str: ...
    @property
    def points(self) -> int: ...
    @property
    def customer_seconds(self) -> int: ...


class SustainedShare(Protocol):
    """What an outage adds to the sustained interruptions that began in a period."""

    @property
    def area_class(self) -> str: ...
    @property
    def ticket_no(self) -> str: ...
    @property
    def interruptions(self) -> int: ...
    @property
    def customer_seconds(self) -> int: ...


class Reliability(Protocol):
    """Counts and sums. `add_base` gives back the figures that were there already."""

    def feeder_outages(
        self, since: datetime, until: datetime, *, faults_only: bool = False
    ) -> Sequence[FeederOutage]: ...
    def announced(self, since: datetime, until: datetime) -> Sequence[AnnouncedOutage]: ...
    def interruptions(
        self, since: datetime, until: datetime, at: datetime, longer_than_s: int
    ) -> Sequence[AreaInterruptions]: ...
    def shares(self, since: datetime, until: datetime, at: datetime) -> Sequence[OutageShare]: ...
    def sustained_shares(
        self, since: datetime, until: datetime, at: datetime, longer_than_s: int
    ) -> Sequence[SustainedShare]: ...
    def served_seconds(self, since: datetime, until: datetime) -> Mapping[str, int]: ...
    def base(self, year: int) -> Sequence[ClaimedFigure]: ...
    def add_base(self, figures: Sequence[ClaimedFigure]) -> Sequence[ClaimedFigure]: ...


class ReliabilityWork(Work, Protocol):
    """One transaction."""

    @property
    def topology(self) -> Nodes: ...
    @property
    def reliability(self) -> Reliability: ...


class ReliabilityDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[ReliabilityWork]: ...
    def writing(self) -> AbstractContextManager[ReliabilityWork]: ...
