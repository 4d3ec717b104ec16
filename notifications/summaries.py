"""The daily list of what is overdue, by mail to those above the managers who want it. Pure.

The first line is the mail's subject; a ticket is one line, so the list reads on a telephone too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifications.message import Audience, Channel, Message, MessageKind, message_id
from notifications.quiet_hours import not_before

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from notifications.quiet_hours import QuietHours
    from notifications.renderer import Renderer

TEMPLATE = "overdue_summary"
LONGEST = 200
"""Tickets that are listed one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueTicket:
    """One line of the list; `late` says how long, in words."""

    ticket_no: str
    what: str
    stage: str
    late: str
    managers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom the list is for; `scope` is the branch, or the whole company, in Chinese."""

    user_id: str
    email: str
    scope: str


def summary_for(  # noqa: PLR0913  (what a list depends on)
    reader: Reader,
    tickets: Sequence[OverdueTicket],
    *,
    day: date,
    at: datetime,
    quiet: QuietHours,
    renderer: Renderer,
) -> Message:
    """The mail of one day to one reader; its key makes it one, however often it is planned."""
    params = {
        "day": f"{day:%Y-%m-%d}",
        "branch": reader.scope,
        "count": str(len(tickets)),
        "tickets": "\n\n" + "\n".join(_lines(tickets)),
    }
    key = f"{TEMPLATE}:{day:%Y-%m-%d}:{reader.user_id}"
    template = renderer.get(TEMPLATE)
    return Message(
        id=message_id(key),
        dedupe_key=key,
        kind=MessageKind.ESCALATION,
        template_key=template.key,
        template_version=template.version,
        params=params,
        text=renderer.render(template.key, params),
        channel=Channel.EMAIL,
        audience=Audience.STAFF,
        recipient=reader.user_id,
        address=reader.email,
        created_at=at,
        not_before=not_before(at, urgent=False, quiet=quiet),
    )


def _lines(tickets: Sequence[OverdueTicket]) -> list[str]:
    lines = [
        f"{each.ticket_no}　{each.what}　{each.stage}　{each.late}　{each.managers}"
        for each in tickets[:LONGEST]
    ]
    more = len(tickets) - LONGEST
    return [*lines, f"……另有 {more} 件，请在系统中查看"] if more > 0 else lines
