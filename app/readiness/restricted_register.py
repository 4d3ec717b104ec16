"""A line of the register of two-step supplies, and how it reads."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from app.masking import shown_title
from app.readiness.recording import application_of, is_energized
from engine.calendar import local_date

if TYPE_CHECKING:
    from datetime import date

    from app.ports.supply_plans import RestrictedSupply
    from app.trip.case import Case

WHOLE, WITHDRAWN, ABORTED = "whole", "withdrawn", "aborted"
OUTCOMES = {"": "待补足", WHOLE: "已满负荷", WITHDRAWN: "不再两步供电", ABORTED: "工单已中止"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedEntry:
    """One line of the register. Capacities in kW; `outcome` is empty while something is owed.

    `rest_kw` is what the second step adds, `outstanding_kw` what is not supplied yet.
    """

    ticket_no: str
    branch: str
    title: str
    requested_kw: Decimal
    first_kw: Decimal
    first_by: date
    rest_kw: Decimal
    full_by: date
    supplied_kw: Decimal
    outstanding_kw: Decimal
    is_energized: bool
    is_overdue: bool
    reason: str
    outcome: str
    outcome_name: str


def restricted_entry(case: Case, supply: RestrictedSupply) -> RestrictedEntry:
    """The line as it stands at the instant of the case."""
    requested = application_of(case).requested_capacity_kw
    energized, is_open = is_energized(case), not supply.outcome
    supplied = supply.first_kw if energized else Decimal(0)
    if supply.outcome == WHOLE:
        supplied = requested
    today = local_date(case.act.at)
    late = supply.full_by < today or (supply.first_by < today and not energized)
    return RestrictedEntry(
        ticket_no=case.ticket.ticket_no,
        branch=case.ticket.branch,
        title=shown_title(case.ticket),
        requested_kw=requested,
        first_kw=supply.first_kw,
        first_by=supply.first_by,
        rest_kw=requested - supply.first_kw,
        full_by=supply.full_by,
        supplied_kw=supplied,
        outstanding_kw=requested - supplied if is_open else Decimal(0),
        is_energized=energized,
        is_overdue=is_open and late,
        reason=supply.reason,
        outcome=supply.outcome,
        outcome_name=OUTCOMES[supply.outcome],
    )
