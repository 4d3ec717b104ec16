"""One message as a frozen value: who is told what by which channel, and how far it has come.

A message is planned in the transaction that causes it and stored with a unique dedupe key, so
one person hears of one fact once per channel. Its state only moves forward: receipts may come
early, twice, late or in the wrong order, and none of that may make a delivered message undone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

MESSAGE_IDS = UUID("6e1d7a52-3c0b-5c0e-9a55-0c7d6f2b8e41")
"""Namespace of message ids: the id follows from the dedupe key, so planning needs no chance."""

ONE_PART = 70
"""Length up to which a Chinese text message is one part."""

PART_OF_MANY = 67
"""What is left of a part when the text needs several."""


class Channel(StrEnum):
    """By which way a message reaches a person (R-6.4)."""

    SMS = "sms"
    WECHAT = "wechat"
    """The official account (公众号), for customers."""
    WECOM = "wecom"
    """The work account (企业微信), for staff."""
    WECOM_ROBOT = "wecom_robot"
    """The robot of a group of staff."""
    APP = "app"
    """The company's own mobile app."""
    EMAIL = "email"
    """Reports to staff."""


class Audience(StrEnum):
    """Whether a message goes to a customer or to the company's own people."""

    CUSTOMER = "customer"
    STAFF = "staff"


class MessageKind(StrEnum):
    """What a message is for; screens filter by it."""

    NOTICE = "notice"
    """Something has happened to a ticket."""
    REMINDER = "reminder"
    """Something falls due."""
    ESCALATION = "escalation"
    """Something is overdue; told to those above the managers (R-6.1)."""
    OUTAGE = "outage"
    """Something has happened to the supply (R-7.2)."""


