"""Hides what identifies a person, where values leave for a screen, a file or a command's output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.application import ApplicantKind, ConnectionApplication

if TYPE_CHECKING:
    from engine.ticket import Ticket

PHONE_LENGTH = 11
STAR = "*"


def masked_phone(phone: str) -> str:
    """`138****5521`; other numbers keep their last four digits."""
    if len(phone) == PHONE_LENGTH:
        return f"{phone[:3]}****{phone[-4:]}"
    return STAR * max(len(phone) - 4, 0) + phone[-4:] if phone else ""


def masked_id_number(number: str) -> str:
    """First three and last four characters."""
    hidden = len(number) - 7
    return f"{number[:3]}{STAR * hidden}{number[-4:]}" if hidden > 0 else STAR * len(number)


def masked_name(name: str) -> str:
    """The family name and a star: `陈*`."""
    return f"{name[:1]}{STAR}" if name else ""


def shown_title(ticket: Ticket) -> str:
    """The customer's name; a resident's is masked, an organisation's is no secret."""
    request = ticket.request
    if isinstance(request, ConnectionApplication):
        if request.applicant_kind is ApplicantKind.RESIDENT:
            return masked_name(request.title)
        return request.title
    return request.title
