"""Tells the customer what is no longer as it was told before (R-6.2). Pure.

Whoever was told a date, a name, a service or that a paper is no good hears it when that has
changed; nothing that was said may stand uncorrected.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.amendments import AMENDABLE
from engine.application import Contact, InvestmentBoundary
from engine.definition import Checkpoint
from engine.documents import document_name
from engine.events import PromiseChanged, TicketMigrated
from engine.ticket import DocumentStatus
from notifications.context import Recipient, address
from notifications.message import Audience
from notifications.wording import (
    SCHEME_LEAFLETS,
    SCHEME_NAMES,
    deferred_documents,
    listed,
    until,
)

if TYPE_CHECKING:
    from engine.events import (
        ApplicationAmended,
        DocumentVerified,
        ManagersAssigned,
        TicketReclassified,
    )
    from notifications.change import Change
    from notifications.context import Notice
    from notifications.message import Message

FORMER = "former_number"
"""Stands in a dedupe key for the number that was the customer's until this change."""


def amended(event: ApplicationAmended, change: Change) -> Notice:
    """Facts were corrected; a new number hears where the progress is followed."""
    fields = listed(AMENDABLE[name] for name in event.changes)
    return change.notice("application_amended", fields=fields, **change.dates())


def to_former_number(change: Change) -> list[Message]:
    """Whoever was told until now hears that it ends, and can object to it."""
    before = None if change.before is None else change.before.request.contact
    now = change.after.request.contact
    if before is None or not before.phone or before.phone == now.phone:
        return []
    former = Recipient(audience=Audience.CUSTOMER, key=FORMER, contact=Contact(**_reached(before)))
    notice = change.notice("phone_changed")
    return [address(notice, former, change.after.ticket_no, change.context)]


def is_to_former_number(message: Message) -> bool:
    """Whether the message is meant for a number that is the customer's no more."""
    return f":{Audience.CUSTOMER}:{FORMER}:" in message.dedupe_key


def _reached(contact: Contact) -> dict[str, str]:
    """Name and number; a WeChat account is not the number that was replaced."""
    return {"name": contact.name, "phone": contact.phone}


def managers_changed(event: ManagersAssigned, change: Change) -> Notice | None:
    """Whoever was told the names at intake is told the new ones."""
    if change.before is None or Checkpoint.INTAKE not in change.before.passed_checkpoints:
        return None
    context, pair = change.context, event.after
    return change.notice(
        "managers_changed",
        project_manager=context.name_of(pair.project_manager),
        account_manager=context.name_of(pair.account_manager),
    )


def reclassified(event: TicketReclassified, change: Change) -> Notice | None:
    """Another process: its stage and date, what it asks for, and what became of the service."""
    if event.before == event.after:
        return None
    return change.notice(
        "ticket_reclassified",
        service=change.context.definition.name,
        scheme=_other_scheme(change),
        **deferred_documents(change.after, change.context),
        **change.dates(),
    )


def _other_scheme(change: Change) -> str:
    """What has become of the service that the customer was told of at intake."""
    before, after = change.before, change.after
    if before is None or Checkpoint.INTAKE not in before.passed_checkpoints:
        return ""
    was, now = before.classification, after.classification
    if was is None or now is None or was.service_scheme is now.service_scheme:
        return ""
    ended = f"不再适用“{SCHEME_NAMES[was.service_scheme]}”服务"
    told = SCHEME_LEAFLETS[now.service_scheme] or ended
    is_kept = InvestmentBoundary.EXTENDED is before.boundary is after.boundary
    return f"{told}，已延伸的投资界面不变" if is_kept else told


def promise_changed(event: PromiseChanged, change: Change) -> Notice | None:
    """The calendar gave another date (R-2.3); an earlier telling that still waits is needless.

    Of a migration `migrated` tells.
    """
    if change.outcome.first(TicketMigrated) is not None:
        return None
    notice = change.notice(
        "promise_changed",
        stage=change.context.definition.stage_by_id[event.stage].name,
        due=until(event.after, provisional=event.provisional),
        was=f"{event.before:%Y-%m-%d}",
    )
    return replace(notice, topic=f"promise:{event.stage}")


def migrated(event: TicketMigrated, change: Change) -> Notice | None:
    """Another version: another date, other papers; nothing where neither has changed (R-10.2)."""
    promise: PromiseChanged | None = change.outcome.first(PromiseChanged)
    if promise is None and not (event.asked or event.dropped):
        return None
    is_later = promise is not None and promise.after > promise.before
    return change.notice(
        "ticket_migrated",
        agreed="经您同意，" if is_later or event.asked else "",  # else it would not be moved
        was="" if promise is None else f"{promise.before:%Y-%m-%d}",
        stage=change.dates()["stage"],
        due=change.dates()["due"],
        asked=listed(event.asked),
        dropped=listed(event.dropped),
    )


def reinstated(event: DocumentVerified, change: Change) -> Notice | None:
    """Nothing new to a customer, unless the opposite was told before."""
    papers = () if change.before is None else change.before.documents
    was = next((each.status for each in papers if each.number == event.number), None)
    if was is not DocumentStatus.REJECTED:
        return None
    document = document_name(event.kind, change.context.definition)
    return change.notice("document_reinstated", document=document)
