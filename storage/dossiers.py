"""A ticket with all that a change of it reads: one statement, because each is a round trip.

DOSSIER: Prepared                     the statement, by `ticket_no`
dossier_of(row) -> Dossier            NotFoundError
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from engine.errors import not_found
from engine.ticket import Role
from storage.calendars import STAMP, UNCHANGED
from storage.grid import BRANCH, Targets, read_targets
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
class Manager:
    """One of a ticket's managers: who it is, and whether that person may be it (R-6.1)."""

    id: str
    name: str
    phone: str
    wecom_id: str
    roles: frozenset[Role]
    branch: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A ticket, and around it what its change depends on or messages about it mention.

    Args:
        head_hash: hash of the last entry of its ledger stream.
        progress_token: of the customer's progress page.
        targets: what its branch has set itself, see `storage.grid`.
        managers: user id -> its managers, as far as they are known.
        calendar_stamp: tells whether the calendar has changed, see `storage.calendars`.
        template_stamp: the same of the message texts, see `storage.message_templates`.
    """

    ticket: Ticket
    head_hash: str
    progress_token: str
    branch_name: str
    branch_phone: str
    targets: Targets
    managers: Mapping[str, Manager]
    calendar_stamp: str
    template_stamp: str


_PROJECT, _ACCOUNT = USERS.alias("project"), USERS.alias("account")
_OF_A_MANAGER = ("id", "name", "phone", "wecom_id", "roles", "branch", "active")
_TEMPLATES = MARKS.alias("templates")

DOSSIER = Prepared(
    select(
        TICKETS.c.snapshot,
        TICKETS.c.head_hash,
        TICKETS.c.progress_token,
        TICKETS.c.branch,
        BRANCHES.c.name,
        BRANCHES.c.phone,
        BRANCHES.c.targets,
        func.coalesce(MARKS.c.value, UNCHANGED),
        func.coalesce(_TEMPLATES.c.value, TEMPLATES_UNCHANGED),
        *(_PROJECT.c[name] for name in _OF_A_MANAGER),
        *(_ACCOUNT.c[name] for name in _OF_A_MANAGER),
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
    snapshot, head_hash, token, branch, branch_name, branch_phone, targets, *rest = row
    calendar_stamp, template_stamp, *people = rest
    if branch_name is None:
        raise not_found(BRANCH, branch)
    return Dossier(
        ticket=load_ticket(snapshot),
        head_hash=head_hash,
        progress_token=token,
        branch_name=branch_name,
        branch_phone=branch_phone,
        targets=read_targets(targets),
        managers={
            each[0]: _manager(*each)
            for each in (people[: len(_OF_A_MANAGER)], people[len(_OF_A_MANAGER) :])
            if each[0] is not None
        },
        calendar_stamp=calendar_stamp,
        template_stamp=template_stamp,
    )


def _manager(  # noqa: PLR0913, PLR0917  (the columns, in order)
    user_id: str,
    name: str,
    phone: str,
    wecom_id: str,
    roles: str | list[str],
    branch: str | None,
    active: object,
) -> Manager:
    """The columns as the drivers give them: SQLite knows neither JSON nor truth."""
    return Manager(
        id=user_id,
        name=name,
        phone=phone,
        wecom_id=wecom_id,
        roles=frozenset(map(Role, json.loads(roles) if isinstance(roles, str) else roles)),
        branch=branch or "",
        active=bool(active),
    )
