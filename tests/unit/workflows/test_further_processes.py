"""The processes beside connections: what the plan says of each, and nothing that it does not."""

from __future__ import annotations

import pytest

from engine.definition import Ending, FieldKind, WorkflowDefinition
from engine.ticket import Role
from workflows.catalog import load_shipped

DEFINITIONS = {definition.id: definition for definition, _ in load_shipped()}
LEASE, PROJECT = DEFINITIONS["temporary_supply_lease"], DEFINITIONS["reinforcement_project"]
CALL = DEFINITIONS["follow_up_call"]
PLANNED, TEMPORARY = DEFINITIONS["planned_outage"], DEFINITIONS["temporary_outage"]
FAULT = DEFINITIONS["fault_outage"]
OUTAGES = [PLANNED, TEMPORARY, FAULT]


def ways(definition: WorkflowDefinition, *triggers: str) -> list[str]:
    """The states that these moves lead through."""
    way = [definition.initial]
    for trigger in triggers:
        way.append(definition.edges[way[-1], trigger].target)
    return way


def loops(definition: WorkflowDefinition) -> set[tuple[str, str]]:
    return {
        (each.source, each.trigger) for each in definition.transitions if each.source == each.target
    }


@pytest.mark.parametrize("definition", [LEASE, CALL, *OUTAGES], ids=lambda each: each.id)
def test_what_the_plan_sets_no_limit_for_has_none(definition: WorkflowDefinition) -> None:
    limits = [each.limit for each in definition.stages]
    limits += [definition.handling_limit, definition.end_to_end_limit]
    assert {limit.days for limit in limits} == {None}
    assert definition.documents == ()


def test_a_project_has_proposed_limits_for_what_must_be_recorded_and_is_reminded_of() -> None:
    """The plan names no number, but an overdue project is to be in the list (N2b)."""
    assert {each.id: each.limit.days for each in PROJECT.stages} == {
        "initiation": 20,
        "materials": 40,
        "construction": None,
    }
    assert PROJECT.reminders
    assert PROJECT.documents == ()


def test_a_lease_is_applied_for_installed_used_renewed_and_returned() -> None:
    trip = ("accept", "sign_contract", "finish_installation", "renew", "end_lease", "take_back")
    assert ways(LEASE, *trip)[-3:] == ["in_use", "returning", "returned"]
    assert LEASE.edges["contracting", "sign_contract"].asks == (
        "contract_number",
        "billing_period",
        "rent_per_period",
    )
    assert loops(LEASE) == {("in_use", "renew")}
    assert not LEASE.internal


def test_leased_equipment_comes_back_before_a_lease_can_end() -> None:
    ends = {each.id for each in LEASE.states if each.is_final}
    from_use = {each.target for each in LEASE.offered["in_use"]}
    assert from_use.isdisjoint(ends)


def test_a_project_stays_open_until_opening_and_materials_are_recorded() -> None:
    way = ways(PROJECT, "initiate", "issue_materials", "report_progress", "commission")
    assert way == ["proposed", "awaiting_materials", "constructing", "constructing", "commissioned"]
    assert "project_number" in PROJECT.edges["proposed", "initiate"].asks
    assert PROJECT.edges["awaiting_materials", "issue_materials"].asks == (
        "materials_issue_number",
    )
    early = {
        each.target
        for state in ("proposed", "awaiting_materials")
        for each in PROJECT.offered[state]
    }
    assert "commissioned" not in early
    assert {"duty", "occasion", "explanation"} <= set(PROJECT.opening.asks)
    assert set(PROJECT.field_by_id["duty"].choices) == {"may", "must"}


def test_a_call_is_closed_only_with_a_result() -> None:
    onward = [each for each in CALL.offered["pending"] if each.target != "pending"]
    assert all("result" in each.asks for each in onward)
    assert ways(CALL, "record_attempt", "record_attempt", "close")[-1] == "closed"
    assert ways(CALL, "demand_remedy", "finish_remedy") == ["pending", "remedying", "closed"]
    assert [each.ending for each in CALL.states if each.is_final] == [Ending.COMPLETED]
    assert set(CALL.opening.asks) == {"followed_ticket", "reasons"}
    managers = {Role.ACCOUNT_MANAGER, Role.PROJECT_MANAGER}
    assert all(managers.isdisjoint(each.roles) for each in CALL.transitions)


@pytest.mark.parametrize("definition", [PLANNED, TEMPORARY], ids=lambda each: each.id)
def test_an_announced_outage_is_changed_cancelled_or_walked_through(
    definition: WorkflowDefinition,
) -> None:
    trip = (
        "announce",
        "change",
        "start",
        "report_progress",
        "restore_partially",
        "report_progress",
        "restore",
    )
    assert ways(definition, *trip) == [
        "planned",
        "announced",
        "announced",
        "in_progress",
        "in_progress",
        "partially_restored",
        "partially_restored",
        "restored",
    ]
    assert ways(definition, "announce", "cancel")[-1] == "cancelled"
    assert ways(definition, "announce", "start", "restore")[-1] == "restored"
    for trigger in ("change", "cancel"):
        assert definition.edges["announced", trigger].reason_required
    assert ("in_progress", "cancel") not in definition.edges


def test_working_live_is_considered_before_a_planned_outage_is_announced() -> None:
    assert {"live_work", "live_work_considered"} <= set(PLANNED.edges["planned", "announce"].asks)
    assert "late_announcement_reason" in PLANNED.edges["planned", "announce"].takes


def test_a_fault_is_reported_found_estimated_and_restored() -> None:
    trip = ("dispatch_crew", "find_cause", "report_progress", "restore")
    assert ways(FAULT, *trip)[-1] == "restored"
    assert {"occurred_at", "occurred_source"} <= set(FAULT.opening.asks)
    assert FAULT.edges["reported", "dispatch_crew"].asks == ("crew",)
    assert {"restored_at", "fault_cause"} <= set(FAULT.edges["repairing", "restore"].asks)
    assert FAULT.edges["reported", "dismiss"].reason_required


@pytest.mark.parametrize("definition", OUTAGES, ids=lambda each: each.id)
def test_outages_carry_reported_times_with_their_source(definition: WorkflowDefinition) -> None:
    instants = {each.id for each in definition.fields if each.kind is FieldKind.INSTANT}
    assert {"occurred_at", "restored_at", "estimated_restoration_at"} <= instants
    for each in definition.transitions:
        if "restored_at" in each.asks:
            assert "restored_source" in each.asks
        if "occurred_at" in each.asks:
            assert "occurred_source" in each.asks


def test_nothing_else_carries_one() -> None:
    carrying = {
        definition.id
        for definition in DEFINITIONS.values()
        if any(each.kind is FieldKind.INSTANT for each in definition.fields)
    }
    assert carrying == {each.id for each in OUTAGES}
