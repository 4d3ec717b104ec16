"""Moving open tickets to another version: proposed by one person, begun by another (R-10.2).

    propose(definition_id, version, reason=, actor=, ...)      -> MigrationView
    agree(ticket_no, number, evidence=, actor=)                -> Ticket    the customer's word
    run(number, actor=)                                        -> MigrationView
    cancel(number, reason=, actor=)                            -> MigrationView
    listing() / get(number) / results(number, wanted, actor=)  what became of each ticket
    in_flight()                                                tickets by version, old ones too

What it would do is shown beforehand by `app.rules.impact`; `app.rules.migration_run` does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize_company_wide
from app.forms.fields import remark
from app.rules.migration_run import MigrationRun
from app.rules.migration_steps import (
    CLAUSE,
    close,
    open_migration,
    plan_of,
    record,
    refuse_unless_in_force,
    refuse_without_reason,
)
from app.rules.migration_views import (
    CANCELLED,
    MigrationView,
    ResultView,
    VersionInFlight,
    migration_view,
    result_view,
)
from engine.errors import ConflictError, Reason, RefusedError
from engine.migration import agree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.ports.migrations import StoredMigration, SurveyUnit
    from app.rules.impact import Wanted
    from app.rules.survey import Candidate, Survey
    from app.trip.case import Case
    from engine.events import Outcome
    from engine.ticket import Act, Actor, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationService:
    """The life of a migration."""

    survey: Survey

    def propose(  # noqa: PLR0913  (what is decided on)
        self,
        definition_id: str,
        version: int,
        *,
        reason: str,
        actor: Actor,
        mapping: Mapping[str, str] | None = None,
        from_version: int = 0,
    ) -> MigrationView:
        """Write down what is to be done, for a second person to do it.

        Raises:
            NotFoundError: there is no such version.
            MalformedError: without a reason, or the mapping names a state that is not there.
            RefusedError: the version is not in force, or no ticket is on another one.
            ConflictError: a migration of the definition is open already.
        """
        authorize_company_wide(actor, Action.MANAGE_DEFINITIONS)
        act = self.survey.desk.act(actor, reason)
        refuse_without_reason(act, "迁移")
        candidate = self.survey.of_version(definition_id, version, mapping or {}, from_version)
        with self.survey.database.writing() as work:
            refuse_unless_in_force(work, definition_id, version, act.at)
            migration = _begun(work, candidate, act)
            if not work.ticket_migrations.pending(migration.number, "", 1):
                raise _nothing_to_move(candidate)
            facts = {"mapping": dict(migration.mapping), "reason": act.reason}
            record(work, "propose_migration", migration, act, **facts)
            view = migration_view(work, migration)
            work.commit()
        return view

    def agree(
        self,
        ticket_no: str,
        number: int,
        *,
        evidence: str,
        actor: Actor,
        expected_revision: int | None = None,
    ) -> Ticket:
        """Record that the customer agrees to what the migration asks more than was promised.

        Raises:
            RefusedError: there is nothing to agree to, agreement would not help, or no evidence.
            ConflictError: the migration has ended, or the ticket has changed since.
        """
        act = self.survey.desk.act(actor)
        with self.survey.database.writing() as work:

            def decide(case: Case) -> Outcome:
                migration = open_migration(work, number)
                return self._agreed(work, case, migration, remark(evidence, "evidence"))

            ticket = self.survey.desk.change_in(
                work,
                ticket_no,
                act,
                Action.RECORD_AGREEMENT,
                decide,
                expected_revision=expected_revision,
            )
            work.commit()
        return ticket

    def run(
        self, number: int, *, actor: Actor, progress: Callable[[int], None] | None = None
    ) -> MigrationView:
        """Carry it out, or go on with one that was interrupted; see `app.rules.migration_run`.

        A view that is not done afterwards means that tickets could not be examined: run it again.
        """
        authorize_company_wide(actor, Action.MANAGE_DEFINITIONS)
        run = MigrationRun(survey=self.survey, actor=actor, progress=progress or _silent)
        run.carry_out(number)
        return self.get(number)

    def cancel(self, number: int, *, reason: str, actor: Actor) -> MigrationView:
        """End it where it stands; tickets that were moved stay where they are.

        Raises:
            MalformedError: without a reason.
            ConflictError: it has ended already.
        """
        authorize_company_wide(actor, Action.MANAGE_DEFINITIONS)
        act = self.survey.desk.act(actor, reason)
        refuse_without_reason(act, "取消迁移")
        with self.survey.database.writing() as work:
            close(work, open_migration(work, number), CANCELLED, act)
            work.commit()
        return self.get(number)

    # --- reads ---------------------------------------------------------------------------------

    def listing(self, definition_id: str | None = None) -> tuple[MigrationView, ...]:
        """Every migration, the newest first."""
        with self.survey.database.reading() as work:
            found = work.ticket_migrations.listing(definition_id)
            return tuple(migration_view(work, each) for each in found)

    def get(self, number: int) -> MigrationView:
        """One migration with what was done so far.

        Raises:
            NotFoundError: there is none of that number.
        """
        with self.survey.database.reading() as work:
            return migration_view(work, work.ticket_migrations.get(number))

    def results(self, number: int, wanted: Wanted, *, actor: Actor) -> tuple[ResultView, ...]:
        """What was done to each ticket, by number; those wanted.

        Raises:
            NotFoundError: there is no such migration.
        """
        authorize_company_wide(actor, Action.MANAGE_DEFINITIONS)
        with self.survey.database.reading() as work:
            work.ticket_migrations.get(number)
            found = work.ticket_migrations.results(
                number, after=wanted.after, limit=wanted.limit, verdicts=sorted(wanted.verdicts)
            )
            return tuple(result_view(each) for each in found)

    def in_flight(self) -> tuple[VersionInFlight, ...]:
        """Versions in force, and older ones with open tickets; by definition and version."""
        at = self.survey.desk.clock()
        with self.survey.database.reading() as work:
            counts = dict(work.tickets.in_flight())
            current = {each.id: each.version for each in work.definitions.all_in_force(at)}
        return tuple(
            VersionInFlight(
                definition_id=definition_id,
                version=version,
                is_in_force=current.get(definition_id) == version,
                tickets=counts.get((definition_id, version), 0),
            )
            for definition_id, version in sorted({*counts, *current.items()})
        )

    def _agreed(
        self, work: SurveyUnit, case: Case, migration: StoredMigration, evidence: str
    ) -> Outcome:
        ticket = case.ticket
        if ticket.definition_id != migration.definition_id or ticket.ended_at is not None:
            raise _not_concerned(ticket, migration)
        plan = plan_of(self.survey.desk.definitions, work, migration)
        return agree(self.survey.examined(case, plan), plan.to, evidence, case.act)


def _begun(work: SurveyUnit, candidate: Candidate, act: Act) -> StoredMigration:
    to = candidate.plan.to
    number = work.ticket_migrations.begin(
        definition_id=to.id,
        from_version=candidate.from_version,
        to_version=to.version,
        mapping=dict(candidate.plan.mapping),
        reason=act.reason,
        by=act.actor.user_id,
        at=act.at,
    )
    if number is not None:
        return work.ticket_migrations.get(number)
    rival = work.ticket_migrations.listing(to.id)[0]
    raise ConflictError(
        Reason(
            code="migration_open",
            message=f"“{to.id}”的迁移 {rival.number}（{rival.proposed_by} 拟定）尚未结束",
            clause=CLAUSE,
            remedy=f"请先执行或取消迁移 {rival.number}",
        )
    )


def _nothing_to_move(candidate: Candidate) -> RefusedError:
    source = f"第 {candidate.from_version} 版" if candidate.from_version else "其他版本"
    return RefusedError(
        Reason(
            code="nothing_to_move",
            message=f"{candidate.title} 之外的{source}没有在途工单，无须迁移",
            clause=CLAUSE,
            remedy="各版本在途工单数见 huodian definition list",
        )
    )


def _not_concerned(ticket: Ticket, migration: StoredMigration) -> RefusedError:
    return RefusedError(
        Reason(
            code="not_concerned",
            message=f"工单 {ticket.ticket_no} 不在迁移 {migration.number} 的范围内",
            clause=CLAUSE,
            remedy="只有该流程的在途工单可以登记客户同意",
        )
    )


def _silent(_tickets: int) -> None:
    """Nobody asked to be told."""
