"""After an attempt that sent nothing: when the next one is due, or that it was the last.

The rungs: at once by another provider if there is one, then after 1, 5, 15 and 60 minutes; the last
one repeats until the message is given up. A message that would be worthless by then is left to its
expiry; one that a text message should rather take the place of now has failed.

An attempt of which nobody knows what it sent is repeated only while its provider still removes what
comes twice, counted from the first such attempt; then the message is in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifications.carriage import Settlement
from notifications.channels.base import Result, Verdict
from notifications.delivery.fallback import gives_way
from notifications.message import Message, MessageState
from notifications.quiet_hours import QuietHours, next_chance

NOT_REPEATABLE = "not_repeatable"
CALL_WITHIN = timedelta(minutes=2)
"""A provider is called so long after it was decided to call it, at most."""
ASKED_FOR = timedelta(days=1)
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
        self,
        message: Message,
        result: Result,
        at: datetime,
        *,
        has_alternative: bool,
        repeatable_for: timedelta | None = None,
    ) -> Settlement:
        """What an answer means for a claimed message.

        Args:
            message: its `maybe_sent_at` as it was before the attempt; afterwards, if nobody knows
                what came of that.
            result: the answer.
            at: now.
            has_alternative: whether another provider could carry it at once.
            repeatable_for: so long the provider of this attempt sends the same message once only.
        """
        maybe_sent_at = message.maybe_sent_at
        if result.verdict is Verdict.UNKNOWN and repeatable_for is not None:
            maybe_sent_at = maybe_sent_at or message.claimed_at or at
        state, next_attempt_at = result.verdict.state, None
        if result.verdict is Verdict.RETRY or (
            result.verdict is Verdict.UNKNOWN and repeatable_for is not None
        ):
            state = MessageState.PENDING
            elsewhere = has_alternative and maybe_sent_at is None
            next_attempt_at = self._next_attempt(message, at, has_alternative=elsewhere)
            if maybe_sent_at is not None:
                if not may_repeat(maybe_sent_at, next_attempt_at, repeatable_for):
                    state = MessageState.IN_DOUBT
            elif self._is_hopeless(message, at) or gives_way(message, result.error_class):
                state, next_attempt_at = MessageState.FAILED, None
        if state is MessageState.IN_DOUBT:
            next_attempt_at = at + self.asks[0]
        return Settlement(
            message_id=message.id,
            state=state,
            provider_id=result.provider_id,
            error_code=result.code,
            error_text=result.text,
            next_attempt_at=next_attempt_at,
            maybe_sent_at=maybe_sent_at,
        )

    def doubt(self, message: Message, at: datetime) -> Settlement:
        """Of a message that may be out already and cannot be repeated any more without harm."""
        return Settlement(
            message_id=message.id,
            state=MessageState.IN_DOUBT,
            error_code=NOT_REPEATABLE,
            error_text="可能已发出，已过服务商去重时限，不再重发",
            next_attempt_at=at + self.asks[0],
        )

    def _next_attempt(self, message: Message, at: datetime, *, has_alternative: bool) -> datetime:
        return next_chance(
            at + self.wait(message.attempts, has_alternative=has_alternative),
            at,
            urgent=message.urgent,
            useful_until=message.expires_at,
            quiet=self.quiet,
            lot=message.id,
            by_law=message.by_law,
        )

    def _is_hopeless(self, message: Message, at: datetime) -> bool:
        """Whether it was tried for long enough, and often enough: daemons may have been down."""
        was_tried_often = message.attempts > len(self.waits)
        return was_tried_often and at - message.not_before >= self.give_up_after

    def next_ask(self, message: Message, at: datetime, *, was_heard: bool) -> datetime | None:
        """When to ask again about a doubt that the provider could not resolve; None: not again.

        One that could not even be asked (`was_heard` is false) is asked again for a day.
        """
        since = message.settled_at or at
        if not was_heard:
            again = at + self.asks[-1]
            return again if again - since <= ASKED_FOR else None
        return next((since + wait for wait in self.asks if since + wait > at), None)

    def wait(self, attempts: int, *, has_alternative: bool) -> timedelta:
        """How long to wait after so many attempts, this one included."""
        rungs = (timedelta(0), *self.waits) if has_alternative else self.waits
        return rungs[min(max(attempts, 1), len(rungs)) - 1]


def may_repeat(maybe_sent_at: datetime, at: datetime, repeatable_for: timedelta | None) -> bool:
    """Whether a message that may be out since then can be handed over once more at `at`.

    Its provider must still know it when the call arrives, some time after it was decided.
    """
    return repeatable_for is not None and at - maybe_sent_at + CALL_WITHIN < repeatable_for
