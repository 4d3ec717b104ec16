"""A ticket with all that a change of it reads: one statement, because each is a round trip.

DOSSIER: Prepared                     the statement, by `ticket_no`
dossier_of(row) -> Dossier            NotFoundError
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from engine.application import Contact
from engine.errors import not_found
from storage.calendars import STAMP, UNCHANGED
from storage.grid import BRANCH
from storage.message_templates import STAMP as TEMPLATE_STAMP
from storage.message_templates import UNCHANGED as TEMPLATES_UNCHANGED
from storage.prepared import Prepared
from storage.snapshots import load_ticket
from storage.tables.messages import MARKS
from storage.tables.organisation import BRANCHES, USERS
from storage.tables.tickets import TICKETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A ticket, and around it what its change depends on or messages about it mention.

    Args:
        head_hash: hash of the last entry of its ledger stream.
        progress_token: of the customer's progress page.
        managers: user id -> contact of its managers, as far as they are known.
        calendar_stamp: tells whether the calendar has changed, see `storage.calendars`.
        template_stamp: the same of the message texts, see `storage.message_templates`.
    """

    ticket: Ticket
    head_hash: str
    progress_token: str
    branch_name: str
    branch_phone: str
    managers: Mapping[str, Contact]
    calendar_stamp: str
    template_stamp: str


_PROJECT, _ACCOUNT = USERS.alias("project"), USERS.alias("account")
_TEMPLATES = MARKS.alias("templates")

DOSSIER = Prepared(
    select(
        TICKETS.c.snapshot,
        TICKETS.c.head_hash,
        TICKETS.c.progress_token,
        TICKETS.c.branch,
        BRANCHES.c.name,
        BRANCHES.c.phone,
        func.coalesce(MARKS.c.value, UNCHANGED),
        func.coalesce(_TEMPLATES.c.value, TEMPLATES_UNCHANGED),
        _PROJECT.c.id,
        _PROJECT.c.name,
        _PROJECT.c.phone,
        _ACCOUNT.c.id,
        _ACCOUNT.c.name,
        _ACCOUNT.c.phone,
    )
    .select_from(
        TICKETS.outerjoin(BRANCHES, BRANCHES.c.id == TICKETS.c.branch)
        .outerjoin(MARKS, MARKS.c.key == STAMP)
        .outerjoin(_TEMPLATES, _TEMPLATES.c.key == TEMPLATE_STAMP)
        .outerjoin(_PROJECT, _PROJECT.c.id == TICKETS.c.project_manager)
        .outerjoin(_ACCOUNT, _ACCOUNT.c.id == TICKETS.c.account_manager)
    )
    .where(TICKETS.c.ticket_no == bindparam("ticket_no"))
)


def dossier_of(row: tuple[Any, ...]) -> Dossier:
    """The row of `DOSSIER` as a value.

    Raises:
        NotFoundError: the ticket's branch is not known.
    """
    snapshot, head_hash, token, branch, branch_name, branch_phone, *rest = row
    calendar_stamp, template_stamp, *people = rest
    if branch_name is None:
        raise not_found(BRANCH, branch)
    return Dossier(
        ticket=load_ticket(snapshot),
        head_hash=head_hash,
        progress_token=token,
        branch_name=branch_name,
        branch_phone=branch_phone,
        managers={
            user_id: Contact(name=name, phone=phone)
            for user_id, name, phone in (people[:3], people[3:])
            if user_id is not None
        },
        calendar_stamp=calendar_stamp,
        template_stamp=template_stamp,
    )
