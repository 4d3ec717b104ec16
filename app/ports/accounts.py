"""What the accounts use cases need of a database. Storage fits these shapes without knowing them.

Reads give values with at least the attributes named here; writes take plain facts, so storage
needs no type of the application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from app.ports.organisation import ServiceGrid
    from engine.ledger import LedgerDraft
    from engine.ticket import Actor, Role

# ruff: noqa: D102  (the attributes are explained once, in the class)


class User(Protocol):
    """A person of the company who may sign in.

    `branch` is empty for the company as a whole; `password_hash` None where none was set yet.
    """

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def wecom_id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def roles(self) -> frozenset[Role]: ...
    @property
    def branch(self) -> str: ...
    @property
    def active(self) -> bool: ...
    @property
    def password_hash(self) -> str | None: ...


class SignInLink(Protocol):
    """A one-time link, known to the database by the hash of its token only."""

    @property
    def user_id(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def used_at(self) -> datetime | None: ...


class Session(Protocol):
    """A signed-in browser, known to the database by the hash of its token only."""

    @property
    def token_hash(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    @property
    def csrf_token(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def last_seen_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def revoked_at(self) -> datetime | None: ...


class AccountRepository(Protocol):
    """Users, sign-in links and sessions. `get_user` raises NotFoundError, `find_*` give None.

    `use_link` marks a link as used and tells whether it still was unused: the guard against two
    browsers at once.
    """

    def add_user(
        self,
        user_id: str,
        *,
        name: str,
        phone: str,
        roles: frozenset[Role],
        branch: str,
        at: datetime,
    ) -> object: ...
    def get_user(self, user_id: str) -> User: ...
    def find_user(self, user_id: str) -> User | None: ...
    def users(self) -> Sequence[User]: ...
    def set_roles(self, user_id: str, roles: frozenset[Role]) -> None: ...
    def set_contact(self, user_id: str, name: str, value: str) -> None: ...
    def set_active(self, user_id: str, *, active: bool) -> None: ...
    def set_password_hash(self, user_id: str, password_hash: str | None) -> None: ...

    def add_link(
        self, token_hash: str, *, user_id: str, at: datetime, expires_at: datetime
    ) -> object: ...
    def find_link(self, token_hash: str) -> SignInLink | None: ...
    def use_link(self, token_hash: str, at: datetime) -> bool: ...

    def add_session(
        self,
        token_hash: str,
        *,
        user_id: str,
        csrf_token: str,
        at: datetime,
        expires_at: datetime,
    ) -> object: ...
    def find_session(self, token_hash: str) -> Session | None: ...
    def touch_session(self, token_hash: str, at: datetime) -> object: ...
    def revoke_session(self, token_hash: str, at: datetime) -> object: ...
    def revoke_sessions(self, user_id: str, at: datetime) -> object: ...
    def sessions(self, user_id: str) -> Sequence[Session]: ...


class AdministrationLedger(Protocol):
    """Appends to a stream that belongs to no ticket."""

    def append(self, stream: str, draft: LedgerDraft, actor: Actor, at: datetime) -> object: ...


class Structure(Protocol):
    """The company's branches and service grids; `branch` raises NotFoundError."""

    def branch(self, branch_id: str) -> object: ...
    def grids(self) -> Sequence[ServiceGrid]: ...


class ManagedTickets(Protocol):
    """The open tickets that name a person in one of the places of their manager pair."""

    def managed_by(
        self, user_id: str, branch: str | None = None, places: Collection[str] = ...
    ) -> Sequence[str]: ...


class AccountsUnit(Protocol):
    """One transaction of the accounts use cases."""

    @property
    def accounts(self) -> AccountRepository: ...
    @property
    def ledger(self) -> AdministrationLedger: ...
    @property
    def grid(self) -> Structure: ...
    @property
    def tickets(self) -> ManagedTickets: ...
    def commit(self) -> None: ...


class AccountsDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[AccountsUnit]: ...
    def writing(self) -> AbstractContextManager[AccountsUnit]: ...
