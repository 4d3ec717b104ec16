"""What every channel promises: to say of each message what is certain, and nothing more.

The one question that matters after a failed call is whether the message may have gone out. A
channel answers `RETRY` only if it certainly did not; in doubt it answers `UNKNOWN`, and nobody
sends again blindly, because no SMS provider removes duplicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from engine.errors import HuodianError, Reason
from notifications.message import MessageState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notifications.message import Message


class Verdict(StrEnum):
    """What is certain of a message after the call."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RETRY = "retry"
    UNKNOWN = "unknown"

    @property
    def state(self) -> MessageState:
        """The state the message moves to."""
        match self:
            case Verdict.ACCEPTED:
                return MessageState.ACCEPTED
            case Verdict.REJECTED:
                return MessageState.FAILED
            case Verdict.RETRY:
                return MessageState.PENDING
            case Verdict.UNKNOWN:
                return MessageState.IN_DOUBT


class ErrorClass(StrEnum):
    """Whose fault it is, which decides what is done about it.

    Only `THROTTLE`, `ACCOUNT`, `PROVIDER` and `AUTH` speak against the provider as a whole.
    """

    RECIPIENT = "recipient"
    CONTENT = "content"
    THROTTLE = "throttle"
    ACCOUNT = "account"
    PROVIDER = "provider"
    AUTH = "auth"
    UNKNOWN_OUTCOME = "unknown_outcome"

    @property
    def verdict(self) -> Verdict:
        """What a refusal of this class means for the message.

        A fault of the account or of the provider is not the message's: it waits until that is
        mended.
        """
        match self:
            case ErrorClass.RECIPIENT | ErrorClass.CONTENT:
                return Verdict.REJECTED
            case ErrorClass.THROTTLE | ErrorClass.ACCOUNT | ErrorClass.PROVIDER | ErrorClass.AUTH:
                return Verdict.RETRY
            case ErrorClass.UNKNOWN_OUTCOME:
                return Verdict.UNKNOWN


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
    """

    message_id: str
    state: MessageState
    code: str = ""
    text: str = ""


class ReceiptRefusedError(HuodianError):
    """A receipt that does not prove where it comes from, or that cannot be read."""


class MessageChannel(Protocol):
    """One way out of the house."""

    @property
    def name(self) -> str:
        """How the channel is called in settings and logs."""

    @property
    def remembers_everything(self) -> bool:
        """Whether what `find` does not know was certainly never handed over."""

    def submit(self, messages: Sequence[Message]) -> list[Result]:
        """Hand messages over; one result a message, in their order. Never raises for a message."""

    def find(self, message_id: str) -> Result | None:
        """What the channel knows of an earlier message; None if it knows nothing or cannot tell."""

    def parse_receipt(self, fields: Mapping[str, str]) -> Receipt:
        """Read a receipt from the parts of its address and its parameters. Pure.

        Raises:
            ReceiptRefusedError: not genuine, or not understood.
        """


def refused(message_id: str, error_class: ErrorClass, code: str, text: str) -> Result:
    """The result of a message that was not accepted."""
    return Result(
        message_id=message_id,
        verdict=error_class.verdict,
        error_class=error_class,
        code=code,
        text=text,
    )


def receipt_refused(*, code: str, problem: str, remedy: str = "") -> ReceiptRefusedError:
    """The error for a receipt, with what to do about it."""
    return ReceiptRefusedError(
        Reason(code=code, message=f"回执无效：{problem}", clause="R-6.4", remedy=remedy)
    )
