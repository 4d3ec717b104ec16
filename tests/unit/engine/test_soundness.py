"""What the proof says of a definition, and that each way it shows is a way tickets can go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import networkx as nx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.definition import Applicants, Checkpoint, Ending
from engine.soundness import prove
from engine.soundness.borders import served
from engine.ticket import Role
from tests.unit.engine.definitions import (
    ASSET_TRANSFER,
    BUSINESS_KEY,
    CONNECTIONS,
    DESK,
    EVERY,
    HV_SINGLE,
    LV_STANDARD,
    PROJECT,
    PROPERTY_PROOF,
    move,
    state,
)
from tests.unit.engine.large_definition import large_definition
from tests.unit.engine.random_definitions import small_definitions
from tests.unit.engine.soundness_oracle import Product, is_complete
from tests.unit.engine.trip import a_trip

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition
    from engine.soundness import Finding

PAPER_CODES = {"document_not_enforced", "rejected_document_passes"}
MILESTONES = (Checkpoint.INTAKE, Checkpoint.PLAN_CONFIRMATION, Checkpoint.ENERGIZATION)


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [each.code for each in findings]


def with_moves(definition: WorkflowDefinition, *moves: Any) -> WorkflowDefinition:
    return replace(definition, transitions=(*definition.transitions, *moves))


def changed_move(definition: WorkflowDefinition, trigger: str, **facts: Any) -> WorkflowDefinition:
    moves = tuple(
        replace(each, **facts) if each.trigger == trigger else each
        for each in definition.transitions
    )
    return replace(definition, transitions=moves)


# ---- the shipped shapes are sound


@pytest.mark.parametrize("definition", EVERY, ids=lambda each: each.id)
def test_the_definitions_of_the_annex_are_sound(definition: WorkflowDefinition) -> None:
    milestones = MILESTONES if definition in CONNECTIONS else ()
    assert prove(definition, milestones=milestones) == ()


# ---- the way it shows is a way that tickets can go


def test_the_shortest_way_around_a_deferral_is_told_in_words_and_can_be_gone() -> None:
    skip = move("skip", "site_visit", "metering", PROJECT)
    findings = prove(with_moves(LV_STANDARD, skip))
    (finding,) = findings
    assert (finding.code, finding.subject) == ("document_not_enforced", "property_proof")
    assert finding.path == ("complete_intake", "skip", "supply", "energize")
    assert "办理complete_intake(complete_intake) → 办理skip(skip)" in finding.message
    trip = a_trip(with_moves(LV_STANDARD, skip), "2021-09-06 09:00", "business_licence")
    for trigger in ("complete_intake", "skip"):
        trip.fire(trigger, "2021-09-06 10:00")
    trip.supply("property_proof", "2021-09-06 11:00").fire("energize", "2021-09-06 12:00")
    assert trip.ticket.state == "energized"
    assert Checkpoint.PLAN_CONFIRMATION not in trip.ticket.passed_checkpoints


def test_a_paper_that_is_never_handed_in_is_called_missing_at_the_end() -> None:
    definition = changed_move(LV_STANDARD, "energize", checkpoint=None)
    found = [each for each in prove(definition) if each.subject == "property_proof"]
    assert codes(tuple(found)) == ["document_not_enforced"]
    assert found[0].path[-1] == "energize"
    assert "supply" not in found[0].path
    assert found[0].message.endswith("此时“用电地址物权证件”仍缺")


def test_a_paper_rejected_after_its_border_is_looked_at_again() -> None:
    definition = replace(
        changed_move(LV_STANDARD, "energize", checkpoint=None), documents=(BUSINESS_KEY,)
    )
    (finding,) = prove(definition)
    assert finding.code == "rejected_document_passes"
    assert finding.path.index("supply") < finding.path.index("reject")
    assert finding.path.index("complete_intake") < finding.path.index("reject")


def test_the_milestone_that_can_be_avoided_is_named_with_the_way_around() -> None:
    lit = move("lit", "inspection", "energized", PROJECT, checkpoint=Checkpoint.COMPLETION)
    findings = prove(with_moves(HV_SINGLE, lit), milestones=MILESTONES)
    missing = [each for each in findings if each.code == "checkpoint_missing"]
    assert [each.subject for each in missing] == ["energization"]
    assert missing[0].path[-2:] == ("report_completion", "lit")


def test_a_clock_paused_at_the_end_is_found_with_the_way_there() -> None:
    lit = move("lit", "customer_repair", "energized", PROJECT, checkpoint=Checkpoint.ENERGIZATION)
    findings = prove(with_moves(HV_SINGLE, lit))
    assert codes(findings) == ["clock_stopped_at_end"]
    assert findings[0].path[-2:] == ("fail_inspection", "lit")


def test_what_is_wrong_for_both_kinds_of_applicants_is_said_once() -> None:
    late = changed_move(LV_STANDARD, "complete_intake", checkpoint=None)
    found = codes(prove(late))
    assert found.count("clock_never_started") == 1


def test_a_wait_that_helps_only_some_applicants_is_no_idle_wait() -> None:
    residents_only = tuple(each for each in HV_SINGLE.documents if each.id != "business_identity")
    assert prove(replace(HV_SINGLE, documents=residents_only)) == ()


def test_a_clock_does_not_wait_for_a_paper_that_some_applicants_never_bring() -> None:
    of_residents = tuple(
        replace(each, applies_to=Applicants.RESIDENT) if each.id == "completion_report" else each
        for each in HV_SINGLE.documents
    )
    findings = prove(replace(HV_SINGLE, documents=of_residents))
    assert codes(findings) == ["waits_for_undue_document"]
    assert "并非每个客户都须提供" in findings[0].message


def test_a_repeated_border_is_not_out_of_order() -> None:
    again = move("redo", "grid_works", "plan_confirmation", PROJECT)
    assert prove(with_moves(LV_STANDARD, again)) == ()


# ---- large ones


def test_sixty_states_and_twelve_documents_are_proved() -> None:
    definition = large_definition()
    assert (len(definition.states), len(definition.documents)) == (60, 12)
    assert prove(definition, milestones=Checkpoint) == ()


def test_the_one_way_around_is_found_among_sixty_states() -> None:
    around = move("around", "s40", "s50", DESK)
    findings = prove(with_moves(large_definition(), around), milestones=Checkpoint)
    assert {each.code for each in findings} == {"checkpoint_missing", "document_not_enforced"}
    assert all("around" in each.path for each in findings)
    assert {each.subject for each in findings} == {"completion", "d10"}


# ---- definitions that are not even whole


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        (replace(LV_STANDARD, initial="nowhere"), "unknown_state"),
        (replace(LV_STANDARD, end_to_end_from="nowhere"), "unknown_state"),
        (with_moves(LV_STANDARD, move("x", "metering", "nowhere", DESK)), "unknown_state"),
        (with_moves(LV_STANDARD, move("x", "nowhere", "metering", DESK)), "unknown_state"),
        (replace(LV_STANDARD, stages=LV_STANDARD.stages[:1]), "unknown_stage"),
        (
            replace(LV_STANDARD, states=(*LV_STANDARD.states, state("metering", "intake"))),
            "duplicate_id",
        ),
        (
            replace(
                LV_STANDARD,
                states=(*LV_STANDARD.states, state("s", "intake", until_received="deed")),
            ),
            "unknown_document",
        ),
        (replace(LV_STANDARD, document_names={}), "unknown_document"),
        (changed_move(LV_STANDARD, "energize", guards=("payment_received",)), "unknown_guard"),
        (changed_move(LV_STANDARD, "energize", roles=("fitter",)), "undeclared_role"),
    ],
)
def test_a_name_that_leads_nowhere_is_found_before_any_walk(
    definition: WorkflowDefinition, code: str
) -> None:
    assert code in codes(prove(definition))


def test_a_move_that_nobody_may_make_is_found() -> None:
    assert "nobody_may_fire" in codes(prove(changed_move(LV_STANDARD, "energize", roles=())))


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.SYSTEM])
def test_no_ticket_waits_for_somebody_outside_the_company(role: Role) -> None:
    findings = prove(changed_move(HV_SINGLE, "pass_inspection", roles=(role,)))
    assert codes(findings) == ["not_by_staff"]
    assert findings[0].subject == "inspection"
    assert findings[0].path[-1] == "report_completion"
    assert prove(changed_move(HV_SINGLE, "pass_inspection", roles=(role, *DESK))) == ()


def test_who_is_served_follows_from_what_is_asked() -> None:
    assert served(ASSET_TRANSFER) == (Applicants.RESIDENT, Applicants.ORGANISATION)
    only_business = replace(LV_STANDARD, documents=(BUSINESS_KEY, PROPERTY_PROOF))
    assert served(only_business) == (Applicants.ORGANISATION,)


# ---- against the engine and against a graph library, on random definitions


@settings(max_examples=120, deadline=None)
@given(small_definitions(), st.sampled_from((Applicants.RESIDENT, Applicants.ORGANISATION)))
def test_a_ticket_ends_incomplete_only_where_the_proof_says_so(
    definition: WorkflowDefinition, applicants: Applicants
) -> None:
    done = [
        each
        for each in Product(definition, applicants).explored()
        if definition.state_by_id[each.state].ending is Ending.COMPLETED
    ]
    found = prove(definition)
    suspects = {each.subject for each in found if each.code in PAPER_CODES}
    asked = {
        each.id for each in definition.documents if each.applies_to in {Applicants.ALL, applicants}
    }
    complete = all(is_complete(each, definition, applicants) for each in done)
    assert complete or suspects & asked
    certain = {each.subject for each in found if each.code == "rejected_document_passes"}
    assert not (certain & asked and complete)


@settings(max_examples=200, deadline=None)
@given(small_definitions())
def test_states_out_of_reach_and_dead_ends_are_those_of_a_graph_library(
    definition: WorkflowDefinition,
) -> None:
    graph = nx.DiGraph()
    graph.add_nodes_from(each.id for each in definition.states)
    graph.add_edges_from((each.source, each.target) for each in definition.transitions)
    reached = {definition.initial, *nx.descendants(graph, definition.initial)}
    final = {each.id for each in definition.states if each.is_final}
    ending = final.union(*(nx.ancestors(graph, each) for each in final))
    findings = prove(definition)
    unreached = {each.subject for each in findings if each.code == "unreachable_state"}
    dead = {each.subject for each in findings if each.code == "dead_end"}
    states = {each.id for each in definition.states}
    assert unreached == states - reached
    assert dead == states - ending
    for each in findings:
        if each.code == "dead_end" and each.subject in reached:
            shortest = nx.shortest_path_length(graph, definition.initial, each.subject)
            assert len(each.path) == shortest


@settings(max_examples=200, deadline=None)
@given(small_definitions())
def test_every_finding_says_where_and_every_way_begins_at_the_start(
    definition: WorkflowDefinition,
) -> None:
    findings = prove(definition, milestones=Checkpoint)
    assume(findings)
    first = definition.state_by_id[definition.initial].name
    for each in findings:
        assert each.message
        assert each.clause
        assert each.at
        assert not each.path or f"{first} → " in each.message
