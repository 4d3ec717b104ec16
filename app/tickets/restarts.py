"""No restart: a second application is linked to the first one and flagged (重走流程, R-5.2, T1b).

Nobody is refused for it. The audit counts from the first application, so that aborting a ticket
and entering it again gains no time, whether it is entered with that address or corrected to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.application import ConnectionApplication
from engine.definition import Ending
from engine.events import TicketFlagged
from engine.ticket import Flag, FlagCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.ports.work import RelatedTicket, Work
    from engine.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarts:
    """Looks for another application; one aborted counts for `window_days` calendar days."""

    window_days: int

    def linked(
        self, work: Work, ticket: Ticket, *, after: str = ""
    ) -> tuple[Ticket, tuple[TicketFlagged, ...]]:
        """The ticket, linked and flagged if the same person has another one at that address.

        The other one was open when this one was submitted, or had been aborted within the window,
        or was itself submitted while this one was open. `after` begins the note: what led here.
        """
        other = next(self._others(work, ticket), None)
        if other is None:
            return ticket, ()
        note = f"{after}与工单 {other} 为同一申请人、同一用电地址，疑似重走流程"
        flag = Flag(code=FlagCode.RESTARTED, note=note)
        flagged = replace(ticket, linked_to=other, flags=(*ticket.flags, flag))
        return flagged, (TicketFlagged(flag=flag),)

    def _others(self, work: Work, ticket: Ticket) -> Iterator[str]:
        """Those that it is not linked with yet: the earlier ones first, of them the newest."""
        application = ticket.request
        if not isinstance(application, ConnectionApplication):
            return
        found = [
            each
            for each in work.tickets.related(application.id_number, application.address)
            if each.ticket_no not in {ticket.ticket_no, ticket.linked_to}
        ]
        for each in found:
            if each.submitted_at <= ticket.submitted_at and self._was_there(each, ticket):
                yield each.ticket_no
        for each in found:
            later = each.submitted_at > ticket.submitted_at
            if later and work.tickets.get(each.ticket_no).linked_to != ticket.ticket_no:
                yield each.ticket_no

    def _was_there(self, earlier: RelatedTicket, ticket: Ticket) -> bool:
        """Whether it was open when the ticket was submitted, or had been aborted shortly before."""
        ended_at = earlier.ended_at
        if ended_at is None or ended_at > ticket.submitted_at:
            return True
        remembered = ended_at + timedelta(days=self.window_days)
        return earlier.ending is Ending.ABORTED and remembered >= ticket.submitted_at
