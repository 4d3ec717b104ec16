"""Messages that wait, and a courier or two to carry them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from notifications.message import (
    Audience,
    Channel,
    Message,
    MessageKind,
    MessageState,
)
from tests.application import instant
from tests.courier import Courier, Dispatcher, dispatcher

if TYPE_CHECKING:
    from tests.application import Office


NOON = "2021-09-06 12:00"


AT = instant(NOON)


S = MessageState


MINUTE = timedelta(minutes=1)


def a_message(number: int = 1, **facts: Any) -> Message:
    usual: dict[str, Any] = {
        "id": f"message-{number:06}",
        "dedupe_key": f"key-{number:06}",
        "kind": MessageKind.NOTICE,
        "template_key": "next_stage",
        "template_version": 1,
        "text": f"第 {number} 条",
        "channel": Channel.SMS,
        "audience": Audience.CUSTOMER,
        "recipient": "陈水",
        "address": "13000000001",
        "created_at": AT,
        "not_before": AT,
    }
    return Message(**usual | facts)


def added(office: Office, *messages: Message) -> None:
    with office.application.database.writing() as work:
        work.outbox.add(messages)
        work.commit()


def found(office: Office, message: Message) -> Message:
    with office.application.database.reading() as work:
        return work.outbox.get(message.id)


def by_sms(office: Office, *couriers: Courier, **parts: Any) -> Dispatcher:
    return dispatcher(office, {Channel.SMS: couriers or (Courier(),)}, **parts)
