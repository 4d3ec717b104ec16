"""Sending a message anew: when it may be, and to whom it goes then.

The message was written for what was true then. What newer news has overtaken would undo that, a
text message of which only the receipt is missing would come twice, and the address that stands on a
message is the very thing that may have been wrong: it is looked up where people correct it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.labels import MESSAGE_STATES
from engine.errors import Reason, RefusedError
from notifications.carriage import may_have_arrived
from notifications.context import Recipient, StaffContact, customer_of
from notifications.corrections import is_to_former_number
from notifications.delivery.fallback import SUFFIX, may_fall_back
from notifications.message import (
    SENDABLE_AGAIN,
    Audience,
    Channel,
    MessageKind,
    message_id,
    notice_of,
    unsent,
)
from notifications.outages import overtaken_topics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.ports.accounts import User
    from app.ports.sending import SendingWork
    from engine.application import Contact
    from notifications.message import Message

AGAIN = ":again"


def once_more(work: SendingWork, message: Message, at: datetime) -> Message:
    """The message as another one, to the address that its recipient has now.

    Raises:
        RefusedError: it may have arrived or went by another way, newer news has overtaken it, or
            its recipient has no address any more.
    """
    _refuse_what_may_have_arrived(work, message)
    _refuse_overtaken(work, message)
    channel, address, fallback = _way(work, message)
    key = message.dedupe_key + AGAIN
    keeps = message.expires_at is not None and message.expires_at > at
    return replace(
        unsent(message, at),
        id=message_id(key),
        dedupe_key=key,
        channel=channel,
        address=address,
        fallback_address=fallback,
        expires_at=message.expires_at if keeps else None,
    )


# --- whether it may be ---------------------------------------------------------------------------


def _refuse_what_may_have_arrived(work: SendingWork, message: Message) -> None:
    if message.state not in SENDABLE_AGAIN:
        raise refused(message, "重发", "结果不明的消息可能已送达，不能重发；请等待回执或电话核实")
    if may_have_arrived(message):
        raise RefusedError(
            Reason(
                code="may_have_arrived",
                field="message",
                message="该短信不能重发：已交给服务商，只是一直没有回执，客户可能已收到",
                clause="R-6.4",
                remedy="请电话核实，再用 huodian queue handled 标记",
            )
        )
    instead = message_id(message.dedupe_key + SUFFIX)
    if may_fall_back(message) and work.outbox.find(instead) is not None:
        raise RefusedError(
            Reason(
                code="sent_instead",
                field="message",
                message=f"该消息不能重发：已改发短信 {instead}",
                clause="R-6.4",
                remedy="请查看那条短信；短信也失败的，请重发那一条",
            )
        )


def _refuse_overtaken(work: SendingWork, message: Message) -> None:
    of_outage = message.kind is MessageKind.OUTAGE and message.audience is Audience.CUSTOMER
    if not (_outage_has_moved_on(work, message) if of_outage else work.outbox.newer(message)):
        return
    raise RefusedError(
        Reason(
            code="overtaken",
            field="message",
            message="该消息不能重发：同一事项已有更新的消息，重发会使收件人以旧为准",
            clause="R-6.2",
            remedy="请查看较新的消息，需要时重发那一条，或电话告知",
        )
    )


def _outage_has_moved_on(work: SendingWork, message: Message) -> bool:
    """Whether the outage's news since then would have ended the message, had it still waited."""
    notice_id, contact = notice_of(message)
    notice = work.notices.find([notice_id]).get(notice_id)
    if notice is None:
        return False
    if notice.superseded_at is not None:
        return True
    heard = work.outage_messages.heard_since(message.ticket_no, contact, notice.created_at)
    return any(notice.topic in overtaken_topics(message.ticket_no, news) for news in heard)


# --- to whom -------------------------------------------------------------------------------------


def _way(work: SendingWork, message: Message) -> tuple[Channel, str, str]:
    """Channel, address, and the number to fall back to.

    It goes the way it went, or, where its recipient cannot be reached by that any more, as a text
    message. Addresses that nobody keeps a record of stay as they are.
    """
    if not _is_on_record(message):
        return message.channel, message.address, message.fallback_address
    ways = {_to(message, contact) for contact in _contacts(work, message)}
    same = {way for way in ways if way[:2] == (message.channel, message.address)}
    certain = same or {way for way in ways if way[1]}
    if len(certain) == 1:
        return certain.pop()
    raise RefusedError(
        Reason(
            code="no_address",
            field="message",
            message=f"该消息不能重发：现有登记中找不到收件人“{message.recipient}”的联系方式",
            clause="R-6.4",
            remedy="请先更正登记；收件人已变更的，请电话告知后用 huodian queue handled 标记",
        )
    )


def _is_on_record(message: Message) -> bool:
    """Whether the recipient's address stands somewhere where people correct it."""
    if message.audience is Audience.STAFF:
        return message.channel is not Channel.WECOM_ROBOT
    return bool(message.ticket_no) and not is_to_former_number(message)


def _contacts(work: SendingWork, message: Message) -> Sequence[Contact]:
    """How the recipient is reached today; several where people of one name are not told apart."""
    if message.audience is Audience.STAFF:
        person = work.accounts.find_user(message.recipient)
        return () if person is None or not person.active else (_of_staff(person),)
    if message.kind is MessageKind.OUTAGE:
        return work.outage_messages.contacts(message.ticket_no, message.recipient)
    return (customer_of(work.tickets.get(message.ticket_no)).contact,)


def _to(message: Message, contact: Contact) -> tuple[Channel, str, str]:
    """By the same way if that reaches them, else by text message."""
    recipient = Recipient(audience=message.audience, key=message.recipient, contact=contact)
    address = recipient.address(message.channel)
    if not address:
        return Channel.SMS, contact.phone, ""
    return message.channel, address, contact.phone if may_fall_back(message) else ""


def _of_staff(person: User) -> StaffContact:
    return StaffContact(
        name=person.name, phone=person.phone, wecom_id=person.wecom_id, email=person.email
    )


def refused(message: Message, what: str, why: str) -> RefusedError:
    """The message is not in a state in which one can do that."""
    return RefusedError(
        Reason(
            code="message_state",
            field="message",
            message=f"该消息不能{what}：{why}（当前状态：{MESSAGE_STATES[message.state]}）",
            clause="R-6.4",
            remedy="请用 huodian outbox list 查看消息的当前状态",
        )
    )
