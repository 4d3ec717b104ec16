"""Which documents a definition may ask for, when, and which of them may wait (R-3.1, R-3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definition import Applicants, Checkpoint
from workflows.problems import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import DocumentRequirement, WorkflowDefinition
    from workflows.caps import Caps, RequirementCap


def document_faults(definition: WorkflowDefinition, caps: Caps) -> Iterator[Fault]:
    """Every document that may not be asked, or not so early, or not without delay."""
    allowed = caps.allowed_requirements(definition.id)
    asked: dict[str, str] = {}
    for index, requirement in enumerate(definition.documents):
        cap = _matching(requirement, allowed)
        if cap is None:
            yield _not_allowed(definition, index, caps)
            continue
        if cap.id in asked:
            yield Fault(
                code="document_asked_twice",
                message=f"“{requirement.name}”与“{asked[cap.id]}”只能要求其一",
                at=("documents", index),
                clause=caps.documents_clause,
                remedy="请合并为一项，用 any_of 列出可任选的资料",
            )
        asked[cap.id] = requirement.name
        yield from _too_demanding(requirement, cap, index)
    yield from _deferral(definition, caps)


def _matching(
    requirement: DocumentRequirement, allowed: tuple[RequirementCap, ...]
) -> RequirementCap | None:
    """The permission under which it may be asked: the same papers or a choice of more of them."""
    permitted = {kind for cap in allowed for kind in cap.any_of}
    offered = set(requirement.any_of)
    if not offered <= permitted:
        return None
    return next(
        (
            cap
            for cap in allowed
            if offered.issuperset(cap.any_of)
            and cap.applies_to in {Applicants.ALL, requirement.applies_to}
        ),
        None,
    )


def _not_allowed(definition: WorkflowDefinition, index: int, caps: Caps) -> Fault:
    requirement = definition.documents[index]
    allowed = caps.allowed_requirements(definition.id)
    kinds = "、".join(
        "或".join(definition.document_names.get(kind, kind) for kind in cap.any_of)
        for cap in allowed
    )
    return Fault(
        code="document_not_allowed",
        message=f"不得要求客户提供“{requirement.name}”，可以要求的只有：{kinds or '无'}",
        at=("documents", index),
        clause=caps.documents_clause,
        remedy="请删去；减少资料总是可以的",
    )


def _too_demanding(
    requirement: DocumentRequirement, cap: RequirementCap, index: int
) -> Iterator[Fault]:
    rank = list(Checkpoint).index
    if rank(requirement.due_at) < rank(cap.due_at):
        yield Fault(
            code="document_due_too_early",
            message=f"“{requirement.name}”最早在 {cap.due_at} 收取，现为 {requirement.due_at}",
            at=("documents", index, "due_at"),
            clause="R-3.1, 四(二)3",
            remedy=f"请改为 due_at: {cap.due_at}",
        )
    if requirement.key and not cap.key:
        yield Fault(
            code="not_a_key_document",
            message=f"“{requirement.name}”不是受理所凭的关键资料，缺少它也应受理",
            at=("documents", index, "key"),
            clause="R-3.2, 四(二)4",
            remedy="请删去 key",
        )
    waits_at_intake = requirement.deferrable and requirement.due_at is Checkpoint.INTAKE
    if waits_at_intake and not cap.deferrable and not requirement.key:
        yield Fault(
            code="document_not_deferrable",
            message=f"“{requirement.name}”不能容缺",
            at=("documents", index, "deferrable"),
            clause="R-3.4, 四(二)3",
            remedy="请删去 deferrable",
        )
    if cap.deferrable and not requirement.deferrable and requirement.due_at is cap.due_at:
        yield Fault(
            code="deferral_denied",
            message=f"“{requirement.name}”须可以容缺，受理时缺少它不得拒绝",
            at=("documents", index),
            clause="R-3.2, 四(二)4",
            remedy="请注明 deferrable: true",
        )


def _deferral(definition: WorkflowDefinition, caps: Caps) -> Iterator[Fault]:
    rule = caps.deferral
    if not any(each.deferrable for each in definition.documents):
        return
    for boundary, found, expected in (
        ("extended", definition.deferral_extended, rule.extended),
        ("standard", definition.deferral_standard, rule.standard),
    ):
        if found is not expected:
            yield Fault(
                code="deferral_border",
                message=f"容缺资料应在 {expected} 前补齐，现为 {found}",
                at=("deferral", boundary),
                clause=rule.clause,
                remedy=f"请改为 {expected}",
            )
