"""Matching works (配套工程): what the grid owes an application, scheduled back from its date.

R-9.1a, 四(一)3, T3b. The date is the customer's wish, a fact of the application that can be
corrected (`ticket amend`); begun and finished is what people record, when they record it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.fields import FieldReader, shown
from app.readiness.recording import (
    application_of,
    by_system,
    is_energized,
    reason_missing,
    recorded,
    refuse_if_ended,
)
from engine.calendar import local_date
from engine.definition import Checkpoint
from engine.errors import MalformedError, Reason, RefusedError, not_found
from workflows.matching_works import CLAUSE, Milestone, Schedule, TicketProgress, schedule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.ports.readiness import GridDatabase, GridWork
    from app.ports.supply_plans import StoredMilestone
    from app.trip.case import Case
    from app.trip.desk import Desk
    from engine.ticket import Act, Actor, Ticket

FIELDS = {"milestone": "工序", "days": "工期（工作日）"}
NAME_LENGTH = 40
MOST_DAYS = 250
MOST_MILESTONES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMilestone:
    """A milestone that is to be done, and in how many working days."""

    name: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketWorks:
    """The works of one ticket against the customer's date."""

    ticket_no: str
    branch: str
    schedule: Schedule


def parse_milestones(texts: Iterable[str]) -> tuple[PlannedMilestone, ...]:
    """Milestones in their order, each written `设计:5`, the name and its working days.

    Raises:
        MalformedError: none, too many, or everything that is wrong with them.
    """
    given = list(texts)
    reasons: list[Reason] = []
    planned = []
    for text in given:
        name, _, days = text.replace("：", ":").rpartition(":")
        read = FieldReader({"milestone": name, "days": days}, FIELDS)
        planned.append(
            PlannedMilestone(
                name=read.text("milestone", limit=NAME_LENGTH),
                days=read.whole("days", least=1, most=MOST_DAYS, default=0),
            )
        )
        if not days.strip():
            message = f"“{shown(text)}”没有工期"
            read.problem("days", "required", message, "请写作 工序:工作日数，例如 设计:5")
        reasons += read.reasons
    if not 0 < len(given) <= MOST_MILESTONES:
        message = f"工序须为 1 至 {MOST_MILESTONES} 个"
        reasons.append(Reason(code="how_many", field="milestone", message=message))
    if reasons:
        raise MalformedError(reasons)
    return tuple(planned)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingWorks:
    """What people plan and record of matching works."""

    desk: Desk
    database: GridDatabase

    def plan(
        self,
        ticket_no: str,
        milestones: Sequence[PlannedMilestone],
        *,
        actor: Actor,
        reason: str = "",
        expected_revision: int | None = None,
    ) -> Ticket:
        """Plan the works of a ticket; what is begun already stays, the rest is replaced.

        Raises:
            RefusedError: the customer's date is not known, or a new plan has no reason.
        """
        act = self.desk.act(actor, reason)
        with self.database.writing() as work:
            case = self._case(work, ticket_no, act, expected_revision)
            before = work.supply_plans.milestones(ticket_no)
            reasons = _against_plan(case, before)
            if reasons:
                raise RefusedError(reasons)
            kept = [each for each in before if each.started_at is not None]
            named = [(each.name, each.days) for each in kept]
            named += [(each.name, each.days) for each in milestones]
            listed = "、".join(f"{name} {days} 日" for name, days in named)
            facts = {
                "milestones": listed,
                "expected_energization_on": application_of(case).expected_energization_on,
            }
            ticket = self._keep(work, case, "matching_works", facts)
            work.supply_plans.put_milestones(ticket_no, milestones, after=len(kept))
            scheduled(work, self._case(work, ticket_no, act, None))  # refuses unknown years
            work.commit()
        return ticket

    def begin(
        self, ticket_no: str, number: int, *, actor: Actor, expected_revision: int | None = None
    ) -> Ticket:
        """Record that a milestone is begun now; the one before it must be finished."""
        return self._record(
            ticket_no, number, "milestone_begun", self.desk.act(actor), expected_revision
        )

    def finish(
        self, ticket_no: str, number: int, *, actor: Actor, expected_revision: int | None = None
    ) -> Ticket:
        """Record that a milestone is finished now; the one before it must be."""
        return self._record(
            ticket_no, number, "milestone_finished", self.desk.act(actor), expected_revision
        )

    def listing(
        self, *, actor: Actor, branch: str = "", red_only: bool = False
    ) -> tuple[TicketWorks, ...]:
        """The works of open tickets, the earliest wish first."""
        authorize(actor, Action.READ)
        act = by_system(self.desk.act(actor))
        wanted = actor.branch or branch
        found = []
        with self.database.reading() as work:
            for ticket_no in work.supply_plans.works():
                case = self.desk.load(work, ticket_no, act)
                planned = scheduled(work, case)
                if planned is not None and wanted in {"", case.ticket.branch}:
                    branch_id = case.ticket.branch
                    found.append(
                        TicketWorks(ticket_no=ticket_no, branch=branch_id, schedule=planned)
                    )
        found.sort(key=lambda each: (each.schedule.expected_energization_on, each.ticket_no))
        return tuple(each for each in found if each.schedule.is_red or not red_only)

    # --- parts of the above --------------------------------------------------------------------

    def _record(
        self, ticket_no: str, number: int, topic: str, act: Act, expected_revision: int | None
    ) -> Ticket:
        with self.database.writing() as work:
            case = self._case(work, ticket_no, act, expected_revision, ended_too=True)
            plans = work.supply_plans
            name = _next_in_order(plans.milestones(ticket_no), number, topic)
            ticket = self._keep(work, case, topic, {"milestone": name})
            if topic == "milestone_begun":
                plans.begin_milestone(ticket_no, number, act.at)
            else:
                plans.finish_milestone(ticket_no, number, act.at)
            work.commit()
        return ticket

    def _case(
        self,
        work: GridWork,
        ticket_no: str,
        act: Act,
        expected_revision: int | None,
        *,
        ended_too: bool = False,
    ) -> Case:
        case = self.desk.load(work, ticket_no, act, expected_revision=expected_revision)
        authorize(act.actor, Action.PLAN_MATCHING_WORKS, branch=case.ticket.branch)
        if not ended_too:
            refuse_if_ended(case)
        return case

    def _keep(self, work: GridWork, case: Case, topic: str, facts: Mapping[str, object]) -> Ticket:
        outcome = recorded(case, topic, facts)
        return self.desk.recorder.keep(work, case, outcome, action=Action.PLAN_MATCHING_WORKS)


