"""Tokens by which other programs act as a user. Only their hashes reach the database.

add(token_hash, *, name, user_id, scopes, at, expires_at) -> ApiToken
get(token_id) -> ApiToken                    NotFoundError
find(token_hash) -> ApiToken | None
listing() -> list[ApiToken]                  every one that was ever issued, the newest first
touch(token_id, at)                          notes a use; never back in time
revoke(token_id, at) -> bool                 True for the first revocation only
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, or_, select, update

from engine.errors import not_found
from storage.tables.organisation import API_TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import RowMapping
    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as it is kept; `last_used_at` and `revoked_at` are None where that never was."""

    id: int
    user_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


_T = API_TOKENS.c
_ALL = select(*(column for column in _T if column is not _T.token_hash))
_ADD = insert(API_TOKENS).returning(_T.id)
_GET = _ALL.where(_T.id == bindparam("sought"))
_FIND = _ALL.where(_T.token_hash == bindparam("sought"))
_LISTING = _ALL.order_by(_T.id.desc())
_TOUCH = (
    update(API_TOKENS)
    .where(
        _T.id == bindparam("sought"),
        or_(_T.last_used_at.is_(None), _T.last_used_at < bindparam("at")),
    )
    .values(last_used_at=bindparam("at"))
)
_REVOKE = (
    update(API_TOKENS)
    .where(_T.id == bindparam("sought"), _T.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)


class ApiTokens:
    """The tokens of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(  # noqa: PLR0913  (the columns of a token)
        self,
        token_hash: str,
        *,
        name: str,
        user_id: str,
        scopes: Iterable[str],
        at: datetime,
        expires_at: datetime,
    ) -> ApiToken:
        """Keep a token that counts from `at` until `expires_at`."""
        row = {
            "token_hash": token_hash,
            "name": name,
            "user_id": user_id,
            "scopes": sorted(scopes),
            "created_at": at,
            "expires_at": expires_at,
            "last_used_at": None,
            "revoked_at": None,
        }
        return self.get(self._connection.execute(_ADD, row).scalar_one())

    def get(self, token_id: int) -> ApiToken:
        """The token, whether it still counts or not.

        Raises:
            NotFoundError: there is none of that number.
        """
        row = self._connection.execute(_GET, {"sought": token_id}).mappings().first()
        if row is None:
            what = "令牌"
            raise not_found(what, str(token_id))
        return _token(row)

    def find(self, token_hash: str) -> ApiToken | None:
        """The token of that hash, whether it still counts or not."""
        row = self._connection.execute(_FIND, {"sought": token_hash}).mappings().first()
        return None if row is None else _token(row)

    def listing(self) -> list[ApiToken]:
        """Every token that was ever issued, the newest first."""
        return [_token(row) for row in self._connection.execute(_LISTING).mappings()]

    def touch(self, token_id: int, at: datetime) -> None:
        """Note that the token is in use; never back in time."""
        self._connection.execute(_TOUCH, {"sought": token_id, "at": at})

    def revoke(self, token_id: int, at: datetime) -> bool:
        """End the token; True for the first end only, which stays."""
        return self._connection.execute(_REVOKE, {"sought": token_id, "at": at}).rowcount == 1


def _token(row: RowMapping) -> ApiToken:
    return ApiToken(**{**row, "scopes": tuple(row["scopes"])})
