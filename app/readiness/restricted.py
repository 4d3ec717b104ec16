"""Two-step supply where the grid is restricted (四(一)1, T1c).

先满足客户急需用电需求、再满足客户满负荷用电需求: the urgent need by a day, the full load by a
later one. The entry stays open, with what is still owed, until the full load is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.application_form import MOST_KW
from app.forms.fields import FieldReader, foreign_fields
from app.forms.moments import read_day
from app.readiness.recording import (
    application_of,
    by_system,
    ending_of,
    is_energized,
    reason_missing,
    recorded,
)
from app.readiness.restricted_register import (
    WHOLE,
    WITHDRAWN,
    RestrictedEntry,
    restricted_entry,
)
from engine.calendar import local_date
from engine.definition import Ending
from engine.errors import Reason, RefusedError
from workflows.readiness import plain
from workflows.restricted_supply import CLAUSE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

    from app.ports.readiness import GridDatabase, GridWork
    from app.ports.supply_plans import RestrictedSupply
    from app.trip.case import Case
    from app.trip.desk import Desk
    from engine.ticket import Act, Actor, Ticket

FIELDS = {
    "first_kw": "先行供电容量（千瓦）",
    "first_by": "先行供电日期",
    "full_by": "满负荷供电日期",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyPlan:
    """The two steps: the urgent need in kW by a day, the full load by a later one."""

    first_kw: Decimal
    first_by: date
    full_by: date


def parse_plan(fields: Mapping[str, str]) -> SupplyPlan:
    """Read a plan from raw text by the fields of `FIELDS`.

    Raises:
        MalformedError: with every problem of every field.
    """
    read = FieldReader(fields, FIELDS)
    read.reasons += foreign_fields(fields, FIELDS)
    plan = SupplyPlan(
        first_kw=read.decimal("first_kw", most=MOST_KW),
        first_by=read_day(read, "first_by"),
        full_by=read_day(read, "full_by"),
    )
    read.refuse_if_any()
    return plan


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedSupplies:
    """The register of two-step supplies, and what people do to it."""

    desk: Desk
    database: GridDatabase

    def plan(
        self,
        ticket_no: str,
        plan: SupplyPlan,
        *,
        reason: str,
        actor: Actor,
        expected_revision: int | None = None,
    ) -> Ticket:
        """Plan the two steps, or change the plan; the customer is told.

        Raises:
            RefusedError: every reason against it.
        """
        act = self.desk.act(actor, reason)
        with self.database.writing() as work:
            case = self._case(work, ticket_no, act, expected_revision)
            _refuse_unfit(case, plan, work.supply_plans.restricted(ticket_no))
            case.calendar.is_working_day(plan.full_by)  # refuses a year that it does not know
            requested = application_of(case).requested_capacity_kw
            facts = {
                "first_kw": plain(plan.first_kw),
                "first_by": plan.first_by,
                "outstanding_kw": plain(requested - plan.first_kw),
                "full_by": plan.full_by,
            }
            ticket = self._keep(work, case, "restricted_supply", facts)
            work.supply_plans.put_restricted(
                ticket_no,
                first_kw=plan.first_kw,
                first_by=plan.first_by,
                full_by=plan.full_by,
                reason=act.reason,
                planned_at=act.at,
            )
            work.commit()
        return ticket

    def complete(
        self,
        ticket_no: str,
        *,
        actor: Actor,
        reason: str = "",
        expected_revision: int | None = None,
    ) -> Ticket:
        """Record that the full load is there; the customer is told and the entry closed.

        Raises:
            RefusedError: nothing is owed, or the first step was never supplied.
        """
        act = self.desk.act(actor, reason)
        with self.database.writing() as work:
            case = self._case(work, ticket_no, act, expected_revision)
            supply = _open_supply(work, ticket_no)
            if not is_energized(case):
                raise RefusedError(
                    Reason(
                        code="not_energized",
                        message=f"工单 {ticket_no} 尚未送电，不能登记满负荷供电",
                        clause=CLAUSE,
                        remedy="请先办理送电；可一次供足的，请撤销两步供电（restricted withdraw）",
                    )
                )
            owed = application_of(case).requested_capacity_kw - supply.first_kw
            facts = {"outstanding_kw": plain(owed)}
            ticket = self._keep(work, case, "restricted_supply_whole", facts)
            work.supply_plans.close_restricted(
                ticket_no, outcome=WHOLE, by=actor.user_id, at=act.at
            )
            work.commit()
        return ticket

    def withdraw(
        self,
        ticket_no: str,
        *,
        reason: str,
        actor: Actor,
        expected_revision: int | None = None,
    ) -> Ticket:
        """The grid can supply the whole at once after all; only before energization.

        Raises:
            RefusedError: nothing is planned, no reason, or the first step is supplied already.
        """
        act = self.desk.act(actor, reason)
        with self.database.writing() as work:
            case = self._case(work, ticket_no, act, expected_revision)
            _open_supply(work, ticket_no)
            reasons = [reason_missing("撤销两步供电")] if not act.reason else []
            if is_energized(case):
                message = "已按先行容量送电，不能撤销两步供电"
                remedy = "满负荷供电后请登记（restricted complete）"
                reasons.append(
                    Reason(code="energized", message=message, clause=CLAUSE, remedy=remedy)
                )
            if reasons:
                raise RefusedError(reasons)
            ticket = self._keep(work, case, "restricted_supply_withdrawn", {})
            work.supply_plans.close_restricted(
                ticket_no, outcome=WITHDRAWN, by=actor.user_id, at=act.at
            )
            work.commit()
        return ticket

    def register(
        self, *, actor: Actor, branch: str = "", everything: bool = False
    ) -> tuple[RestrictedEntry, ...]:
        """What is owed, the first promised day first; with `everything` what is settled too."""
        authorize(actor, Action.READ)
        act = self.desk.act(actor)
        wanted = actor.branch or branch
        with self.database.reading() as work:
            found = work.supply_plans.restricted_supplies(open_only=not everything)
            entries = [
                restricted_entry(self.desk.load(work, each.ticket_no, by_system(act)), each)
                for each in found
            ]
        return tuple(each for each in entries if wanted in {"", each.branch})

    # --- parts of the above --------------------------------------------------------------------

    def _case(
        self, work: GridWork, ticket_no: str, act: Act, expected_revision: int | None
    ) -> Case:
        case = self.desk.load(work, ticket_no, act, expected_revision=expected_revision)
        authorize(act.actor, Action.PLAN_RESTRICTED_SUPPLY, branch=case.ticket.branch)
        return case

    def _keep(self, work: GridWork, case: Case, topic: str, facts: Mapping[str, object]) -> Ticket:
        outcome = recorded(case, topic, facts)
        action = Action.PLAN_RESTRICTED_SUPPLY
        return self.desk.recorder.keep(work, case, outcome, action=action)


def _open_supply(work: GridWork, ticket_no: str) -> RestrictedSupply:
    supply = work.supply_plans.restricted(ticket_no)
    if supply is not None and not supply.outcome:
        return supply
    raise RefusedError(
        Reason(
            code="nothing_owed",
            message=f"工单 {ticket_no} 没有待补足的两步供电",
            clause=CLAUSE,
            remedy="待补足的工单见 huodian readiness restricted list",
        )
    )


def _refuse_unfit(case: Case, plan: SupplyPlan, before: RestrictedSupply | None) -> None:
    """Everything that speaks against the plan, at once."""
    reasons = [*_against_dates(case, plan), *_against_ticket(case, plan, before)]
    requested = application_of(case).requested_capacity_kw
    if plan.first_kw >= requested:
        message = f"先行供电 {plain(plan.first_kw)} kW 须小于申请容量 {plain(requested)} kW"
        reasons.append(_unfit("first_kw", "first_is_whole", message, "可一次供足的无须两步供电"))
    if not case.act.reason:
        reasons.append(reason_missing("两步供电"))
    if reasons:
        raise RefusedError(reasons)


def _against_dates(case: Case, plan: SupplyPlan) -> list[Reason]:
    today = local_date(case.act.at)
    reasons = []
    if plan.full_by <= plan.first_by:
        message = f"满负荷供电日期 {plan.full_by} 须晚于先行供电日期 {plan.first_by}"
        reasons.append(_unfit("full_by", "turned_round", message, "请核对两个日期"))
    if plan.full_by < today:
        message = f"满负荷供电日期 {plan.full_by} 已经过去"
        reasons.append(_unfit("full_by", "past", message, "请填写今后的日期"))
    if plan.first_by < today and not is_energized(case):
        message = f"先行供电日期 {plan.first_by} 已经过去"
        reasons.append(_unfit("first_by", "past", message, "请填写今后的日期"))
    return reasons


def _against_ticket(case: Case, plan: SupplyPlan, before: RestrictedSupply | None) -> list[Reason]:
    ending = ending_of(case)
    if ending is Ending.ABORTED:
        return [_unfit("", "aborted", "工单已中止", "请核对工单编号")]
    if ending is None:
        return []
    if before is None or before.outcome:
        return [_unfit("", "energized", "工单已送电，没有待补足的容量", "增容请另行申请")]
    if (plan.first_kw, plan.first_by) != (before.first_kw, before.first_by):
        message = "已按先行容量送电，只能调整满负荷供电日期"
        remedy = f"先行供电保持 {plain(before.first_kw)} kW、{before.first_by}"
        return [_unfit("first_kw", "first_supplied", message, remedy)]
    return []


def _unfit(field: str, code: str, message: str, remedy: str) -> Reason:
    return Reason(code=code, field=field, message=message, clause=CLAUSE, remedy=remedy)