def scheduled(work: GridWork, case: Case) -> Schedule | None:
    """The ticket's works against the customer's date; None if there are none, or no date."""
    wanted = application_of(case).expected_energization_on
    milestones = work.supply_plans.milestones(case.ticket.ticket_no)
    if wanted is None or not milestones:
        return None
    progress = TicketProgress(
        expected_energization_on=wanted,
        awaits_energization=_awaits_energization(case),
        today=local_date(case.act.at),
    )
    return schedule([_as_milestone(each) for each in milestones], progress, case.calendar)


def _as_milestone(stored: StoredMilestone) -> Milestone:
    begun, finished = stored.started_at, stored.finished_at
    return Milestone(
        name=stored.name,
        days=stored.days,
        started_on=None if begun is None else local_date(begun),
        finished_on=None if finished is None else local_date(finished),
    )


def _awaits_energization(case: Case) -> bool:
    """Whether the application has come to its last move, or past it."""
    offered = case.definition.offered[case.ticket.state]
    return is_energized(case) or any(each.checkpoint is Checkpoint.ENERGIZATION for each in offered)


def _against_plan(case: Case, before: Sequence[StoredMilestone]) -> list[Reason]:
    reasons = []
    if application_of(case).expected_energization_on is None:
        reasons.append(
            Reason(
                code="no_expected_date",
                field="expected_energization_on",
                message="未登记客户期望送电日期，不能倒排配套工程",
                clause=CLAUSE,
                remedy="请先更正申请资料，补记期望送电日期",
            )
        )
    if before and not case.act.reason:
        reasons.append(reason_missing("调整配套工程"))
    return reasons


def _next_in_order(milestones: Sequence[StoredMilestone], number: int, topic: str) -> str:
    """The name of the milestone, if it is its turn."""
    if not 1 <= number <= len(milestones):
        what = "工序"
        raise not_found(what, str(number))
    milestone = milestones[number - 1]
    problem = ""
    if milestone.finished_at is not None:
        problem = f"第 {number} 道工序“{milestone.name}”已经完成"
    elif topic == "milestone_begun" and milestone.started_at is not None:
        problem = f"第 {number} 道工序“{milestone.name}”已经开工"
    elif number > 1 and milestones[number - 2].finished_at is None:
        problem = f"上一道工序“{milestones[number - 2].name}”尚未完成"
    if problem:
        raise RefusedError(
            Reason(code="not_its_turn", field="number", message=problem, clause=CLAUSE)
        )
    return milestone.name
