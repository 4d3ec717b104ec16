"""What the registers of undervoltage areas and complaints need of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from decimal import Decimal

    from app.ports.organisation import GridStore
    from app.ports.readiness import Areas
    from app.ports.work import LedgerStreams

# ruff: noqa: D102  (what the names do not say is said in the class)


class Entry(Protocol):
    """An entry of a register: why it was opened, and with what result it was closed."""

    @property
    def number(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def opened_by(self) -> str: ...
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def closed_by(self) -> str: ...
    @property
    def result(self) -> str: ...


class UndervoltageEntry(Entry, Protocol):
    """An area whose voltage was found too low; `lowest_v` volts if measured."""

    @property
    def node_id(self) -> str: ...
    @property
    def branch(self) -> str: ...
    @property
    def lowest_v(self) -> Decimal | None: ...


class Complaint(Entry, Protocol):
    """A complaint about the supply of a community."""

    @property
    def community_id(self) -> str: ...
    @property
    def subject(self) -> str: ...


class Community(Protocol):
    """A residential community; `is_old` marks 老旧小区."""

    @property
    def id(self) -> str: ...
    @property
    def branch(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def is_old(self) -> bool: ...


class RegisterStore(Protocol):
    """The registers. `close_*` tells whether the entry was still open."""

    def open_undervoltage(
        self,
        *,
        node_id: str,
        branch: str,
        source: str,
        lowest_v: Decimal | None,
        note: str,
        at: datetime,
        by: str,
    ) -> int | None: ...
    def undervoltage(self, number: int) -> UndervoltageEntry: ...
    def undervoltage_entries(self, *, open_only: bool = True) -> Sequence[UndervoltageEntry]: ...
    def close_undervoltage(self, number: int, *, by: str, at: datetime, result: str) -> bool: ...
    def set_community(
        self, community_id: str, *, branch: str, name: str, is_old: bool
    ) -> object: ...
    def community(self, community_id: str) -> Community: ...
    def find_community(self, community_id: str) -> Community | None: ...
    def communities(self) -> Sequence[Community]: ...
    def open_complaint(
        self, *, community_id: str, source: str, subject: str, note: str, at: datetime, by: str
    ) -> int: ...
    def complaint(self, number: int) -> Complaint: ...
    def complaints(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        open_only: bool = False,
    ) -> Sequence[Complaint]: ...
    def close_complaint(self, number: int, *, by: str, at: datetime, result: str) -> bool: ...


class RegisterWork(Protocol):
    """One transaction."""

    @property
    def registers(self) -> RegisterStore: ...
    @property
    def grid_areas(self) -> Areas: ...
    @property
    def grid(self) -> GridStore: ...
    @property
    def ledger(self) -> LedgerStreams: ...
    def commit(self) -> None: ...


class RegisterDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[RegisterWork]: ...
    def writing(self) -> AbstractContextManager[RegisterWork]: ...
