"""Variants of the shipped definitions that are stricter for the company: always allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.workflows.mutations import content_of
from workflows.catalog import load_shipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.definition import WorkflowDefinition
    from tests.unit.workflows.mutations import Change, Content


def stricter_text(definition_id: str, names: Iterable[str]) -> str:
    """The shipped file with these changes, and the sum of its limits kept."""
    draft = content_of(definition_id)
    for name in names:
        STRICTER[definition_id][name](draft)
    days = [stage["limit"]["days"] for stage in draft.root["stages"]]
    if None not in days:
        draft.root["handling_limit"]["days"] = sum(days)
    return draft.text()


def _changes(definition: WorkflowDefinition) -> Iterator[tuple[str, Change]]:
    yield from _shorter_limits(definition)
    yield from _fewer_documents(definition)
    yield from _fewer_roles(definition)
    yield from _fewer_stops(definition)
    for each in dict.fromkeys(move.trigger for move in definition.transitions):
        yield f"{each} with a reason", _reason(each)


def _shorter_limits(definition: WorkflowDefinition) -> Iterator[tuple[str, Change]]:
    for stage in definition.stages:
        for days in range(1, stage.limit.days or 1):
            yield f"{stage.id} in {days}", _stage_limit(stage.id, days)
    whole = definition.end_to_end_limit.days or 40
    for days in (1, whole - 1, whole):
        yield f"all in {days}", _whole_limit(days)


def _fewer_documents(definition: WorkflowDefinition) -> Iterator[tuple[str, Change]]:
    for document in definition.documents:
        yield f"without {document.id}", _without_document(document.id)
        if document.deferrable:
            yield f"more ways to prove {document.id}", _more_ways(document.id)


def _fewer_roles(definition: WorkflowDefinition) -> Iterator[tuple[str, Change]]:
    for move in definition.transitions:
        for role in move.roles[:-1]:
            yield f"{move.trigger} not by {role}", _without_role(move.trigger, role)


def _fewer_stops(definition: WorkflowDefinition) -> Iterator[tuple[str, Change]]:
    for state in definition.states:
        for key in ("suspendable", "until_received", "held_by_customer"):
            if getattr(state, key):
                yield f"{state.id} without {key}", _without_key(state.id, key)


def _stage_limit(stage_id: str, days: int) -> Change:
    return lambda draft: draft.stage(stage_id)["limit"].update(days=days)


def _whole_limit(days: int) -> Change:
    return lambda draft: draft.root["end_to_end_limit"].update(days=days, clause="R-1, 附件")


def _without_document(document_id: str) -> Change:
    """Nothing waits for it then, nor for a key document if it was the only one."""

    def change(draft: Content) -> None:
        draft.drop("documents", "id", document_id)
        keys = [each for each in draft.root["documents"] if each.get("key")]
        for state in draft.root["states"]:
            awaited = state.get("until_received")
            if awaited == document_id or (awaited == "key" and not keys):
                state.pop("until_received")

    return change


def _more_ways(document_id: str) -> Change:
    def change(draft: Content) -> None:
        kinds = [kind for kind in ("identity", "business_licence") if kind in _asked(draft)]
        for paper in draft.root["documents"]:
            if paper["id"] == document_id:
                paper["any_of"] = sorted({*paper["any_of"], *kinds})

    return change


def _asked(draft: Content) -> set[str]:
    return {kind for paper in draft.root["documents"] for kind in paper["any_of"]}


def _without_role(trigger: str, role: str) -> Change:
    def change(draft: Content) -> None:
        for move in draft.root["transitions"]:
            if move["trigger"] == trigger and len(move["roles"]) > 1:
                move["roles"] = [each for each in move["roles"] if each != role]

    return change


def _without_key(state_id: str, key: str) -> Change:
    return lambda draft: draft.state(state_id).pop(key, None)


def _reason(trigger: str) -> Change:
    def change(draft: Content) -> None:
        for move in draft.root["transitions"]:
            if move["trigger"] == trigger:
                move["reason_required"] = True

    return change


STRICTER: dict[str, dict[str, Change]] = {
    definition.id: dict(_changes(definition)) for definition, _ in load_shipped()
}
"""Definition -> what may be done to it -> how."""
