"""What happens to outages by itself: reminded of a day ahead, told when it is time, kept in step.

Each telling has an occasion of its own, so any number of daemons may sweep at once; what was due
while none ran is told late, unless it has become pointless.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.outages.moving import entered_with_estimate
from app.sweeping import SweepReport, sweep_each
from engine.outage import OutageKind, OutageNews, OutagePhase
from engine.ticket import SYSTEM, Act
from notifications.outages import News

if TYPE_CHECKING:
    from datetime import datetime

    from app.outages.desk import OutageDesk
    from app.ports.outage_work import OutageWork
    from engine.outage import Outage

NAME = "outages"
A_DAY_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageSweep:
    """Looks at every outage that is to come or on."""

    outages: OutageDesk

    def sweep(self) -> SweepReport:
        """One round."""
        at = self.outages.desk.clock()
        with self.outages.database.reading() as work:
            coming = [
                each
                for each in work.outages.in_phase(OutagePhase.SCHEDULED)
                if is_reminder_due(each, at) or work.outages.overtaken(each)
            ]
            going_on = work.outages.in_phase(OutagePhase.IN_PROGRESS)
        to_see_to = (*coming, *going_on)
        return sweep_each(NAME, (each.ticket_no for each in to_see_to), self._look_at)

    def _look_at(self, ticket_no: str) -> bool:
        """See to one outage; whether anybody was told anything."""
        act = Act(actor=SYSTEM, at=self.outages.desk.clock())
        with self.outages.database.writing() as work:
            outage = work.outages.take_if_free(ticket_no)
            if outage is None:  # whoever changes it just now sees to it, or the next round does
                return False
            now = self.outages.in_step.bring(work, outage, act)
            told = self._seen_to(work, now, act)
            work.commit()
        return told or now.step != outage.step

    def _seen_to(self, work: OutageWork, outage: Outage, act: Act) -> bool:
        match outage.phase:
            case OutagePhase.SCHEDULED:
                return self._remind(work, outage, act)
            case OutagePhase.IN_PROGRESS:
                return self._estimate(work, outage, act)
            case OutagePhase.RESTORED | OutagePhase.CANCELLED:  # meanwhile
                return False

    def _remind(self, work: OutageWork, outage: Outage, act: Act) -> bool:
        """Remind of a planned outage on the day before, whoever was told earlier than that."""
        if not is_reminder_due(outage, act.at):
            return False
        case = self.outages.desk.load(work, outage.ticket_no, act)
        news = News(kind=OutageNews.REMINDER, outage=outage, cause=outage.cause)
        occasion = f"{outage.begins_at:%Y%m%dT%H%M}"
        return self.outages.telling.tell(work, case, news, occasion=occasion)

    def _estimate(self, work: OutageWork, outage: Outage, act: Act) -> bool:
        """Tell an estimate that came too soon after the one before."""
        case = self.outages.desk.load(work, outage.ticket_no, act)
        number = outage.ticket_no
        return self.outages.tell_estimate(
            work, case, outage, lambda: entered_with_estimate(work.ledger.entries(number))
        )


def is_reminder_due(outage: Outage, at: datetime) -> bool:
    """From a day ahead until it begins; not if it was announced, or changed, only then."""
    due_at = outage.begins_at - A_DAY_AHEAD
    return (
        outage.kind is OutageKind.PLANNED
        and due_at <= at < outage.begins_at
        and outage.changed_at < due_at
    )
