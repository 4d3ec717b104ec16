"""Keeping open outages in step with the network, and telling those who join or leave by that.

Whoever was told that an outage concerns him hears when it does not any more; whom it has come to
concern hears of it as the others did. Nobody else is told anything again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.outages.points import refresh
from engine.outage import OutageNews, OutagePhase
from notifications.outages import AT_YOUR_PLACE, News

if TYPE_CHECKING:
    from datetime import datetime

    from app.outages.telling import OutageTelling
    from app.ports.work import Work
    from app.trip.desk import Desk
    from engine.outage import Outage
    from engine.ticket import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class InStep:
    """Brings the points of one outage up to date."""

    desk: Desk
    telling: OutageTelling

    def bring(self, work: Work, outage: Outage, act: Act) -> Outage:
        """The outage, locked by the caller, with its points as they are now."""
        shift = refresh(work, outage, act.at)
        if shift.left_at is not None:
            self.tell_released(work, shift.outage, shift.left_at, act)
        if shift.joined and not _is_over_before_told(shift.outage, act.at):
            case = self.desk.load(work, outage.ticket_no, act)
            joined = News(
                kind=OutageNews.JOINED,
                outage=shift.outage,
                cause=outage.cause,
                known_since=shift.known_since,
            )
            self.telling.tell(work, case, joined)
            self.telling.tell_staff(work, case, shift.outage, since_step=shift.outage.step)
        return shift.outage

    def correct_others(self, work: Work, outage: Outage, since: datetime, act: Act) -> None:
        """Bring what became known of an outage since then into the evidence of those that are over.

        Open ones are brought up to date by the sweep. Nobody is told of what is over.
        """
        if since >= act.at:
            return
        for ticket_no in work.outages.over_since(since):
            if ticket_no != outage.ticket_no:
                refresh(work, work.outages.take(ticket_no), act.at)

    def tell_released(self, work: Work, outage: Outage, left_at: datetime, act: Act) -> None:
        """Tell those who left the outage at its present step, as far as they were told of it."""
        news = News(
            kind=OutageNews.RELEASED,
            outage=outage,
            cause=outage.cause,
            restored_at=left_at,
            part=(AT_YOUR_PLACE,),
        )
        self.telling.tell(work, self.desk.load(work, outage.ticket_no, act), news)


def _is_over_before_told(outage: Outage, at: datetime) -> bool:
    """Whether it should have begun, so that announcing it comes too late."""
    return outage.phase is OutagePhase.SCHEDULED and outage.begins_at <= at
