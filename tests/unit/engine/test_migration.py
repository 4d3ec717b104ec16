"""A ticket on its way to another version: what it gains or loses, and what it must not (R-10.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.definition import Applicants, Checkpoint, Ending, TimeLimit
from engine.errors import MalformedError, RefusedError
from engine.events import (
    ClockResumed,
    ClockStarted,
    MigrationAgreed,
    PromiseChanged,
    TermChange,
    TicketMigrated,
)
from engine.migration import (
    Circumstances,
    Examination,
    MigrationPlan,
    MigrationVerdict,
    agree,
    examine,
    refuse_lost_states,
)
from engine.ticket import PauseCause
from tests.builders import CALENDAR, an_act
from tests.unit.engine.definitions import (
    ASSET_TRANSFER,
    EXTERNAL_LINE,
    HV_SINGLE,
    LV_STANDARD,
    LV_THREE_ZERO,
    NAMES,
    PROPERTY_PROOF,
    document,
    move,
    stage,
    state,
)
from tests.unit.engine.trip import Trip, a_trip

if TYPE_CHECKING:
    from engine.definition import DocumentRequirement, State, Transition, WorkflowDefinition
    from engine.ticket import Ticket

LAST = "metering_and_energization"
LICENCE, PROOF = "business_licence", "property_proof"
MOVES, EARLIER = MigrationVerdict.MOVES, MigrationVerdict.EARLIER
AGREED, ASKS = MigrationVerdict.AGREED, MigrationVerdict.NEEDS_AGREEMENT
REFUSED = MigrationVerdict.REFUSED
NOW = "2021-09-08 10:00"
"""Wednesday; tickets of these tests came in on Monday the 6th."""


# --- versions ----------------------------------------------------------------------------------


def version(of: WorkflowDefinition, number: int = 2, **changes: Any) -> WorkflowDefinition:
    return replace(of, version=number, **changes)


def limited(of: WorkflowDefinition, days: int, **more: Any) -> WorkflowDefinition:
    """The last stage of a low-voltage definition in so many days."""
    stages = (stage("intake", 1), stage(LAST, days))
    return version(of, stages=stages, handling_limit=TimeLimit(days=1 + days), **more)


def with_state(of: WorkflowDefinition, state_id: str, **changes: Any) -> WorkflowDefinition:
    def changed(each: State) -> State:
        return replace(each, **changes) if each.id == state_id else each

    return version(of, states=tuple(changed(each) for each in of.states))


def renamed(of: WorkflowDefinition, old: str, new: str) -> WorkflowDefinition:
    """A state under another id, with the arrows to and from it."""

    def moved(each: Transition) -> Transition:
        ends = {"source": each.source, "target": each.target}
        return replace(each, **{end: new if at == old else at for end, at in ends.items()})

    changed = with_state(of, old, id=new, name=f"状态{new}")
    return replace(changed, transitions=tuple(moved(each) for each in of.transitions))


def asking(of: WorkflowDefinition, *more: DocumentRequirement) -> WorkflowDefinition:
    return version(of, documents=(*of.documents, *more), document_names=NAMES | {"map": "位置图"})


def without(of: WorkflowDefinition, document_id: str) -> WorkflowDefinition:
    return version(of, documents=tuple(d for d in of.documents if d.id != document_id))


def a_map(due_at: Checkpoint, **more: Any) -> DocumentRequirement:
    """A paper that no version asked for before."""
    return replace(
        document("identity", due_at=due_at, applies_to=Applicants.ALL, **more),
        id="map",
        name="位置图",
        any_of=("map",),
    )


# --- tickets -----------------------------------------------------------------------------------


def in_works(definition: WorkflowDefinition = LV_STANDARD, *papers: str) -> Trip:
    """Accepted on Monday, on site on Tuesday, its plan confirmed and works released since."""
    trip = a_trip(definition, "2021-09-06 09:00", *(papers or (LICENCE, PROOF)))
    trip.fire("complete_intake", "2021-09-06 15:00")
    trip.fire("finish_site_visit", "2021-09-07 10:00")
    return trip.fire("release_works", "2021-09-07 11:00")


def on_site(definition: WorkflowDefinition = LV_STANDARD, *papers: str) -> Trip:
    trip = a_trip(definition, "2021-09-06 09:00", *(papers or (LICENCE, PROOF)))
    return trip.fire("complete_intake", "2021-09-06 15:00")


def examined(trip: Trip, to: WorkflowDefinition, when: str = NOW, **mapping: str) -> Examination:
    plan = MigrationPlan(to=to, mapping=mapping, number=7)
    around = Circumstances(calendar=CALENDAR, act=an_act(when))
    return examine(trip.ticket, trip.definition, plan, around)


def codes(examination: Examination) -> list[str]:
    return [reason.code for reason in examination.reasons]


def moved(examination: Examination) -> Ticket:
    assert examination.outcome is not None
    return examination.outcome.ticket


def events(examination: Examination) -> list[type]:
    assert examination.outcome is not None
    return [type(event) for event in examination.outcome.events]


def terms(examination: Examination) -> dict[str, TermChange]:
    assert examination.effects is not None
    return {each.clock: each for each in examination.effects.terms}


def refused(examination: Examination, code: str) -> str:
    """The message of the one reason of a refusal, from which nothing may come."""
    assert (examination.verdict, codes(examination)) == (REFUSED, [code])
    assert examination.outcome is None
    assert examination.reasons[0].clause
    assert examination.reasons[0].remedy
    return examination.reasons[0].message


# --- nothing changes ---------------------------------------------------------------------------


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


# --- where it would stand ----------------------------------------------------------------------


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


# --- terms -------------------------------------------------------------------------------------


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


# --- agreement ---------------------------------------------------------------------------------


def test_an_agreement_is_kept_with_its_evidence_and_lets_the_ticket_move() -> None:
    trip, to = in_works(), limited(LV_STANDARD, 6)
    act = an_act("2021-09-08 09:00")
    outcome = agree(examined(trip, to), to, " 客户同意书第5号 ", act)
    (event,) = outcome.events
    assert isinstance(event, MigrationAgreed)
    assert (event.definition, event.evidence) == ("lv_business@2", "客户同意书第5号")
    assert {each.clock for each in event.terms} == {f"stage:{LAST}", "handling"}
    (agreement,) = outcome.ticket.agreements
    assert (agreement.recorded_at, agreement.recorded_by) == (act.at, act.actor.user_id)

    trip.ticket = outcome.ticket
    found = examined(trip, to)
    assert found.verdict is AGREED
    assert codes(found) == ["promise_loosened", "promise_loosened"]
    assert events(found) == [TicketMigrated, PromiseChanged]
    assert str(moved(found).stage_runs[-1].promises[-1].due_on) == "2021-09-14"
    assert examined(trip, replace(to, version=3)).verdict is ASKS


def test_there_must_be_something_to_agree_to_and_evidence() -> None:
    trip = in_works()
    act = an_act(NOW)
    for to, evidence, expected in (
        (limited(LV_STANDARD, 3), "录音", {"nothing_to_agree"}),
        (version(LV_STANDARD), " ", {"nothing_to_agree", "evidence_missing"}),
        (limited(LV_STANDARD, 6), "\t", {"evidence_missing"}),
        (renamed(LV_STANDARD, "grid_works", "works"), "录音", {"state_unknown"}),
    ):
        with pytest.raises(RefusedError) as refusal:
            agree(examined(trip, to), to, evidence, act)
        assert {reason.code for reason in refusal.value.reasons} == expected


# --- clocks ------------------------------------------------------------------------------------


def test_a_migration_stops_no_clock() -> None:
    held = with_state(LV_STANDARD, "grid_works", held_by_customer=PauseCause.CUSTOMER_WORKS)
    assert "停表" in refused(examined(in_works(), held), "clock_would_stop")


def test_a_clock_that_waits_may_begin() -> None:
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00")
    assert trip.stage().started_on is None
    found = examined(
        trip, with_state(LV_STANDARD, "submitted", until_received=""), "2021-09-07 10:00"
    )
    assert found.verdict is EARLIER
    assert events(found) == [TicketMigrated, ClockStarted]
    begun = terms(found)["stage:intake"]
    assert (begun.runs_before, begun.runs_after, str(begun.due_after)) == (
        False,
        True,
        "2021-09-08",
    )


def test_a_pause_of_a_state_that_no_longer_pauses_ends() -> None:
    trip = a_trip(
        HV_SINGLE, "2021-09-06 09:00", LICENCE, PROOF, "project_approval", "completion_report"
    )
    for trigger in (
        "complete_intake",
        "finish_site_visit",
        "reply_supply_plan",
        "report_completion",
    ):
        trip.fire(trigger, "2021-09-06 15:00")
    trip.fire("fail_inspection", "2021-09-06 16:00", reason="接地不良")
    assert trip.ticket.open_pause is not None
    to = with_state(HV_SINGLE, "customer_repair", held_by_customer=None)
    found = examined(trip, to)
    assert found.verdict is EARLIER
    assert events(found) == [TicketMigrated, ClockResumed]
    other = with_state(HV_SINGLE, "customer_repair", held_by_customer=EXTERNAL_LINE)
    assert refused(examined(trip, other), "pause_not_allowed")
    assert examined(trip, version(HV_SINGLE)).verdict is MOVES


def test_a_suspension_goes_on_only_where_its_cause_may_suspend() -> None:
    trip = in_works()
    trip.suspend("2021-09-07 12:00")
    to = with_state(LV_STANDARD, "grid_works", suspendable=(PauseCause.CUSTOMER_WORKS,))
    assert "外线工程施工" in refused(examined(trip, to), "pause_not_allowed")
    trip.resume("2021-09-08 09:00")
    assert examined(trip, to).verdict is MOVES


def test_a_paper_rejected_while_the_clock_runs_stops_it_no_more_than_before() -> None:
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00", LICENCE)
    trip.reject(1)
    found = examined(trip, version(LV_STANDARD), "2021-09-06 10:00")
    assert found.verdict is MOVES
    assert moved(found).stage_runs == trip.ticket.stage_runs


def test_the_whole_time_may_begin_where_it_never_ran() -> None:
    trip = a_trip(ASSET_TRANSFER, "2021-09-06 09:00")
    assert trip.ticket.end_to_end_started_at is None
    found = examined(trip, version(ASSET_TRANSFER, end_to_end_from=""))
    assert found.verdict is EARLIER
    assert terms(found)["end_to_end"].runs_after
    assert moved(found).end_to_end_started_at == an_act(NOW).at


# --- papers ------------------------------------------------------------------------------------


def test_a_paper_that_nobody_asked_for_needs_agreement_before_its_border() -> None:
    found = examined(on_site(), asking(LV_STANDARD, a_map(Checkpoint.PLAN_CONFIRMATION)))
    assert (found.verdict, codes(found)) == (ASKS, ["paper_asked"])
    assert found.effects is not None
    (asked,) = found.effects.asked
    assert (asked.requirement, asked.due_before, asked.due_after) == (
        "map",
        None,
        Checkpoint.PLAN_CONFIRMATION,
    )


def test_one_paper_that_is_still_out_does_not_stand_for_another() -> None:
    trip = on_site(LV_STANDARD, LICENCE)
    found = examined(trip, asking(LV_STANDARD, a_map(Checkpoint.ENERGIZATION)))
    assert (found.verdict, codes(found)) == (ASKS, ["paper_asked"])
    assert "位置图" in found.reasons[0].message


def test_behind_its_border_no_agreement_helps_but_the_paper_itself_does() -> None:
    to = asking(LV_STANDARD, a_map(Checkpoint.INTAKE))
    trip = on_site()
    found = examined(trip, to)
    assert (found.verdict, codes(found)) == (REFUSED, ["border_passed", "paper_asked"])
    trip.definition = replace(LV_STANDARD, document_names=to.document_names)
    trip.supply("map", "2021-09-07 10:00")
    assert examined(trip, to).verdict is MOVES


def test_the_same_paper_asked_earlier_is_more_than_was_promised() -> None:
    trip = on_site(LV_STANDARD, LICENCE)
    sooner = version(LV_STANDARD, deferral_standard=Checkpoint.PLAN_CONFIRMATION)
    found = examined(trip, sooner)
    assert (found.verdict, codes(found)) == (ASKS, ["paper_asked"])
    assert "提前到" in found.reasons[0].message
    late = in_works(LV_STANDARD, LICENCE)
    assert "border_passed" in codes(examined(late, sooner))
    assert examined(on_site(), sooner).verdict is MOVES


def test_fewer_papers_later_papers_and_more_ways_to_prove_it_are_no_worse() -> None:
    trip = on_site(LV_STANDARD, LICENCE)
    dropped = examined(trip, without(LV_STANDARD, "property_proof"))
    assert dropped.verdict is MOVES
    assert dropped.effects is not None
    assert [each.requirement for each in dropped.effects.dropped] == ["property_proof"]
    wider = tuple(
        replace(each, any_of=("property_proof", "identity")) if each is PROPERTY_PROOF else each
        for each in LV_STANDARD.documents
    )
    found = examined(trip, version(LV_STANDARD, documents=wider))
    assert (found.verdict, found.effects.asked if found.effects else None) == (MOVES, ())


def test_a_paper_that_counted_and_does_not_any_more_is_asked_anew() -> None:
    narrower = tuple(
        replace(each, any_of=("organization_code",)) if each.id == "business_identity" else each
        for each in LV_STANDARD.documents
    )
    trip = a_trip(LV_STANDARD, "2021-09-06 09:00", LICENCE)
    found = examined(trip, version(LV_STANDARD, documents=narrower), "2021-09-06 10:00")
    assert "paper_asked" in codes(found)


def test_a_paper_that_was_rejected_behind_its_border_is_no_new_demand() -> None:
    trip = in_works()
    trip.reject(2)
    assert examined(trip, version(LV_STANDARD)).verdict is MOVES


def test_a_way_to_give_up_is_no_way_further() -> None:
    to = version(
        LV_STANDARD,
        states=(*LV_STANDARD.states, state("given_up", LAST, ending=Ending.ABORTED)),
        transitions=(*LV_STANDARD.transitions, move("give_up", "grid_works", "given_up", ())),
    )
    found = examined(in_works(), to)
    assert found.verdict is MOVES
    assert found.effects is not None
    assert (found.effects.moves_new, found.effects.roles) == (("give_up",), ("project_manager",))
