"""Trying again while the database is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from freezegun import freeze_time

from app.sending.patience import patiently
from engine.errors import Reason, UnavailableError

if TYPE_CHECKING:
    from freezegun.api import FrozenDateTimeFactory

AWAY = UnavailableError(Reason(code="database_away", message="无法连接数据库服务器"))


class Database:
    """Fails so often; each try takes so many seconds."""

    def __init__(self, clock: FrozenDateTimeFactory, *, failures: int, seconds: float) -> None:
        self._clock = clock
        self._failures = failures
        self._seconds = seconds
        self.tries = 0

    def answer(self) -> str:
        self.tries += 1
        self._clock.tick(self._seconds)
        if self.tries <= self._failures:
            raise AWAY
        return "answered"


def test_what_took_long_and_failed_is_tried_again() -> None:
    """The machine stood still in the middle of it, and the server has undone it meanwhile."""
    with freeze_time("2021-09-06", real_asyncio=True) as clock:
        database = Database(clock, failures=1, seconds=3600)
        assert patiently(database.answer, limit_s=60) == "answered"
    assert database.tries == 2


def test_patience_ends_so_long_after_the_first_failure() -> None:
    with freeze_time("2021-09-06", real_asyncio=True) as clock:
        database = Database(clock, failures=99, seconds=20)
        with pytest.raises(UnavailableError):
            patiently(database.answer, limit_s=50)
    assert database.tries == 4
