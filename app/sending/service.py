"""Hands the outbox over to jobs, and takes in what providers report (R-6.4).

The sweep only marks messages and enqueues jobs; `app.sending.send_chunk` sends them, and
`app.sending.loose_ends` looks after what nobody answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.sending.fail_points import Point, passing
from app.sweeping import SweepReport
from notifications.channels.base import (
    NOT_GENUINE,
    Receipt,
    ReceiptRefusedError,
    ReceiptRequest,
    receipt_refused,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.clock import Clock
    from app.ports.jobs import JobEngine
    from app.ports.sending import SendingDatabase
    from app.ports.work import Work
    from app.sending.handover import Handover
    from notifications.channels.base import MessageChannel
    from notifications.message import Channel

NAME = "dispatch"
PAGE = 2000
"""Messages that are looked at in one transaction."""
LONGEST_RECEIPT = 4096
"""Characters of a report that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Dispatches the outbox."""

    database: SendingDatabase
    channels: Mapping[Channel, tuple[MessageChannel, ...]]
    clock: Clock
    handover: Handover
    jobs: JobEngine

    def dispatch(self) -> SweepReport:
        """One round: end what is worthless, hand over what is due.

        `done` counts messages that were given to jobs, `unchanged` those that wait or ended.
        """
        report = SweepReport(name=NAME)
        at = self.clock()
        with self.database.writing() as work:
            report.unchanged += work.queue.expire(at) + work.queue.overtaken()
            work.commit()
        looked_at = PAGE
        while looked_at == PAGE:
            with self.database.writing() as work:
                looked_at, handed_over = self.handover.page(work, at, PAGE)
                passing(Point.HANDED_OVER)
                work.commit()
            report.done += handed_over
            report.unchanged += looked_at - handed_over
        self.jobs.work_off()
        return report

    def take_receipt(self, channel: Channel, fields: Mapping[str, str], raw: str) -> None:
        """Store a receipt as it came, then apply it; it may be early, repeated or overtaken.

        Raises:
            ReceiptRefusedError: it is not genuine; it is stored with the problem all the same.
        """
        at = self.clock()
        try:
            receipts = self._parsed(channel, ReceiptRequest(received_at=at, query=fields))
        except ReceiptRefusedError as refusal:
            if refusal.reasons[0].code == NOT_GENUINE:
                raise  # anybody can call the address; strangers get no row
            with self.database.writing() as work:
                work.receipts.add(
                    channel, raw[:LONGEST_RECEIPT], at, problem=refusal.reasons[0].code
                )
                work.commit()
            raise
        with self.database.writing() as work:
            work.receipts.add(channel, raw[:LONGEST_RECEIPT], at, problem="")
            for receipt in receipts:
                self._apply(work, receipt, at)
            work.commit()

    def _carrier(self, channel: Channel) -> MessageChannel | None:
        """The provider that is preferred for a channel."""
        return next(iter(self.channels.get(channel, ())), None)

    def _parsed(self, channel: Channel, request: ReceiptRequest) -> tuple[Receipt, ...]:
        carrier = self._carrier(channel)
        if carrier is None:
            raise receipt_refused(code="channel_off", problem="该渠道未启用")
        return carrier.parse_receipts(request).receipts

    def _apply(self, work: Work, receipt: Receipt, at: datetime) -> None:
        work.outbox.settle(
            receipt.message_id,
            receipt.state,
            at,
            error_code=receipt.code,
            error_text=receipt.text,
        )
