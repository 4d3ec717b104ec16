"""One-time links and sessions of the console. Only hashes of tokens reach the database.

add_link(token_hash, *, user_id, at, expires_at); find_link(token_hash) -> SignInLink | None
use_link(token_hash, at) -> bool             True for the first use only
add_session(token_hash, *, user_id, csrf_token, at, expires_at)
find_session(token_hash) -> Session | None; sessions(user_id) -> list[Session]
touch_session(token_hash, at); revoke_session(token_hash, at); revoke_sessions(user_id, at)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select, update

from storage.tables.organisation import SESSIONS, SIGN_IN_LINKS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """A one-time link."""

    token_hash: str
    user_id: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser."""

    token_hash: str
    user_id: str
    csrf_token: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


_ADD_LINK = insert(SIGN_IN_LINKS)
_FIND_LINK = select(SIGN_IN_LINKS).where(SIGN_IN_LINKS.c.token_hash == bindparam("sought"))
_USE_LINK = (
    update(SIGN_IN_LINKS)
    .where(SIGN_IN_LINKS.c.token_hash == bindparam("sought"), SIGN_IN_LINKS.c.used_at.is_(None))
    .values(used_at=bindparam("at"))
)
_ADD_SESSION = insert(SESSIONS)
_FIND_SESSION = select(SESSIONS).where(SESSIONS.c.token_hash == bindparam("sought"))
_SESSIONS = (
    select(SESSIONS)
    .where(SESSIONS.c.user_id == bindparam("sought"))
    .order_by(SESSIONS.c.last_seen_at.desc(), SESSIONS.c.token_hash)
)
_TOUCH = (
    update(SESSIONS)
    .where(SESSIONS.c.token_hash == bindparam("sought"), SESSIONS.c.last_seen_at < bindparam("at"))
    .values(last_seen_at=bindparam("at"))
)
_REVOKE = update(SESSIONS).where(SESSIONS.c.revoked_at.is_(None)).values(revoked_at=bindparam("at"))
_REVOKE_ONE = _REVOKE.where(SESSIONS.c.token_hash == bindparam("sought"))
_REVOKE_ALL = _REVOKE.where(SESSIONS.c.user_id == bindparam("sought"))


class SignIn:
    """The links and sessions of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_link(
        self, token_hash: str, *, user_id: str, at: datetime, expires_at: datetime
    ) -> None:
        """Keep a link that may be used once before `expires_at`."""
        row = {
            "token_hash": token_hash,
            "user_id": user_id,
            "created_at": at,
            "expires_at": expires_at,
            "used_at": None,
        }
        self._connection.execute(_ADD_LINK, row)

    def find_link(self, token_hash: str) -> SignInLink | None:
        """The link, used and expired ones too."""
        found = self._connection.execute(_FIND_LINK, {"sought": token_hash}).mappings().first()
        return None if found is None else SignInLink(**found)

    def use_link(self, token_hash: str, at: datetime) -> bool:
        """Mark the link as used; True for the first use only, of however many at once."""
        return self._connection.execute(_USE_LINK, {"sought": token_hash, "at": at}).rowcount == 1

    def add_session(
        self,
        token_hash: str,
        *,
        user_id: str,
        csrf_token: str,
        at: datetime,
        expires_at: datetime,
    ) -> None:
        """Keep a session that begins at `at`."""
        row = {
            "token_hash": token_hash,
            "user_id": user_id,
            "csrf_token": csrf_token,
            "created_at": at,
            "last_seen_at": at,
            "expires_at": expires_at,
            "revoked_at": None,
        }
        self._connection.execute(_ADD_SESSION, row)

    def find_session(self, token_hash: str) -> Session | None:
        """The session, revoked and expired ones too."""
        found = self._connection.execute(_FIND_SESSION, {"sought": token_hash}).mappings().first()
        return None if found is None else Session(**found)

    def sessions(self, user_id: str) -> list[Session]:
        """Every session of a person, the one last seen first."""
        rows = self._connection.execute(_SESSIONS, {"sought": user_id}).mappings()
        return [Session(**row) for row in rows]

    def touch_session(self, token_hash: str, at: datetime) -> None:
        """Note that the session is in use; never back in time."""
        self._connection.execute(_TOUCH, {"sought": token_hash, "at": at})

    def revoke_session(self, token_hash: str, at: datetime) -> None:
        """End the session; the first end stays."""
        self._connection.execute(_REVOKE_ONE, {"sought": token_hash, "at": at})

    def revoke_sessions(self, user_id: str, at: datetime) -> None:
        """End every session of a person."""
        self._connection.execute(_REVOKE_ALL, {"sought": user_id, "at": at})
