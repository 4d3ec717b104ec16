"""What receiving needs of a database beyond what the use cases need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.ports.work import Outbox, Work

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from notifications.message import Message

# ruff: noqa: D102  (what the names do not say is said in the class)


class StoredReceipt(Protocol):
    """A report as it came; it waits until `next_try_at`, and is done with when that is None."""

    @property
    def id(self) -> int: ...
    @property
    def provider(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def query(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> str: ...
    @property
    def problem(self) -> str: ...
    @property
    def tries(self) -> int: ...
    @property
    def next_try_at(self) -> datetime | None: ...


class Receipts(Protocol):
    """Reports of providers.

    `message_of` gives the id of the one message that a report is about, by our id, or by the
    provider's and the address. `unreported` gives ids of messages of which nothing was heard.
    `forget` removes old ones that are done with.
    """

    def add(
        self,
        provider: str,
        body: str,
        at: datetime,
        *,
        query: Mapping[str, str] | None = None,
        problem: str = "",
        next_try_at: datetime | None = None,
    ) -> int: ...
    def due(self, at: datetime, limit: int) -> Sequence[StoredReceipt]: ...
    def find(self, number: int) -> StoredReceipt | None: ...
    def finish(self, number: int, at: datetime, *, problem: str = "") -> None: ...
    def postpone(self, number: int, until: datetime) -> None: ...
    def message_of(
        self, provider: str, *, message_id: str, provider_id: str, address: str
    ) -> str | None: ...
    def unreported(
        self,
        after: datetime,
        before: datetime,
        at: datetime,
        *,
        channels: Sequence[str],
        providers: Sequence[str],
        limit: int,
    ) -> Sequence[str]: ...
    def inquired(self, message_id: str, next_at: datetime) -> None: ...
    def listing(self, limit: int = 100) -> Sequence[StoredReceipt]: ...
    def forget(self, before: datetime, limit: int) -> int: ...


class StoredUplink(Protocol):
    """What somebody wrote back; `effect` says what followed from it."""

    @property
    def provider(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def effect(self) -> str: ...


class Uplinks(Protocol):
    """Replies; `add` tells whether it is new."""

    def add(
        self,
        provider: str,
        address: str,
        sequence: str,
        *,
        text: str,
        at: datetime,
        effect: str,
    ) -> bool: ...
    def listing(self, limit: int) -> Sequence[StoredUplink]: ...


class Suppression(Protocol):
    """An address that wants no messages."""

    @property
    def address(self) -> str: ...
    @property
    def since(self) -> datetime: ...
    @property
    def source(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def added_by(self) -> str: ...


class Suppressions(Protocol):
    """Addresses that want no messages; `add` and `remove` tell whether anything changed."""

    def of(self, addresses: Collection[str]) -> frozenset[str]: ...
    def add(self, address: str, at: datetime, *, source: str, reason: str, by: str) -> bool: ...
    def remove(self, address: str) -> bool: ...
    def listing(self) -> Sequence[Suppression]: ...


class MessageReads(Outbox, Protocol):
    """Messages; `get` raises NotFoundError."""

    def get(self, message_id: str) -> Message: ...


class ReceivingWork(Work, Protocol):
    """One transaction of receiving."""

    @property
    def outbox(self) -> MessageReads: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def uplinks(self) -> Uplinks: ...
    @property
    def suppressions(self) -> Suppressions: ...


class ReceivingDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[ReceivingWork]: ...
    def writing(self) -> AbstractContextManager[ReceivingWork]: ...
