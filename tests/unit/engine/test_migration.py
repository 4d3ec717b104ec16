"""Where a ticket stands under another version, and by which terms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.definition import Checkpoint, TimeLimit
from engine.errors import MalformedError
from engine.events import (
    PromiseChanged,
    TicketMigrated,
)
from engine.migration import (
    MigrationPlan,
    MigrationVerdict,
    refuse_lost_states,
)
from tests.unit.engine.definitions import (
    LV_STANDARD,
    LV_THREE_ZERO,
    stage,
)
from tests.unit.engine.migrating import (
    ASKS,
    EARLIER,
    LAST,
    LICENCE,
    MOVES,
    REFUSED,
    codes,
    events,
    examined,
    in_works,
    limited,
    moved,
    on_site,
    refused,
    renamed,
    terms,
    version,
    with_state,
)
from tests.unit.engine.trip import a_trip

# --- nothing changes -----------------------------------------------------------------------------


@pytest.mark.parametrize("take", [on_site, in_works], ids=["on site", "in works"])
def test_an_equal_version_changes_nothing_but_the_version(take: Any) -> None:
    trip = take()
    found = examined(trip, version(LV_STANDARD))
    assert (found.verdict, found.reasons) == (MOVES, ())
    assert moved(found) == replace(trip.ticket, definition_version=2)
    assert events(found) == [TicketMigrated]
    assert found.effects is not None
    assert (found.effects.terms, found.effects.asked, found.effects.dropped) == ((), (), ())
    assert (found.effects.moves_gone, found.effects.moves_new) == ((), ())


def test_the_entry_says_from_where_to_where_and_by_which_decision() -> None:
    found = examined(in_works(), renamed(LV_STANDARD, "grid_works", "works"), grid_works="works")
    assert found.outcome is not None
    migrated = found.outcome.first(TicketMigrated)
    assert (migrated.before, migrated.after) == ("lv_business@1", "lv_business@2")
    assert (migrated.source, migrated.target, migrated.migration) == ("grid_works", "works", 7)
    assert moved(found).state == "works"
    assert moved(found).entered_at == in_works().ticket.entered_at


# --- where it would stand ------------------------------------------------------------------------


def test_a_state_that_is_gone_needs_one_that_takes_over() -> None:
    to = renamed(LV_STANDARD, "grid_works", "works")
    message = refused(examined(in_works(), to), "state_unknown")
    assert "状态grid_works" in message
    assert examined(on_site(), to).verdict is MOVES


def test_every_name_of_a_mapping_must_lead_somewhere() -> None:
    plan = MigrationPlan(
        to=version(LV_STANDARD), mapping={"gird_works": "metering", "metering": "x"}
    )
    with pytest.raises(MalformedError) as refusal:
        refuse_lost_states(plan, {each.id for each in LV_STANDARD.states})
    assert [reason.code for reason in refusal.value.reasons] == ["unknown_state"] * 2
    assert "gird_works" in refusal.value.reasons[0].message
    assert "x" in refusal.value.reasons[1].message


def test_a_migration_ends_no_ticket() -> None:
    found = examined(in_works(), version(LV_STANDARD), grid_works="energized")
    assert "ends_ticket" in codes(found)
    assert found.outcome is None


def test_a_ticket_stays_in_the_stage_that_its_customer_was_told_of() -> None:
    back = examined(in_works(), version(LV_STANDARD), grid_works="submitted")
    assert "环节intake、环节metering" in refused(back, "stages_differ")
    elsewhere = with_state(LV_STANDARD, "site_visit", stage="intake")
    assert examined(on_site(), elsewhere).verdict is REFUSED


def test_a_stage_that_the_customer_has_been_through_cannot_vanish_or_appear() -> None:
    three = (stage("intake", 1), stage("survey", 2), stage(LAST, 4))
    assert "survey" in refused(
        examined(on_site(), version(LV_STANDARD, stages=three)), "stages_differ"
    )


def test_a_border_is_passed_by_a_move_and_never_by_a_migration() -> None:
    found = examined(on_site(), version(LV_STANDARD), site_visit="grid_works")
    assert "供电方案确定" in refused(found, "border_skipped")
    found = examined(on_site(), version(LV_STANDARD), site_visit="metering")
    assert refused(found, "border_skipped")
    assert examined(in_works(), version(LV_STANDARD), grid_works="metering").verdict is MOVES


def test_a_state_that_another_way_reaches_past_the_border_is_behind_it() -> None:
    """The plan is confirmed on arrival now: whoever is there already has never confirmed it."""
    arrows = tuple(
        replace(each, checkpoint=Checkpoint.PLAN_CONFIRMATION)
        if each.trigger == "finish_site_visit"
        else replace(each, checkpoint=None)
        if each.trigger == "release_works"
        else each
        for each in LV_STANDARD.transitions
    )
    to = version(LV_STANDARD, transitions=arrows)
    waiting = on_site().fire("finish_site_visit", "2021-09-07 10:00")
    assert refused(examined(waiting, to), "border_skipped")
    assert examined(on_site(), to).verdict is MOVES
    assert examined(in_works(), to).verdict is MOVES


def test_going_back_within_the_stage_keeps_what_was_passed() -> None:
    found = examined(in_works(), version(LV_STANDARD), grid_works="site_visit")
    assert found.verdict is MOVES
    assert moved(found).passed_checkpoints == ("intake", "plan_confirmation")
    assert moved(found).stage_runs == in_works().ticket.stage_runs
    assert found.effects is not None
    assert found.effects.moves_gone == ("finish_works",)
    assert found.effects.moves_new == ("finish_site_visit",)


def test_who_would_take_it_further_is_told() -> None:
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00", LICENCE)
    found = examined(trip, version(LV_STANDARD), "2021-09-06 10:00")
    assert found.effects is not None
    assert found.effects.roles == ("operator", "account_manager")


# --- terms ---------------------------------------------------------------------------------------


def test_a_shorter_limit_comes_earlier_and_the_customer_is_told() -> None:
    found = examined(in_works(), limited(LV_STANDARD, 3))
    assert (found.verdict, found.reasons) == (EARLIER, ())
    changed = terms(found)
    assert set(changed) == {f"stage:{LAST}", "handling"}
    last = changed[f"stage:{LAST}"]
    assert (last.limit_before, last.limit_after) == (4, 3)
    assert (str(last.due_before), str(last.due_after)) == ("2021-09-10", "2021-09-09")
    assert events(found) == [TicketMigrated, PromiseChanged]
    told = found.outcome.first(PromiseChanged) if found.outcome else None
    assert (str(told.before), str(told.after), told.stage) == ("2021-09-10", "2021-09-09", LAST)
    assert [str(each.due_on) for each in moved(found).stage_runs[-1].promises] == [
        "2021-09-10",
        "2021-09-09",
    ]


def test_a_stage_to_come_counts_like_the_present_one() -> None:
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00", LICENCE)
    sooner = examined(trip, limited(LV_STANDARD, 3), "2021-09-06 10:00")
    assert sooner.verdict is EARLIER
    assert set(terms(sooner)) == {"handling", f"stage:{LAST}"}
    assert events(sooner) == [TicketMigrated]
    later = examined(trip, limited(LV_STANDARD, 9), "2021-09-06 10:00")
    assert later.verdict is ASKS
    assert codes(later) == ["promise_loosened", "promise_loosened"]


@pytest.mark.parametrize("days", [5, None])
def test_more_time_than_promised_needs_the_customers_agreement(days: int | None) -> None:
    to = version(
        LV_STANDARD,
        stages=(stage("intake", 1), stage(LAST, days)),
        handling_limit=TimeLimit(days=None if days is None else 6),
    )
    found = examined(in_works(), to)
    assert (found.verdict, found.outcome) == (ASKS, None)
    assert codes(found) == ["promise_loosened", "promise_loosened"]
    assert "2021-09-10" in found.reasons[0].message


def test_a_whole_limit_where_there_was_none_is_earlier_and_dropping_it_is_later() -> None:
    whole = version(LV_STANDARD, end_to_end_limit=TimeLimit(days=5))
    assert examined(in_works(), whole).verdict is EARLIER
    none = version(LV_THREE_ZERO, end_to_end_limit=TimeLimit(days=None))
    assert examined(in_works(LV_THREE_ZERO), none).verdict is ASKS


def test_a_paused_clock_is_compared_by_its_limit() -> None:
    trip = in_works()
    trip.suspend("2021-09-07 12:00")
    later, sooner = examined(trip, limited(LV_STANDARD, 5)), examined(trip, limited(LV_STANDARD, 3))
    assert later.verdict is ASKS
    assert sooner.verdict is EARLIER
    assert terms(sooner)[f"stage:{LAST}"].due_after is None
    assert events(sooner) == [TicketMigrated]
    assert moved(sooner).is_suspended


def test_the_same_days_again_after_a_pause_promise_the_same_date() -> None:
    trip = in_works()
    trip.suspend("2021-09-07 12:00").resume("2021-09-10 12:00")
    found = examined(trip, version(LV_STANDARD), "2021-09-10 13:00")
    assert (found.verdict, terms(found)) == (MOVES, {})
    assert moved(found).stage_runs == trip.ticket.stage_runs


@pytest.mark.parametrize(
    ("when", "verdict"),
    [("2021-09-09 23:59", EARLIER), ("2021-09-10 00:00", REFUSED)],
    ids=["last minute", "due instant"],
)
def test_nobody_is_promised_a_day_that_has_gone_by(when: str, verdict: MigrationVerdict) -> None:
    found = examined(in_works(), limited(LV_STANDARD, 3), when)
    assert found.verdict is verdict
    if verdict is REFUSED:
        assert "due_passed" in codes(found)


def test_what_is_overdue_already_may_move_as_long_as_its_date_stays() -> None:
    found = examined(in_works(), version(LV_STANDARD), "2021-09-20 10:00")
    assert found.verdict is MOVES
