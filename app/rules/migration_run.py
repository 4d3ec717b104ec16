"""Carries a migration out: one ticket a transaction, so that it may be killed and run again.

Each ticket is examined as it then is, moved or left, and the result noted under a key that lets
nobody do it twice. Several may carry out the same migration at once: whoever comes second to a
ticket finds it changed, and leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic_core import to_jsonable_python

from app.rules.drafting import SECOND_PERSON_CLAUSE
from app.rules.migration_steps import (
    MIGRATE,
    close,
    open_migration,
    plan_of,
    record,
    refuse_unless_in_force,
)
from app.rules.migration_views import FINISHED
from app.sweeping import sweep_each
from app.trip.desk import stale
from engine.errors import Reason, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.ports.migrations import SurveyUnit
    from app.rules.survey import Survey
    from app.trip.case import Case
    from engine.migration import Examination, MigrationPlan
    from engine.ticket import Act, Actor, Ticket

BATCH = 200
ROUNDS = 5
"""How often tickets are tried that somebody was just changing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationRun:
    """One person carrying out migrations; `progress` is told how many tickets were looked at."""

    survey: Survey
    actor: Actor
    progress: Callable[[int], None]

    def carry_out(self, number: int) -> None:
        """Begin the migration or go on with it; ends it when no ticket is left.

        Raises:
            RefusedError: who proposed it begins it, or its version is not in force.
            ConflictError: it has ended.
        """
        plan = self._approved(number, self._act())
        for _ in range(ROUNDS):
            if not self._round(plan):
                break
        self._finish(number, self._act())

    def _approved(self, number: int, act: Act) -> MigrationPlan:
        """The plan; a second person begins it, who goes on with it after that does not matter."""
        with self.survey.database.writing() as work:
            migration = open_migration(work, number)
            refuse_unless_in_force(work, migration.definition_id, migration.to_version, act.at)
            plan = plan_of(self.survey.desk.definitions, work, migration)
            if migration.approved_at is not None:
                return plan
            if migration.proposed_by == act.actor.user_id:
                raise _second_person(number)
            work.ticket_migrations.approve(number, act.actor.user_id, act.at)
            record(work, MIGRATE, migration, act, proposed_by=migration.proposed_by)
            work.commit()
        return plan

    def _round(self, plan: MigrationPlan) -> bool:
        """Every ticket that is left; whether somebody was in the way of one of them."""
        overtaken, after = 0, ""
        while tickets := self._left(plan, after):
            report = sweep_each(MIGRATE, tickets, lambda ticket_no: self._take(ticket_no, plan))
            overtaken += report.overtaken
            after = tickets[-1]
            self.progress(len(tickets))
        return overtaken > 0

    def _left(self, plan: MigrationPlan, after: str) -> Sequence[str]:
        with self.survey.database.reading() as work:
            _refuse_ended(work, plan, self._act())
            return work.ticket_migrations.pending(plan.number, after, BATCH)

    def _take(self, ticket_no: str, plan: MigrationPlan) -> bool:
        """Examine one ticket and move it if it may; whether it was moved."""
        act, desk = self._act(), self.survey.desk
        with self.survey.database.writing() as work:
            _refuse_ended(work, plan, act)
            case = desk.load(work, ticket_no, act)
            if not _is_concerned(case.ticket, plan):
                return False
            examination = self.survey.examined(case, plan)
            outcome = examination.outcome
            if outcome is not None:
                desk.recorder.keep(work, case, outcome, action=MIGRATE, definition=plan.to)
            _note(work, plan, case, examination)
            work.commit()
        return outcome is not None

    def _finish(self, number: int, act: Act) -> None:
        """End it if no ticket is left, unless somebody who ran it too has done so already."""
        with self.survey.database.writing() as work:
            migration = work.ticket_migrations.get(number)
            if not work.ticket_migrations.pending(number, "", 1):
                close(work, migration, FINISHED, act)
            work.commit()

    def _act(self) -> Act:
        return self.survey.desk.act(self.actor)


def _is_concerned(ticket: Ticket, plan: MigrationPlan) -> bool:
    """Whether it still is what it was when the batch was read: open, on another version."""
    is_other = ticket.definition_id == plan.to.id and ticket.definition_version != plan.to.version
    return ticket.ended_at is None and is_other


def _refuse_ended(work: SurveyUnit, plan: MigrationPlan, act: Act) -> None:
    """What may happen meanwhile: it was cancelled, or another version has come into force."""
    open_migration(work, plan.number)
    refuse_unless_in_force(work, plan.to.id, plan.to.version, act.at)


def _note(work: SurveyUnit, plan: MigrationPlan, case: Case, examination: Examination) -> None:
    ticket, effects = case.ticket, examination.effects
    is_first = work.ticket_migrations.add_result(
        plan.number,
        ticket.ticket_no,
        verdict=examination.verdict,
        reasons=to_jsonable_python(examination.reasons),
        from_version=ticket.definition_version,
        source_state=ticket.state,
        target_state=effects.state if effects else "",
        at=case.act.at,
    )
    if not is_first:
        raise stale(ticket.ticket_no)


def _second_person(number: int) -> RefusedError:
    return RefusedError(
        Reason(
            code="second_person",
            message=f"迁移 {number} 由您本人拟定，须由另一名管理员核对后执行",
            clause=SECOND_PERSON_CLAUSE,
            remedy="请通知另一名管理员查看迁移内容并执行",
        )
    )
