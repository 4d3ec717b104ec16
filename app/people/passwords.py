"""Passwords: which are good enough, and how they are kept (argon2id).

Length counts, not composition; no forced change. Hashing takes 19 MiB and some 30 ms on purpose,
so at most a few run at once, and an unknown user costs as much as a known one.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib import resources
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.errors import MalformedError, Reason

MIN_LENGTH = 8
MAX_LENGTH = 128
AT_ONCE = 2

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_running = BoundedSemaphore(AT_ONCE)


def hash_password(password: str) -> str:
    """The argon2id hash to be stored; salt and parameters are in it."""
    with _running:
        return _hasher.hash(_normal(password))


def is_password(password: str, stored: str | None) -> bool:
    """Whether the password belongs to the stored hash; takes as long when there is none."""
    if len(password) > MAX_LENGTH:
        return False
    try:
        with _running:
            _hasher.verify(stored or _nobody(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def check_password(password: str, *, forbidden: tuple[str, ...] = ()) -> None:
    """Refuse a password that is too short, too long, common, or one of `forbidden`.

    Raises:
        MalformedError: with what is expected instead.
    """
    problem = ""
    plain = _normal(password).casefold()
    if len(password) < MIN_LENGTH:
        problem = f"密码太短，至少 {MIN_LENGTH} 个字符（现为 {len(password)} 个）"
    elif len(password) > MAX_LENGTH:
        problem = f"密码太长，最多 {MAX_LENGTH} 个字符（现为 {len(password)} 个）"
    elif plain in _common() or len(set(plain)) == 1:
        problem = "这个密码太常见，容易被猜中"
    elif any(each and plain == each.casefold() for each in forbidden):
        problem = "密码不能与账号、姓名或手机号相同"
    if problem:
        raise MalformedError(
            Reason(
                code="bad_password",
                field="password",
                message=problem,
                remedy="建议用几个不相关的词组成 15 个字符以上的密码",
            )
        )


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    listed = resources.files("app.people").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(listed.split())
