"""Definitions that delay in disguise: each rule of conduct, of exceptions and citations broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.workflows.mutations import (
    BUSINESS,
    DUAL,
    LOW_LAST,
    RESIDENT,
    SINGLE,
    TRANSFER,
    Mutation,
)
from tests.unit.workflows.policy_mutations import (
    CLOCKS,
    CONDITIONAL,
    deferral,
    move,
    paper,
    state,
)

if TYPE_CHECKING:
    from tests.unit.workflows.mutations import Change, Content


def paid_before_the_visit(draft: Content) -> None:
    draft.add_state("payment", LOW_LAST, name="缴费")
    draft.move("complete_intake")["to"] = "payment"
    draft.add_move("confirm_payment", "payment", "site_visit")
    draft.move("abort")["from"].append("payment")


def excepted(rule: str, subject: str, **more: object) -> Change:
    """An exception on an otherwise sound definition, or on one with a longer limit."""

    def change(draft: Content) -> None:
        draft.stage(LOW_LAST)["limit"]["days"] = 5
        draft.root["handling_limit"]["days"] = 6
        draft.except_from("limit_above_plan", "handling_limit")
        draft.except_from(rule, subject, **more)

    return change


def uncited_limit(draft: Content) -> None:
    draft.stage("intake")["limit"].pop("clause")


CONDUCT = [
    # ---- words
    Mutation(
        "fee named in a move",
        RESIDENT,
        move("release_works", name="收取费用并安排施工"),
        "forbidden_word",
        "四(三)2",
    ),
    Mutation(
        "work paid for before it begins",
        SINGLE,
        move("complete_intake", name="缴纳工程款后受理"),
        "forbidden_word",
        "四(三)2",
    ),
    Mutation(
        "commitment by another name",
        RESIDENT,
        paper("property_proof", name="用电承诺单"),
        "forbidden_word",
        "四(二)3",
    ),
    Mutation(
        "commitment letter",
        RESIDENT,
        paper("property_proof", name="用电承诺书"),
        "forbidden_word",
        "四(二)3",
    ),
    Mutation(
        "letter as a kind",
        SINGLE,
        lambda draft: draft.root["document_names"].update(property_proof="客户承诺函"),
        "forbidden_word",
        "四(二)3",
    ),
    Mutation(
        "letter as a state", DUAL, state("inspection", name="签承诺书"), "forbidden_word", "四(二)3"
    ),
    Mutation(
        "letter as a move",
        TRANSFER,
        move("receive", name="签署承诺书后接收"),
        "forbidden_word",
        "四(二)3",
    ),
    Mutation("paid before the visit", BUSINESS, paid_before_the_visit, "forbidden_word", "四(三)2"),
    Mutation(
        "deposit", SINGLE, move("pass_inspection", name="预存电费"), "forbidden_word", "四(三)2"
    ),
    # ---- conditions and conduct
    Mutation(
        "payment as a guard",
        BUSINESS,
        move("finish_site_visit", guards=["payment_received"]),
        "unknown_reference",
        "四(二)3",
    ),
    Mutation(
        "guard elsewhere",
        RESIDENT,
        move("energize", guards=["managers_named"]),
        "guard_not_allowed",
        "四(二)3",
    ),
    Mutation(
        "guard on a transfer",
        TRANSFER,
        move("receive", guards=["managers_named"]),
        "guard_not_allowed",
        "四(二)3",
    ),
    Mutation("no managers", DUAL, move("complete_intake", guards=[]), "guard_missing", "四(一)2"),
    Mutation(
        "held at the visit",
        BUSINESS,
        state("site_visit", held_by_customer="customer_works"),
        "clock_stop_not_allowed",
        CLOCKS,
    ),
    Mutation(
        "suspended at the inspection",
        SINGLE,
        state("inspection", suspendable=["external_line"]),
        "clock_stop_not_allowed",
        CLOCKS,
    ),
    Mutation(
        "transfer held",
        TRANSFER,
        state("receiving", suspendable=["customer_works"]),
        "clock_stop_not_allowed",
        CLOCKS,
    ),
    Mutation(
        "abort unexplained",
        DUAL,
        lambda draft: draft.move("abort").pop("reason_required"),
        "abort_without_reason",
        "四(三)6",
    ),
    Mutation(
        "last border too early",
        RESIDENT,
        move("finish_works", checkpoint="energization"),
        "checkpoint_misplaced",
        CONDITIONAL,
    ),
    Mutation(
        "plan before the visit",
        SINGLE,
        move("finish_site_visit", checkpoint="plan_confirmation"),
        "checkpoint_misplaced",
        CONDITIONAL,
    ),
    Mutation(
        "no early reminder",
        SINGLE,
        lambda draft: draft.set(reminders=draft.root["reminders"][3:]),
        "reminder_missing",
        "R-6.3",
    ),
    Mutation(
        "nobody hears of it",
        TRANSFER,
        lambda draft: draft.set(reminders=draft.root["reminders"][:3]),
        "reminder_missing",
        "R-6.3",
    ),
    # ---- exceptions and citations
    Mutation(
        "exception for a letter",
        BUSINESS,
        excepted("forbidden_word", "property_proof"),
        "exception_not_possible",
        "R-10.3",
    ),
    Mutation(
        "exception for nothing",
        BUSINESS,
        excepted("limit_above_plan", "intake"),
        "exception_unused",
        "R-10.3",
    ),
    Mutation(
        "no law",
        BUSINESS,
        excepted("limit_above_plan", LOW_LAST, law="公司惯例"),
        "law_not_cited",
        "R-10.3",
    ),
    Mutation(
        "no second person",
        BUSINESS,
        excepted("limit_above_plan", LOW_LAST, approved_by=" "),
        "exception_not_approved",
        "R-10.3",
    ),
    Mutation("limit uncited", RESIDENT, uncited_limit, "clause_missing", "R-10.3"),
    Mutation("document uncited", SINGLE, paper("identity", clause=" "), "clause_missing", "R-10.3"),
    Mutation("deferral uncited", DUAL, deferral(clause=""), "clause_missing", "R-10.3"),
]
