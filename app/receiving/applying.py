"""Applies stored reports to the messages they are about, and replies to what people want.

A report may come before we have noted the provider's id of the message: it is tried again for three
days. It may come late, twice and in any order: states only move forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from unicodedata import normalize

from app.receiving.suppressions import BY_REPLY, suppress
from app.sweeping import SweepReport, sweep_each
from engine.ticket import SYSTEM, Act
from notifications.channels.base import ReceiptRefusedError, ReceiptRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.clock import Clock
    from app.ports.receiving import ReceivingDatabase, ReceivingWork, StoredReceipt
    from notifications.channels.base import MessageChannel, Receipt, Uplink

NAME = "receipts"
AT_A_TIME = 500
KEPT_FOR = timedelta(hours=72)
"""So long a report is tried that belongs to no message we know."""
DELAYS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""Before each further attempt; the last one repeats."""
ORPHAN, CHANNEL_OFF = "orphan", "channel_off"
STOP_WORDS = frozenset({"TD", "T", "退订"})
"""A reply that is nothing but one of these ends the messages (退订回T)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """The sweep that applies reports.

    Args:
        carriers: the channels that are set up, by name.
        key: makes numbers in the ledger unreadable and yet comparable.
    """

    database: ReceivingDatabase
    carriers: Mapping[str, MessageChannel]
    clock: Clock
    key: str

    def sweep(self) -> SweepReport:
        """Apply every report that is due, each in a transaction of its own."""
        with self.database.reading() as work:
            due = work.receipts.due(self.clock(), AT_A_TIME)
        return sweep_each(NAME, [str(each.id) for each in due], self._apply)

    def _apply(self, number: str) -> bool:
        """Apply one report; whether it is done with."""
        at = self.clock()
        with self.database.writing() as work:
            stored = work.receipts.find(int(number))
            if stored is None or stored.next_try_at is None:
                return False  # somebody else was faster
            problem = self._problem(work, stored, at)
            if problem and at - stored.received_at < KEPT_FOR:
                delay = DELAYS[min(stored.tries, len(DELAYS) - 1)]
                work.receipts.postpone(stored.id, at + delay)
            else:
                work.receipts.finish(stored.id, at, problem=problem)
            work.commit()
        return not problem

    def _problem(self, work: ReceivingWork, stored: StoredReceipt, at: datetime) -> str:
        """Apply what can be applied; what keeps the rest from it."""
        carrier = self.carriers.get(stored.provider)
        if carrier is None:
            return CHANNEL_OFF
        request = ReceiptRequest(
            received_at=stored.received_at, query=stored.query, body=stored.body.encode()
        )
        try:
            parsed = carrier.parse_receipts(request)
        except ReceiptRefusedError as refusal:  # the provider's settings have changed since
            return refusal.reasons[0].code
        for position, uplink in enumerate(parsed.uplinks):
            self._hear(work, stored, uplink, f"{stored.id}.{position}")
        settled = [
            _settle(work, each.provider or stored.provider, each, at) for each in parsed.receipts
        ]
        return "" if all(settled) else ORPHAN

    def _hear(self, work: ReceivingWork, stored: StoredReceipt, uplink: Uplink, place: str) -> None:
        """Keep a reply once, and do what it asks for."""
        ends = bool(uplink.address) and _ends_messages(uplink.text)
        is_new = work.uplinks.add(
            stored.provider,
            uplink.address,
            uplink.sequence or place,
            text=uplink.text,
            at=stored.received_at,
            effect="suppressed" if ends else "",
        )
        if is_new and ends:
            act = Act(actor=SYSTEM, at=self.clock(), reason=f"回复“{uplink.text.strip()}”")
            suppress(work, uplink.address, act, source=BY_REPLY, key=self.key)


def _settle(work: ReceivingWork, provider: str, receipt: Receipt, at: datetime) -> bool:
    """Move the message of a report forward, if it is known; whether it is."""
    message_id = work.receipts.message_of(
        provider,
        message_id=receipt.message_id,
        provider_id=receipt.provider_id,
        address=receipt.address,
    )
    if message_id is None:
        return False
    work.outbox.settle(
        message_id, receipt.state, at, error_code=receipt.code, error_text=receipt.text
    )
    return True


def _ends_messages(text: str) -> bool:
    """Whether a reply asks for no more messages, however it was typed."""
    return normalize("NFKC", text).strip().rstrip("。.!！").upper() in STOP_WORDS
