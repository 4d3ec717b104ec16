"""Tokens by which other programs call in, each acting as one user for stated purposes.

The program holds the token; the database holds its hash, so a stolen database opens no door. A
token is never more than its user: it has that person's branch and roles, narrowed to its scopes,
and it ends with the account, when its time is over, or when it is revoked.

    tokens.issue(new, actor=...) -> IssuedToken       the only moment at which the token is seen
    tokens.find(token) -> Bearer | None               for the faces
    tokens.listing(actor=...) -> TokenSummary, ...    tokens.revoke(token_id, reason=..., actor=...)
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from app.authorization import (
    ACTION_NAMES,
    NEEDED_FOR,
    SCOPE_NAMES,
    Action,
    Scope,
    authorize,
    is_permitted,
)
from app.forms.fields import FieldReader, remark
from app.people.administering import administered, is_administered, record, refuse_disabled
from app.people.sessions import TOKEN_BYTES, TOUCH_EVERY, actor_of, token_hash
from engine.errors import ConflictError, Reason, RefusedError

if TYPE_CHECKING:
    from app.clock import Clock
    from app.ports.accounts import User
    from app.ports.api_tokens import ApiToken, ApiTokensDatabase
    from engine.ticket import Actor

PREFIX = "hd_"
"""By which people, and programs that search for leaked secrets, know a token when they see one."""
FORM = re.compile(r"hd_[A-Za-z0-9_-]{43}")
NAME_LENGTH = 50
LEAST_DAYS, MOST_DAYS = 1, 730


class TokenState(StrEnum):
    """Whether a token lets anybody in, and if not, why."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    USER_DISABLED = "user_disabled"


