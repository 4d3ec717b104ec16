"""Rules in the making, the published message texts, and what providers have approved of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from storage.tables.declaring import instant, partial_index, table_of

IS_OPEN = "closed_at IS NULL"


class DraftRow(SQLModel, table=True):
    """Work on one definition or message template; closed ones stay, they name the author."""

    __tablename__ = "drafts"
    __table_args__ = (
        partial_index(
            "uq_drafts_open",
            "subject",
            "key",
            "kind",
            unique=True,
            where=IS_OPEN,
        ),
    )

    number: int = Field(primary_key=True)
    subject: str
    key: str
    kind: str
    base_version: int
    restores: int
    author: str
    source: str = Field(sa_type=Text)
    fingerprint: str
    revision: int
    begun_at: datetime = instant()
    saved_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    closed_by: str
    outcome: str
    published_version: int


class MessageTemplateRow(SQLModel, table=True):
    """A published message text; it never changes (a trigger sees to it)."""

    __tablename__ = "message_templates"

    key: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    source: str = Field(sa_type=Text)
    fingerprint: str
    published_by: str
    published_at: datetime = instant()


class RegistrationRow(SQLModel, table=True):
    """What a provider has approved, by `provider/template`; it never changes either."""

    __tablename__ = "registrations"

    key: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    source: str = Field(sa_type=Text)
    fingerprint: str
    published_by: str
    published_at: datetime = instant()


DRAFTS = table_of(DraftRow)
MESSAGE_TEMPLATES = table_of(MessageTemplateRow)
REGISTRATIONS = table_of(RegistrationRow)
