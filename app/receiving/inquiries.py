"""Asks providers about messages that they took and never reported.

A push may be lost. Ten minutes after a message was taken, and then ever more rarely, its provider
is asked, if it can be; what it says moves the message as a report would.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.sweeping import SweepReport
from notifications.channels.base import ReceiptMode, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.clock import Clock
    from app.ports.receiving import ReceivingDatabase
    from notifications.channels.base import MessageChannel, Result
    from notifications.message import Channel, Message

logger = logging.getLogger(__name__)

NAME = "inquiries"
AT_A_TIME = 100
FIRST_AFTER, LAST_AFTER = timedelta(minutes=10), timedelta(hours=72)
LADDER = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""How old a message is when it is asked about again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiries:
    """The sweep that asks."""

    database: ReceivingDatabase
    channels: Mapping[Channel, tuple[MessageChannel, ...]]
    clock: Clock

    def sweep(self) -> SweepReport:
        """Ask about the messages that have waited long enough; no transaction is open meanwhile."""
        report = SweepReport(name=NAME)
        at = self.clock()
        for message in self._unreported(at):
            try:
                found = self._asked(message)
            except Exception as fault:  # noqa: BLE001  (the next round asks again)
                kind = type(fault).__name__
                logger.error("message %s could not be asked about: %s", message.id, kind)  # noqa: TRY400
                report.failed += 1
                continue
            if self._noted(message, found, at):
                report.done += 1
            else:
                report.unchanged += 1
        return report

    def _unreported(self, at: datetime) -> list[Message]:
        askable = {
            channel: [each.name for each in carriers if _can_tell(each)]
            for channel, carriers in self.channels.items()
        }
        with self.database.reading() as work:
            ids = work.receipts.unreported(
                at - LAST_AFTER,
                at - FIRST_AFTER,
                at,
                channels=[channel for channel, names in askable.items() if names],
                providers=[name for names in askable.values() for name in names],
                limit=AT_A_TIME,
            )
            return [work.outbox.get(each) for each in ids]

    def _asked(self, message: Message) -> Result | None:
        """What the provider of the message says; each that it may have been, if none is noted."""
        carriers: Sequence[MessageChannel] = [
            each
            for each in self.channels.get(message.channel, ())
            if _can_tell(each) and message.provider in {"", each.name}
        ]
        answers = (each.find(message) for each in carriers)
        return next((each for each in answers if each is not None), None)

    def _noted(self, message: Message, found: Result | None, at: datetime) -> bool:
        """Move the message, or note when to ask again; whether it was moved."""
        is_told = found is not None and found.verdict in {Verdict.DELIVERED, Verdict.REJECTED}
        with self.database.writing() as work:
            if found is not None and is_told:
                work.outbox.settle(
                    message.id,
                    found.verdict.state,
                    at,
                    error_code=found.code,
                    error_text=found.text,
                )
            else:
                work.receipts.inquired(message.id, _next(message, at))
            work.commit()
        return is_told


def _can_tell(carrier: MessageChannel) -> bool:
    capabilities = carrier.capabilities
    return capabilities.can_be_asked and capabilities.receipts is not ReceiptMode.NONE


def _next(message: Message, at: datetime) -> datetime:
    since = message.settled_at or at
    later = (since + age for age in LADDER if since + age > at)
    return next(later, at + LADDER[-1])