STATE_NAMES = {
    TokenState.ACTIVE: "有效",
    TokenState.EXPIRED: "已过期",
    TokenState.REVOKED: "已吊销",
    TokenState.USER_DISABLED: "账号已停用",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """What is asked for: a name to know the program by, whom it acts as, for what, how long."""

    name: str
    user_id: str
    scopes: frozenset[Scope]
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSummary:
    """A token as administrators see it; `branch` is its user's, empty for the whole company."""

    id: int
    name: str
    user_id: str
    branch: str
    scopes: tuple[Scope, ...]
    state: TokenState
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A new token; `token` itself is nowhere to be had again."""

    token: str = field(repr=False)
    summary: TokenSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whoever shows a token that counts: whom it acts as, and for what."""

    token_id: int
    actor: Actor
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiTokenService:
    """Issues, recognises and revokes tokens."""

    database: ApiTokensDatabase
    clock: Clock

    def issue(self, new: NewToken, *, actor: Actor) -> IssuedToken:
        """Make a token of a user whom the actor administers.

        Raises:
            MalformedError: with everything that is wrong about what is asked for.
            RefusedError: the actor may not, the account is disabled, or its roles do not allow it.
            NotFoundError: unknown user.
        """
        authorize(actor, Action.MANAGE_ACCOUNTS)
        name = _checked_name(new)
        at = self.clock()
        token = f"{PREFIX}{secrets.token_urlsafe(TOKEN_BYTES)}"
        with self.database.writing() as work:
            user = administered(work, new.user_id, actor)
            refuse_disabled(user)
            _refuse_beyond_roles(user, new.scopes)
            stored = work.api_tokens.add(
                token_hash(token),
                name=name,
                user_id=user.id,
                scopes=new.scopes,
                at=at,
                expires_at=at + timedelta(days=new.days),
            )
            details = {
                "token": stored.id,
                "name": name,
                "user_id": user.id,
                "scopes": sorted(new.scopes),
                "expires_at": stored.expires_at.isoformat(),
            }
            record(work, "issue_token", details, actor, at)
            work.commit()
        return IssuedToken(token=token, summary=_summary(stored, user, at))

    def find(self, token: str) -> Bearer | None:
        """Whom the token lets in now, if anybody; notes that it was used."""
        if not FORM.fullmatch(token):
            return None
        at = self.clock()
        with self.database.reading() as work:
            stored = work.api_tokens.find(token_hash(token))
            user = None if stored is None else work.accounts.find_user(stored.user_id)
        if stored is None or user is None or _state(stored, user, at) is not TokenState.ACTIVE:
            return None
        if stored.last_used_at is None or at - stored.last_used_at >= TOUCH_EVERY:
            with self.database.writing() as work:
                work.api_tokens.touch(stored.id, at)
                work.commit()
        scopes = frozenset(map(Scope, stored.scopes))
        return Bearer(token_id=stored.id, actor=actor_of(user), scopes=scopes)

    def listing(self, *, actor: Actor) -> tuple[TokenSummary, ...]:
        """Every token of the people whom the actor administers, the newest first.

        Raises:
            RefusedError: the actor administers nobody.
        """
        authorize(actor, Action.MANAGE_ACCOUNTS)
        at = self.clock()
        with self.database.reading() as work:
            users = {each.id: each for each in work.accounts.users()}
            found = work.api_tokens.listing()
        return tuple(
            _summary(each, users[each.user_id], at)
            for each in found
            if is_administered(users[each.user_id], actor)
        )

    def revoke(self, token_id: int, *, reason: str, actor: Actor) -> TokenSummary:
        """End a token at once, for good.

        Raises:
            RefusedError: the actor may not, or no reason is given.
            NotFoundError: there is no such token.
            ConflictError: it has been revoked already.
        """
        authorize(actor, Action.MANAGE_ACCOUNTS)
        why = remark(reason, "reason")
        if not why:
            raise _no_reason()
        at = self.clock()
        with self.database.writing() as work:
            stored = work.api_tokens.get(token_id)
            user = administered(work, stored.user_id, actor)
            if not work.api_tokens.revoke(token_id, at):
                raise _revoked_already(token_id)
            details = {"token": token_id, "user_id": user.id, "reason": why}
            record(work, "revoke_token", details, actor, at)
            now = _summary(work.api_tokens.get(token_id), user, at)
            work.commit()
        return now


def _state(stored: ApiToken, user: User, at: datetime) -> TokenState:
    if stored.revoked_at is not None:
        return TokenState.REVOKED
    if at >= stored.expires_at:
        return TokenState.EXPIRED
    return TokenState.ACTIVE if user.active else TokenState.USER_DISABLED


def _summary(stored: ApiToken, user: User, at: datetime) -> TokenSummary:
    return TokenSummary(
        id=stored.id,
        name=stored.name,
        user_id=stored.user_id,
        branch=user.branch,
        scopes=tuple(map(Scope, stored.scopes)),
        state=_state(stored, user, at),
        created_at=stored.created_at,
        expires_at=stored.expires_at,
        last_used_at=stored.last_used_at,
        revoked_at=stored.revoked_at,
    )


def _checked_name(new: NewToken) -> str:
    """The name without blanks around it.

    Raises:
        MalformedError: with everything that is wrong about what is asked for.
    """
    read = FieldReader({"name": new.name}, {"name": "令牌名称"})
    name = read.text("name", limit=NAME_LENGTH)
    if not new.scopes:
        options = "、".join(f"{each}（{SCOPE_NAMES[each]}）" for each in Scope)
        read.problem("scopes", "required", "令牌至少要有一个权限范围", f"可选：{options}")
    if not LEAST_DAYS <= new.days <= MOST_DAYS:
        remedy = f"请填 {LEAST_DAYS} 至 {MOST_DAYS} 的整数"
        read.problem("days", "out_of_range", f"有效天数 {new.days} 超出允许范围", remedy)
    read.refuse_if_any()
    return name


def _refuse_beyond_roles(user: User, scopes: frozenset[Scope]) -> None:
    """A scope gives no right that its user has not, so such a token would never work."""
    reasons = [
        Reason(
            code="scope_beyond_roles",
            field="scopes",
            message=f"账号“{user.id}”没有“{ACTION_NAMES[NEEDED_FOR[scope]]}”的权限，"
            f"令牌不能有“{SCOPE_NAMES[scope]}”的权限范围",
            remedy="请换一个账号，或先用 huodian user roles 授予相应的角色",
        )
        for scope in sorted(scopes)
        if not is_permitted(actor_of(user), NEEDED_FOR[scope])
    ]
    if reasons:
        raise RefusedError(reasons)


def _no_reason() -> RefusedError:
    return RefusedError(
        Reason(
            code="reason_missing",
            field="reason",
            message="吊销令牌必须说明原因",
            remedy="请填写原因",
        )
    )


def _revoked_already(token_id: int) -> ConflictError:
    return ConflictError(
        Reason(
            code="token_revoked",
            message=f"令牌 {token_id} 已经吊销",
            remedy="不需要再做什么；用 huodian token list 查看",
        )
    )
