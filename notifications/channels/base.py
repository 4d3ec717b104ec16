"""What every channel promises: to say of each message what is certain, and nothing more.

The one question that matters after a failed call is whether the message may have gone out. A
channel answers `RETRY` only if it certainly did not; in doubt it answers `UNKNOWN`, and nobody
sends again blindly, because no SMS provider removes duplicates.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from engine.errors import HuodianError, Reason
from notifications.message import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from notifications.message import Message

LONGEST_TEXT = 500
"""Characters of an explanation that are kept with a message."""

NOT_GENUINE = "receipt_not_genuine"
"""The code of a report that does not prove where it comes from: anybody may have sent it."""


class Verdict(StrEnum):
    """What is certain of a message after the call, or after asking for it later."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    RETRY = "retry"
    UNKNOWN = "unknown"

    @property
    def state(self) -> MessageState:
        """The state the message moves to."""
        match self:
            case Verdict.ACCEPTED:
                return MessageState.ACCEPTED
            case Verdict.DELIVERED:
                return MessageState.DELIVERED
            case Verdict.REJECTED:
                return MessageState.FAILED
            case Verdict.RETRY:
                return MessageState.PENDING
            case Verdict.UNKNOWN:
                return MessageState.IN_DOUBT


class ErrorClass(StrEnum):
    """Whose fault it is, which decides what is done about it."""

    RECIPIENT = "recipient"
    """The person cannot be reached this way: wrong number, blocked, not a follower."""
    FREQUENCY = "frequency"
    """This one person has had as many messages as the provider allows in a while."""
    CONTENT = "content"
    """The message itself: template, signature, parameters."""
    THROTTLE = "throttle"
    """The provider takes no more for now, from anybody or from us."""
    QUOTA = "quota"
    """What the provider takes of us in a day is used up."""
    ACCOUNT = "account"
    """Our account: no money, no quota, closed."""
    PROVIDER = "provider"
    """The provider's own fault, or the way to it."""
    AUTH = "auth"
    """Our credentials, or the address we call from."""
    UNKNOWN_OUTCOME = "unknown_outcome"
    """Nobody knows whether the message was taken."""

    @property
    def speaks_against_provider(self) -> bool:
        """Whether it counts when another provider is considered; a recipient's fault never does."""
        return self in {
            ErrorClass.THROTTLE,
            ErrorClass.QUOTA,
            ErrorClass.ACCOUNT,
            ErrorClass.PROVIDER,
            ErrorClass.AUTH,
        }

    @property
    def verdict(self) -> Verdict:
        """What a refusal of this class means for the message.

        A fault of the account or of the provider is not the message's: it waits until that is
        mended.
        """
        match self:
            case ErrorClass.RECIPIENT | ErrorClass.CONTENT:
                return Verdict.REJECTED
            case (
                ErrorClass.FREQUENCY
                | ErrorClass.THROTTLE
                | ErrorClass.QUOTA
                | ErrorClass.ACCOUNT
                | ErrorClass.PROVIDER
                | ErrorClass.AUTH
            ):
                return Verdict.RETRY
            case ErrorClass.UNKNOWN_OUTCOME:
                return Verdict.UNKNOWN


class ReceiptMode(StrEnum):
    """How one learns what became of a message that was accepted."""

    PUSH = "push"
    """The provider calls us."""
    PULL = "pull"
    """One has to ask."""
    NONE = "none"
    """Never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one provider can do, so that whoever hands messages over can cut them to size.

    Args:
        same_params: most recipients of one request with equal template and parameters.
        mixed_params: most recipients of one request whose parameters differ.
        concurrency: most requests at once.
        per_minute: most messages a minute for the whole account; None if no limit is known.
        idempotent_for: so long after the first attempt a message may be handed over again, and
            the provider sends it once; None if it may never be.
        can_be_asked: `find` can tell of a message what became of it.
    """

    same_params: int = 1
    mixed_params: int = 1
    concurrency: int = 1
    per_minute: int | None = None
    idempotent_for: timedelta | None = None
    receipts: ReceiptMode = ReceiptMode.NONE
    can_be_asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one message. `error_class` is None exactly when it was accepted."""

    message_id: str
    verdict: Verdict
    provider_id: str = ""
    error_class: ErrorClass | None = None
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a provider reports later of one message; it may be early, late, repeated or overtaken.

    Applying it is guarded by `MessageState.may_become`, so the order does not matter.

    Args:
        message_id: ours, where the provider repeats it; else `provider_id` with `address` tells
            which message it is about, because one request to many has one id.
        address: as we store it; may be empty where the provider's id is the message's alone.
        provider: whose message it is, where one address takes the reports of several providers;
            empty for the one whose address it came to.
    """

    state: MessageState
    provider: str = ""
    message_id: str = ""
    provider_id: str = ""
    address: str = ""
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """What a person wrote back (上行). `sequence` tells a repeated report from a second message."""

    address: str
    text: str
    sequence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRequest:
    """A provider's call of our address for receipts, as it came.

    `query` holds the parameters of the address and those parts of its path that a route names.
    """

    received_at: datetime
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a provider wants to hear so that it does not report the same again."""

    body: str = "ok\n"
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedReceipts:
    """What one call of a provider says; it may say nothing of any message."""

    receipts: tuple[Receipt, ...] = ()
    uplinks: tuple[Uplink, ...] = ()
    answer: Answer = field(default_factory=Answer)


class ReceiptRefusedError(HuodianError):
    """A receipt that does not prove where it comes from, or that cannot be read."""


class InquiryRefusedError(Exception):
    """A provider does not tell now what became of a message; it may be asked again."""

    def __init__(self, provider: str, code: str) -> None:
        super().__init__(f"{provider}: {code}")


class MissingExtraError(HuodianError):
    """A provider's SDK is not installed."""

    @classmethod
    def of(cls, *, extra: str) -> MissingExtraError:
        """The error, with how to install it."""
        return cls(
            Reason(
                code="missing_extra",
                message=f"尚未安装 {extra} 所需的软件包",
                remedy=f'请执行 make setup EXTRAS="{extra}" 后重试',
            )
        )


