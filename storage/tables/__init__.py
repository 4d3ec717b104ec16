"""The tables, declared with SQLModel: rows, not values, and nothing outside storage sees them.

Statements are written against the `Table` objects (`TICKETS`, `LEDGER`, ...) in SQLAlchemy Core.
Importing this package registers every table with `SQLModel.metadata`.
"""

from storage.tables import drafts, messages, organisation, rules, tickets, topology
from storage.tables.declaring import METADATA

__all__ = ["METADATA", "drafts", "messages", "organisation", "rules", "tickets", "topology"]
