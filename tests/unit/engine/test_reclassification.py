"""A ticket whose facts or rules change moves to another definition; its clocks go on (R-4.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from engine.amendments import reclassify
from engine.application import CustomerType, InvestmentBoundary, ServiceScheme
from engine.definition import Checkpoint
from engine.documents import missing_at, outstanding_deferrals
from engine.errors import RefusedError
from engine.events import TicketFlagged, TicketReclassified
from engine.ticket import FlagCode
from tests.builders import CALENDAR, a_classification, a_ticket, an_act, instant
from tests.unit.engine.definitions import HV_DUAL, HV_SINGLE, LV_STANDARD, LV_THREE_ZERO
from tests.unit.engine.trip import Trip, a_trip

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition
    from engine.ticket import Classification

EXTENDED, STANDARD = InvestmentBoundary.EXTENDED, InvestmentBoundary.STANDARD
LICENCE, PROOF = "business_licence", "property_proof"
THREE_ZERO = a_classification()
WITHOUT = a_classification(
    service_scheme=ServiceScheme.STANDARD,
    investment_boundary=STANDARD,
    definition_id=LV_STANDARD.id,
    reasons=("中型企业",),
)
HIGH = a_classification(
    customer_type=CustomerType.HV_SINGLE_SUPPLY,
    service_scheme=ServiceScheme.THREE_SAVING,
    investment_boundary=STANDARD,
    definition_id=HV_SINGLE.id,
    reasons=("总容量 170 千瓦，超过 160 千瓦",),
)
DUAL = replace(HIGH, customer_type=CustomerType.HV_DUAL_SUPPLY, definition_id=HV_DUAL.id)


def on_site(definition: WorkflowDefinition, classification: Classification, *papers: str) -> Trip:
    """Accepted on Monday afternoon, visited on Tuesday."""
    trip = a_trip(
        definition,
        "2021-09-06 09:00",
        *papers,
        classification=classification,
        boundary=classification.investment_boundary,
    )
    trip.fire("complete_intake", "2021-09-06 15:00")
    return trip.fire("finish_site_visit", "2021-09-07 10:00")


def moved(trip: Trip, definition: WorkflowDefinition, classification: Classification) -> Trip:
    """The trip on its new definition, reclassified on Wednesday."""
    act = an_act("2021-09-08 10:00")
    outcome = reclassify(trip.ticket, definition, classification, CALENDAR, act)
    return Trip(definition=definition, ticket=outcome.ticket, events=outcome.events)


def test_a_better_rule_moves_low_voltage_to_three_zero_and_keeps_every_start() -> None:
    before = on_site(LV_STANDARD, WITHOUT, LICENCE, PROOF)
    after = moved(before, LV_THREE_ZERO, THREE_ZERO)
    assert after.ticket.definition_ref == "lv_business_three_zero@1"
    assert after.ticket.classification == THREE_ZERO
    assert after.ticket.boundary is EXTENDED
    assert after.ticket.state == "plan_confirmation"
    assert after.ticket.stage_runs == before.ticket.stage_runs
    assert after.stage().started_on == date(2021, 9, 6)
    whole = after.standing(after.end_to_end(), "2021-09-08 10:00")
    assert (whole.clock.started_on, whole.due_on) == (date(2021, 9, 6), date(2021, 9, 13))
    assert after.events == (
        TicketReclassified(
            before="lv_business@1", after="lv_business_three_zero@1", reasons=THREE_ZERO.reasons
        ),
    )
    assert after.ticket.flags == ()


def test_more_capacity_moves_low_voltage_to_high_voltage_and_keeps_every_start() -> None:
    before = on_site(LV_THREE_ZERO, THREE_ZERO, LICENCE, PROOF)
    after = moved(before, HV_SINGLE, HIGH)
    assert [run.stage_id for run in after.ticket.stage_runs] == ["intake", "supply_plan_reply"]
    assert [run.started_at for run in after.ticket.stage_runs] == [
        run.started_at for run in before.ticket.stage_runs
    ]
    assert after.ticket.end_to_end_started_at == before.ticket.end_to_end_started_at
    assert after.handling().started_on == date(2021, 9, 6)
    assert after.handling().limit_days == 15
    after.supply("project_approval", "2021-09-08 11:00")
    assert after.fire("reply_supply_plan", "2021-09-08 12:00").ticket.state == "customer_works"


def test_another_limit_is_a_new_promise_beside_the_old_one() -> None:
    after = moved(on_site(HV_SINGLE, HIGH, LICENCE), HV_DUAL, DUAL)
    promises = after.ticket.stage_runs[-1].promises
    assert [promise.due_on for promise in promises] == [date(2021, 9, 10), date(2021, 9, 26)]
    assert promises[-1].made_at == instant("2021-09-08 10:00")


def test_who_leaves_three_zero_keeps_the_extended_boundary_and_is_flagged() -> None:
    after = moved(on_site(LV_THREE_ZERO, THREE_ZERO, LICENCE, PROOF), HV_SINGLE, HIGH)
    assert after.ticket.boundary is EXTENDED
    flag = after.happened(TicketFlagged).flag
    assert flag.code is FlagCode.BOUNDARY_NOT_EXTENDED
    assert after.ticket.flags == (flag,)


def test_the_flag_is_raised_once_however_often_the_facts_change() -> None:
    after = moved(on_site(LV_THREE_ZERO, THREE_ZERO, LICENCE, PROOF), HV_SINGLE, HIGH)
    again = moved(after, HV_DUAL, DUAL)
    assert len(again.ticket.flags) == 1
    assert again.happened(TicketFlagged) is None


def test_a_boundary_extended_by_decision_raises_no_flag_and_stays() -> None:
    trip = on_site(HV_SINGLE, HIGH, LICENCE).extend()
    after = moved(trip, HV_DUAL, DUAL)
    assert after.ticket.boundary is EXTENDED
    assert after.ticket.flags == ()


def test_what_the_new_definition_asks_for_after_intake_is_outstanding() -> None:
    """The approval was not asked for at low voltage, so it was never deferred there."""
    on = date(2021, 9, 8)
    after = moved(on_site(LV_THREE_ZERO, THREE_ZERO, LICENCE, PROOF), HV_SINGLE, HIGH)
    owed = outstanding_deferrals(HV_SINGLE, after.ticket, on)
    assert [each.id for each in owed] == ["project_approval"]
    missing = missing_at(Checkpoint.PLAN_CONFIRMATION, HV_SINGLE, after.ticket, on)
    assert missing == owed


def test_a_ticket_that_waits_for_its_key_document_goes_on_waiting() -> None:
    before = a_trip(LV_THREE_ZERO, "2021-09-06 09:00", classification=THREE_ZERO)
    after = moved(before, HV_SINGLE, HIGH)
    assert after.ticket.stage_runs == before.ticket.stage_runs
    assert after.supply(LICENCE, "2021-09-09 09:00").stage().started_on == date(2021, 9, 9)


def test_a_ticket_that_was_not_submitted_yet_gets_its_first_stage() -> None:
    ticket = a_ticket(papers=(LICENCE,))
    outcome = reclassify(ticket, HV_SINGLE, HIGH, CALENDAR, an_act("2021-09-06 09:00"))
    assert [run.stage_id for run in outcome.ticket.stage_runs] == ["intake"]


def refusal(trip: Trip, definition: WorkflowDefinition, to: Classification) -> str:
    with pytest.raises(RefusedError) as refused:
        moved(trip, definition, to)
    return refused.value.reasons[0].code


def test_once_the_plan_is_confirmed_the_definition_stays() -> None:
    trip = on_site(LV_THREE_ZERO, THREE_ZERO, LICENCE, PROOF)
    trip.fire("release_works", "2021-09-07 15:00")
    assert refusal(trip, HV_SINGLE, HIGH) == "plan_confirmed"


def test_a_state_that_the_other_definition_lacks_bars_the_move() -> None:
    trip = on_site(LV_THREE_ZERO, THREE_ZERO, LICENCE, PROOF)
    trip.ticket = replace(trip.ticket, state="grid_works")
    assert refusal(trip, HV_SINGLE, HIGH) == "plan_confirmed"


def test_new_reasons_for_the_same_definition_are_kept_even_after_that() -> None:
    trip = on_site(LV_THREE_ZERO, THREE_ZERO, LICENCE, PROOF)
    trip.fire("release_works", "2021-09-07 15:00")
    smaller = replace(THREE_ZERO, reasons=("总容量 80 千瓦",))
    after = moved(trip, LV_THREE_ZERO, smaller)
    assert after.ticket.classification == smaller
    assert after.ticket.stage_runs == trip.ticket.stage_runs


def test_an_ended_ticket_is_not_reclassified() -> None:
    trip = a_trip(LV_THREE_ZERO, "2021-09-06 09:00", classification=THREE_ZERO)
    trip.fire("abort", "2021-09-07 09:00", reason="撤回")
    assert refusal(trip, HV_SINGLE, HIGH) == "ticket_ended"
