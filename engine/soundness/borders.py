"""Which papers a border demands, of whom: `engine.documents` without a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definition import Applicants, Checkpoint

if TYPE_CHECKING:
    from engine.definition import DocumentRequirement, WorkflowDefinition

RANK = {checkpoint: rank for rank, checkpoint in enumerate(Checkpoint)}

BORDER_NAMES = {
    Checkpoint.INTAKE: "完成受理(intake)",
    Checkpoint.PLAN_CONFIRMATION: "供电方案确定(plan_confirmation)",
    Checkpoint.COMPLETION: "竣工检验(completion)",
    Checkpoint.ENERGIZATION: "装表接电(energization)",
}
"""How a reader calls a border, with the word that a file uses."""


def border_of(
    requirement: DocumentRequirement, definition: WorkflowDefinition, *, extended: bool
) -> Checkpoint:
    """The border that cannot be passed without the document (R-3.2)."""
    if not requirement.deferrable:
        return requirement.due_at
    return definition.deferral_extended if extended else definition.deferral_standard


def demanded(
    requirement: DocumentRequirement,
    checkpoint: Checkpoint | None,
    definition: WorkflowDefinition,
    *,
    extended: bool,
) -> bool:
    """Whether crossing `checkpoint` demands the document of an applicant it applies to."""
    if checkpoint is None:
        return False
    return RANK[border_of(requirement, definition, extended=extended)] <= RANK[checkpoint]


def applies(requirement: DocumentRequirement, applicants: Applicants) -> bool:
    """Whether it is asked of residents, or of organisations."""
    return requirement.applies_to in {Applicants.ALL, applicants}


def served(definition: WorkflowDefinition) -> tuple[Applicants, ...]:
    """Whom a definition is for: those it asks something of their own, or else everybody."""
    both = (Applicants.RESIDENT, Applicants.ORGANISATION)
    own = {each.applies_to for each in definition.documents}
    return tuple(each for each in both if each in own) or both
