"""Whom a notice of an outage is for, written page by page (R-7.1, N4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.outage import OutageNews
from engine.ticket import SYSTEM, Act
from notifications.message import Channel
from notifications.quiet_hours import QuietHours, not_before

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.clock import Clock
    from app.outages.in_step import InStep
    from app.ports.work import Work

OF_WHO_LEFT = frozenset({OutageNews.CANCELLED, OutageNews.RESTORED, OutageNews.RELEASED})
"""News for those whom the outage does not concern any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageFanOut:
    """Writes the messages of outages; a `FanOut`.

    `in_step` is asked for late: what it tells becomes jobs, and those are what runs this.
    """

    clock: Clock
    channels: frozenset[Channel]
    quiet: QuietHours
    in_step: Callable[[], InStep]

    def page(self, work: Work, notice_id: str, after: str, limit: int) -> str:
        """Write the next messages; `limit` counts service points, which may have more customers.

        Before the first page the points are determined anew, so whoever was moved or switched
        away since the outage was declared is left alone; unless somebody is just changing the
        outage, who may wait for this notice and is not waited for.
        """
        notice = work.outage_messages.find(notice_id)
        if notice is None:
            return ""
        shared = work.notices.get(notice_id)
        if not after and notice.news not in OF_WHO_LEFT:
            outage = work.outages.take_if_free(notice.ticket_no)
            if outage is not None:
                self.in_step().bring(work, outage, Act(actor=SYSTEM, at=self.clock()))
        return work.outage_messages.write_page(
            notice,
            shared,
            after=after,
            limit=limit,
            by_wechat=Channel.WECHAT in self.channels,
            not_before=not_before(shared.created_at, urgent=shared.urgent, quiet=self.quiet),
        )
