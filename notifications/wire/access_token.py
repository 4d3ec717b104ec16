"""A token that a provider lends for a while, fetched once for all calls of a process.

Lives on the event loop, so one task at a time looks at it: of many calls that find it missing or
refused, one fetches and the others wait.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

RENEWED_BEFORE_S = 300
"""Providers renew so long before the end, and let the old token work until then."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A token and for how many seconds it works."""

    token: str
    seconds: float


class AccessToken:
    """The token of one account.

    Args:
        fetch: asks the provider for a token; what it raises reaches whoever wanted one.
    """

    def __init__(self, fetch: Callable[[], Awaitable[Lent]]) -> None:
        self._fetch = fetch
        self._lock = asyncio.Lock()
        self._token = ""
        self._ends_at = 0.0

    async def get(self) -> str:
        """The token, fetched if there is none that will still work for a while."""
        async with self._lock:
            if not self._token or asyncio.get_running_loop().time() >= self._ends_at:
                await self._renew()
            return self._token

    async def instead_of(self, refused: str) -> str:
        """Another token than a refused one; another call may have fetched it already."""
        async with self._lock:
            if self._token == refused:
                await self._renew()
            return self._token

    async def _renew(self) -> None:
        lent = await self._fetch()
        self._token = lent.token
        life = max(lent.seconds - RENEWED_BEFORE_S, lent.seconds / 2)
        self._ends_at = asyncio.get_running_loop().time() + life
