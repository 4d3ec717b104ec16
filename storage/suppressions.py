"""Addresses that want no messages but those that the law demands.

of(addresses) -> frozenset[str]
add(address, at, *, source, reason, by) -> bool       whether it is new
remove(address) -> bool                               whether it was there
listing() -> list[Suppression]                        newest first
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from storage.among import among
from storage.tables.receiving import SUPPRESSIONS
from storage.upserts import insert_or_skip

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One address; `source` says whether the person asked by a reply or through somebody."""

    address: str
    since: datetime
    source: str
    reason: str
    added_by: str


_S = SUPPRESSIONS.c
_OF = select(_S.address).where(among(_S.address, "addresses"))
_ADD = insert_or_skip(SUPPRESSIONS, "address")
_REMOVE = delete(SUPPRESSIONS).where(_S.address == bindparam("sought"))
_LISTING = select(SUPPRESSIONS).order_by(_S.since.desc(), _S.address)


class Suppressions:
    """The suppressed addresses of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, addresses: Collection[str]) -> frozenset[str]:
        """Those of the addresses that are suppressed."""
        if not addresses:
            return frozenset()
        found = self._connection.execute(_OF, {"addresses": list(addresses)})
        return frozenset(found.scalars())

    def add(self, address: str, at: datetime, *, source: str, reason: str, by: str) -> bool:
        """Suppress an address; False if it is suppressed already."""
        row = {
            "address": address,
            "since": at,
            "source": source,
            "reason": reason,
            "added_by": by,
        }
        add = _ADD[self._connection.dialect.name]
        return self._connection.execute(add, row).rowcount == 1

    def remove(self, address: str) -> bool:
        """Suppress an address no longer; False if it was not suppressed."""
        return self._connection.execute(_REMOVE, {"sought": address}).rowcount == 1

    def listing(self) -> list[Suppression]:
        """Every suppressed address, the newest first."""
        return [
            Suppression(
                address=row.address,
                since=row.since,
                source=row.source,
                reason=row.reason,
                added_by=row.added_by,
            )
            for row in self._connection.execute(_LISTING)
        ]