@runtime_checkable
class Checkable(Protocol):
    """A channel whose credentials can be tried without sending anything."""

    def check(self) -> tuple[Reason, ...]:
        """Why the provider does not let us in; empty if it does. Costs one small call."""


class MessageChannel(Protocol):
    """One way out of the house. Safe to share between threads."""

    @property
    def name(self) -> str:
        """How the channel is called in settings, addresses for receipts, and logs."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; does not change."""

    def validate(self, message: Message) -> tuple[Reason, ...]:
        """Why a message could not be sent this way; asked before it is given to a job.

        By its own words and the version of their template: others may be in use by now.
        """

    def submit(self, messages: Sequence[Message]) -> Iterable[Result]:
        """Hand messages over, cut into requests as the provider takes them.

        Gives one result a message as answers come in, in any order. It may be that nothing is
        sent before the results are asked for; whoever stops asking leaves the rest in doubt.
        Never raises for a message.
        """

    def find(self, message: Message) -> Result | None:
        """What the provider knows of an earlier message; None if it knows nothing or cannot tell.

        Raises what the way to the provider raises; then one may ask again.
        """

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        """Read what a provider reports. Pure.

        Raises:
            ReceiptRefusedError: not genuine (`NOT_GENUINE`), or not understood.
        """

    def close(self) -> None:
        """Let go of connections and threads."""


def refused(message_id: str, error_class: ErrorClass, code: str, text: str) -> Result:
    """The result of a message that was not accepted."""
    return Result(
        message_id=message_id,
        verdict=error_class.verdict,
        error_class=error_class,
        code=code,
        text=text,
    )


def unknown(message_id: str, code: str) -> Result:
    """The result of a message of which nobody knows whether it went out."""
    text = "请求可能已送达，结果未知"
    return refused(message_id, ErrorClass.UNKNOWN_OUTCOME, code, text)


def unfit(message_id: str, reasons: Sequence[Reason]) -> Result:
    """The result of a message that never left, because it does not fit what the provider takes."""
    kind = ErrorClass.RECIPIENT if reasons[0].code == "bad_number" else ErrorClass.CONTENT
    text = "；".join(each.message for each in reasons)[:LONGEST_TEXT]
    return refused(message_id, kind, reasons[0].code, text)


def bad_credentials(provider: str, outcome: Result) -> Reason:
    """The reason that a provider does not let us in, from what a call came to."""
    return Reason(
        code="provider_check_failed",
        message=f"{provider} 未通过核对：{outcome.code} {outcome.text}".rstrip(),
        remedy="请核对该服务商的设置，见 docs/operations.md",
    )


def json_items(body: bytes) -> list[dict[str, Any]]:
    """The objects of a JSON array, or the one object that came instead of it.

    Raises:
        ReceiptRefusedError: it is neither.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(each, dict) for each in items):
        raise receipt_refused(code="receipt_unreadable", problem="内容不是 JSON 对象或对象的数组")
    return items


def receipt_refused(*, code: str, problem: str, remedy: str = "") -> ReceiptRefusedError:
    """The error for a receipt, with what to do about it."""
    return ReceiptRefusedError(
        Reason(code=code, message=f"回执无效：{problem}", clause="R-6.4", remedy=remedy)
    )


def not_genuine(*, problem: str) -> ReceiptRefusedError:
    """The error for a receipt that anybody may have sent."""
    return receipt_refused(code=NOT_GENUINE, problem=problem)


def no_receipts(*, channel: str) -> ReceiptRefusedError:
    """The error for a receipt of a channel that gives none."""
    return receipt_refused(code="no_receipts", problem=f"{channel}渠道没有回执")
