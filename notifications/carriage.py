"""What is stored of messages on their way: their settlements, and who carries them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifications.message import Channel, MessageState

if TYPE_CHECKING:
    from datetime import datetime

    from notifications.message import Message

NO_RECEIPT = "no_receipt"
"""Error code of a message given up because nobody ever heard of it; it may have arrived."""
TOO_LATE, TOO_LATE_TEXT = "expired", "轮到发送时已过期"
"""Why a message that would have come too late was not sent."""


def may_have_arrived(message: Message) -> bool:
    """Whether a text message counts as failed only because nobody ever heard of it."""
    is_silent = message.state is MessageState.FAILED and message.error_code == NO_RECEIPT
    return is_silent and message.channel is Channel.SMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What is written down of one message after an attempt, or after asking about it.

    Args:
        next_attempt_at: when to try again (`PENDING`) or to ask again (`IN_DOUBT`).
        maybe_sent_at: of what is to be tried again, see `Message.maybe_sent_at`.
    """

    message_id: str
    state: MessageState
    provider_id: str = ""
    error_code: str = ""
    error_text: str = ""
    next_attempt_at: datetime | None = None
    maybe_sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStanding:
    """How one provider of one channel stands.

    Args:
        weight: its share of the messages, in proportion to those of the others.
        lowered_at: when something last spoke against it; None if nothing ever did.
        changed_at: when its weight last changed.
        blocked_until: nothing is handed to it before.
        paused_by: the operator who stopped it; empty if nobody did.
        reason: why it is blocked or paused, or why its weight last changed.
    """

    channel: Channel
    name: str
    weight: int
    resting_weight: int
    lowered_at: datetime | None = None
    changed_at: datetime | None = None
    blocked_until: datetime | None = None
    paused_by: str = ""
    reason: str = ""

    def is_usable(self, at: datetime) -> bool:
        """Whether messages may be handed to it."""
        return not self.paused_by and (self.blocked_until is None or self.blocked_until <= at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What a provider did lately.

    Args:
        faults: failures by its own fault within a minute.
        handed_over: messages of a quarter of an hour of which one could know that they arrived.
        slow: those of them that took, or are taking, longer than five minutes.
    """

    faults: int = 0
    handed_over: int = 0
    slow: int = 0
