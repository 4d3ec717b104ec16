"""The straight line that every change of a ticket follows: load, decide, keep, commit.

The services of this package say only how to decide. One transaction a change, guarded by the
ticket's revision; the clock is read once, by the caller, into the `Act`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize, refuse_foreign_branch
from app.forms.fields import remark
from app.trip.case import Case
from engine.errors import ConflictError, Reason
from engine.ticket import Act

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.clock import Clock
    from app.ports.work import Database, Work
    from app.trip.calendars import Calendars
    from app.trip.definitions import Definitions
    from app.trip.recording import Recorder
    from engine.events import Outcome
    from engine.ticket import Actor, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the services of a ticket share."""

    database: Database
    definitions: Definitions
    calendars: Calendars
    recorder: Recorder
    clock: Clock

    def act(self, actor: Actor, reason: str = "") -> Act:
        """Who acts, at this one instant, and why."""
        return Act(actor=actor, at=self.clock(), reason=remark(reason, "reason"))

    def change(
        self,
        ticket_no: str,
        act: Act,
        action: str,
        decide: Callable[[Case], Outcome],
        *,
        expected_revision: int | None = None,
    ) -> Ticket:
        """Change one ticket and return it at its new revision.

        `action` is an `Action` (then the actor's roles are checked here) or a trigger (then the
        definition checks them).

        Raises:
            HuodianError: not found, not permitted, refused by the engine, or changed meanwhile.
        """
        with self.database.changing() as work:
            kept = self.change_in(
                work, ticket_no, act, action, decide, expected_revision=expected_revision
            )
            work.commit()
        return kept

    def change_in(  # noqa: PLR0913  (as `change`, inside a caller's transaction)
        self,
        work: Work,
        ticket_no: str,
        act: Act,
        action: str,
        decide: Callable[[Case], Outcome],
        *,
        expected_revision: int | None = None,
    ) -> Ticket:
        """The same without the commit."""
        case = self.load(work, ticket_no, act, expected_revision=expected_revision)
        if isinstance(action, Action):
            authorize(act.actor, action, branch=case.ticket.branch)
        return self.recorder.keep(work, case, decide(case), action=action)

    def load(
        self, work: Work, ticket_no: str, act: Act, *, expected_revision: int | None = None
    ) -> Case:
        """The ticket, if the actor may know of it and it is still at the revision he saw."""
        dossier = work.tickets.dossier(ticket_no)
        ticket = dossier.ticket
        refuse_foreign_branch(ticket, act.actor)
        if expected_revision is not None and expected_revision != ticket.revision:
            raise stale(ticket_no)
        return Case(
            ticket=ticket,
            machine=self.definitions.of(work, ticket),
            calendar=self.calendars.of(work, dossier.calendar_stamp),
            act=act,
            dossier=dossier,
            targets=dossier.targets,
        )


def stale(ticket_no: str) -> ConflictError:
    """Somebody else changed the ticket since it was read."""
    return ConflictError(
        Reason(
            code="stale_revision",
            message=f"工单 {ticket_no} 已被他人处理，您看到的内容不是最新的",
            remedy="请刷新后重试",
        )
    )
