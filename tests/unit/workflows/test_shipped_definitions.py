"""The shipped definitions hold the table of R-1, clause by clause (附件, X1, X2, Q1, Q10, Q11)."""

from __future__ import annotations

import re
from operator import attrgetter

import pytest

from engine.application import ServiceScheme
from engine.definition import Checkpoint, Ending, RungTiming, WorkflowDefinition
from engine.machine import TicketMachine
from engine.ticket import PauseCause, Role
from workflows.catalog import load_all, load_shipped, shipped, shipped_fingerprint
from workflows.eligibility import shipped_eligibility
from workflows.problems import DefinitionFaultsError

DEFINITIONS = {definition.id: definition for definition, _ in load_shipped()}
OTHERS = {
    "temporary_supply_lease",
    "reinforcement_project",
    "follow_up_call",
    "planned_outage",
    "temporary_outage",
    "fault_outage",
}
"""The further processes that the plan names, without a limit (R-1.5)."""
ANNEXED = [each for each in DEFINITIONS.values() if each.id not in OTHERS]
CONNECTIONS = [each for each in ANNEXED if each.id != "asset_transfer"]
LOW = ["lv_resident", "lv_business_three_zero", "lv_business"]
HIGH = ["hv_single_supply", "hv_dual_supply"]

ANNEX = {
    "lv_resident": ([("业务受理", 1), ("装表接电", 1)], 2, 2),
    "lv_business_three_zero": ([("业务受理", 1), ("装表接电", 4)], 5, 5),
    "lv_business": ([("业务受理", 1), ("装表接电", 4)], 5, None),
    "hv_single_supply": (
        [("业务受理", 1), ("供电方案答复", 4), ("竣工检验和装表接电", 10)],
        15,
        None,
    ),
    "hv_dual_supply": (
        [("业务受理", 1), ("供电方案答复", 14), ("竣工检验和装表接电", 15)],
        30,
        None,
    ),
    "asset_transfer": ([("资产评估", None), ("资产接收", None)], None, 30),
}


def test_the_definitions_of_the_annex_and_the_further_processes_are_shipped() -> None:
    assert set(DEFINITIONS) == set(ANNEX) | OTHERS


@pytest.mark.parametrize("definition_id", ANNEX)
def test_stages_and_limits_are_those_of_the_annex(definition_id: str) -> None:
    definition = DEFINITIONS[definition_id]
    stages = [(stage.name, stage.limit.days) for stage in definition.stages]
    handling, whole = definition.handling_limit.days, definition.end_to_end_limit.days
    assert (stages, handling, whole) == ANNEX[definition_id]


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=attrgetter("id"))
def test_every_limit_and_document_cites_its_clause(definition: WorkflowDefinition) -> None:
    limits = [each.limit for each in definition.stages]
    limits += [definition.handling_limit, definition.end_to_end_limit]
    assert all(limit.clause for limit in limits if limit.days is not None)
    assert all(each.clause for each in definition.documents)


def test_the_transfer_clock_starts_when_receiving_begins() -> None:
    assert DEFINITIONS["asset_transfer"].end_to_end_from == "receiving"


def test_assets_below_the_standard_are_metered_first_and_still_transferred() -> None:
    moves = {
        (each.source, each.trigger): each.target
        for each in DEFINITIONS["asset_transfer"].transitions
    }
    way = ["awaiting_assessment"]
    for trigger in (
        "fail_assessment",
        "start_rectification",
        "reassess",
        "fail_assessment",
        "reassess",
        "pass_assessment",
        "receive",
    ):
        way.append(moves[way[-1], trigger])
    assert way == [
        "awaiting_assessment",
        "metered_first",
        "rectification",
        "reassessment",
        "rectification",
        "reassessment",
        "receiving",
        "received",
    ]


@pytest.mark.parametrize("definition", CONNECTIONS, ids=attrgetter("id"))
def test_connections_share_their_states_up_to_the_plan_confirmation(
    definition: WorkflowDefinition,
) -> None:
    first = [each.id for each in definition.states[:3]]
    assert first == ["submitted", "site_visit", "plan_confirmation"]
    assert definition.initial == "submitted"
    assert definition.state_by_id["submitted"].until_received == "key"
    assert definition.edges["submitted", "complete_intake"].guards == ("managers_named",)


@pytest.mark.parametrize(
    ("definition_id", "stage"),
    [(each, "metering_and_energization") for each in LOW]
    + [(each, "supply_plan_reply") for each in HIGH],
)
def test_plan_confirmation_is_a_state_and_never_a_stage(definition_id: str, stage: str) -> None:
    definition = DEFINITIONS[definition_id]
    assert definition.state_by_id["plan_confirmation"].stage == stage
    assert "plan_confirmation" not in definition.stage_by_id


@pytest.mark.parametrize("definition", ANNEXED, ids=attrgetter("id"))
def test_every_open_state_may_be_aborted_with_a_reason(definition: WorkflowDefinition) -> None:
    for state in definition.states:
        if not state.is_final:
            move = definition.edges[state.id, "abort"]
            assert definition.state_by_id[move.target].ending is Ending.ABORTED
            assert move.reason_required


