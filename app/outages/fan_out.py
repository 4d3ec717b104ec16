"""Whom a notice of an outage is for, written page by page (R-7.1, N4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import IntegrityError, Reason
from engine.outage import OutageNews
from engine.ticket import SYSTEM, Act
from notifications.message import Channel
from notifications.quiet_hours import QuietHours, next_chance

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.clock import Clock
    from app.outages.in_step import InStep
    from app.ports.work import Work
    from notifications.message import SharedNotice

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

    def page(self, work: Work, shared: SharedNotice, limit: int) -> str:
        """Write the next messages; `limit` counts service points, which may have more customers.

        Before the first page the points are determined anew, so whoever was moved or switched
        away since the outage was declared is left alone; unless somebody is just changing the
        outage, who may wait for this notice and is not waited for.

        Raises:
            IntegrityError: it is no outage's notice.
        """
        notice = work.outage_messages.find(shared.id)
        if notice is None:
            # Both are written in one transaction. To go on would call it told to nobody.
            raise IntegrityError(
                Reason(
                    code="notice_without_outage",
                    message=f"停电通知 {shared.id} 没有对应的停电信息",
                    clause="R-7.2",
                    remedy="数据库不完整，请核对备份后恢复（huodian ledger verify）",
                )
            )
        after = shared.fan_out_after
        if not after and notice.news not in OF_WHO_LEFT:
            outage = work.outages.take_if_free(notice.ticket_no)
            if outage is not None:
                self.in_step().bring(work, outage, Act(actor=SYSTEM, at=self.clock()))
        # A page goes out at one instant in the morning: its requests are full, and pages differ.
        goes_at = next_chance(
            shared.created_at,
            self.clock(),
            urgent=shared.urgent,
            useful_until=shared.expires_at,
            quiet=self.quiet,
            lot=f"{shared.id}/{after}",
            by_law=shared.by_law,
        )
        return work.outage_messages.write_page(
            notice,
            shared,
            limit=limit,
            by_wechat=Channel.WECHAT in self.channels,
            not_before=goes_at,
        )
