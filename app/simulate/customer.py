"""What customers do: bring papers, build, withdraw, find that their phone number was wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.application import ConnectionApplication
from engine.calendar import local_date
from engine.documents import requirements, satisfying
from engine.ticket import SYSTEM, DocumentSource

if TYPE_CHECKING:
    from app.simulate.agenda import Course
    from app.simulate.trip import Trip
    from engine.definition import DocumentRequirement

ONLINE_SHARE = 0.6
"""How many of the papers that come later are handed in online; the others at the counter."""


def brings_missing_papers(trip: Trip) -> None:
    """Begin what the customer does about the papers that did not come with the application."""
    lot, on = trip.temperament, local_date(trip.scene.now)
    for requirement in requirements(trip.definition, trip.ticket):
        if satisfying(requirement, trip.ticket, on) is not None:
            continue
        if requirement.key:
            trip.begin(requirement.id, awaited(trip, requirement, lot.key_days))
        elif requirement.deferrable and not lot.hands_over_on_site:
            trip.begin(requirement.id, awaited(trip, requirement, lot.paper_days))


def awaited(trip: Trip, requirement: DocumentRequirement, days: float | None) -> Course:
    """The document of a requirement comes after so many days; None: it never does."""
    trip.expected.add(requirement.id)
    if days is not None:
        yield from hands_in(trip, trip.chance.one_of(requirement.any_of), days)


def hands_in(trip: Trip, kind: str, days: float) -> Course:
    """A document is handed in, online or at the counter."""
    online = trip.chance.happens(ONLINE_SHARE)
    yield trip.from_home(days) if online else trip.at_desk(days=days)
    if not trip.is_open:
        return
    actor = SYSTEM if online else trip.scene.staff.operator(trip.ticket.branch)
    source = DocumentSource.ONLINE if online else DocumentSource.COUNTER
    supply = trip.scene.application.documents.supply
    trip.attempt(lambda: supply(trip.ticket.ticket_no, kind, source, actor=actor))


def builds(trip: Trip, requirement_id: str) -> Course:
    """A customer builds, then reports it with the document that the state waits for (Q10)."""
    awaited_one = next(each for each in trip.definition.documents if each.id == requirement_id)
    return awaited(trip, awaited_one, trip.temperament.building_days)


def finds_mistake(trip: Trip) -> Course:
    """A phone number or the requested capacity was wrong and is corrected (R-5.1b)."""
    yield trip.at_desk(days=trip.temperament.correction_days, hours=0.5)
    request = trip.ticket.request
    if not trip.is_open or not isinstance(request, ConnectionApplication):
        return
    field = trip.temperament.correction
    corrected = {
        "phone": f"{request.contact.phone[:-1]}{(int(request.contact.phone[-1:] or 0) + 1) % 10}",
        "requested_capacity_kw": f"{request.requested_capacity_kw * Decimal('1.2'):.2f}",
    }[field]
    trip.attempt(
        lambda: trip.scene.application.amendments.amend(
            trip.ticket.ticket_no,
            {field: corrected},
            reason="客户核对后申请更正",
            actor=trip.scene.staff.operator(trip.ticket.branch),
        )
    )
