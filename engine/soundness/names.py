"""Whether every name in a definition leads somewhere; the walks need that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.documents import KEY
from engine.guards import GUARDS, ROLE_NAMES
from engine.soundness.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from engine.definition import Opening, Transition, WorkflowDefinition
    from engine.soundness.finding import Place


NAME_CODES = frozenset(
    {
        "duplicate_id",
        "undeclared_role",
        "unknown_document",
        "unknown_field",
        "unknown_guard",
        "unknown_stage",
        "unknown_state",
    }
)
"""The codes of what is found here."""


def unresolved(definition: WorkflowDefinition) -> Iterator[Finding]:
    """Everything that is named but not there, or is there twice.

    Roles and guards are lists of the software: no definition can add to them.
    """
    yield from _repeated(definition)
    yield from _opening(definition)
    states = {each.id for each in definition.states}
    stages = {each.id for each in definition.stages}
    documents = {KEY, "", *(each.id for each in definition.documents)}
    yield from _lost("unknown_state", definition.initial, states, ("initial",))
    yield from _lost(
        "unknown_state", definition.end_to_end_from, states | {""}, ("end_to_end_from",)
    )
    for index, state in enumerate(definition.states):
        at: Place = ("states", index)
        yield from _lost("unknown_stage", state.stage, stages, (*at, "stage"))
        yield from _lost(
            "unknown_document", state.until_received, documents, (*at, "until_received")
        )
    for index, each in enumerate(definition.transitions):
        at = ("transitions", index)
        yield from _lost("unknown_state", each.source, states, (*at, "from"))
        yield from _lost("unknown_state", each.target, states, (*at, "to"))
        for guard in each.guards:
            yield from _lost("unknown_guard", guard, GUARDS, (*at, "guards"))
        for role in each.roles:
            yield from _lost("undeclared_role", role, ROLE_NAMES, (*at, "roles"))
        yield from _entries(each, definition, at)
    for index, requirement in enumerate(definition.documents):
        for kind in requirement.any_of:
            yield from _lost(
                "unknown_document",
                kind,
                definition.document_names,
                ("documents", index, "any_of"),
            )


def _opening(definition: WorkflowDefinition) -> Iterator[Finding]:
    for role in definition.opening.roles:
        yield from _lost("undeclared_role", role, ROLE_NAMES, ("opening", "roles"))
    yield from _entries(definition.opening, definition, ("opening",))


def _entries(
    asking: Transition | Opening, definition: WorkflowDefinition, at: Place
) -> Iterator[Finding]:
    for key, ids in (("asks", asking.asks), ("takes", asking.takes)):
        for field_id in ids:
            yield from _lost("unknown_field", field_id, definition.field_by_id, (*at, key))


def _repeated(definition: WorkflowDefinition) -> Iterator[Finding]:
    groups: tuple[tuple[str, Sequence[str]], ...] = (
        ("stages", [each.id for each in definition.stages]),
        ("states", [each.id for each in definition.states]),
        ("documents", [each.id for each in definition.documents]),
        ("fields", [each.id for each in definition.fields]),
    )
    for field, ids in groups:
        for index, found in enumerate(ids):
            if found in ids[:index]:
                yield Finding(
                    code="duplicate_id",
                    message=f"编号“{found}”重复",
                    subject=found,
                    at=(field, index, "id"),
                    remedy="请另取一个编号",
                )


def _lost(code: str, name: str, known: Collection[str], at: Place) -> Iterator[Finding]:
    if name not in known:
        yield Finding(
            code=code,
            message=f"没有定义“{name}”",
            subject=name,
            at=at,
            remedy=f"可用的名称：{'、'.join(sorted(each for each in known if each)) or '无'}",
        )