class MessageState(StrEnum):
    """How far a message has come.

    Five ends belong to messages that never left: `UNREACHABLE` has no address and is listed for
    a call, `SUPERSEDED` was overtaken by a newer one, `EXPIRED` would have come too late,
    `SUPPRESSED` went to somebody who asked not to be written to, `CANCELLED` was called off by an
    operator. `FAILED` is what a provider said, or silence; a handset's receipt (`DELIVERED`)
    outweighs it.
    """

    PENDING = "pending"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    FAILED = "failed"
    DELIVERED = "delivered"
    UNREACHABLE = "unreachable"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"

    @property
    def rank(self) -> int:
        """Grows with what is known of the message; a lower rank never overwrites a higher one."""
        return _RANKS[self]

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done, or to be learnt, about the message."""
        return self in {
            MessageState.PENDING,
            MessageState.SENDING,
            MessageState.IN_DOUBT,
            MessageState.ACCEPTED,
        }

    @property
    def reachable_from(self) -> frozenset[MessageState]:
        """Every state from which this one may be entered: the condition of the guarded update."""
        return frozenset(state for state in MessageState if state.may_become(self))

    def may_become(self, new: MessageState) -> bool:
        """Whether `new` may follow: a higher rank, and only unsent messages end unsent.

        The one way back is `SENDING` to `PENDING`: the channel is certain that nothing was sent.
        """
        if new in _UNSENT_ENDS:
            return self is MessageState.PENDING
        if self is MessageState.SENDING and new is MessageState.PENDING:
            return True
        return new.rank > self.rank


_RANKS = {
    MessageState.PENDING: 0,
    MessageState.SENDING: 1,
    MessageState.IN_DOUBT: 2,
    MessageState.ACCEPTED: 3,
    MessageState.FAILED: 4,
    MessageState.DELIVERED: 5,
    MessageState.UNREACHABLE: 6,
    MessageState.SUPERSEDED: 6,
    MessageState.EXPIRED: 6,
    MessageState.SUPPRESSED: 6,
    MessageState.CANCELLED: 6,
}

SENDABLE_AGAIN = frozenset({MessageState.FAILED, MessageState.EXPIRED, MessageState.CANCELLED})
"""What an operator may have sent anew: it certainly did not arrive."""
NEEDING_A_PERSON = frozenset({MessageState.FAILED, MessageState.IN_DOUBT, MessageState.UNREACHABLE})
"""What somebody has to see to, as long as nobody has; see `Message.needs_a_person`."""

_UNSENT_ENDS = frozenset(
    state for state, rank in _RANKS.items() if rank == _RANKS[MessageState.EXPIRED]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedNotice:
    """One fact that many people are told in equal words, so the words are stored once.

    Its messages have its id as `notice_id`, its kind, template, urgency, expiry, topic, `by_law`
    and `created_at`, and leave `params` and `text` empty; whoever reads a message gets those of the
    notice. The words name nobody: all of one notice may share a provider's request.

    Args:
        id: made by whoever tells, deterministic, for example `outage-BS-0007-3`.
        topic: see `Message.topic`.
        fan_out_after: where writing its messages goes on; empty at the beginning.
        fanned_out_at: when the last of its messages was written; None while there are more.
        superseded_at: from when on no message of it is written or sent; None if that never was.
        by_law: see `Message.by_law`.
    """

    id: str
    kind: MessageKind
    template_key: str
    template_version: int
    params: dict[str, str]
    text: str
    created_at: datetime
    urgent: bool = False
    expires_at: datetime | None = None
    topic: str = ""
    fan_out_after: str = ""
    fanned_out_at: datetime | None = None
    superseded_at: datetime | None = None
    by_law: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One person, one fact, one channel.

    Args:
        id: UUID; also what a provider is given as reference.
        dedupe_key: unique; names no phone number and no personal name.
        recipient: the customer's name, or the user id of a member of staff.
        address: phone number or openid; empty when the person cannot be reached.
        urgent: ignores the quiet hours and may be sent a second way when in doubt (R-6.4).
        not_before: the instant from which it may be sent.
        expires_at: the instant from which it is worthless; None if it never is.
        claimed_at: when, and `claimed_by` by which process, it was taken for sending.
        attempts: how often it was taken for sending.
        next_attempt_at: set when an attempt certainly sent nothing and is to be repeated.
        settled_at: when the state last changed by an answer or a receipt of the provider.
        notice_id: the `SharedNotice` whose words it has; None if it has its own.
        topic: what it is about, for example `outage:<ticket_no>`; a newer message of the same topic
            makes a pending older one to the same address needless. May be empty.
        job: the job that it was handed over to; empty while it waits, and after its attempt.
        provider: who is to carry it, or did; chosen when it is handed over.
        fallback_address: mobile number for a text message should WeChat definitely fail; may be
            empty.
        handled_by: the user who saw to it by hand, and `handled_at` when: it was told by telephone,
            or sent anew.
        by_law: the law demands that the person be told: wanted or not, whatever else he was told,
            and at night if the morning would be too late.
        maybe_sent_at: when it was first taken for sending, as long as it is not certain that this
            sent nothing; how long a provider knows it again counts from then.
    """

    id: str
    dedupe_key: str
    kind: MessageKind
    template_key: str
    template_version: int
    text: str
    channel: Channel
    audience: Audience
    recipient: str
    address: str
    created_at: datetime
    not_before: datetime
    ticket_no: str = ""
    params: dict[str, str] = field(default_factory=dict)
    urgent: bool = False
    state: MessageState = MessageState.PENDING
    expires_at: datetime | None = None
    claimed_at: datetime | None = None
    claimed_by: str = ""
    attempts: int = 0
    next_attempt_at: datetime | None = None
    provider_id: str = ""
    error_code: str = ""
    error_text: str = ""
    settled_at: datetime | None = None
    notice_id: str | None = None
    topic: str = ""
    job: str = ""
    provider: str = ""
    fallback_address: str = ""
    handled_by: str = ""
    handled_at: datetime | None = None
    by_law: bool = False
    maybe_sent_at: datetime | None = None

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to tell the recipient by other means, unless somebody has."""
        return self.state in NEEDING_A_PERSON or (
            self.state is MessageState.EXPIRED and self.by_law
        )


def unsent(message: Message, at: datetime) -> Message:
    """The message as if it were new at that instant: nothing has been tried yet."""
    return replace(
        message,
        state=MessageState.PENDING,
        created_at=at,
        not_before=at,
        claimed_at=None,
        claimed_by="",
        attempts=0,
        next_attempt_at=None,
        job="",
        provider="",
        provider_id="",
        error_code="",
        error_text="",
        settled_at=None,
        handled_by="",
        handled_at=None,
        maybe_sent_at=None,
    )


def message_id(dedupe_key: str) -> str:
    """The UUID of the message with that key."""
    return str(uuid5(MESSAGE_IDS, dedupe_key))


def segments(text: str) -> int:
    """How many text messages the carrier charges for `text`, by the Chinese rule.

    Every UTF-16 unit counts one, so an emoji counts two. Latin text has no cheaper alphabet.
    """
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= ONE_PART else -(-units // PART_OF_MANY)


def notice_of(message: Message) -> tuple[str, str]:
    """The notice that a message tells, and the number of the contact whom it tells.

    Sent another way or anew, it keeps the key of the first one as the beginning of its own.
    """
    notice_id, _, contact = message.dedupe_key.partition(":")[0].rpartition("-")
    return notice_id, contact
