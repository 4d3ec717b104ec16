"""Takes what providers report: proves it, stores it word for word, and answers at once (R-6.4).

Nothing is concluded here; `app.receiving.applying` does that a moment later. A stranger leaves no
trace: who does not know the secret of an address, or the token of a message, or cannot sign, is
answered and forgotten.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from app.receiving.applying import Applying
from app.receiving.inquiries import Inquiries
from app.receiving.keeping import Keeping
from app.receiving.suppressions import SuppressionService
from engine.errors import not_found
from notifications.channels.base import NOT_GENUINE, ReceiptRefusedError, ReceiptRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from app.clock import Clock
    from app.ports.receiving import ReceivingDatabase
    from notifications.channels.base import Answer, MessageChannel
    from notifications.message import Channel

GATEWAYS = ("http", "kannel")
"""The providers that are told an address for each message."""
SECRET_LENGTH = 32
"""Characters of the secret in an address, 128 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """Takes reports; the front of the room, behind which the others work.

    Args:
        channels: who carries each channel that is set up.
        key: from which the secrets of the addresses are made, and digests of numbers.
        kept: how long reports are kept word for word.
    """

    database: ReceivingDatabase
    channels: Mapping[Channel, tuple[MessageChannel, ...]]
    clock: Clock
    key: str
    kept: timedelta

    @property
    def carriers(self) -> dict[str, MessageChannel]:
        """The channels that are set up, by name."""
        return {each.name: each for carriers in self.channels.values() for each in carriers}

    @property
    def applying(self) -> Applying:
        """Applies what was stored."""
        return Applying(
            database=self.database, carriers=self.carriers, clock=self.clock, key=self.key
        )

    @property
    def inquiries(self) -> Inquiries:
        """Asks about what was never reported."""
        return Inquiries(database=self.database, channels=self.channels, clock=self.clock)

    @property
    def keeping(self) -> Keeping:
        """Removes old reports."""
        return Keeping(database=self.database, clock=self.clock, kept=self.kept)

    @property
    def suppressions(self) -> SuppressionService:
        """Who wants no messages."""
        return SuppressionService(database=self.database, clock=self.clock, key=self.key)

    @property
    def gateway(self) -> str:
        """The HTTP gateway that is set up; empty if there is none."""
        return next((each for each in GATEWAYS if each in self.carriers), "")

    def secret(self, provider: str) -> str:
        """What only the provider is told: the last part of the address it calls."""
        made = hmac.new(self.key.encode(), f"receipts:{provider}".encode(), sha256)
        return made.hexdigest()[:SECRET_LENGTH]

    def take(self, provider: str, secret: str, query: Mapping[str, str], body: bytes) -> Answer:
        """Store a report that came to a provider's address, and say what it wants to hear.

        Raises:
            NotFoundError: there is no such address.
            ReceiptRefusedError: not genuine, or not understood; the latter is stored all the same.
        """
        is_known = provider in self.carriers
        if not is_known or not hmac.compare_digest(self.secret(provider).encode(), secret.encode()):
            what = "地址"
            raise not_found(what, provider)
        return self._taken(provider, query, body)

    def take_signed(self, provider: str, query: Mapping[str, str]) -> Answer:
        """The same for a report that carries its own proof: the token of its message.

        Only gateways are told an address for each message, and only they prove a report so.

        Raises:
            NotFoundError: no such gateway is set up.
            ReceiptRefusedError: not genuine, or not understood; the latter is stored all the same.
        """
        if provider not in GATEWAYS or provider not in self.carriers:
            what = "地址"
            raise not_found(what, provider)
        return self._taken(provider, {"message_id": "", "token": "", **query}, b"")

    def _taken(self, provider: str, query: Mapping[str, str], body: bytes) -> Answer:
        """Store a report whose address is proof enough, or which proves itself."""
        request = ReceiptRequest(received_at=self.clock(), query=query, body=body)
        try:
            parsed = self.carriers[provider].parse_receipts(request)
        except ReceiptRefusedError as refusal:
            if refusal.reasons[0].code != NOT_GENUINE:
                self._keep(provider, request, problem=refusal.reasons[0].code)
            raise
        if parsed.receipts or parsed.uplinks:
            self._keep(provider, request)
        return parsed.answer

    def _keep(self, provider: str, request: ReceiptRequest, problem: str = "") -> None:
        at = request.received_at
        with self.database.writing() as work:
            work.receipts.add(
                provider,
                request.body.decode("utf-8", errors="replace"),
                at,
                query=request.query,
                problem=problem,
                next_try_at=None if problem else at,
            )
            work.commit()
