"""Two-step supply where the grid is restricted (受限): the urgent need first, the full load later.

四(一)1, T1c. The managers are reminded before the promised day of full load, and after it as long
as it is owed; the ladder is policy data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.calendar import local_date

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.calendar import OfficeHours, WorkCalendar
    from workflows.readiness import RestrictedSupplyLadder

CLAUSE = "四(一)1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRung:
    """A step of the ladder: `days_left` working days until the promised day, negative after it."""

    days_left: int

    @property
    def id(self) -> str:
        """How the rung is claimed."""
        return f"left{self.days_left}" if self.days_left >= 0 else f"overdue{-self.days_left}"


def speaking_rung(
    promised_on: date,
    ladder: RestrictedSupplyLadder,
    calendar: WorkCalendar,
    hours: OfficeHours,
    at: datetime,
) -> PromiseRung | None:
    """The latest rung that has come, at the opening of the office on its day; None before any."""
    today = local_date(at)
    if at < hours.opening(today):  # what today brings has not come yet
        today = today.fromordinal(today.toordinal() - 1)
    overdue = calendar.working_days_between(promised_on, today)
    if overdue:
        after_first = (overdue - 1) // ladder.overdue_every_days * ladder.overdue_every_days
        return PromiseRung(days_left=-(after_first + 1))
    left = calendar.working_days_between(today, promised_on)
    come = [days for days in ladder.days_before if days >= left]
    return PromiseRung(days_left=min(come)) if come else None
