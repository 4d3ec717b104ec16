"""After an attempt that certainly sent nothing: when the next one is due, or that it was the last.

The rungs: at once by another provider if there is one, then after 1, 5, 15 and 60 minutes; the last
one repeats until the message is given up. A message that would be worthless by then is left to its
expiry; one that a text message should rather take the place of now has failed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifications.carriage import Settlement
from notifications.channels.base import Result, Verdict
from notifications.delivery.fallback import gives_way
from notifications.message import Message, MessageState
from notifications.quiet_hours import QuietHours, next_chance

LADDER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptPolicy:
    """How long is tried again, and when one asks about a doubt.

    Args:
        waits: between attempts with one provider; the last one repeats.
        give_up_after: from the instant at which the message could first be sent, if by then every
            wait has passed.
        asks: so long after it got in doubt a provider is asked about a message.
    """

    quiet: QuietHours = field(default_factory=QuietHours)
    waits: tuple[timedelta, ...] = LADDER
    give_up_after: timedelta = timedelta(hours=72)
    asks: tuple[timedelta, ...] = (timedelta(minutes=2), timedelta(minutes=10))

    def settlement(
        self, message: Message, result: Result, at: datetime, *, has_alternative: bool
    ) -> Settlement:
        """What an answer means for a claimed message.

        `has_alternative` tells whether another provider could carry it at once.
        """
        next_attempt_at = None
        state = result.verdict.state
        if result.verdict is Verdict.RETRY:
            if self._is_hopeless(message, at) or gives_way(message, result.error_class):
                state = MessageState.FAILED
            else:
                wanted = at + self.wait(message.attempts, has_alternative=has_alternative)
                next_attempt_at = next_chance(
                    wanted,
                    at,
                    urgent=message.urgent,
                    useful_until=message.expires_at,
                    quiet=self.quiet,
                    lot=message.id,
                )
        elif result.verdict is Verdict.UNKNOWN:
            next_attempt_at = at + self.asks[0]
        return Settlement(
            message_id=message.id,
            state=state,
            provider_id=result.provider_id,
            error_code=result.code,
            error_text=result.text,
            next_attempt_at=next_attempt_at,
        )

    def _is_hopeless(self, message: Message, at: datetime) -> bool:
        """Whether it was tried for long enough, and often enough: daemons may have been down."""
        was_tried_often = message.attempts > len(self.waits)
        return was_tried_often and at - message.not_before >= self.give_up_after

    def next_ask(self, message: Message, at: datetime) -> datetime | None:
        """When to ask again about a doubt that the provider could not resolve; None: not again."""
        since = message.settled_at or at
        return next((since + wait for wait in self.asks if since + wait > at), None)

    def wait(self, attempts: int, *, has_alternative: bool) -> timedelta:
        """How long to wait after so many attempts, this one included."""
        rungs = (timedelta(0), *self.waits) if has_alternative else self.waits
        return rungs[min(max(attempts, 1), len(rungs)) - 1]
