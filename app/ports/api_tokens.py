"""What the tokens of other programs need of a database. Storage fits by shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from app.ports.accounts import AccountsUnit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

# ruff: noqa: D102  (the attributes are explained once, in the class)


class ApiToken(Protocol):
    """A token, known to the database by its hash; `scopes` are the values of `Scope`."""

    @property
    def id(self) -> int: ...
    @property
    def user_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def last_used_at(self) -> datetime | None: ...
    @property
    def revoked_at(self) -> datetime | None: ...


class ApiTokens(Protocol):
    """Tokens. `get` raises NotFoundError, `find` gives None; neither asks whether it still counts.

    `revoke` tells whether it still was to be revoked.
    """

    def add(
        self,
        token_hash: str,
        *,
        name: str,
        user_id: str,
        scopes: Iterable[str],
        at: datetime,
        expires_at: datetime,
    ) -> ApiToken: ...
    def get(self, token_id: int) -> ApiToken: ...
    def find(self, token_hash: str) -> ApiToken | None: ...
    def listing(self) -> Sequence[ApiToken]: ...
    def touch(self, token_id: int, at: datetime) -> object: ...
    def revoke(self, token_id: int, at: datetime) -> bool: ...


class ApiTokensUnit(AccountsUnit, Protocol):
    """One transaction about tokens and their users."""

    @property
    def api_tokens(self) -> ApiTokens: ...


class ApiTokensDatabase(Protocol):
    """Opens transactions."""

    def reading(self) -> AbstractContextManager[ApiTokensUnit]: ...
    def writing(self) -> AbstractContextManager[ApiTokensUnit]: ...
