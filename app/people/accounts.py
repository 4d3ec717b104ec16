"""People and what they may do: accounts, roles and one-time sign-in links.

There is no default password. Whoever starts an installation gets a one-time link for the first
administrator; everybody else gets one from an administrator. Every change is one entry in the
ledger's stream "administration".

    accounts = AccountService(database, clock)
    accounts.create_user(facts, actor=...)          accounts.disable(user_id, reason=..., actor=...)
    accounts.set_roles(user_id, roles, actor=...)   accounts.listing(actor=...)
    accounts.set_contacts(user_id, changes, actor=...)
    accounts.issue_sign_in_link(user_id, actor=...) -> token, for /sign-in/{token}
    accounts.first_admin() -> token | None          accounts.actor(user_id) -> Actor
    accounts.sessions                               see `app.people.sessions`
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.fields import FieldReader
from app.people.administering import (
    administered,
    authorize_for,
    is_administered,
    record,
    refuse_disabled,
)
from app.people.contacts import NAME_LENGTH, checked_contacts
from app.people.duties import Duties, duties_left
from app.people.sessions import TOKEN_BYTES, SessionService, actor_of, token_hash
from engine.errors import MalformedError, Reason, RefusedError
from engine.guards import ROLE_NAMES
from engine.managers import DUTIES
from engine.ticket import SYSTEM, Actor, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from app.clock import Clock
    from app.ports.accounts import AccountsDatabase, AccountsUnit, User

LINK_LIFETIME = timedelta(hours=24)
FIRST_ADMIN_ID = "admin"
USER_ID = re.compile(r"[a-z][a-z0-9._-]{1,31}")
ASSIGNABLE = frozenset(Role) - {Role.CUSTOMER, Role.SYSTEM}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """The facts of a new account. `branch` is empty for people of the company as a whole."""

    user_id: str
    name: str
    roles: frozenset[Role]
    branch: str = ""
    phone: str = ""


class AccountService:
    """Administration of accounts; only administrators (and the system itself) may use it."""

    def __init__(self, database: AccountsDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.sessions = SessionService(database, clock)

    def create_user(self, new: NewUser, *, actor: Actor) -> User:
        """Add a person.

        Raises:
            MalformedError: with everything that is wrong about the facts.
            RefusedError: the id is taken, or the actor may not.
            NotFoundError: unknown branch.
        """
        authorize_for(actor, new.branch)
        new = _checked(new)
        at = self._clock()
        with self._database.writing() as work:
            if new.branch:
                work.grid.branch(new.branch)
            if work.accounts.find_user(new.user_id) is not None:
                raise RefusedError(
                    Reason(
                        code="user_exists",
                        field="user_id",
                        message=f"账号“{new.user_id}”已经存在",
                        remedy="请换一个账号",
                    )
                )
            _add(work, new, actor, at)
            work.commit()
            return work.accounts.get_user(new.user_id)

    def disable(self, user_id: str, *, reason: str, actor: Actor) -> Duties:
        """Close an account and end its sessions at once; returns what is to be handed over.

        Raises:
            RefusedError: it is the last administrator's, or no reason is given.
        """
        at = self._clock()
        with self._database.writing() as work:
            user = administered(work, user_id, actor)
            if not reason.strip():
                raise RefusedError(
                    Reason(
                        code="reason_missing",
                        field="reason",
                        message="停用账号必须说明原因",
                        remedy="请填写原因",
                    )
                )
            _refuse_losing_last_admin(work, user)
            work.accounts.set_active(user_id, active=False)
            work.accounts.revoke_sessions(user_id, at)
            details = {"user_id": user_id, "reason": reason.strip()}
            record(work, "disable_user", details, actor, at)
            left = duties_left(work, user_id, DUTIES)
            work.commit()
        return left

    def set_roles(self, user_id: str, roles: Iterable[Role], *, actor: Actor) -> Duties:
        """Replace a person's roles; they hold from the next request on.

        Returns what still names the person as manager in a role that is not held any more.
        """
        new = frozenset(roles)
        _refuse(_role_problems(new))
        at = self._clock()
        with self._database.writing() as work:
            user = administered(work, user_id, actor)
            if Role.ADMINISTRATOR not in new:
                _refuse_losing_last_admin(work, user)
            work.accounts.set_roles(user_id, new)
            details = {"user_id": user_id, "before": sorted(user.roles), "after": sorted(new)}
            record(work, "set_roles", details, actor, at)
            left = duties_left(work, user_id, [place for place in DUTIES if Role(place) not in new])
            work.commit()
        return left

    def set_contacts(self, user_id: str, changes: Mapping[str, str], *, actor: Actor) -> None:
        """Change the name of a person, or how messages reach them; an empty text takes one away.

        Args:
            user_id: who.
            changes: `name`, `phone`, `wecom_id` or `email` -> the new value.
            actor: an administrator of the person.

        Raises:
            MalformedError: with everything that is wrong about the values.
        """
        checked = checked_contacts(changes)
        at = self._clock()
        with self._database.writing() as work:
            administered(work, user_id, actor)
            for name, value in checked.items():
                work.accounts.set_contact(user_id, name, value)
            # What people are reached by is personal; the ledger keeps that it changed.
            details = {"user_id": user_id, "changed": sorted(checked)}
            record(work, "set_contacts", details, actor, at)
            work.commit()

    def listing(self, *, actor: Actor) -> tuple[User, ...]:
        """Every account the administrator is responsible for, by id."""
        authorize(actor, Action.MANAGE_ACCOUNTS)
        with self._database.reading() as work:
            found = work.accounts.users()
        mine = [user for user in found if is_administered(user, actor)]
        return tuple(sorted(mine, key=lambda user: user.id))

    def actor(self, user_id: str) -> Actor:
        """The person as the one who acts, for the command line.

        Raises:
            NotFoundError: unknown.
            RefusedError: disabled.
        """
        with self._database.reading() as work:
            user = work.accounts.get_user(user_id)
        refuse_disabled(user)
        return actor_of(user)

    def issue_sign_in_link(self, user_id: str, *, actor: Actor = SYSTEM) -> str:
        """A token for /sign-in/{token}: works once, within 24 hours; shown only now."""
        at = self._clock()
        with self._database.writing() as work:
            user = administered(work, user_id, actor)
            refuse_disabled(user)
            token = _issue(work, user.id, actor, at)
            work.commit()
        return token

    def first_admin(self) -> str | None:
        """See that somebody can administer.

        Returns:
            A sign-in token as long as no administrator has a password, None afterwards.
        """
        at = self._clock()
        with self._database.writing() as work:
            admins = [user for user in work.accounts.users() if _is_admin(user)]
            if any(user.password_hash is not None for user in admins):
                return None
            if not admins:
                new = NewUser(
                    user_id=FIRST_ADMIN_ID, name="管理员", roles=frozenset({Role.ADMINISTRATOR})
                )
                _add(work, new, SYSTEM, at)
            user_id = min((user.id for user in admins), default=FIRST_ADMIN_ID)
            token = _issue(work, user_id, SYSTEM, at)
            work.commit()
        return token


def _add(work: AccountsUnit, new: NewUser, actor: Actor, at: datetime) -> None:
    work.accounts.add_user(
        new.user_id,
        name=new.name.strip(),
        phone=new.phone,
        roles=new.roles,
        branch=new.branch,
        at=at,
    )
    details = {"user_id": new.user_id, "roles": sorted(new.roles), "branch": new.branch}
    record(work, "create_user", details, actor, at)


def _issue(work: AccountsUnit, user_id: str, actor: Actor, at: datetime) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    work.accounts.add_link(token_hash(token), user_id=user_id, at=at, expires_at=at + LINK_LIFETIME)
    record(work, "issue_sign_in_link", {"user_id": user_id}, actor, at)
    return token


def _is_admin(user: User) -> bool:
    return user.active and Role.ADMINISTRATOR in user.roles


def _refuse_losing_last_admin(work: AccountsUnit, user: User) -> None:
    others = [each for each in work.accounts.users() if _is_admin(each) and each.id != user.id]
    if _is_admin(user) and not others:
        raise RefusedError(
            Reason(
                code="last_administrator",
                message=f"“{user.id}”是最后一名管理员，不能停用或取消其管理员角色",
                remedy="请先另设一名管理员",
            )
        )


def _checked(new: NewUser) -> NewUser:
    """The facts with the phone number as 11 digits.

    Raises:
        MalformedError: with everything that is wrong about them.
    """
    problems = _role_problems(new.roles)
    if not USER_ID.fullmatch(new.user_id):
        problems.append(
            Reason(
                code="bad_user_id",
                field="user_id",
                message=f"账号“{new.user_id}”不符合要求",
                remedy="须以小写字母开头，2 至 32 位，由小写字母、数字、点、横线组成",
            )
        )
    if not new.name.strip() or len(new.name) > NAME_LENGTH:
        problems.append(
            Reason(
                code="bad_name",
                field="name",
                message=f"姓名须填写，且不超过 {NAME_LENGTH} 个字",
            )
        )
    read = FieldReader({"phone": new.phone}, {"phone": "手机号"})
    phone = read.mobile("phone", required=False)
    _refuse([*problems, *read.reasons])
    return replace(new, phone=phone)


def _role_problems(roles: frozenset[Role]) -> list[Reason]:
    if roles and roles <= ASSIGNABLE:
        return []
    return [
        Reason(
            code="bad_roles",
            field="roles",
            message="角色至少要有一个，且须是工作人员的角色",
            remedy="可用的角色",
            options=tuple((str(role), ROLE_NAMES[role]) for role in Role if role in ASSIGNABLE),
        )
    ]


def _refuse(problems: list[Reason]) -> None:
    if problems:
        raise MalformedError(problems)
