"""The outbox with its notices, the receipts, and what the daemon's sweeps tell of themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, false
from sqlmodel import Field, SQLModel

from storage.tables.declaring import instant, partial_index, table_of

WAITING = "state = 'pending' AND job = ''"
HANDED_OVER = "state = 'pending' AND job <> ''"
WITH_TOPIC = "state = 'pending' AND topic <> ''"
EXPIRING = "state = 'pending' AND expires_at IS NOT NULL"
SENDING = "state = 'sending'"
MAYBE_SENT = "state = 'pending' AND maybe_sent_at IS NOT NULL"
IN_DOUBT = "state = 'in_doubt'"
ANSWERED = "provider_id <> ''"
UNHANDLED = (
    "handled_at IS NULL AND (state IN ('failed', 'in_doubt', 'unreachable')"
    " OR (state = 'expired' AND by_law))"
)


def _empty() -> Any:  # noqa: ANN401  (what SQLModel gives)
    """A text that is empty unless something is written into it."""
    return Field(default="", sa_column_kwargs={"server_default": ""})


def _no() -> Any:  # noqa: ANN401  (see above)
    """A truth that is false unless it is said."""
    return Field(default=False, sa_column_kwargs={"server_default": false()})


class NoticeRow(SQLModel, table=True):
    """One `notifications.message.SharedNotice`."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_topic", "topic"),)

    id: str = Field(primary_key=True)
    kind: str
    template_key: str
    template_version: int
    params: dict[str, str] = Field(sa_type=JSON, nullable=False)
    text: str = Field(sa_type=Text)
    urgent: bool
    expires_at: datetime | None = instant(nullable=True)
    topic: str
    created_at: datetime = instant()
    fan_out_after: str
    fanned_out_at: datetime | None = instant(nullable=True)
    superseded_at: datetime | None = instant(nullable=True)
    by_law: bool = _no()


class MessageRow(SQLModel, table=True):
    """One `notifications.message.Message`.

    `notice_id` is no foreign key: checking it would double what writing many messages costs.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index("uq_messages_dedupe_key", "dedupe_key", unique=True),
        partial_index(
            "ix_messages_waiting",
            "urgent",
            "not_before",
            "created_at",
            "id",
            where=WAITING,
        ),
        partial_index("ix_messages_job", "job", where=HANDED_OVER),
        partial_index("ix_messages_topic", "topic", "address", "created_at", where=WITH_TOPIC),
        partial_index("ix_messages_expires_at", "expires_at", where=EXPIRING),
        partial_index("ix_messages_in_doubt", "next_attempt_at", where=IN_DOUBT),
        partial_index(
            "ix_messages_address", "address", "claimed_at", where="claimed_at IS NOT NULL"
        ),
        partial_index("ix_messages_claimed_at", "claimed_at", where="claimed_at IS NOT NULL"),
        partial_index("ix_messages_unhandled", "state", "created_at", where=UNHANDLED),
        partial_index("ix_messages_notice_id", "notice_id", where="notice_id IS NOT NULL"),
        partial_index("ix_messages_accepted", "settled_at", where="state = 'accepted'"),
        partial_index("ix_messages_staff", "recipient", "created_at", where="audience = 'staff'"),
        partial_index(
            "ix_messages_sending_claimed_at",
            "claimed_at",
            where=SENDING,
        ),
        partial_index("ix_messages_maybe_sent_at", "maybe_sent_at", where=MAYBE_SENT),
        partial_index(
            "ix_messages_provider_id",
            "provider_id",
            where=ANSWERED,
        ),
        Index("ix_messages_ticket_no", "ticket_no", "created_at"),
        Index("ix_messages_created_at", "created_at", "id"),
    )

    id: str = Field(primary_key=True)
    dedupe_key: str
    kind: str
    template_key: str
    template_version: int
    text: str = Field(sa_type=Text)
    channel: str
    audience: str
    recipient: str
    address: str
    created_at: datetime = instant()
    not_before: datetime = instant()
    ticket_no: str
    params: dict[str, str] = Field(sa_type=JSON, nullable=False)
    urgent: bool
    state: str
    expires_at: datetime | None = instant(nullable=True)
    claimed_at: datetime | None = instant(nullable=True)
    claimed_by: str
    attempts: int
    next_attempt_at: datetime | None = instant(nullable=True)
    provider_id: str
    error_code: str
    error_text: str
    settled_at: datetime | None = instant(nullable=True)
    notice_id: str | None = None
    topic: str = _empty()
    job: str = _empty()
    provider: str = _empty()
    fallback_address: str = _empty()
    handled_by: str = _empty()
    handled_at: datetime | None = instant(nullable=True)
    by_law: bool = _no()
    maybe_sent_at: datetime | None = instant(nullable=True)


class ReceiptRow(SQLModel, table=True):
    """What a provider reported, as it came; `problem` says what is wrong with it, if anything is.

    It is to be applied at `next_try_at`, and done with when that is empty.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        Index("ix_receipts_received_at", "received_at"),
        partial_index("ix_receipts_next_try_at", "next_try_at", where="next_try_at IS NOT NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    provider: str
    received_at: datetime = instant()
    query: dict[str, str] = Field(sa_type=JSON, nullable=False)
    body: str = Field(sa_type=Text)
    problem: str
    tries: int
    next_try_at: datetime | None = instant(nullable=True)
    applied_at: datetime | None = instant(nullable=True)


class SweepRow(SQLModel, table=True):
    """The last run of a sweep: the daemon's heartbeat."""

    __tablename__ = "sweeps"

    name: str = Field(primary_key=True)
    started_at: datetime = instant()
    finished_at: datetime | None = instant(nullable=True)
    counts: dict[str, int] = Field(sa_type=JSON, nullable=False)


class MarkRow(SQLModel, table=True):
    """A small fact about the database itself."""

    __tablename__ = "marks"

    key: str = Field(primary_key=True)
    value: str = Field(sa_type=Text)


NOTICES = table_of(NoticeRow)
MESSAGES = table_of(MessageRow)
RECEIPTS = table_of(ReceiptRow)
SWEEPS = table_of(SweepRow)
MARKS = table_of(MarkRow)
