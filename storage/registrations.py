"""What providers have approved, by `provider/template`; see `storage.published_texts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.published_texts import PublishedTexts, Statements
from storage.tables.drafts import REGISTRATIONS

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_STATEMENTS = Statements(REGISTRATIONS, stamp="registration_changes", what="模板登记")


class Registrations(PublishedTexts):
    """The registrations of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _STATEMENTS)
