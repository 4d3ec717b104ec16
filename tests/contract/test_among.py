"""A list of any length and of any texts, as one parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.builders import AT, a_message

if TYPE_CHECKING:
    from storage.database import Database

ODD = ["", "'", '"', "\\", "{}", "[1]", "NULL", "a,b", "张三", " ", "%", "1", "👋"]


@pytest.mark.parametrize("sought", [[], ["1"], ODD, [f"address {n}" for n in range(40_000)] + ODD])
def test_exactly_those_in_the_list_are_found(database: Database, sought: list[str]) -> None:
    with database.writing() as work:
        for address in [*ODD, "01", "a", "b", "null", "张"]:
            work.suppressions.add(address, AT, source="reply", reason="TD", by="")
        assert work.suppressions.of(sought) == set(sought) & set(ODD)


def test_exactly_those_in_the_list_are_changed(database: Database) -> None:
    messages = [a_message(id=f"id {odd}", dedupe_key=odd) for odd in ODD]
    other = a_message()
    with database.writing() as work:
        work.outbox.add([*messages, other])
        assert work.queue.hand_over([each.id for each in messages], "job", "kannel") == len(ODD)
        assert work.outbox.get(other.id) == other
