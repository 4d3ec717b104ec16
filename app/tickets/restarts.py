"""No restart: a second application is linked to the first one and flagged (重走流程, R-5.2).

Nobody is refused for it. The audit counts from the first application, so that aborting a ticket
and entering it again gains no time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.application import ConnectionApplication
from engine.definition import Ending
from engine.events import Event, TicketFlagged
from engine.ticket import Flag, FlagCode

if TYPE_CHECKING:
    from app.ports.work import Work
    from engine.ticket import Act, Ticket


def linked_to_earlier(
    work: Work, ticket: Ticket, act: Act, window_days: int
) -> tuple[Ticket, list[Event]]:
    """The new ticket, linked and flagged if the same person has another one at that address.

    The other one is open, or was aborted within `window_days` calendar days.
    """
    application = ticket.request
    if not isinstance(application, ConnectionApplication):
        return ticket, []
    since = act.at - timedelta(days=window_days)
    for earlier in work.tickets.related(application.id_number, application.address):
        if earlier.ended_at is None or (
            earlier.ending is Ending.ABORTED and earlier.ended_at >= since
        ):
            note = f"与工单 {earlier.ticket_no} 为同一申请人、同一用电地址，疑似重走流程"
            flag = Flag(code=FlagCode.RESTARTED, note=note)
            linked = replace(ticket, linked_to=earlier.ticket_no, flags=(*ticket.flags, flag))
            return linked, [TicketFlagged(flag=flag)]
    return ticket, []
