"""The reminder sweep: whose rung has come is reminded, once (R-6.3).

Which tickets to look at is an index range; what is due is derived again from the ticket; each rung
is claimed by a unique key in the transaction that writes its messages. So several daemons, a
second run, or a daemon that died half way never remind twice, and nothing due is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.sweeping import SweepReport, sweep_each
from app.trip.desk import stale
from engine.reminders import due_rungs, next_rung_at
from engine.ticket import SYSTEM

if TYPE_CHECKING:
    from app.trip.desk import Desk
    from app.trip.telling import Telling
    from engine.calendar import OfficeHours
    from engine.ticket import Act

NAME = "reminders"
BATCH = 500
"""Tickets looked at in one round; the rest is due still and comes with the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminders:
    """Reminds of what falls due."""

    desk: Desk
    telling: Telling
    hours: OfficeHours

    def sweep(self) -> SweepReport:
        """One round over every ticket with a rung that is due."""
        act = self.desk.act(SYSTEM)
        with self.desk.database.reading() as work:
            due = work.tickets.due_for_reminder(act.at, BATCH)
        return sweep_each(NAME, due, lambda ticket_no: self._remind(ticket_no, act))

    def _remind(self, ticket_no: str, act: Act) -> bool:
        with self.desk.database.writing() as work:
            case = self.desk.load(work, ticket_no, act)
            governed = (case.ticket, case.definition, case.calendar, self.hours, act.at)
            targets = case.targets_of(case.definition)
            claimed = tuple(
                rung
                for rung in due_rungs(*governed, targets=targets)
                if work.reminders.claim(ticket_no, *rung.key, act.at)
            )
            if claimed:
                self.telling.remind(work, case, claimed)
            following = next_rung_at(*governed, targets=targets)
            if not work.tickets.set_next_rung(ticket_no, case.ticket.revision, following):
                raise stale(ticket_no)
            work.commit()
        return bool(claimed)
