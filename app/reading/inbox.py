"""The inbox of a member of staff: what was sent to them, whatever way, and what they have read.

A message is here as soon as it is planned, so it is read even where no provider delivers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.labels import MESSAGE_KINDS
from notifications.message import MessageKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from app.clock import Clock
    from engine.ticket import Actor

# ruff: noqa: D102  (the attributes are explained once, in the class)

AT_MOST = 100


class StoredEntry(Protocol):
    """One message; `read_at` is None as long as it is unread."""

    @property
    def id(self) -> str: ...
    @property
    def ticket_no(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def read_at(self) -> datetime | None: ...


class Inboxes(Protocol):
    """Messages to staff; `read` marks one or all and tells how many were unread."""

    def of(self, user_id: str, limit: int) -> Sequence[StoredEntry]: ...
    def unread(self, user_id: str) -> int: ...
    def read(self, user_id: str, at: datetime, message_id: str | None = None) -> int: ...


class InboxUnit(Protocol):
    """One transaction of inboxes."""

    @property
    def inbox(self) -> Inboxes: ...
    def commit(self) -> None: ...


class InboxDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[InboxUnit]: ...
    def writing(self) -> AbstractContextManager[InboxUnit]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """One message as its reader sees it."""

    id: str
    ticket_no: str
    kind_name: str
    text: str
    created_at: datetime
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxService:
    """Everybody's own inbox, and nobody else's."""

    database: InboxDatabase
    clock: Clock

    def listing(self, *, actor: Actor) -> tuple[InboxEntry, ...]:
        """The newest messages to the actor."""
        with self.database.reading() as work:
            found = work.inbox.of(actor.user_id, AT_MOST)
        return tuple(
            InboxEntry(
                id=each.id,
                ticket_no=each.ticket_no,
                kind_name=MESSAGE_KINDS[MessageKind(each.kind)],
                text=each.text,
                created_at=each.created_at,
                is_read=each.read_at is not None,
            )
            for each in found
        )

    def unread(self, *, actor: Actor) -> int:
        """How many messages to the actor are unread."""
        with self.database.reading() as work:
            return work.inbox.unread(actor.user_id)

    def read(self, message_id: str | None, *, actor: Actor) -> int:
        """Mark one message to the actor as read, or all; returns how many were unread."""
        with self.database.writing() as work:
            count = work.inbox.read(actor.user_id, self.clock(), message_id)
            work.commit()
        return count
