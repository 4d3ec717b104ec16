"""Hands the outbox over to the channels and takes in what comes back (R-6.4).

Claim and commit, call with no transaction open, settle each. A message that was claimed and never
settled is in doubt: a channel that can be asked resolves it, any other waits for its receipt, and
an SMS is never sent again blindly.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.sweeping import SweepReport
from engine.calendar import SHANGHAI
from notifications.channels.base import (
    NOT_GENUINE,
    ErrorClass,
    Receipt,
    ReceiptRefusedError,
    ReceiptRequest,
    Result,
    Verdict,
    receipt_refused,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from app.clock import Clock
    from app.ports.work import Database, Work
    from notifications.channels.base import MessageChannel
    from notifications.message import Channel, Message
    from notifications.quiet_hours import QuietHours

logger = logging.getLogger(__name__)

NAME = "dispatch"
LONGEST_RECEIPT = 4096
"""Characters of a report that are kept."""
RETRY_DELAYS = (1, 5, 15, 60)
"""Minutes before a message that certainly was not sent is tried again; the last one repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Dispatches the outbox. `node` names this process in the claims."""

    database: Database
    channels: Mapping[Channel, tuple[MessageChannel, ...]]
    clock: Clock
    node: str
    claim_limit: int
    in_doubt_after: timedelta
    quiet: QuietHours

    def dispatch(self) -> SweepReport:
        """One round: resolve what a dead process left, then send what is due."""
        report = SweepReport(name=NAME)
        self._resolve_doubts(report)
        claimed = self._claim()
        for channel, messages in _by_channel(claimed).items():
            for batch in self._batches(channel, messages):
                for result in self._submit(channel, batch):
                    self._settle(result, batch, report)
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

    def _claim(self) -> list[Message]:
        at = self.clock()
        # A message planned by day may be late: a daemon that was down, a second attempt.
        is_quiet = self.quiet.contains(at.astimezone(SHANGHAI).time())
        with self.database.writing() as work:
            work.outbox.expire(at)
            messages = work.outbox.claim(at, self.node, self.claim_limit, urgent_only=is_quiet)
            work.commit()
        return messages

    def _batches(self, channel: Channel, messages: list[Message]) -> list[list[Message]]:
        """What is handed over before the next answer is kept.

        A channel that cannot be asked later gets one at a time: whoever dies in between leaves
        one message in doubt, not those that were answered before it.
        """
        carrier = self._carrier(channel)
        if carrier is None or carrier.capabilities.idempotent_for is not None:
            return [messages]
        return [[message] for message in messages]

    def _submit(self, channel: Channel, messages: Sequence[Message]) -> Iterable[Result]:
        carrier = self._carrier(channel)
        if carrier is None:
            yield from (_no_carrier(message) for message in messages)
            return
        unanswered = {message.id: message for message in messages}
        try:
            for result in carrier.submit(messages):
                del unanswered[result.message_id]
                yield result
        except Exception:
            # A channel promises never to raise; if it does, nobody knows what was sent.
            logger.exception("channel %s raised", carrier.name)
            yield from (_unknown(message) for message in unanswered.values())

    def _settle(self, result: Result, messages: Sequence[Message], report: SweepReport) -> None:
        at = self.clock()
        message = next(each for each in messages if each.id == result.message_id)
        retry_at = _retry_at(message, at) if result.verdict is Verdict.RETRY else None
        with self.database.writing() as work:
            work.outbox.settle(
                result.message_id,
                result.verdict.state,
                at,
                provider_id=result.provider_id,
                error_code=result.code,
                error_text=result.text,
                next_attempt_at=retry_at,
            )
            work.commit()
        if result.verdict in {Verdict.ACCEPTED, Verdict.DELIVERED}:
            report.done += 1
        elif result.verdict is Verdict.REJECTED:
            report.failed += 1
        else:
            report.unchanged += 1

    def _resolve_doubts(self, report: SweepReport) -> None:
        with self.database.reading() as work:
            stale = work.outbox.stale_claims(self.clock() - self.in_doubt_after)
        for message in stale:
            carrier = self._carrier(message.channel)
            try:
                found = carrier.find(message) if carrier is not None else None
            except Exception:
                # What the channel would have said is not known yet; the next round asks again.
                logger.exception("channel %s could not be asked", message.channel)
                report.failed += 1
                continue
            self._settle(found or _after_silence(message, carrier), [message], report)


def _after_silence(message: Message, carrier: MessageChannel | None) -> Result:
    """What is certain of a message whose sender died: nothing, unless it may be sent twice."""
    if carrier is not None and carrier.capabilities.idempotent_for == timedelta.max:
        return Result(
            message_id=message.id,
            verdict=Verdict.RETRY,
            error_class=ErrorClass.PROVIDER,
            code="never_handed_over",
        )
    return _unknown(message)


def _unknown(message: Message) -> Result:
    return Result(
        message_id=message.id,
        verdict=Verdict.UNKNOWN,
        error_class=ErrorClass.UNKNOWN_OUTCOME,
        code="no_answer",
        text="发送结果未知，等待回执",
    )


def _no_carrier(message: Message) -> Result:
    return Result(
        message_id=message.id,
        verdict=Verdict.RETRY,
        error_class=ErrorClass.PROVIDER,
        code="channel_off",
        text="该渠道未启用",
    )


def _retry_at(message: Message, at: datetime) -> datetime:
    minutes = RETRY_DELAYS[min(message.attempts, len(RETRY_DELAYS)) - 1]
    return at + timedelta(minutes=minutes)


def _by_channel(messages: Sequence[Message]) -> dict[Channel, list[Message]]:
    grouped: dict[Channel, list[Message]] = defaultdict(list)
    for message in messages:
        grouped[message.channel].append(message)
    return grouped
