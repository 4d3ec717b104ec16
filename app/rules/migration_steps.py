"""What the steps of a migration share: the open decision, its plan, its place in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.streams import DEFINITIONS
from engine.errors import ConflictError, MalformedError, Reason, RefusedError
from engine.ledger import LedgerDraft
from engine.migration import MigrationPlan

if TYPE_CHECKING:
    from datetime import datetime

    from app.ports.migrations import StoredMigration, SurveyUnit
    from app.trip.definitions import Definitions
    from engine.ticket import Act

MIGRATE = "migrate"
"""What a moved ticket's entry in the ledger is called, and the beginning of the whole."""
CLAUSE = "R-10.2"


def open_migration(work: SurveyUnit, number: int) -> StoredMigration:
    """The migration, if it has not ended.

    Raises:
        NotFoundError: there is none of that number.
        ConflictError: it has ended.
    """
    migration = work.ticket_migrations.get(number)
    if migration.closed_at is not None:
        raise ConflictError(
            Reason(
                code="migration_closed",
                message=f"迁移 {number} 已由 {migration.closed_by} 结束",
                clause=CLAUSE,
                remedy="尚有工单需要迁移的，请另行拟定",
            )
        )
    return migration


def plan_of(
    definitions: Definitions, work: SurveyUnit, migration: StoredMigration
) -> MigrationPlan:
    """To which version it moves tickets, and how."""
    to = definitions.get(work, migration.definition_id, migration.to_version).definition
    return MigrationPlan(to=to, mapping=dict(migration.mapping), number=migration.number)


def refuse_unless_in_force(
    work: SurveyUnit, definition_id: str, version: int, at: datetime
) -> None:
    """Tickets move to the version in force only: not to a planned one, not to an old one.

    Raises:
        RefusedError: another version is in force at `at`.
    """
    current = work.definitions.version_in_force(definition_id, at)
    if current != version:
        raise RefusedError(
            Reason(
                code="not_in_force",
                field="to",
                message=f"现行的是 {definition_id} 第 {current} 版，不能迁移到第 {version} 版",
                clause=CLAUSE,
                remedy="只能迁移到现行版本；要用旧内容，请先恢复旧版并发布",
            )
        )


def refuse_without_reason(act: Act, what: str) -> None:
    """Whatever is decided about many tickets says why.

    Raises:
        MalformedError: no reason was given.
    """
    if not act.reason:
        raise MalformedError(
            Reason(
                code="reason_missing",
                field="reason",
                message=f"{what}必须说明原因",
                clause="R-5.4",
                remedy="请填写原因",
            )
        )


def close(work: SurveyUnit, migration: StoredMigration, outcome: str, act: Act) -> bool:
    """End it, with what it has done on record; False if somebody else just did."""
    by, at = act.actor.user_id, act.at
    if not work.ticket_migrations.close(migration.number, outcome=outcome, by=by, at=at):
        return False
    totals = dict(work.ticket_migrations.totals(migration.number))
    record(work, f"{outcome}_migration", migration, act, totals=totals, reason=act.reason)
    return True


def record(
    work: SurveyUnit, action: str, migration: StoredMigration, act: Act, **facts: object
) -> None:
    """One entry for a step of the whole; each moved ticket has its own."""
    source = migration.from_version
    entry = LedgerDraft(
        action=action,
        source_state=f"{migration.definition_id}@{source}" if source else migration.definition_id,
        target_state=f"{migration.definition_id}@{migration.to_version}",
        details={"migration": migration.number, **facts},
    )
    work.ledger.append(DEFINITIONS, entry, act.actor, act.at)
