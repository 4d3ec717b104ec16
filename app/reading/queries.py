"""Reads for screens and commands: worklist, ticket, progress, messages, calendar year.

Every read shows one moment, is limited to the branch of the one who asks, and gives frozen values
with personal data masked; nothing below a face has to think of either again.

    queries.worklist(WorklistFilter(...), actor=...)     -> WorklistPage
    queries.ticket(ticket_no, actor=...)                 -> TicketPage
    queries.history(ticket_no, actor=...)                -> tuple[HistoryLine, ...]
    queries.clocks(ticket_no, actor=...)                 -> tuple[ClockExplanation, ...]
    queries.progress(token)                              -> ProgressPage   (no sign-in)
    queries.messages(..., actor=...)                     -> tuple[MessageView, ...]
    queries.managers(branch, actor=...)                  -> ManagerChoices
    queries.reveal_contact(ticket_no, reason, actor=...) -> Contact        (leaves a trace)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.reading.clock_view import ClockView, clock_view, clocks_of
from app.reading.history import HistoryLine, narrate
from app.reading.message_view import MessageView, message_view
from app.reading.progress_page import ProgressPage, progress_page
from app.reading.ticket_page import Surroundings, TicketPage, ticket_page
from app.reading.worklist import Cursor, WorklistFilter, WorklistPage, worklist_row
from app.streams import ADMINISTRATION
from engine.clocks import NO_TARGETS, ClockKind, explain, stage_clock
from engine.errors import NotFoundError, Reason, RefusedError
from engine.ledger import LedgerDraft
from engine.ticket import SYSTEM, Role
from engine.timetable import abandoned_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.ports.accounts import User
    from app.ports.organisation import Branch
    from app.ports.queries import QueryDatabase, QueryUnit
    from app.trip.case import Case
    from app.trip.desk import Desk
    from engine.application import Contact
    from engine.clocks import Clock, Step
    from engine.definition import WorkflowDefinition
    from engine.ticket import Actor, Ticket
    from notifications.message import MessageState

PAGE_SIZE = 50
MESSAGES_AT_MOST = 200
A_MOMENT = timedelta(microseconds=1)
"""Due at this very instant is overdue already (R-2.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockExplanation:
    """A clock and, day by day, why it is due when it is due (R-2.4)."""

    clock: ClockView
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerChoices:
    """Who may be named as manager in a branch: user id -> name, sorted by id."""

    project_managers: Mapping[str, str]
    account_managers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryService:
    """All reads. `database` is the desk's own, seen as something that only reads."""

    desk: Desk
    database: QueryDatabase

    def worklist(self, wanted: WorklistFilter, *, actor: Actor) -> WorklistPage:
        """Open tickets, the least time left first; one query however many rows."""
        authorize(actor, Action.READ)
        at = self.desk.clock()
        with self.database.reading() as work:
            calendar = self.desk.calendars.current(work)
            people = work.accounts.users()
            names, gone = _names(people), _gone(people)
            branches = {each.id: each for each in work.grid.branches()}
            found = work.tickets.worklist(
                branch=actor.branch or wanted.branch or None,
                manager=actor.user_id if wanted.mine else None,
                text=wanted.text or None,
                open_only=not wanted.ended_too,
                limit=PAGE_SIZE + 1,
                after=wanted.after.key if wanted.after else None,
                due_before=at + A_MOMENT if wanted.overdue else None,
            )
            rows = [
                worklist_row(
                    each.ticket,
                    Surroundings(
                        definition=self.desk.definitions.of(work, each.ticket).definition,
                        calendar=calendar,
                        at=at,
                        names=names,
                        phones={},
                        branch_name=branches[each.ticket.branch].name,
                        gone=gone,
                        targets=_targets(branches, each.ticket),
                    ),
                )
                for each in found
            ]
        return WorklistPage.of(rows, found, PAGE_SIZE)

    def ticket(self, ticket_no: str, *, actor: Actor) -> TicketPage:
        """Everything about one ticket, with what the actor may do next.

        Raises:
            NotFoundError: unknown, or another branch's.
        """
        authorize(actor, Action.READ)
        act = self.desk.act(actor, reason="-")
        with self.database.reading() as work:
            case = self.desk.load(work, ticket_no, act)
            around = self._around(work, case)
            token = work.tickets.progress_token(ticket_no)
        page = ticket_page(case.ticket, around, case.offers(), actor)
        return replace(page, progress_token=token)

    def history(self, ticket_no: str, *, actor: Actor) -> tuple[HistoryLine, ...]:
        """The ticket's ledger in sentences, the latest first."""
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            self.desk.load(work, ticket_no, self.desk.act(actor))  # may this actor see it
            entries = tuple(work.ledger.entries(ticket_no))
            refs = {entry.definition_ref for entry in entries}
            definitions = {ref: self.desk.definitions.named(work, ref).definition for ref in refs}
            lines = narrate(entries, definitions, _names(work.accounts.users()))
        return lines[::-1]

    def clocks(self, ticket_no: str, *, actor: Actor) -> tuple[ClockExplanation, ...]:
        """Every clock the ticket ever had, each day of it counted or not, and why."""
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            case = self.desk.load(work, ticket_no, self.desk.act(actor))
        ticket, definition = case.ticket, case.definition
        stages = tuple(stage_clock(run, definition) for run in ticket.stage_runs)
        shown = clocks_of(ticket, definition, case.targets_of(definition))
        others = (clock for clock in shown if clock.kind is not ClockKind.STAGE)
        return tuple(self._explained(clock, case) for clock in (*stages, *others))

    def progress(self, token: str) -> ProgressPage:
        """The customer's page.

        Raises:
            NotFoundError: no ticket has this token; says nothing about which ones exist.
        """
        act = self.desk.act(SYSTEM)
        with self.database.reading() as work:
            ticket = work.tickets.find_by_progress_token(token)
            if ticket is None:
                raise NotFoundError(
                    Reason(code="not_found", message="没有找到这个进度页面，请核对短信中的链接")
                )
            case = self.desk.load(work, ticket.ticket_no, act)
            around = self._around(work, case)
            branch = next(each for each in work.grid.branches() if each.id == ticket.branch)
            told = work.outbox.listing(
                ticket_no=ticket.ticket_no,
                state=None,
                branch=None,
                unhandled=False,
                limit=MESSAGES_AT_MOST,
            )
        return progress_page(ticket, around, branch.phone, told)

    def messages(
        self,
        *,
        actor: Actor,
        ticket_no: str | None = None,
        state: MessageState | None = None,
        unhandled: bool = False,
    ) -> tuple[MessageView, ...]:
        """Messages, the newest first, of one ticket or of all the actor may see.

        `unhandled` keeps those that need a person and that nobody has seen to.
        """
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            if ticket_no is not None:
                self.desk.load(work, ticket_no, self.desk.act(actor))
            names = _names(work.accounts.users())
            found = work.outbox.listing(
                ticket_no=ticket_no,
                state=state,
                branch=actor.branch or None,
                unhandled=unhandled,
                limit=MESSAGES_AT_MOST,
            )
        return tuple(message_view(each, names) for each in found)

    def managers(self, branch: str, *, actor: Actor) -> ManagerChoices:
        """Who may become project manager and account manager of the branch's tickets."""
        authorize(actor, Action.READ, branch=branch)
        with self.database.reading() as work:
            people = [user for user in work.accounts.users() if user.active]
        local = sorted((user for user in people if user.branch == branch), key=lambda u: u.id)
        return ManagerChoices(
            project_managers={u.id: u.name for u in local if Role.PROJECT_MANAGER in u.roles},
            account_managers={u.id: u.name for u in local if Role.ACCOUNT_MANAGER in u.roles},
        )

    def reveal_contact(self, ticket_no: str, reason: str, *, actor: Actor) -> Contact:
        """The customer's name and number in full: the one read that leaves a trace.

        Raises:
            RefusedError: the actor does not work on tickets, or says not what for.
        """
        authorize(actor, Action.SUPPLY_DOCUMENT)
        act = self.desk.act(actor, reason)
        if not reason.strip():
            raise RefusedError(
                Reason(
                    code="reason_missing",
                    field="contact-reason",
                    message="查看完整联系方式须说明用途",
                    remedy="请填写用途，例如：联系客户现场勘查",
                )
            )
        details = {"ticket_no": ticket_no, "reason": reason.strip()}
        with self.desk.database.writing() as work:
            contact = self.desk.load(work, ticket_no, act).ticket.request.contact
            draft = LedgerDraft(action="reveal_contact", details=details)
            work.ledger.append(ADMINISTRATION, draft, actor, act.at)
            work.commit()
        return contact

    def branches(self) -> Mapping[str, str]:
        """Branch ids with their names."""
        with self.database.reading() as work:
            return {each.id: each.name for each in work.grid.branches()}

    def definitions(self, *, actor: Actor) -> tuple[WorkflowDefinition, ...]:
        """The definitions in force now, by id."""
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            found = work.definitions.all_in_force(self.desk.clock())
        return tuple(sorted(found, key=lambda each: each.id))

    def knows_node(self, node_id: str) -> bool:
        """Whether the topology has a node of that id."""
        with self.database.reading() as work:
            return work.topology.knows(node_id)

    def _around(self, work: QueryUnit, case: Case) -> Surroundings:
        people = work.accounts.users()
        branches = {each.id: each for each in work.grid.branches()}
        return Surroundings(
            definition=case.definition,
            calendar=case.calendar,
            at=case.act.at,
            names=_names(people),
            phones={user.id: user.phone for user in people},
            branch_name=branches[case.ticket.branch].name,
            gone=_gone(people),
            targets=_targets(branches, case.ticket),
        )

    def _explained(self, clock: Clock, case: Case) -> ClockExplanation:
        view = clock_view(
            clock,
            case.definition,
            case.calendar,
            case.act.at,
            given_up_at=abandoned_at(case.ticket, case.definition),
        )
        return ClockExplanation(clock=view, steps=tuple(explain(clock, case.calendar)))


def _targets(branches: Mapping[str, Branch], ticket: Ticket) -> Mapping[str, int]:
    """What the ticket's branch has set itself for the stages of its definition (T3d)."""
    return branches[ticket.branch].targets.get(ticket.definition_id, NO_TARGETS)


def _names(people: Sequence[User]) -> dict[str, str]:
    return {SYSTEM.user_id: SYSTEM.name, **{user.id: user.name for user in people}}


def _gone(people: Sequence[User]) -> frozenset[str]:
    return frozenset(user.id for user in people if not user.active)


__all__ = ["Cursor", "QueryService", "WorklistFilter"]
