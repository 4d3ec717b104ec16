"""Fixtures for every kind of test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notifications.wire.event_loop import EventLoop
from tests.databases import (
    cluster,
    database,
    database_url,
    empty_database_url,
    sqlite_template,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cluster", "database", "database_url", "empty_database_url", "sqlite_template"]


@pytest.fixture(scope="session")
def wire() -> Iterator[EventLoop]:
    """The loop on which channels wait for providers."""
    loop = EventLoop()
    yield loop
    loop.close()
