"""Fixtures for tests of the whole application."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.command_line import Shell
from tests.furnished import furnished_postgresql, furnished_sqlite, office, office_url
from tests.held_gateway import HeldGateway, held_gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.application import Office

__all__ = ["furnished_postgresql", "furnished_sqlite", "office", "office_url"]


@pytest.fixture
def gateway() -> Iterator[HeldGateway]:
    """An SMS gateway that does what a test tells it."""
    with held_gateway() as running:
        yield running


@pytest.fixture
def by_gateway(office: Office, gateway: HeldGateway) -> Iterator[Office]:
    """The office, sending by that gateway."""
    other = office.another(**gateway.settings())
    yield other
    other.close()


@pytest.fixture
def shell(
    furnished_sqlite: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """The command line on the office's database; its clock is the real one."""
    path = tmp_path / "office.db"
    shutil.copyfile(furnished_sqlite, path)
    return Shell(path, monkeypatch, capsys)
