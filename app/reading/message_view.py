"""A message as staff see it: how far it has come, to whom in masked form, and its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.labels import AUDIENCES, MESSAGE_CHANNELS, MESSAGE_STATES
from app.masking import masked_name, masked_phone
from notifications.carriage import may_have_arrived
from notifications.message import (
    SENDABLE_AGAIN,
    Audience,
    Message,
    MessageState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message of the outbox.

    Args:
        next_attempt_at: when it is tried, or asked about, again.
        handled_by: who saw to it by hand.
        acts: what an operator may do about it: `cancel`, `retry`, `handled`.
    """

    id: str
    ticket_no: str
    audience_name: str
    recipient: str
    address: str
    channel_name: str
    text: str
    state: MessageState
    state_name: str
    created_at: datetime
    not_before: datetime
    next_attempt_at: datetime | None
    settled_at: datetime | None
    attempts: int
    provider: str
    problem: str
    handled_by: str
    acts: frozenset[str]


def message_view(message: Message, names: Mapping[str, str]) -> MessageView:
    """The message with customers masked; staff are shown by name."""
    if message.audience is Audience.CUSTOMER:
        recipient = masked_name(message.recipient)
    else:
        recipient = names.get(message.recipient, message.recipient)
    return MessageView(
        id=message.id,
        ticket_no=message.ticket_no,
        audience_name=AUDIENCES[message.audience],
        recipient=recipient,
        address=masked_phone(message.address),
        channel_name=MESSAGE_CHANNELS[message.channel],
        text=message.text,
        state=message.state,
        state_name=MESSAGE_STATES[message.state],
        created_at=message.created_at,
        not_before=message.not_before,
        next_attempt_at=message.next_attempt_at,
        settled_at=message.settled_at,
        attempts=message.attempts,
        provider=message.provider,
        problem=_problem(message),
        handled_by=names.get(message.handled_by, message.handled_by),
        acts=_acts(message),
    )


def _acts(message: Message) -> frozenset[str]:
    """What an operator may do about the message: `cancel`, `retry`, `handled`."""
    if message.state is MessageState.PENDING:
        return frozenset({"cancel"})
    if message.handled_at is not None:
        return frozenset()
    is_sendable = message.state in SENDABLE_AGAIN and not may_have_arrived(message)
    acts = {"retry"} if is_sendable else set()
    return frozenset(acts | ({"handled"} if message.needs_a_person else set()))


def _problem(message: Message) -> str:
    """What went wrong; the status of a good receipt is none of that."""
    if message.state in {MessageState.ACCEPTED, MessageState.DELIVERED}:
        return ""
    if any("\u4e00" <= char <= "\u9fff" for char in message.error_text):
        return message.error_text
    answered = " ".join(part for part in (message.error_code, message.error_text) if part)
    return f"渠道答复：{answered}" if answered else ""
