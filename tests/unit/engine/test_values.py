"""Everything the engine speaks about is a frozen value: nobody changes a ticket in passing."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields, is_dataclass

import pytest

import engine
from engine.errors import Reason
from engine.ticket import Ticket

MODULES = [
    importlib.import_module(f"engine.{each.name}")
    for each in pkgutil.iter_modules(engine.__path__)
    if not each.ispkg
]
VALUES = sorted(
    {
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.__name__
    },
    key=lambda value: value.__qualname__,
)


def test_the_values_are_found() -> None:
    assert {Ticket, Reason} < set(VALUES)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__qualname__)
def test_a_value_is_frozen_and_made_by_keyword(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert all(field.kw_only for field in fields(value))
