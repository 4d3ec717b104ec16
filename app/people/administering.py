"""Whom an administrator may administer, and how it is put on record.

Shared by everything that is done to the account of somebody else: every change is one entry in the
ledger's stream "administration".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.streams import ADMINISTRATION
from engine.errors import Reason, RefusedError
from engine.ledger import LedgerDraft

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.ports.accounts import AccountsUnit, User
    from engine.ticket import Actor

COMPANY = "*"
"""No branch has this id, so no branch's administrator is permitted for it."""


def administered(work: AccountsUnit, user_id: str, actor: Actor) -> User:
    """The user, if the actor may administer that user.

    Raises:
        RefusedError: the actor may not.
        NotFoundError: unknown user.
    """
    authorize(actor, Action.MANAGE_ACCOUNTS)
    user = work.accounts.get_user(user_id)
    authorize_for(actor, user.branch)
    return user


def authorize_for(actor: Actor, branch: str) -> None:
    """A branch's administrator has no say over people of the whole company either.

    Raises:
        RefusedError: the actor may not administer people of that branch, empty for the company.
    """
    authorize(actor, Action.MANAGE_ACCOUNTS, branch=(branch or COMPANY) if actor.branch else "")


def is_administered(user: User, actor: Actor) -> bool:
    """Whether the user belongs to those whom an administrator looks after."""
    return not actor.branch or user.branch == actor.branch


def refuse_disabled(user: User) -> None:
    """Refuse what only an active account can have.

    Raises:
        RefusedError: it is disabled.
    """
    if not user.active:
        raise RefusedError(Reason(code="user_disabled", message=f"账号“{user.id}”已停用"))


def record(
    work: AccountsUnit, action: str, details: Mapping[str, object], actor: Actor, at: datetime
) -> None:
    """Put on record what was done."""
    work.ledger.append(ADMINISTRATION, LedgerDraft(action=action, details=details), actor, at)
