"""A text message instead of, or beside, one by WeChat or the like that failed (R-6.4).

On a definite failure always, and where another attempt would come too late: the day's quota is
used up, a person who has had too much is to be told of something urgent, or nobody may carry it for
long. In doubt only if it is urgent, and then it says that it may come twice. Its dedupe key is the
first one's with `:sms` behind it, so nothing that comes late can make a second one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from notifications.channels.base import ErrorClass
from notifications.message import Channel, Message, message_id, unsent

if TYPE_CHECKING:
    from datetime import datetime

URGENT_WAIT = timedelta(minutes=5)
"""How long an urgent message may be without a sign that it arrived."""
USUAL_WAIT = timedelta(hours=1)
"""How long any other message waits for somebody who may carry it."""
MAY_COME_TWICE = "（如已收到相同通知，请忽略）"
SUFFIX = ":sms"


def may_fall_back(message: Message) -> bool:
    """Whether the message is one that a text message can take the place of."""
    return message.channel is not Channel.SMS and bool(message.fallback_address)


def gives_way(message: Message, refusal: ErrorClass | None) -> bool:
    """Whether a text message goes instead of another attempt, after a refusal of that kind."""
    is_too_late = refusal is ErrorClass.QUOTA or (
        refusal is ErrorClass.FREQUENCY and message.urgent
    )
    return is_too_late and may_fall_back(message)


def cannot_wait(message: Message, until: datetime | None, at: datetime) -> bool:
    """Whether a text message goes instead because nobody may carry this one before `until`.

    Where nobody knows until when, somebody has paused the provider, and knows what waits.
    """
    patience = URGENT_WAIT if message.urgent else USUAL_WAIT
    return until is not None and until - at > patience and may_fall_back(message)


def fallback_of(message: Message, at: datetime, *, in_doubt: bool) -> Message:
    """The text message, waiting to be sent; it is as old as what it tells.

    That it may come twice is said where free text is sent. A registered template (Aliyun, Tencent)
    has words that the provider fixed, and none of ours behind them.
    """
    key = message.dedupe_key + SUFFIX
    text = message.text + MAY_COME_TWICE if in_doubt else message.text
    return replace(
        unsent(message, at),
        id=message_id(key),
        dedupe_key=key,
        created_at=message.created_at,
        channel=Channel.SMS,
        address=message.fallback_address,
        fallback_address="",
        text=text,
        notice_id=None if in_doubt else message.notice_id,
    )
