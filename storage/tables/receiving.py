"""What comes back: replies, who wants no messages, what was asked about, what staff have read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from storage.tables.declaring import instant, table_of


class UplinkRow(SQLModel, table=True):
    """What a person wrote back; `effect` says what followed from it, if anything."""

    __tablename__ = "uplinks"
    __table_args__ = (Index("uq_uplinks_sequence", "provider", "address", "sequence", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    provider: str
    address: str
    sequence: str
    text: str = Field(sa_type=Text)
    received_at: datetime = instant()
    effect: str


class SuppressionRow(SQLModel, table=True):
    """An address that wants no messages but those that the law demands."""

    __tablename__ = "suppressions"

    address: str = Field(primary_key=True)
    since: datetime = instant()
    source: str
    reason: str
    added_by: str


class InquiryRow(SQLModel, table=True):
    """A message about which its provider was asked, and when to ask again."""

    __tablename__ = "inquiries"

    message_id: str = Field(primary_key=True)
    asked: int
    next_at: datetime = instant()


class InboxReadRow(SQLModel, table=True):
    """A message that a member of staff has read in the console."""

    __tablename__ = "inbox_reads"

    message_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    read_at: datetime = instant()


UPLINKS = table_of(UplinkRow)
SUPPRESSIONS = table_of(SuppressionRow)
INQUIRIES = table_of(InquiryRow)
INBOX_READS = table_of(InboxReadRow)
