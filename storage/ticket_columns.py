"""What the columns of a ticket's row repeat from its snapshot, and by which keys it is found."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING

from engine.application import ConnectionApplication
from storage.snapshots import dump_ticket

if TYPE_CHECKING:
    from engine.standing import TicketStanding
    from engine.ticket import Ticket


def moving_columns(ticket: Ticket, standing: TicketStanding) -> dict[str, object]:
    """The columns that any change of the ticket may change, but for the head of its stream."""
    return {
        "state": ticket.state,
        "entered_at": ticket.entered_at,
        "ended_at": ticket.ended_at,
        "suspended": ticket.is_suspended,
        "revision": ticket.revision,
        "snapshot": dump_ticket(ticket),
        **standing_columns(standing),
    }


def describing_columns(ticket: Ticket) -> dict[str, object]:
    """The columns that repeat what the ticket is about and who looks after it."""
    request, classification, managers = ticket.request, ticket.classification, ticket.managers
    return {
        "definition_id": ticket.definition_id,
        "definition_version": ticket.definition_version,
        "customer_type": classification.customer_type if classification else None,
        "service_scheme": classification.service_scheme if classification else None,
        "title": request.title,
        "address": request.address,
        "address_key": address_key(request.address),
        "project_manager": managers.project_manager if managers else None,
        "account_manager": managers.account_manager if managers else None,
    }


def is_described_alike(one: Ticket, other: Ticket) -> bool:
    """Whether what `describing_columns` come from is the same."""
    return _description(one) == _description(other)


_description = attrgetter(
    "definition_id", "definition_version", "request", "classification", "managers"
)


def lasting_columns(ticket: Ticket, progress_token: str) -> dict[str, object]:
    """The columns that are written once."""
    request = ticket.request
    id_number = request.id_number if isinstance(request, ConnectionApplication) else ""
    return {
        "ticket_no": ticket.ticket_no,
        "branch": ticket.branch,
        "applicant_key": applicant_key(id_number) if id_number else "",
        "external_ref": request.external_ref or None,
        "progress_token": progress_token,
        "submitted_at": ticket.submitted_at,
    }


def standing_columns(standing: TicketStanding) -> dict[str, object]:
    """The derived columns."""
    return {
        "stage_id": standing.stage_id,
        "due_at": standing.due_at,
        "pressing_at": standing.pressing_at,
        "next_rung_at": standing.next_rung_at,
        "ending": standing.ending,
        "calendar_version": standing.calendar_version,
    }


def applicant_key(id_number: str) -> str:
    """By which tickets of one applicant are found, without an index of identity numbers."""
    return sha256(_comparable(id_number).encode()).hexdigest()


def address_key(address: str) -> str:
    """The address without what people write in different ways: blanks, width, punctuation."""
    return _comparable(address)


def _comparable(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
