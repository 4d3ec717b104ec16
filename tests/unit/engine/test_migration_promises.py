"""What a move to another version does to agreements, clocks and papers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.definition import Applicants, Checkpoint, Ending
from engine.errors import RefusedError
from engine.events import (
    ClockResumed,
    ClockStarted,
    MigrationAgreed,
    PromiseChanged,
    TicketMigrated,
)
from engine.migration import (
    agree,
)
from engine.ticket import PauseCause
from tests.builders import an_act
from tests.unit.engine.definitions import (
    ASSET_TRANSFER,
    EXTERNAL_LINE,
    HV_SINGLE,
    LV_STANDARD,
    NAMES,
    PROPERTY_PROOF,
    document,
    move,
    state,
)
from tests.unit.engine.migrating import (
    AGREED,
    ASKS,
    EARLIER,
    LAST,
    LICENCE,
    MOVES,
    NOW,
    PROOF,
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

if TYPE_CHECKING:
    from engine.definition import DocumentRequirement, WorkflowDefinition


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


# --- agreement -----------------------------------------------------------------------------------


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


# --- clocks --------------------------------------------------------------------------------------


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


# --- papers --------------------------------------------------------------------------------------


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
