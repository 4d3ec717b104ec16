"""Keeps calls to an address from the settings out of our own network.

A webhook goes wherever the settings say. Unless they say that it may be a machine of our own, the
name is resolved once, every address that is not public is refused, and the connection goes to what
was resolved, so that a name cannot mean something else a moment later.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver

from notifications.wire.addresses import is_public

if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only."""

    def __init__(self) -> None:
        self._resolver: ThreadedResolver | None = None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The public addresses of a name.

        Raises:
            OSError: it has none, or one of them is not public.
        """
        self._resolver = self._resolver or ThreadedResolver()
        found = await self._resolver.resolve(host, port, family)
        if not all(is_public(each["host"]) for each in found):
            msg = "the name resolves to an address that is not public"
            raise OSError(msg)
        return found

    async def close(self) -> None:
        """Let go of what resolves."""
        if self._resolver is not None:
            await self._resolver.close()
