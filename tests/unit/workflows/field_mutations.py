"""Definitions that ask for what they may not, cannot, or must: each rule of fields broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.workflows.mutations import BUSINESS, RESIDENT, TRANSFER, Mutation
from tests.unit.workflows.policy_mutations import move

if TYPE_CHECKING:
    from tests.unit.workflows.mutations import Change, Content

PROOF, FIELDS_CLAUSE, TIMES = "R-10.4", "四(二)3", "R-5.1a"


def with_field(kind: str, *, trigger: str = "receive", **more: object) -> Change:
    """One more field, asked by a move."""

    def change(draft: Content) -> None:
        field = {"id": "number", "name": "接收单编号", "kind": kind} | more
        draft.root.setdefault("fields", []).append(field)
        draft.move(trigger)["asks"] = ["number"]

    return change


def nobody_asks(draft: Content) -> None:
    draft.set(fields=[{"id": "number", "name": "接收单编号", "kind": "text"}])


def asked_twice(draft: Content) -> None:
    with_field("text")(draft)
    draft.move("receive")["takes"] = ["number"]


def same_id(draft: Content) -> None:
    with_field("text")(draft)
    with_field("date")(draft)


FIELDS = [
    Mutation("unknown field", TRANSFER, move("receive", asks=["nr"]), "unknown_reference", PROOF),
    Mutation(
        "unknown field at the opening",
        TRANSFER,
        lambda draft: draft.set(opening={"takes": ["nr"]}),
        "unknown_reference",
        PROOF,
    ),
    Mutation("two fields of one id", TRANSFER, same_id, "duplicate_id", PROOF),
    Mutation("nothing to choose", TRANSFER, with_field("choice"), "choice_without_choices", PROOF),
    Mutation(
        "choices of a number",
        TRANSFER,
        with_field("number", choices={"one": "一"}),
        "choices_without_choice",
        PROOF,
    ),
    Mutation("field that nobody asks", TRANSFER, nobody_asks, "unused_field", PROOF),
    Mutation("asked and taken", TRANSFER, asked_twice, "field_asked_twice", PROOF),
    Mutation(
        "field on the way to a connection",
        BUSINESS,
        with_field("text", trigger="finish_works"),
        "field_not_allowed",
        FIELDS_CLAUSE,
    ),
    Mutation(
        "a time beside the server's",
        TRANSFER,
        with_field("instant"),
        "reported_time_not_allowed",
        TIMES,
    ),
    Mutation(
        "outage without a look at live work",
        "planned_outage",
        move("announce", asks=["live_work"]),
        "field_not_always_asked",
        "四(四)3",
    ),
    Mutation(
        "call closed without a result",
        "follow_up_call",
        move("close", asks=["satisfaction"]),
        "field_not_always_asked",
        "四(三)6",
    ),
    Mutation(
        "project past its materials",
        "reinforcement_project",
        move("initiate", to="constructing"),
        "field_not_always_asked",
        "R-9.1a",
    ),
    Mutation(
        "letter as a field",
        TRANSFER,
        with_field("text", name="承诺书编号"),
        "forbidden_word",
        FIELDS_CLAUSE,
    ),
    Mutation(
        "customer kept in the dark",
        RESIDENT,
        lambda draft: draft.set(internal=True),
        "internal_not_allowed",
        "R-6.2",
    ),
]
