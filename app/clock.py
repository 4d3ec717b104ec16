"""The only reader of the wall clock. Everything else is given its `at` (R-5.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present instant, aware and in UTC."""


def system_clock() -> datetime:
    """The server's time; the only one that counts for compliance."""
    return datetime.now(UTC)
