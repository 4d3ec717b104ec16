"""Fixtures for the tests of outages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outages import Listener, furnish_outages

if TYPE_CHECKING:
    from tests.application import Office


@pytest.fixture
def grid(office: Office) -> Office:
    """The office with a network of two feeders, a week before the outages that it plans."""
    furnish_outages(office)
    return office.at("2021-09-01 08:00")


@pytest.fixture
def hear(grid: Office) -> Listener:
    """What customers are told."""
    return Listener(grid)
