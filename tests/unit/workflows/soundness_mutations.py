"""Definitions that break a promise on some path: each rule of soundness broken in its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.workflows.mutations import (
    BUSINESS,
    DUAL,
    HIGH_LAST,
    LOW_LAST,
    RESIDENT,
    SINGLE,
    THREE_ZERO,
    TRANSFER,
    Mutation,
)
from tests.unit.workflows.policy_mutations import CLOCKS, CONDITIONAL, move, paper, state

if TYPE_CHECKING:
    from tests.unit.workflows.mutations import Change, Content

PROOF = "R-10.4"


def stray_state(draft: Content) -> None:
    draft.add_state("stray", LOW_LAST)
    draft.add_move("go_home", "stray", "metering")


def trap(draft: Content) -> None:
    """A state that is entered and never left."""
    draft.add_state("trap", HIGH_LAST)
    draft.add_move("fall", "inspection", "trap")


def endless_loop(draft: Content) -> None:
    """Rectification and reassessment lead only to each other."""
    draft.drop_source("pass_assessment", "reassessment")
    draft.drop_source("abort", "rectification")
    draft.drop_source("abort", "reassessment")


def two_ways(draft: Content) -> None:
    draft.add_move("energize", "metering", "grid_works", checkpoint="energization")


def unlimited_sum(draft: Content) -> None:
    draft.root["handling_limit"]["days"] = 14


def ladder_upside_down(draft: Content) -> None:
    draft.root["reminders"].reverse()


def everything_in_one_stage(draft: Content) -> None:
    draft.state("receiving")["stage"] = "assessment"


def restart(draft: Content) -> None:
    draft.add_move("restart", "metering", "submitted")


def back_to_the_plan(draft: Content) -> None:
    draft.move("fail_inspection")["to"] = "plan_confirmation"


def no_completed_end(draft: Content) -> None:
    draft.drop("states", "id", "received")
    draft.drop("transitions", "trigger", "receive")


def without_border(trigger: str) -> Change:
    return lambda draft: draft.move(trigger).pop("checkpoint")


def shortcut(source: str, target: str, **more: object) -> Change:
    """One more way, past what lies between."""
    return lambda draft: draft.add_move("shortcut", source, target, **more)


def unchecked_at_the_end(draft: Content) -> None:
    """A process of its own that looks at its papers at intake and never again."""
    draft.set(id="supply_lease")
    draft.drop("documents", "id", "property_proof")
    draft.move("energize").pop("checkpoint")


def missing_at_the_end(draft: Content) -> None:
    """A process of its own with a back door around its only border."""
    draft.set(id="supply_lease")
    draft.add_move("back_door", "submitted", "grid_works")


def borders_swapped(draft: Content) -> None:
    draft.move("reply_supply_plan")["checkpoint"] = "completion"
    draft.move("report_completion")["checkpoint"] = "plan_confirmation"


def never_held_by_the_company(draft: Content) -> None:
    """The whole intake waits for the customer."""
    draft.state("submitted").pop("until_received")
    draft.state("submitted")["held_by_customer"] = "customer_works"


def repair_only_aborted(draft: Content) -> None:
    draft.drop("transitions", "trigger", "request_reinspection")


def of_residents_only(draft: Content) -> None:
    draft.state("customer_works")["until_received"] = "identity"


SOUNDNESS = [
    # ---- names
    Mutation("unknown state", BUSINESS, move("energize", to="lit"), "unknown_reference", PROOF),
    Mutation(
        "unknown stage", SINGLE, state("metering", stage="meters"), "unknown_reference", PROOF
    ),
    Mutation(
        "unknown awaited document",
        DUAL,
        state("customer_works", until_received="as_built"),
        "unknown_reference",
        PROOF,
    ),
    Mutation(
        "unknown kind of document",
        RESIDENT,
        paper("property_proof", any_of=["deed"]),
        "unknown_reference",
        PROOF,
    ),
    Mutation(
        "the same id twice", THREE_ZERO, state("metering", id="grid_works"), "duplicate_id", PROOF
    ),
    Mutation("unknown role", SINGLE, move("energize", roles=["fitter"]), "unknown_word", ""),
    Mutation("nobody may", SINGLE, move("energize", roles=[]), "wrong_value", ""),
    # ---- form
    Mutation("two ways", BUSINESS, two_ways, "ambiguous_transition", PROOF),
    Mutation("wrong sum", SINGLE, unlimited_sum, "sum_of_limits", "附件"),
    Mutation("ladder upside down", RESIDENT, ladder_upside_down, "ladder_order", "R-6.3"),
    Mutation(
        "hours for a day",
        DUAL,
        lambda draft: draft.rung("last_day").update(hours=2),
        "rung_hours",
        "R-6.3",
    ),
    Mutation(
        "key deferred",
        RESIDENT,
        paper("identity", deferrable=True),
        "key_document_deferrable",
        CONDITIONAL,
    ),
    Mutation(
        "clock waits for what may wait",
        BUSINESS,
        state("submitted", until_received="property_proof"),
        "clock_waits_for_deferrable",
        CONDITIONAL,
    ),
    # ---- ends
    Mutation(
        "end is left", TRANSFER, shortcut("received", "receiving"), "leaves_final_state", PROOF
    ),
    Mutation(
        "ended at once",
        BUSINESS,
        lambda draft: draft.set(initial="aborted"),
        "initial_is_final",
        PROOF,
    ),
    Mutation("never completed", TRANSFER, no_completed_end, "no_completed_end", PROOF),
    Mutation("empty stage", TRANSFER, everything_in_one_stage, "empty_stage", "R-1.1"),
    # ---- ways
    Mutation("stray state", RESIDENT, stray_state, "unreachable_state", PROOF),
    Mutation("trap", SINGLE, trap, "dead_end", PROOF),
    Mutation("endless loop", TRANSFER, endless_loop, "dead_end", PROOF),
    Mutation(
        "confirmed by the customer",
        BUSINESS,
        move("finish_site_visit", roles=["customer"]),
        "not_by_staff",
        "四(二)3",
    ),
    Mutation("repair only aborted", SINGLE, repair_only_aborted, "held_without_exit", CLOCKS),
    Mutation("restart", THREE_ZERO, restart, "returns_to_earlier_stage", "R-5.2"),
    Mutation("back to the plan", DUAL, back_to_the_plan, "returns_to_earlier_stage", "R-5.2"),
    # ---- borders
    Mutation(
        "no intake border",
        BUSINESS,
        without_border("complete_intake"),
        "checkpoint_missing",
        "R-3.3",
    ),
    Mutation(
        "no plan border", RESIDENT, without_border("release_works"), "checkpoint_missing", "R-3.3"
    ),
    Mutation(
        "plan skipped",
        THREE_ZERO,
        shortcut("site_visit", "grid_works"),
        "checkpoint_missing",
        "R-3.3",
    ),
    Mutation(
        "reply skipped",
        SINGLE,
        shortcut("site_visit", "customer_works"),
        "checkpoint_missing",
        "R-3.3",
    ),
    Mutation(
        "lit without a border",
        DUAL,
        shortcut("inspection", "energized"),
        "checkpoint_missing",
        "R-3.3",
    ),
    Mutation("borders swapped", SINGLE, borders_swapped, "checkpoint_order", CONDITIONAL),
    # ---- documents
    Mutation(
        "deferral not enforced",
        RESIDENT,
        shortcut("site_visit", "grid_works"),
        "document_not_enforced",
        "R-3.5",
    ),
    Mutation(
        "report not enforced",
        DUAL,
        without_border("report_completion"),
        "document_not_enforced",
        "R-3.5",
    ),
    Mutation(
        "key document not enforced",
        SINGLE,
        without_border("complete_intake"),
        "document_not_enforced",
        "R-3.5",
    ),
    Mutation("back door", BUSINESS, missing_at_the_end, "document_not_enforced", "R-3.5"),
    Mutation(
        "rejected and not looked at again",
        BUSINESS,
        unchecked_at_the_end,
        "rejected_document_passes",
        "R-3.5",
    ),
    # ---- clocks
    Mutation(
        "intake over before it began",
        RESIDENT,
        without_border("complete_intake"),
        "clock_never_started",
        CLOCKS,
    ),
    Mutation(
        "lit during the repair",
        SINGLE,
        shortcut("customer_repair", "energized", checkpoint="energization"),
        "clock_stopped_at_end",
        CLOCKS,
    ),
    Mutation(
        "received without receiving",
        TRANSFER,
        shortcut("awaiting_assessment", "received"),
        "end_to_end_not_started",
        "R-1.2",
    ),
    Mutation(
        "suspended while held",
        DUAL,
        state("customer_repair", suspendable=["external_line"]),
        "suspendable_without_clock",
        CLOCKS,
    ),
    Mutation(
        "wait in vain",
        SINGLE,
        state("plan_confirmation", until_received="completion_report"),
        "wait_without_effect",
        CLOCKS,
    ),
    Mutation(
        "wait for what is there",
        THREE_ZERO,
        state("grid_works", until_received="key"),
        "waits_for_undue_document",
        CLOCKS,
    ),
    Mutation(
        "organisations wait for an identity card",
        DUAL,
        of_residents_only,
        "waits_for_undue_document",
        CLOCKS,
    ),
    Mutation(
        "a stage without time",
        BUSINESS,
        never_held_by_the_company,
        "stage_clock_never_runs",
        CLOCKS,
    ),
]
