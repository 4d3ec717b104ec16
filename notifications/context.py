"""What planning needs to know besides the ticket, and how a notice becomes a message to somebody.

A notice is a template with its parameters; addressing it chooses the channel, the earliest hour
and the dedupe key. No phone number and no personal name goes into a key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.application import Contact
from notifications.message import (
    Audience,
    Channel,
    Message,
    MessageKind,
    MessageState,
    message_id,
)
from notifications.quiet_hours import QuietHours, next_chance
from notifications.renderer import Renderer, shipped_renderer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from engine.calendar import OfficeHours, WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.ticket import Ticket

CUSTOMER = "customer"
"""Stands for the ticket's customer in a dedupe key."""
STAFF_WAYS = (Channel.WECOM, Channel.SMS)
"""By which ways staff are told, the first that reaches somebody."""
SENT_ONCE = frozenset({Channel.SMS, Channel.WECOM_ROBOT})
"""Where there is no text message to fall back to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContext:
    """Everything a message may mention or depend on besides the ticket.

    Args:
        definition: the one that governs the ticket now.
        at: the instant of the use case.
        progress_url: the customer's own page of this ticket; also where documents are handed in
            and the service is rated.
        people: user id -> contact of everybody who may be named or written to.
        stand_ins: user id of a manager who is no longer in office -> who is told instead; nobody
            where the company has nobody above.
        channels: the ways that are set up; SMS is the one that always exists.
        customer_ways: by which of them customers are told, the first that reaches somebody.
        groups: branches whose group of staff has a robot.
        leaflet: link to the policy leaflet that goes out at acceptance (I3); may be empty.
    """

    definition: WorkflowDefinition
    calendar: WorkCalendar
    hours: OfficeHours
    at: datetime
    branch_name: str
    branch_phone: str
    progress_url: str
    people: Mapping[str, Contact]
    stand_ins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    channels: frozenset[Channel] = frozenset({Channel.SMS})
    customer_ways: tuple[Channel, ...] = (Channel.WECHAT, Channel.SMS)
    groups: frozenset[str] = frozenset()
    quiet: QuietHours = field(default_factory=QuietHours)
    leaflet: str = ""
    renderer: Renderer = field(default_factory=shipped_renderer)

    def name_of(self, user_id: str) -> str:
        """The name of one of the company's people, or the user id of somebody unknown."""
        person = self.people.get(user_id)
        return person.name if person is not None else user_id

    def state_of(self, user_id: str) -> str:
        """The name, marked where the person is no longer in office."""
        return f"{self.name_of(user_id)}{'（已停用）' if user_id in self.stand_ins else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be told, before it is known by which way.

    Args:
        params: the template's own; ticket number, branch phone and progress page are added where
            the template declares them.
        occasion: tells this telling from others of the same template, for example a revision.
        topic: see `Message.topic`; made unique for the ticket.
    """

    template: str
    occasion: str
    params: Mapping[str, str] = field(default_factory=dict)
    kind: MessageKind = MessageKind.NOTICE
    urgent: bool = False
    expires_at: datetime | None = None
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffContact(Contact):
    """One of the company's people; `wecom_id` and `email` are empty where the person has none."""

    wecom_id: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody to be told. `key` is a user id, or `CUSTOMER`, or names the group of a branch."""

    audience: Audience
    key: str
    contact: Contact
    group: str = ""

    def address(self, channel: Channel) -> str:
        """Where the channel reaches them; empty if it does not."""
        contact = self.contact
        addresses = {
            Channel.SMS: contact.phone,
            Channel.APP: contact.phone,
            Channel.WECHAT: contact.wechat_openid,
            Channel.WECOM: contact.wecom_id if isinstance(contact, StaffContact) else "",
            Channel.EMAIL: contact.email if isinstance(contact, StaffContact) else "",
            Channel.WECOM_ROBOT: self.group,
        }
        return addresses.get(channel, "")

    @property
    def name(self) -> str:
        """How the message's list names the recipient."""
        return self.contact.name if self.audience is Audience.CUSTOMER else self.key


def customer_of(ticket: Ticket) -> Recipient:
    """The ticket's customer."""
    return Recipient(audience=Audience.CUSTOMER, key=CUSTOMER, contact=ticket.request.contact)


def staff_member(user_id: str, context: PlanContext) -> Recipient:
    """One of the company's people.

    Somebody without a contact, or no longer in office, is kept as unreachable.
    """
    contact = context.people.get(user_id, Contact(name=user_id))
    if user_id in context.stand_ins:
        contact = Contact(name=contact.name)
    return Recipient(audience=Audience.STAFF, key=user_id, contact=contact)


def group_of(branch: str, context: PlanContext) -> Recipient:
    """Everybody of a branch at once, through the robot of their group."""
    contact = Contact(name=context.branch_name)
    return Recipient(audience=Audience.STAFF, key=f"group:{branch}", contact=contact, group=branch)


def told_instead(duties: Mapping[str, str], context: PlanContext) -> dict[str, str]:
    """Whom to tell what these people should hear: who, and in whose place (R-6.1).

    Args:
        duties: user id -> what the person is, in Chinese.
        context: knows who is no longer in office and who stands in.

    Returns:
        user id -> the absent colleagues with their duties, empty for oneself. Whoever has nobody
        standing in is told all the same, as one who cannot be reached.
    """
    told: dict[str, list[str]] = {
        user_id: [] for user_id in duties if not context.stand_ins.get(user_id)
    }
    for user_id, duty in duties.items():
        for deputy in context.stand_ins.get(user_id, ()):
            told.setdefault(deputy, []).append(f"{duty}{context.name_of(user_id)}")
    return {user_id: "、".join(absent) for user_id, absent in told.items()}


def address(notice: Notice, recipient: Recipient, ticket_no: str, context: PlanContext) -> Message:
    """The notice as a message, by the first way that is set up and reaches the person (R-6.4).

    Whom none reaches gets a message all the same, as one that needs a call.
    """
    channel = _way(recipient, context)
    to = recipient.address(channel)
    template = context.renderer.get(notice.template)
    known = {
        "ticket_no": ticket_no,
        "branch_phone": context.branch_phone,
        "progress_url": context.progress_url,
        **notice.params,
    }
    params = {name: known[name] for name in template.params if name in known}
    key = f"{ticket_no}:{notice.occasion}:{template.key}"
    key = f"{key}:{recipient.audience}:{recipient.key}:{channel}"
    return Message(
        id=message_id(key),
        dedupe_key=key,
        kind=notice.kind,
        ticket_no=ticket_no,
        template_key=template.key,
        template_version=template.version,
        params=params,
        text=context.renderer.render(template.key, params),
        channel=channel,
        audience=recipient.audience,
        recipient=recipient.name,
        address=to,
        urgent=notice.urgent,
        state=MessageState.PENDING if to else MessageState.UNREACHABLE,
        created_at=context.at,
        not_before=next_chance(
            context.at,
            context.at,
            urgent=notice.urgent,
            useful_until=notice.expires_at,
            quiet=context.quiet,
            lot=key,
        ),
        expires_at=notice.expires_at,
        topic=f"{notice.topic}:{ticket_no}" if notice.topic else "",
        fallback_address="" if channel in SENT_ONCE else recipient.contact.phone,
    )


def _way(recipient: Recipient, context: PlanContext) -> Channel:
    if recipient.group:
        return Channel.WECOM_ROBOT
    ways = context.customer_ways if recipient.audience is Audience.CUSTOMER else STAFF_WAYS
    usable = (each for each in ways if each in context.channels and recipient.address(each))
    return next(usable, Channel.SMS)
