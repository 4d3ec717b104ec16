"""Moving open tickets to another version: the decisions, what is left to do, and what was done.

begin(*, definition_id, ...) -> int | None       its number; None if one is open for the definition
get(number) -> StoredMigration                   NotFoundError
listing(definition_id=None) -> list[StoredMigration]              newest first
approve(number, by, at) -> bool                  whether it was open and waited for that
close(number, *, outcome, by, at) -> bool        whether it was still open
pending(number, after, limit) -> list[str]       tickets that it has not examined yet
add_result(number, ticket_no, *, ...) -> bool    False if the ticket has been examined already
results(number, ...) -> list[StoredResult]       by ticket number
totals(number) -> dict[str, int]                 examined tickets by verdict
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, or_, select, update

from engine.errors import not_found
from storage.tables.migrations import TICKET_MIGRATION_RESULTS, TICKET_MIGRATIONS
from storage.tables.tickets import TICKETS
from storage.upserts import ByDialect, insert_or_skip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

MIGRATION = "迁移"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMigration:
    """A decision as it stands; `outcome` is empty while it is open, `from_version` 0 means any."""

    number: int
    definition_id: str
    from_version: int
    to_version: int
    mapping: dict[str, str]
    reason: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str
    approved_at: datetime | None
    closed_by: str
    closed_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    """What a migration did to one ticket; `reasons` are those of an error, as JSON values."""

    migration: int
    ticket_no: str
    verdict: str
    reasons: Sequence[dict[str, Any]]
    from_version: int
    source_state: str
    target_state: str
    examined_at: datetime


_M, _R, _T = TICKET_MIGRATIONS.c, TICKET_MIGRATION_RESULTS.c, TICKETS.c
_BEGIN = ByDialect(
    TICKET_MIGRATIONS, lambda insert: insert.on_conflict_do_nothing().returning(_M.number)
)
_GET = select(TICKET_MIGRATIONS).where(_M.number == bindparam("sought"))
_LISTING = select(TICKET_MIGRATIONS).order_by(_M.number.desc())
_OPEN_ONE = update(TICKET_MIGRATIONS).where(
    _M.number == bindparam("of_number"), _M.closed_at.is_(None)
)
_APPROVE = _OPEN_ONE.where(_M.approved_at.is_(None)).values(
    approved_by=bindparam("by"), approved_at=bindparam("at")
)
_CLOSE = _OPEN_ONE.values(
    closed_by=bindparam("by"), closed_at=bindparam("at"), outcome=bindparam("new_outcome")
)
_PENDING = (
    select(_T.ticket_no)
    .join(TICKET_MIGRATIONS, _M.definition_id == _T.definition_id)
    .where(
        _M.number == bindparam("of_number"),
        _T.ended_at.is_(None),
        _T.definition_version != _M.to_version,
        or_(_M.from_version == 0, _T.definition_version == _M.from_version),
        _T.ticket_no > bindparam("after"),
        ~select(_R.ticket_no)
        .where(_R.migration == _M.number, _R.ticket_no == _T.ticket_no)
        .exists(),
    )
    .order_by(_T.ticket_no)
    .limit(bindparam("limit"))
)
_ADD_RESULT = insert_or_skip(TICKET_MIGRATION_RESULTS, "migration", "ticket_no")
_RESULTS = (
    select(TICKET_MIGRATION_RESULTS)
    .where(_R.migration == bindparam("of_number"), _R.ticket_no > bindparam("after"))
    .order_by(_R.ticket_no)
    .limit(bindparam("limit"))
)
_TOTALS = (
    select(_R.verdict, func.count().label("tickets"))
    .where(_R.migration == bindparam("of_number"))
    .group_by(_R.verdict)
)


class TicketMigrations:
    """The migrations of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(  # noqa: PLR0913  (one argument a column)
        self,
        *,
        definition_id: str,
        from_version: int,
        to_version: int,
        mapping: dict[str, str],
        reason: str,
        by: str,
        at: datetime,
    ) -> int | None:
        """Store a proposal; None if one is open for the definition."""
        row = {
            "definition_id": definition_id,
            "from_version": from_version,
            "to_version": to_version,
            "mapping": mapping,
            "reason": reason,
            "proposed_by": by,
            "proposed_at": at,
            "approved_by": "",
            "approved_at": None,
            "closed_by": "",
            "closed_at": None,
            "outcome": "",
        }
        statement = _BEGIN[self._connection.dialect.name]
        number: int | None = self._connection.execute(statement, row).scalar()
        return number

    def get(self, number: int) -> StoredMigration:
        """The migration of that number, open or closed.

        Raises:
            NotFoundError: there is none.
        """
        row = self._connection.execute(_GET, {"sought": number}).mappings().first()
        if row is None:
            raise not_found(MIGRATION, str(number))
        return StoredMigration(**row)

    def listing(self, definition_id: str | None = None) -> list[StoredMigration]:
        """Every migration, or those of one definition, the newest first."""
        statement = _LISTING
        if definition_id is not None:
            statement = statement.where(_M.definition_id == definition_id)
        return [StoredMigration(**row) for row in self._connection.execute(statement).mappings()]

    def approve(self, number: int, by: str, at: datetime) -> bool:
        """Let it begin; False if it has begun already, or is closed."""
        values = {"of_number": number, "by": by, "at": at}
        return self._connection.execute(_APPROVE, values).rowcount == 1

    def close(self, number: int, *, outcome: str, by: str, at: datetime) -> bool:
        """End it; False if that was done already."""
        values = {"of_number": number, "by": by, "at": at, "new_outcome": outcome}
        return self._connection.execute(_CLOSE, values).rowcount == 1

    def pending(self, number: int, after: str, limit: int) -> list[str]:
        """Open tickets that it is about and has not examined, by number from `after` on."""
        wanted = {"of_number": number, "after": after, "limit": limit}
        return list(self._connection.execute(_PENDING, wanted).scalars())

    def add_result(  # noqa: PLR0913  (one argument a column)
        self,
        migration: int,
        ticket_no: str,
        *,
        verdict: str,
        reasons: Sequence[dict[str, Any]],
        from_version: int,
        source_state: str,
        target_state: str,
        at: datetime,
    ) -> bool:
        """Note what was done to a ticket; False if it has been examined already."""
        row = {
            "migration": migration,
            "ticket_no": ticket_no,
            "verdict": verdict,
            "reasons": list(reasons),
            "from_version": from_version,
            "source_state": source_state,
            "target_state": target_state,
            "examined_at": at,
        }
        statement = _ADD_RESULT[self._connection.dialect.name]
        return self._connection.execute(statement, row).rowcount == 1

    def results(
        self, number: int, *, after: str, limit: int, verdicts: Sequence[str] = ()
    ) -> list[StoredResult]:
        """What was done to each ticket, by number from `after` on; only of those verdicts."""
        statement = _RESULTS.where(_R.verdict.in_(verdicts)) if verdicts else _RESULTS
        wanted = {"of_number": number, "after": after, "limit": limit}
        return [
            StoredResult(**row) for row in self._connection.execute(statement, wanted).mappings()
        ]

    def totals(self, number: int) -> dict[str, int]:
        """How many tickets it has examined, by verdict."""
        rows = self._connection.execute(_TOTALS, {"of_number": number})
        return {row.verdict: row.tickets for row in rows}