@pytest.mark.parametrize("definition_id", LOW)
def test_low_voltage_works_may_be_suspended_for_both_causes_and_nothing_else(
    definition_id: str,
) -> None:
    found = {each.id: each.suspendable for each in DEFINITIONS[definition_id].states}
    assert {state: causes for state, causes in found.items() if causes} == {
        "grid_works": (PauseCause.EXTERNAL_LINE, PauseCause.CUSTOMER_WORKS)
    }


@pytest.mark.parametrize("definition_id", HIGH)
def test_the_last_high_voltage_stage_waits_for_the_completion_report(definition_id: str) -> None:
    states = DEFINITIONS[definition_id].state_by_id
    works, repair = states["customer_works"], states["customer_repair"]
    assert works.stage == repair.stage == "inspection_and_energization"
    assert works.held_by_customer is repair.held_by_customer is PauseCause.CUSTOMER_WORKS
    assert works.until_received == "completion_report"
    assert states["metering"].suspendable == (PauseCause.EXTERNAL_LINE,)


def _documents(definition_id: str) -> dict[str, tuple[object, ...]]:
    return {
        each.id: (each.any_of, each.due_at, each.key, each.deferrable)
        for each in DEFINITIONS[definition_id].documents
    }


IDENTITY = ("identity", (("identity",), Checkpoint.INTAKE, True, False))
BUSINESS = (
    "business_identity",
    (("business_licence", "organization_code"), Checkpoint.INTAKE, True, False),
)
PROPERTY = ("property_proof", (("property_proof",), Checkpoint.INTAKE, False, True))
APPROVAL = ("project_approval", (("project_approval",), Checkpoint.INTAKE, False, True))
REPORT = ("completion_report", (("completion_report",), Checkpoint.COMPLETION, False, False))


@pytest.mark.parametrize(
    ("definition_id", "documents"),
    [
        ("lv_resident", [IDENTITY, PROPERTY]),
        ("lv_business_three_zero", [BUSINESS, PROPERTY]),
        ("lv_business", [BUSINESS, PROPERTY]),
        ("hv_single_supply", [IDENTITY, BUSINESS, PROPERTY, APPROVAL, REPORT]),
        ("hv_dual_supply", [IDENTITY, BUSINESS, PROPERTY, APPROVAL, REPORT]),
        ("asset_transfer", []),
    ],
)
def test_documents_are_those_of_the_plan_and_no_more(
    definition_id: str, documents: list[tuple[str, tuple[object, ...]]]
) -> None:
    assert _documents(definition_id) == dict(documents)


@pytest.mark.parametrize("definition", CONNECTIONS, ids=attrgetter("id"))
def test_deferred_documents_fall_due_by_the_investment_boundary(
    definition: WorkflowDefinition,
) -> None:
    assert definition.deferral_extended is Checkpoint.PLAN_CONFIRMATION
    assert definition.deferral_standard is Checkpoint.ENERGIZATION


@pytest.mark.parametrize("definition", ANNEXED, ids=attrgetter("id"))
def test_the_ladder_reminds_before_and_after_the_limit(definition: WorkflowDefinition) -> None:
    assert [(each.timing, each.hours) for each in definition.reminders] == [
        (RungTiming.HALF_LEFT, 0),
        (RungTiming.LAST_DAY, 0),
        (RungTiming.BEFORE_CLOSE, 2),
        (RungTiming.OVERDUE, 0),
        (RungTiming.OVERDUE_DAILY, 0),
    ]


@pytest.mark.parametrize("definition", CONNECTIONS, ids=attrgetter("id"))
def test_intake_is_for_the_desk_the_visit_for_the_account_manager(
    definition: WorkflowDefinition,
) -> None:
    edges = definition.edges
    desk = edges["submitted", "complete_intake"].roles
    assert desk == (Role.OPERATOR, Role.ACCOUNT_MANAGER)
    assert edges["site_visit", "finish_site_visit"].roles == (Role.ACCOUNT_MANAGER,)


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=attrgetter("id"))
def test_the_engine_can_run_it(definition: WorkflowDefinition) -> None:
    machine = TicketMachine(definition).machine
    assert set(machine.states) == {each.id for each in definition.states}


def test_every_outcome_of_classification_has_a_shipped_definition() -> None:
    served = shipped_eligibility().definitions
    assert set(served.values()) == {each.id for each in CONNECTIONS}
    zero = {kind for kind, scheme in served if scheme is ServiceScheme.THREE_ZERO}
    assert {str(kind) for kind in zero} == {"lv_resident", "lv_business"}


def test_the_faults_of_all_files_are_reported_at_once() -> None:
    broken = [(name, re.sub(r"(?m)^version: \d+$", "version: 0", text)) for name, text in shipped()]
    with pytest.raises(DefinitionFaultsError) as refusal:
        load_all(broken)
    assert [each.file for each in refusal.value.problems] == [name for name, _ in shipped()]


def test_two_files_may_not_share_an_id() -> None:
    (name, text), *_ = shipped()
    with pytest.raises(DefinitionFaultsError) as refusal:
        load_all([(name, text), ("copy.yaml", text)])
    (problem,) = refusal.value.problems
    assert (problem.code, problem.file) == ("duplicate_id", "copy.yaml")
    assert name in problem.message


def test_the_fingerprint_stays_the_same_while_the_files_do() -> None:
    assert shipped_fingerprint() == shipped_fingerprint()
    assert len(shipped_fingerprint()) == 64
