"""Between a use case and the planner of messages: gathers whom and what a message may mention.

The planner is pure; this is where branches and people are looked up, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.application import Contact
from engine.reminders import deferrals_due_in_stage
from engine.ticket import Role
from notifications.context import PlanContext, StaffContact
from notifications.planner import plan
from notifications.reminders import EscalationStep, escalation, plan_reminder, to_managers

if TYPE_CHECKING:
    from app.ports.work import Dossier, Person, Work
    from app.trip.case import Case
    from app.trip.message_texts import MessageTexts
    from engine.calendar import OfficeHours
    from engine.definition import WorkflowDefinition
    from engine.events import Outcome
    from engine.reminders import DueRung
    from notifications.context import Notice
    from notifications.message import Channel, Message
    from notifications.quiet_hours import QuietHours


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Plans the messages of a change or of a reminder."""

    hours: OfficeHours
    quiet: QuietHours
    channels: frozenset[Channel]
    customer_ways: tuple[Channel, ...]
    groups: frozenset[str]
    base_url: str
    texts: MessageTexts

    def messages(
        self, work: Work, case: Case, outcome: Outcome, definition: WorkflowDefinition
    ) -> tuple[Message, ...]:
        """The messages that a change of the ticket causes."""
        return plan(case.ticket, outcome, self.context(work, case, definition))

    def first_messages(self, work: Work, case: Case, outcome: Outcome) -> tuple[Message, ...]:
        """The messages that a new ticket causes, once it is stored."""
        return plan(None, outcome, self.context(work, case, case.definition))

    def remind(self, work: Work, case: Case, rungs: tuple[DueRung, ...]) -> tuple[Message, ...]:
        """The messages of newly claimed rungs, put into the outbox."""
        ticket, at = case.ticket, case.act.at
        context = self.context(work, case, case.definition)
        deferred = deferrals_due_in_stage(ticket, case.definition, at)
        is_overdue = any(rung.overdue_days is not None for rung in rungs)
        steps = _escalation(work, ticket.branch) if is_overdue else ()
        messages = plan_reminder(ticket, rungs, deferred, steps, context)
        work.outbox.add(messages)
        return messages

    def tell_managers(self, work: Work, case: Case, notice: Notice) -> None:
        """Put a notice to both managers of the ticket into the outbox."""
        context = self.context(work, case, case.definition)
        work.outbox.add(to_managers(notice, case.ticket, context))

    def context(self, work: Work, case: Case, definition: WorkflowDefinition) -> PlanContext:
        """What a message about the ticket may mention."""
        ticket = case.ticket
        dossier = case.dossier or work.tickets.dossier(ticket.ticket_no)
        return PlanContext(
            definition=definition,
            calendar=case.calendar,
            hours=self.hours,
            at=case.act.at,
            branch_name=dossier.branch_name,
            branch_phone=dossier.branch_phone,
            progress_url=f"{self.base_url}/p/{dossier.progress_token}",
            people=People(work, dossier.managers),
            stand_ins=_stand_ins(work, dossier),
            channels=self.channels,
            customer_ways=self.customer_ways,
            groups=self.groups,
            quiet=self.quiet,
            renderer=self.texts.of(work, dossier.template_stamp),
        )


def _escalation(work: Work, branch: str) -> tuple[EscalationStep, ...]:
    section_heads, branch_heads, marketing = _above(work, branch)
    return escalation(section_heads=section_heads, branch_heads=branch_heads, marketing=marketing)


def _above(work: Work, branch: str) -> tuple[tuple[str, ...], ...]:
    """Those above the managers of a branch, the nearest first (R-6.1)."""
    chain = ((Role.SECTION_HEAD, branch), (Role.BRANCH_HEAD, branch), (Role.MARKETING, ""))
    return tuple(
        tuple(user.id for user in work.accounts.with_role(role, of_branch))
        for role, of_branch in chain
    )


def _stand_ins(work: Work, dossier: Dossier) -> dict[str, tuple[str, ...]]:
    """Who is told instead of a manager whose account is disabled: the nearest above who is there.

    Nothing that is said to somebody who has left may vanish (R-6.1).
    """
    absent = [each.id for each in dossier.managers.values() if not each.active]
    if not absent:
        return {}
    deputies = next((each for each in _above(work, dossier.ticket.branch) if each), ())
    return dict.fromkeys(absent, deputies)


class People(Mapping[str, Contact]):
    """User id -> contact; who is not known yet is looked up when a message mentions him."""

    __slots__ = ("_known", "_work")

    def __init__(self, work: Work, known: Mapping[str, Person]) -> None:
        self._work = work
        self._known = {user_id: _contact(user) for user_id, user in known.items()}

    def __getitem__(self, user_id: str) -> Contact:
        if user_id not in self._known:
            user = self._work.accounts.find_user(user_id)
            if user is None:
                raise KeyError(user_id)
            self._known[user_id] = _contact(user)
        return self._known[user_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _contact(user: Person) -> StaffContact:
    return StaffContact(name=user.name, phone=user.phone, wecom_id=user.wecom_id)
