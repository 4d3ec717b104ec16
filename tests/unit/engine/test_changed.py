"""A changed copy is what `dataclasses.replace` gives, and the value itself stays as it was."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from engine.ticket import StageRun, Ticket
from engine.values import changed
from tests.builders import a_ticket


def test_a_copy_equals_what_replace_gives() -> None:
    ticket = a_ticket()
    assert changed(ticket, state="energized", revision=7) == replace(
        ticket, state="energized", revision=7
    )
    assert hash(changed(ticket, revision=7)) == hash(replace(ticket, revision=7))


def test_the_value_itself_is_not_touched() -> None:
    run = StageRun(stage_id="intake")
    ended = changed(run, ended_by="u-1")
    assert (run.ended_by, ended.ended_by) == ("", "u-1")


def test_a_copy_is_of_the_same_kind_and_frozen_too() -> None:
    copy = changed(a_ticket(), revision=2)
    assert type(copy) is Ticket
    assert [field.name for field in fields(copy)] == list(vars(copy))
    with pytest.raises(FrozenInstanceError):
        copy.revision = 3  # type: ignore[misc]


def test_a_field_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match=r"StageRun has no field \['finished_by', 'finished_on'\]"):
        changed(StageRun(stage_id="intake"), finished_on=None, finished_by="u-1")  # type: ignore[call-arg]
