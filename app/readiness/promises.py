"""Reminds the managers of promised full loads, before the day and after it (四(一)1, T1c).

Each rung is claimed in the transaction that writes its messages, as every other reminder is, so
several daemons or a second run remind once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.readiness.recording import ending_of
from app.readiness.restricted_register import ABORTED, restricted_entry
from app.sweeping import SweepReport, sweep_each
from engine.calendar import local_date
from engine.definition import Ending
from engine.ticket import SYSTEM
from notifications.context import Notice
from notifications.message import MessageKind
from workflows.readiness import plain
from workflows.restricted_supply import speaking_rung

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ports.readiness import GridDatabase
    from app.ports.supply_plans import RestrictedSupply
    from app.trip.case import Case
    from app.trip.desk import Desk
    from app.trip.telling import Telling
    from engine.calendar import OfficeHours
    from engine.ticket import Act
    from workflows.readiness import ReadinessPolicy
    from workflows.restricted_supply import PromiseRung

CLOCK = "restricted_supply"
"""Under what the rungs are claimed, beside the clocks of the ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """The sweep's part that looks after two-step supplies."""

    desk: Desk
    database: GridDatabase
    telling: Telling
    policy: Callable[[], ReadinessPolicy]
    hours: OfficeHours

    def sweep(self) -> SweepReport:
        """Remind of every promised day whose rung has come; close what ended with its ticket."""
        act = self.desk.act(SYSTEM)
        with self.database.reading() as work:
            owed = work.supply_plans.restricted_supplies(open_only=True)
        numbers = [each.ticket_no for each in owed]
        return sweep_each("promises", numbers, lambda ticket_no: self._one(ticket_no, act))

    def _one(self, ticket_no: str, act: Act) -> bool:
        with self.database.writing() as work:
            supply = work.supply_plans.restricted(ticket_no)
            if supply is None or supply.outcome:
                return False
            case = self.desk.load(work, ticket_no, act)
            if ending_of(case) is Ending.ABORTED:  # of which the ticket's own ledger tells
                by = act.actor.user_id
                work.supply_plans.close_restricted(ticket_no, outcome=ABORTED, by=by, at=act.at)
                work.commit()
                return True
            ladder = self.policy().restricted_supply
            rung = speaking_rung(supply.full_by, ladder, case.calendar, self.hours, act.at)
            epoch = supply.full_by.isoformat()
            if rung is None or not work.reminders.claim(ticket_no, CLOCK, epoch, rung.id, act.at):
                return False
            self.telling.tell_managers(work, case, _reminder(case, supply, rung))
            work.commit()
        return True


def _reminder(case: Case, supply: RestrictedSupply, rung: PromiseRung) -> Notice:
    today = local_date(case.act.at)
    late = case.calendar.working_days_between(supply.full_by, today)
    left = case.calendar.working_days_between(today, supply.full_by)
    if late:
        standing = f"已超期 {late} 个工作日，请尽快落实"
    else:
        standing = f"还剩 {left} 个工作日" if left else "今天是期限前最后一个工作日"
    params = {
        "outstanding_kw": plain(restricted_entry(case, supply).outstanding_kw),
        "full_by": f"{supply.full_by}",
        "standing": standing,
    }
    return Notice(
        template="restricted_supply_due",
        occasion=f"{supply.full_by}:{rung.id}",
        params=params,
        kind=MessageKind.REMINDER,
    )
