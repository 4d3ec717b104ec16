"""Migrations, their results and the versions in flight, as the faces show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import Reason
from engine.migration import MigrationVerdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.ports.migrations import StoredMigration, StoredResult, SurveyUnit

PROPOSED, RUNNING, FINISHED, CANCELLED = "proposed", "running", "finished", "cancelled"
STATE_NAMES = {
    PROPOSED: "待另一名管理员执行",
    RUNNING: "执行中",
    FINISHED: "已完成",
    CANCELLED: "已取消",
}
"""How a migration stands, as people read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationView:
    """A migration as it stands. `totals` count what was examined; `is_done` once nothing is left.

    `from_version` 0 takes tickets of every other version.
    """

    number: int
    definition_id: str
    from_version: int
    to_version: int
    mapping: Mapping[str, str]
    reason: str
    state: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str
    approved_at: datetime | None
    closed_by: str
    closed_at: datetime | None
    totals: Mapping[MigrationVerdict, int]
    is_done: bool

    @property
    def moved(self) -> int:
        """How many tickets it has moved."""
        return sum(count for verdict, count in self.totals.items() if verdict.is_movable)

    @property
    def kept(self) -> int:
        """How many it has examined and left where they are."""
        return sum(self.totals.values()) - self.moved


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """What a migration did to one ticket, and why."""

    ticket_no: str
    verdict: MigrationVerdict
    reasons: tuple[Reason, ...]
    from_version: int
    source_state: str
    target_state: str
    examined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInFlight:
    """A version that is in force, or an older one that still governs open tickets."""

    definition_id: str
    version: int
    is_in_force: bool
    tickets: int


def migration_view(work: SurveyUnit, stored: StoredMigration) -> MigrationView:
    """A migration with what was done so far."""
    totals = work.ticket_migrations.totals(stored.number)
    return MigrationView(
        number=stored.number,
        definition_id=stored.definition_id,
        from_version=stored.from_version,
        to_version=stored.to_version,
        mapping=dict(stored.mapping),
        reason=stored.reason,
        state=_state(stored),
        proposed_by=stored.proposed_by,
        proposed_at=stored.proposed_at,
        approved_by=stored.approved_by,
        approved_at=stored.approved_at,
        closed_by=stored.closed_by,
        closed_at=stored.closed_at,
        totals={each: totals.get(each, 0) for each in MigrationVerdict},
        is_done=stored.outcome == FINISHED or not _is_left(work, stored),
    )


def _is_left(work: SurveyUnit, stored: StoredMigration) -> bool:
    """Whether tickets wait for it; of one that has ended nobody needs to know."""
    is_open = stored.closed_at is None
    return not is_open or bool(work.ticket_migrations.pending(stored.number, "", 1))


def result_view(stored: StoredResult) -> ResultView:
    """The result for one ticket."""
    return ResultView(
        ticket_no=stored.ticket_no,
        verdict=MigrationVerdict(stored.verdict),
        reasons=tuple(_reason(each) for each in stored.reasons),
        from_version=stored.from_version,
        source_state=stored.source_state,
        target_state=stored.target_state,
        examined_at=stored.examined_at,
    )


def _state(stored: StoredMigration) -> str:
    if stored.outcome:
        return stored.outcome
    return PROPOSED if stored.approved_at is None else RUNNING


def _reason(kept: Mapping[str, Any]) -> Reason:
    return Reason(**kept)
