"""A provider that answers as a test tells it to, and the sending of an office by such providers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from notifications.channels.base import (
    Capabilities,
    ErrorClass,
    ReceiptMode,
    Result,
    Verdict,
    no_receipts,
    refused,
)
from notifications.message import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from app.transport import Transport
    from engine.errors import Reason
    from notifications.channels.base import ParsedReceipts, ReceiptRequest
    from notifications.message import Message
    from tests.application import Office

REPORTING = Capabilities(receipts=ReceiptMode.PUSH)
ASKABLE = Capabilities(can_be_asked=True)


@dataclass
class Courier:
    """Counts what it is given by message id.

    Args:
        error: how it refuses everything; None if it takes it.
        silent: it answers nothing at all, as one that dies in the middle.
        faults: what it says against a message before anything is sent.
        faults_of: the same, where that depends on the message.
        known: what it answers when it is asked about a message.
    """

    name: str = "courier"
    capabilities: Capabilities = field(default_factory=Capabilities)
    error: ErrorClass | None = None
    silent: bool = False
    faults: tuple[Reason, ...] = ()
    faults_of: Callable[[Message], tuple[Reason, ...]] | None = None
    known: dict[str, Result] = field(default_factory=dict)
    arrived: Counter[str] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None

    def validate(self, message: Message) -> tuple[Reason, ...]:
        return self.faults_of(message) if self.faults_of is not None else self.faults

    def submit(self, messages: Sequence[Message]) -> Iterator[Result]:
        self.sizes.append(len(messages))
        for message in messages:
            self.arrived[message.id] += 1
            if self.meanwhile is not None:
                self.meanwhile()
            if self.silent:
                continue
            if self.error is None:
                yield accepted(message.id)
            else:
                yield refused(message.id, self.error, self.error.value, "scripted")

    def find(self, message: Message) -> Result | None:
        self.asked.append(message.id)
        return self.known.get(message.id)

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        del request
        raise no_receipts(channel=self.name)

    def close(self) -> None:
        """Nothing is open."""


def accepted(message_id: str) -> Result:
    return Result(message_id=message_id, verdict=Verdict.ACCEPTED, provider_id=f"p-{message_id}")


@dataclass(kw_only=True)
class Dispatcher:
    """Everything that brings an office's messages out, by couriers."""

    office: Office
    transport: Transport

    def round(self, when: str | datetime) -> dict[str, int]:
        """One round at that time: loose ends, then what is due."""
        self.office.at(when)
        self.transport.loose_ends.sweep()
        return self.transport.sending.dispatch().counts()

    def pass_by(self, **time: float) -> dict[str, int]:
        """One round after some time."""
        self.office.clock.pass_by(**time)
        return self.round(self.office.clock())


def dispatcher(
    office: Office, channels: Mapping[Channel, tuple[Courier, ...]], **parts: Any
) -> Dispatcher:
    """The office's sending with these providers."""
    transport = replace(office.application.transport, channels=channels, **parts)
    return Dispatcher(office=office, transport=transport)


def to_customers(office: Office, sms: Courier, wechat: Courier | None = None) -> Dispatcher:
    """The office's sending to customers, notices included."""
    channels = {Channel.SMS: (sms,), Channel.WECHAT: (wechat or Courier("wechat"),)}
    return dispatcher(office, channels, fan_outs=office.application.fan_outs)
