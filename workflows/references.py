"""Whether everything that a definition names exists, and every id is used once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.documents import KEY
from engine.guards import GUARDS
from workflows.problems import Fault
from workflows.shape_check import suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from engine.definition import Opening, Transition, WorkflowDefinition
    from workflows.problems import Path
    from workflows.schema import Draft


def reference_faults(draft: Draft) -> Iterator[Fault]:
    """Every name that leads nowhere and every id that stands twice."""
    yield from _repeated_ids(draft.definition)
    yield from _states(draft.definition)
    yield from _transitions(draft)
    yield from _documents(draft.definition)
    yield from _fields(draft)


def _repeated_ids(definition: WorkflowDefinition) -> Iterator[Fault]:
    groups: tuple[tuple[str, Sequence[str]], ...] = (
        ("stages", [each.id for each in definition.stages]),
        ("states", [each.id for each in definition.states]),
        ("documents", [each.id for each in definition.documents]),
        ("reminders", [each.id for each in definition.reminders]),
        ("fields", [each.id for each in definition.fields]),
    )
    for key, ids in groups:
        for index, found in enumerate(ids):
            if found in ids[:index]:
                yield Fault(
                    code="duplicate_id",
                    message=f"编号“{found}”重复",
                    at=(key, index, "id"),
                    clause="R-10.4",
                    remedy="请另取一个编号",
                )


def _states(definition: WorkflowDefinition) -> Iterator[Fault]:
    states = [each.id for each in definition.states]
    stages = [each.id for each in definition.stages]
    documents = [KEY, *(each.id for each in definition.documents)]
    yield from _unknown(definition.initial, states, ("initial",), "状态")
    if definition.end_to_end_from:
        yield from _unknown(definition.end_to_end_from, states, ("end_to_end_from",), "状态")
    for index, state in enumerate(definition.states):
        yield from _unknown(state.stage, stages, ("states", index, "stage"), "环节")
        if state.until_received:
            at = ("states", index, "until_received")
            yield from _unknown(state.until_received, documents, at, "资料")


def _transitions(draft: Draft) -> Iterator[Fault]:
    definition = draft.definition
    states = [each.id for each in definition.states]
    for transition, path in zip(definition.transitions, draft.transition_paths, strict=True):
        entry = path[:2]
        yield from _unknown(transition.source, states, path, "状态")
        yield from _unknown(transition.target, states, (*entry, "to"), "状态")
        for index, guard in enumerate(transition.guards):
            yield from _unknown(
                guard, tuple(GUARDS), (*entry, "guards", index), "条件", "R-3.1, 四(二)3"
            )


def _documents(definition: WorkflowDefinition) -> Iterator[Fault]:
    for index, requirement in enumerate(definition.documents):
        for part, kind in enumerate(requirement.any_of):
            at = ("documents", index, "any_of", part)
            yield from _unknown(kind, tuple(definition.document_names), at, "资料种类")


def _fields(draft: Draft) -> Iterator[Fault]:
    definition = draft.definition
    askings: list[tuple[Path, Transition | Opening]] = [(("opening",), definition.opening)]
    for transition, path in zip(definition.transitions, draft.transition_paths, strict=True):
        askings.append((path[:2], transition))
    for place, asking in askings:
        for key, ids in (("asks", asking.asks), ("takes", asking.takes)):
            for index, field_id in enumerate(ids):
                at = (*place, key, index)
                yield from _unknown(field_id, tuple(definition.field_by_id), at, "登记项")


def _unknown(
    found: str, known: Collection[str], at: Path, what: str, clause: str = "R-10.4"
) -> Iterator[Fault]:
    if found not in known:
        yield Fault(
            code="unknown_reference",
            message=f"没有名为“{found}”的{what}",
            at=at,
            clause=clause,
            remedy=suggestion(found, known, what=what),
        )
