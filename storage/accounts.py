"""People of the company and how they sign in. Tokens are known by their hashes only.

add_user(user_id, *, name, phone, roles, branch, at) -> User             ConflictError
get_user(user_id) -> User                                                NotFoundError
find_user(user_id) -> User | None
users() -> list[User]
with_role(role, branch) -> list[User]        active ones; branch "" is the whole company
people(user_ids) -> dict[str, User]          those of them who are known
set_roles(user_id, roles); set_active(user_id, *, active); set_password_hash(user_id, hash)
set_contact(user_id, name, value)            `name` is one of CONTACTS
and what `storage.sign_in` adds for links and sessions
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from engine.errors import ConflictError, Reason, not_found
from engine.ticket import Role
from storage.sign_in import SignIn
from storage.tables.organisation import USERS
from storage.upserts import insert_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Row, Update


USER = "账号"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person; `branch` is empty for the company as a whole, `password_hash` None if not set.

    `wecom_id` and `email` are empty where the person has none.
    """

    id: str
    name: str
    phone: str
    wecom_id: str
    email: str
    roles: frozenset[Role]
    branch: str
    active: bool
    password_hash: str | None
    created_at: datetime


def _setting(column: str) -> Update:
    return (
        update(USERS)
        .where(USERS.c.id == bindparam("user_id"))
        .values({column: bindparam(f"new_{column}")})
    )


_ADD = insert_or_skip(USERS, "id")
_USERS = select(USERS).order_by(USERS.c.branch.asc().nulls_first(), USERS.c.id)
_FIND = select(USERS).where(USERS.c.id == bindparam("user_id"))
_AMONG = select(USERS).where(USERS.c.id.in_(bindparam("user_ids", expanding=True)))
_ACTIVE = _USERS.where(USERS.c.active)
CONTACTS = ("name", "phone", "wecom_id", "email")
_SETTING = {name: _setting(name) for name in ("roles", "active", "password_hash", *CONTACTS)}


class Accounts(SignIn):
    """The accounts of one transaction's view."""

    def add_user(  # noqa: PLR0913  (the columns of an account)
        self,
        user_id: str,
        *,
        name: str,
        phone: str,
        roles: frozenset[Role],
        branch: str,
        at: datetime,
    ) -> User:
        """Add an active person without a password.

        Raises:
            ConflictError: the user id is taken.
        """
        row = {
            "id": user_id,
            "name": name,
            "phone": phone,
            "wecom_id": "",
            "email": "",
            "roles": sorted(roles),
            "branch": branch or None,
            "active": True,
            "password_hash": None,
            "created_at": at,
        }
        if self._connection.execute(_ADD[self._connection.dialect.name], row).rowcount != 1:
            raise _taken(user_id)
        return self.get_user(user_id)

    def get_user(self, user_id: str) -> User:
        """The person, active or not.

        Raises:
            NotFoundError: there is none of that id.
        """
        user = self.find_user(user_id)
        if user is None:
            raise not_found(USER, user_id)
        return user

    def find_user(self, user_id: str) -> User | None:
        """The person, active or not, if there is one of that id."""
        row = self._connection.execute(_FIND, {"user_id": user_id}).first()
        return None if row is None else _user(row)

    def users(self) -> list[User]:
        """Everybody, those of the whole company first, then by branch."""
        return [_user(row) for row in self._connection.execute(_USERS)]

    def with_role(self, role: Role, branch: str) -> list[User]:
        """Active people who hold the role in that branch, or company-wide if it is empty."""
        return [
            user
            for user in map(_user, self._connection.execute(_ACTIVE))
            if role in user.roles and user.branch == branch
        ]

    def people(self, user_ids: Iterable[str]) -> dict[str, User]:
        """Those of the people who are known, active or not, by id."""
        rows = self._connection.execute(_AMONG, {"user_ids": list(user_ids)})
        return {user.id: user for user in map(_user, rows)}

    def set_roles(self, user_id: str, roles: frozenset[Role]) -> None:
        """Give the person these roles instead of those held.

        Raises:
            NotFoundError: there is none of that id.
        """
        self._set(user_id, "roles", sorted(roles))

    def set_contact(self, user_id: str, name: str, value: str) -> None:
        """Change the name or one of the ways to reach the person (`CONTACTS`).

        Raises:
            NotFoundError: there is none of that id.
        """
        self._set(user_id, name, value)

    def set_active(self, user_id: str, *, active: bool) -> None:
        """Let the person sign in, or no longer.

        Raises:
            NotFoundError: there is none of that id.
        """
        self._set(user_id, "active", active)

    def set_password_hash(self, user_id: str, password_hash: str | None) -> None:
        """Keep the hash of the person's new password; None where there is none any more.

        Raises:
            NotFoundError: there is none of that id.
        """
        self._set(user_id, "password_hash", password_hash)

    def _set(self, user_id: str, column: str, value: object) -> None:
        parameters = {"user_id": user_id, f"new_{column}": value}
        if self._connection.execute(_SETTING[column], parameters).rowcount != 1:
            raise not_found(USER, user_id)


def _user(row: Row[*tuple[Any, ...]]) -> User:
    return User(
        id=row.id,
        name=row.name,
        phone=row.phone,
        wecom_id=row.wecom_id,
        email=row.email,
        roles=frozenset(map(Role, row.roles)),
        branch=row.branch or "",
        active=row.active,
        password_hash=row.password_hash,
        created_at=row.created_at,
    )


def _taken(user_id: str) -> ConflictError:
    return ConflictError(
        Reason(
            code="user_exists",
            field="user_id",
            message=f"账号“{user_id}”已经存在",
            remedy="请换一个账号",
        )
    )
