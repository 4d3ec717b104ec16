"""The tables, declared with SQLModel: rows, not values, and nothing outside storage sees them.

Statements are written against the `Table` objects (`TICKETS`, `LEDGER`, ...) in SQLAlchemy Core.
Declaring tables takes time, so a repository imports those it needs. `METADATA` has all of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    METADATA: MetaData

MODULES = (
    "drafts",
    "messages",
    "migrations",
    "organisation",
    "outages",
    "readiness",
    "receiving",
    "registers",
    "rules",
    "sending",
    "tickets",
    "topology",
)


def __getattr__(name: str) -> MetaData:
    """`METADATA`, complete."""
    if name != "METADATA":
        raise AttributeError(name)
    for module in MODULES:
        import_module(f"storage.tables.{module}")
    from storage.tables.declaring import complete_metadata  # noqa: PLC0415

    return complete_metadata()
