"""Whether messages may go at this very moment, asked by the job just before it sends them.

A job may have waited for hours behind others. By then a message may be worthless, it may be night,
the person may have asked not to be written to, or may have had enough for a day. What the law
demands is told nevertheless, and neither that nor what is urgent knows a cap but those of the
channel itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from notifications.carriage import TOO_LATE, TOO_LATE_TEXT
from notifications.message import Audience, Channel, Message, MessageState
from notifications.quiet_hours import QuietHours, next_chance

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

CAP_WINDOW = timedelta(hours=24)
CAPPED, SUPPRESSED = "phone_cap", "suppressed"
MOBILE_DIGITS = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A message that is never sent, and why."""

    message_id: str
    state: MessageState
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A message that goes later; `code` and `text` say what it waits for, empty at night."""

    message_id: str
    until: datetime
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many messages to one address within so long; `code` and `text` say so of what is held."""

    most: int
    within: timedelta
    code: str
    text: str

    def held(
        self, message: Message, at: datetime, earlier: Sequence[datetime], more: int
    ) -> Held | None:
        """Until when it is held; None if there is room.

        Args:
            message: what is to go.
            at: now.
            earlier: when something was sent to the address, the oldest first.
            more: how many go to it at this moment.
        """
        within = [each for each in earlier if each > at - self.within]
        excess = len(within) + more - self.most
        if excess < 0:
            return None
        frees = within[min(excess, len(within) - 1)] if within else at
        return Held(
            message_id=message.id, until=frees + self.within, code=self.code, text=self.text
        )


MEMBER_LIMITS = (
    Limit(
        most=30,
        within=timedelta(seconds=90),  # a minute, and what passes between a claim and its call
        code="member_pace",
        text="企业微信对同一成员每分钟最多 30 条，稍后发送",
    ),
    Limit(
        most=1000,
        within=timedelta(hours=1),
        code="member_pace",
        text="企业微信对同一成员每小时最多 1000 条，稍后发送",
    ),
)
"""WeCom silently drops what one member gets beyond these, so that even what is urgent waits."""


@dataclass(slots=True, kw_only=True)
class Permission:
    """What became of a list of messages."""

    granted: list[Message] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The company's courtesy.

    Args:
        cap: messages to a customer's address within any 24 hours, unless they are urgent or
            demanded by law. The company's own people are told of every ticket they look after.
    """

    quiet: QuietHours = field(default_factory=QuietHours)
    cap: int = 6

    def permit(
        self,
        messages: Iterable[Message],
        at: datetime,
        *,
        suppressed: Collection[str],
        recent: Mapping[str, Sequence[datetime]],
    ) -> Permission:
        """Sort messages into those that go now, later and never.

        Args:
            messages: in the order in which they are to go.
            at: now.
            suppressed: addresses whose people asked not to be written to.
            recent: address -> when something was sent to it within `CAP_WINDOW`.
        """
        permission = Permission()
        now: Counter[str] = Counter()
        for message in messages:
            verdict = self._verdict(message, at, suppressed)
            if verdict is None:
                verdict = self._held_back(message, at, recent, now)
            match verdict:
                case None:
                    permission.granted.append(message)
                    now[message.address] += 1
                case Ended():
                    permission.ended.append(verdict)
                case Held():
                    permission.held.append(verdict)
        return permission

    def held_by_night(self, message: Message, at: datetime) -> Held | None:
        """When a message that meets the quiet hours goes; None if it may go now."""
        until = next_chance(
            at,
            at,
            urgent=message.urgent,
            useful_until=message.expires_at,
            quiet=self.quiet,
            lot=message.id,
            by_law=message.by_law,
        )
        return Held(message_id=message.id, until=until) if until > at else None

    def _verdict(
        self, message: Message, at: datetime, suppressed: Collection[str]
    ) -> Ended | Held | None:
        if message.expires_at is not None and message.expires_at <= at:
            return Ended(
                message_id=message.id,
                state=MessageState.EXPIRED,
                code=TOO_LATE,
                text=TOO_LATE_TEXT,
            )
        if message.address in suppressed and not message.by_law:
            return Ended(
                message_id=message.id,
                state=MessageState.SUPPRESSED,
                code=SUPPRESSED,
                text="客户已退订非法定通知",
            )
        return self.held_by_night(message, at)

    def limits_of(self, message: Message) -> tuple[Limit, ...]:
        """What bounds how many such messages one address gets; empty if nothing does."""
        if message.channel is Channel.WECOM:
            return MEMBER_LIMITS
        if message.urgent or message.by_law or message.audience is Audience.STAFF:
            return ()
        text = f"该号码 24 小时内已收到 {self.cap} 条，稍后发送"
        return (Limit(most=self.cap, within=CAP_WINDOW, code=CAPPED, text=text),)

    def _held_back(
        self,
        message: Message,
        at: datetime,
        recent: Mapping[str, Sequence[datetime]],
        now: Counter[str],
    ) -> Held | None:
        """Held until there is room within every limit again."""
        earlier, more = recent.get(message.address, ()), now[message.address]
        held = (each.held(message, at, earlier, more) for each in self.limits_of(message))
        return max(filter(None, held), key=lambda each: each.until, default=None)


def unreachable(message: Message) -> str:
    """What is wrong with the address; empty if nothing is."""
    if not message.address.strip():
        return "没有号码"
    if message.channel is Channel.SMS and not is_mobile(message.address):
        return "号码不是手机号码"
    return ""


def is_mobile(number: str) -> bool:
    """Whether a text message can reach it: a mobile number of the mainland, or one from abroad."""
    if number.startswith("+") and not number.startswith("+86"):
        return number[1:].isdecimal()
    national = number.removeprefix("+86")
    return len(national) == MOBILE_DIGITS and national.isdecimal() and national.startswith("1")
