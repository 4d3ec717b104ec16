"""Definitions with more stages, longer limits or more documents: each rule of the caps broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.workflows.mutations import (
    BUSINESS,
    DOCUMENTS,
    DUAL,
    HIGH_LAST,
    LIMITS,
    LOW_LAST,
    RESIDENT,
    SINGLE,
    STAGES,
    THREE_ZERO,
    TRANSFER,
    Mutation,
)

if TYPE_CHECKING:
    from tests.unit.workflows.mutations import Change, Content

CONDITIONAL = "四(二)4"
CLOCKS = "附件 注2"


def further_stage(draft: Content) -> None:
    """M2a: a design review between intake and reply."""
    review = {"id": "design_review", "name": "设计审查", "limit": {"days": 1, "clause": "附件"}}
    draft.root["stages"].insert(1, review)
    draft.state("site_visit")["stage"] = "design_review"
    draft.stage("supply_plan_reply")["limit"]["days"] = 3


def without_intake_stage(draft: Content) -> None:
    draft.drop("stages", "id", "intake")
    draft.state("submitted")["stage"] = LOW_LAST
    draft.root["handling_limit"]["days"] = 1


def stages_swapped(draft: Content) -> None:
    draft.root["stages"].reverse()


def limit(stage: str, days: int | None) -> Change:
    """A stage limit, with the sum kept."""

    def change(draft: Content) -> None:
        draft.stage(stage)["limit"]["days"] = days
        stages = [each["limit"]["days"] for each in draft.root["stages"]]
        draft.root["handling_limit"]["days"] = None if None in stages else sum(stages)

    return change


def whole(days: int | None) -> Change:
    return lambda draft: draft.root["end_to_end_limit"].update(days=days)


def asking_both(draft: Content) -> None:
    """Licence and code certificate instead of one of them."""
    draft.paper("business_identity")["any_of"] = ["business_licence"]
    draft.add_paper("organization_code", applies_to="organisation", key=True)


def paper(document_id: str, **keys: object) -> Change:
    return lambda draft: draft.paper(document_id).update(keys)


def now_due(document_id: str) -> Change:
    """What may be deferred is demanded at intake."""
    return lambda draft: draft.paper(document_id).pop("deferrable")


def deferral(**borders: str) -> Change:
    return lambda draft: draft.root["deferral"].update(borders)


def state(state_id: str, **keys: object) -> Change:
    return lambda draft: draft.state(state_id).update(keys)


def move(trigger: str, **keys: object) -> Change:
    return lambda draft: draft.move(trigger).update(keys)


POLICY = [
    # ---- stages
    Mutation("further stage", SINGLE, further_stage, "stage_not_allowed", STAGES),
    Mutation(
        "stage renamed",
        BUSINESS,
        lambda draft: draft.stage(LOW_LAST).update(name="审图"),
        "stage_renamed",
        STAGES,
    ),
    Mutation("stage missing", RESIDENT, without_intake_stage, "stage_missing", STAGES),
    Mutation("stages swapped", DUAL, stages_swapped, "stage_order", STAGES),
    Mutation(
        "customers of no kind",
        RESIDENT,
        lambda draft: draft.set(id="lv_resident_2"),
        "never_begun",
        STAGES,
    ),
    # ---- limits
    Mutation("longer intake", RESIDENT, limit("intake", 2), "limit_above_plan", LIMITS),
    Mutation("longer connection", THREE_ZERO, limit(LOW_LAST, 5), "limit_above_plan", LIMITS),
    Mutation("longer reply", SINGLE, limit("supply_plan_reply", 5), "limit_above_plan", LIMITS),
    Mutation("longer dual reply", DUAL, limit("supply_plan_reply", 15), "limit_above_plan", LIMITS),
    Mutation("longer inspection", DUAL, limit(HIGH_LAST, 16), "limit_above_plan", LIMITS),
    Mutation("no limit", SINGLE, limit(HIGH_LAST, None), "limit_above_plan", LIMITS),
    Mutation("longer whole", THREE_ZERO, whole(6), "limit_above_plan", LIMITS),
    Mutation("no whole", RESIDENT, whole(None), "limit_above_plan", LIMITS),
    Mutation("longer transfer", TRANSFER, whole(31), "limit_above_plan", LIMITS),
    Mutation(
        "whole time from later",
        RESIDENT,
        lambda draft: draft.set(end_to_end_from="metering"),
        "end_to_end_start",
        "三(一)",
    ),
    Mutation(
        "transfer from earlier",
        TRANSFER,
        lambda draft: draft.root.pop("end_to_end_from"),
        "end_to_end_start",
        "三(一)",
    ),
    # ---- documents
    Mutation(
        "lease",
        BUSINESS,
        lambda draft: draft.add_paper("lease", deferrable=True),
        "document_not_allowed",
        DOCUMENTS,
    ),
    Mutation(
        "approval at low voltage",
        RESIDENT,
        lambda draft: draft.add_paper("project_approval", deferrable=True),
        "document_not_allowed",
        DOCUMENTS,
    ),
    Mutation(
        "test report",
        DUAL,
        lambda draft: draft.add_paper("test_report", "completion"),
        "document_not_allowed",
        DOCUMENTS,
    ),
    Mutation("licence and code", THREE_ZERO, asking_both, "document_not_allowed", DOCUMENTS),
    Mutation(
        "identity of everybody",
        SINGLE,
        paper("identity", applies_to="all"),
        "document_not_allowed",
        DOCUMENTS,
    ),
    Mutation(
        "asked twice",
        RESIDENT,
        lambda draft: draft.add_paper("again", any_of=["property_proof"], deferrable=True),
        "document_asked_twice",
        DOCUMENTS,
    ),
    Mutation(
        "report too early",
        SINGLE,
        paper("completion_report", due_at="plan_confirmation"),
        "document_due_too_early",
        DOCUMENTS,
    ),
    Mutation(
        "property as key",
        BUSINESS,
        lambda draft: (now_due("property_proof")(draft), paper("property_proof", key=True)(draft)),
        "not_a_key_document",
        CONDITIONAL,
    ),
    Mutation("property now", RESIDENT, now_due("property_proof"), "deferral_denied", CONDITIONAL),
    Mutation("approval now", DUAL, now_due("project_approval"), "deferral_denied", CONDITIONAL),
    Mutation(
        "report deferred",
        SINGLE,
        paper("completion_report", deferrable=True),
        "document_not_deferrable",
        "R-3.4",
    ),
    Mutation(
        "report deferred from intake",
        SINGLE,
        paper("completion_report", deferrable=True, due_at="intake"),
        "document_not_deferrable",
        "R-3.4",
    ),
    Mutation(
        "extended due at intake",
        RESIDENT,
        deferral(extended="intake"),
        "deferral_border",
        CONDITIONAL,
    ),
    Mutation(
        "extended due late",
        BUSINESS,
        deferral(extended="energization"),
        "deferral_border",
        CONDITIONAL,
    ),
    Mutation(
        "standard due early",
        DUAL,
        deferral(standard="completion"),
        "deferral_border",
        CONDITIONAL,
    ),
]
