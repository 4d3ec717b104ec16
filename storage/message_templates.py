"""Published message texts, see `storage.published_texts`; one statement elsewhere reads `STAMP`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.published_texts import UNCHANGED, PublishedTexts, Statements
from storage.tables.drafts import MESSAGE_TEMPLATES

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["STAMP", "UNCHANGED", "MessageTemplates"]

STAMP = "template_changes"
"""The mark that counts publications."""
_STATEMENTS = Statements(MESSAGE_TEMPLATES, stamp=STAMP, what="消息模板")


class MessageTemplates(PublishedTexts):
    """The message texts of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _STATEMENTS)
