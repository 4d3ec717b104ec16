"""What a provider's own SDK raised, read for the one question: may the request have arrived?

The SDKs wrap the failures of their HTTP library in errors of their own, but the chain of causes is
kept. Kinds are told by name, because the libraries are installed only where an SDK is.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NEVER_LEFT = frozenset(
    {
        "ConnectTimeout",
        "ConnectTimeoutError",
        "NameResolutionError",
        "NewConnectionError",
        "SSLCertVerificationError",
    }
)
"""Failures of `requests`, `urllib3` and `ssl` that come before the first byte of a request."""

TALKATIVE = ("urllib3", "darabonba-core", "tencentcloud_sdk_common")
"""Loggers that write addresses, headers or bodies at DEBUG, and these hold phones and secrets."""


def never_left(fault: BaseException) -> bool:
    """Whether the request certainly did not reach the provider."""
    return any(type(each).__name__ in NEVER_LEFT for each in causes(fault))


def causes(fault: BaseException) -> Iterator[BaseException]:
    """The failure and all that led to it, also what SDKs keep as an attribute."""
    waiting: list[BaseException | None] = [fault]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = getattr(each, "inner_exception", None)
        waiting += [each.__cause__, each.__context__]
        waiting += [inner] if isinstance(inner, BaseException) else []


def keep_quiet() -> None:
    """See that no SDK logs what is personal."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
