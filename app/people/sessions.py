"""Signing in, and what a signed-in browser is known by.

The browser holds a random token; the database holds its hash, so a stolen database opens no door.
A session ends by itself after half an hour of rest or twelve hours, and at once when its user is
disabled.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from app.people.passwords import check_password, hash_password, is_password
from app.people.sign_in_throttle import SignInThrottle
from app.streams import ADMINISTRATION
from engine.errors import NotFoundError, Reason, RefusedError
from engine.ledger import LedgerDraft
from engine.ticket import Actor

if TYPE_CHECKING:
    from app.clock import Clock
    from app.ports.accounts import AccountsDatabase, AccountsUnit, Session, User

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
"""A session's last use is written at most this often, to spare the database."""

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session that counts now. `token` is the browser's secret; `session_id` may be shown."""

    token: str
    session_id: str
    csrf_token: str
    actor: Actor
    has_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSummary:
    """One open session of a person, for the page on which it can be ended."""

    session_id: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


class SessionService:
    """Sign-in, sign-out and everything about sessions."""

    def __init__(self, database: AccountsDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._throttle = SignInThrottle()

    def sign_in(self, user_id: str, password: str, *, address: str) -> SignedIn:
        """Start a session; an unknown, a disabled and a mistaken user get the same answer.

        Raises:
            RefusedError: wrong, or too soon after a failure.
        """
        at = self._clock()
        user_id = user_id.strip().lower()
        wait = self._throttle.wait(user_id, address, at)
        if wait > timedelta():
            raise _too_soon(wait)
        with self._database.reading() as work:
            user = work.accounts.find_user(user_id)
        known = user.password_hash if user is not None and user.active else None
        if not is_password(password, known) or user is None:
            self._throttle.failed(user_id, address, at)
            raise RefusedError(
                Reason(
                    code="sign_in_failed",
                    message="账号或密码不正确",
                    remedy="请核对后重试；忘记密码请联系管理员索取一次性登录链接",
                )
            )
        self._throttle.succeeded(user_id)
        with self._database.writing() as work:
            signed_in = self._open(work, user, at, how="password")
            work.commit()
        return signed_in

    def link_holder(self, token: str) -> str | None:
        """Who may sign in by this link; None if it is unknown, used or too old. Burns nothing."""
        at = self._clock()
        with self._database.reading() as work:
            user = _link_user(work, token, at)
        return None if user is None else user.name

    def consume_link(self, token: str) -> SignedIn:
        """Sign in by a one-time link, which then is used up.

        A link is the way out for somebody who forgot the password: the old one ends with it.

        Raises:
            RefusedError: unknown, used, too old, or its user is disabled.
        """
        at = self._clock()
        with self._database.writing() as work:
            user = _link_user(work, token, at)
            if user is None or not work.accounts.use_link(token_hash(token), at):
                raise RefusedError(
                    Reason(
                        code="link_invalid",
                        message="登录链接无效：可能已经使用过，或已超过 24 小时",
                        remedy="请联系管理员重新发送",
                    )
                )
            work.accounts.set_password_hash(user.id, None)
            signed_in = self._open(work, work.accounts.get_user(user.id), at, how="link")
            work.commit()
        return signed_in

    def find(self, token: str) -> SignedIn | None:
        """The session of a browser's token, if it counts now; notes that it was used."""
        at = self._clock()
        hashed = token_hash(token)
        with self._database.reading() as work:
            session = work.accounts.find_session(hashed)
            user = None if session is None else work.accounts.find_user(session.user_id)
        if session is None or user is None or not _counts(session, at) or not user.active:
            return None
        if at - session.last_seen_at >= TOUCH_EVERY:
            with self._database.writing() as work:
                work.accounts.touch_session(hashed, at)
                work.commit()
        return _signed_in(token, session.csrf_token, user)

    def sign_out(self, token: str) -> None:
        """End the session of this browser."""
        with self._database.writing() as work:
            work.accounts.revoke_session(token_hash(token), self._clock())
            work.commit()

    def listing(self, current: SignedIn) -> tuple[SessionSummary, ...]:
        """The person's open sessions, the latest first."""
        at = self._clock()
        with self._database.reading() as work:
            found = work.accounts.sessions(current.actor.user_id)
        return tuple(
            SessionSummary(
                session_id=_shown(each.token_hash),
                created_at=each.created_at,
                last_seen_at=each.last_seen_at,
                is_current=_shown(each.token_hash) == current.session_id,
            )
            for each in sorted(found, key=lambda each: each.last_seen_at, reverse=True)
            if _counts(each, at)
        )

    def end(self, session_id: str, current: SignedIn) -> None:
        """End one of the person's own sessions.

        Raises:
            NotFoundError: the person has no such session.
        """
        with self._database.writing() as work:
            mine = work.accounts.sessions(current.actor.user_id)
            hashed = next((s.token_hash for s in mine if _shown(s.token_hash) == session_id), None)
            if hashed is None:
                raise NotFoundError(Reason(code="not_found", message="该会话不存在或已经结束"))
            work.accounts.revoke_session(hashed, self._clock())
            work.commit()

    def set_password(self, current: SignedIn, *, old: str, new: str) -> SignedIn:
        """Set or change the own password; every other session ends, this one gets a new token.

        Raises:
            RefusedError: the present password is wrong.
            MalformedError: the new one is not good enough.
        """
        at = self._clock()
        with self._database.reading() as work:
            user = work.accounts.get_user(current.actor.user_id)
        if user.password_hash is not None and not is_password(old, user.password_hash):
            raise RefusedError(Reason(code="wrong_password", field="old", message="当前密码不正确"))
        check_password(new, forbidden=(user.id, user.name, user.phone))
        hashed = hash_password(new)
        with self._database.writing() as work:
            work.accounts.set_password_hash(user.id, hashed)
            work.accounts.revoke_sessions(user.id, at)
            draft = LedgerDraft(action="set_password", details={"user_id": user.id})
            work.ledger.append(ADMINISTRATION, draft, current.actor, at)
            signed_in = self._open(work, work.accounts.get_user(user.id), at, how="password_change")
            work.commit()
        return signed_in

    @staticmethod
    def _open(work: AccountsUnit, user: User, at: datetime, *, how: str) -> SignedIn:
        token, csrf_token = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
        work.accounts.add_session(
            token_hash(token),
            user_id=user.id,
            csrf_token=csrf_token,
            at=at,
            expires_at=at + ABSOLUTE,
        )
        signed_in = _signed_in(token, csrf_token, user)
        draft = LedgerDraft(action="signed_in", details={"user_id": user.id, "how": how})
        work.ledger.append(ADMINISTRATION, draft, signed_in.actor, at)
        return signed_in


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return sha256(token.encode()).hexdigest()


def actor_of(user: User) -> Actor:
    """The person as the one who acts."""
    return Actor(user_id=user.id, name=user.name, roles=frozenset(user.roles), branch=user.branch)


def _signed_in(token: str, csrf_token: str, user: User) -> SignedIn:
    return SignedIn(
        token=token,
        session_id=_shown(token_hash(token)),
        csrf_token=csrf_token,
        actor=actor_of(user),
        has_password=user.password_hash is not None,
    )


def _shown(hashed: str) -> str:
    return hashed[:16]


def _counts(session: Session, at: datetime) -> bool:
    rested = at - session.last_seen_at >= IDLE
    return session.revoked_at is None and not rested and at < session.expires_at


def _link_user(work: AccountsUnit, token: str, at: datetime) -> User | None:
    link = work.accounts.find_link(token_hash(token))
    if link is None or link.used_at is not None or at >= link.expires_at:
        return None
    user = work.accounts.find_user(link.user_id)
    return user if user is not None and user.active else None


def _too_soon(wait: timedelta) -> RefusedError:
    seconds = int(wait.total_seconds()) + 1
    return RefusedError(
        Reason(
            code="too_soon",
            message=f"登录失败次数较多，请 {seconds} 秒后再试",
            remedy="账号不会被锁定；忘记密码请联系管理员索取一次性登录链接",
        )
    )
