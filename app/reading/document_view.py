"""The documents of a ticket as a list to work from: what is there, what is missing, until when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.labels import CHECKPOINTS
from engine.definition import Checkpoint
from engine.documents import SOURCE_NAMES, document_name, due_checkpoint, requirements, satisfying
from engine.ticket import DocumentStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from engine.definition import DocumentRequirement, WorkflowDefinition
    from engine.ticket import DocumentRecord, Ticket


class DocumentState(StrEnum):
    """How a requirement, or a single paper, stands."""

    MISSING = "missing"
    PENDING = "pending"
    VERIFIED = "verified"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    """Nobody asks for it before the ticket reaches its stage."""


STATE_NAMES = {
    DocumentState.MISSING: "未提交",
    DocumentState.PENDING: "待审核",
    DocumentState.VERIFIED: "审核合格",
    DocumentState.REJECTED: "审核不合格",
    DocumentState.DEFERRED: "容缺待补",
    DocumentState.EXPIRED: "已过期",
    DocumentState.NOT_YET: "未到提交环节",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """One paper that was handed in."""

    number: int
    kind: str
    kind_name: str
    state: DocumentState
    state_name: str
    source_name: str
    received_at: datetime
    received_by: str
    expires_on: date | None
    note: str
    file_name: str
    file_size: int
    may_be_verified: bool
    """Not found good yet, and valid still; also one that was rejected by mistake."""
    may_be_rejected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementView:
    """One requirement with the papers that were handed in for it."""

    id: str
    name: str
    kinds: Mapping[str, str]
    state: DocumentState
    state_name: str
    is_key: bool
    due_at: Checkpoint
    due_text: str
    clause: str
    note: str
    papers: tuple[PaperView, ...]

    @property
    def is_outstanding(self) -> bool:
        """Whether something is still to be handed in."""
        return self.state not in {
            DocumentState.PENDING,
            DocumentState.VERIFIED,
            DocumentState.NOT_YET,
        }


def document_list(
    ticket: Ticket, definition: WorkflowDefinition, names: Mapping[str, str], on: date
) -> tuple[RequirementView, ...]:
    """Every requirement that applies, then what was handed in unasked; `names` by user id."""
    asked = requirements(definition, ticket)
    views = [_requirement(each, ticket, definition, names, on) for each in asked]
    kinds = {kind for each in asked for kind in each.any_of}
    unasked = [record for record in ticket.documents if record.kind not in kinds]
    if unasked:
        views.append(_unasked(tuple(_paper(each, definition, names, on) for each in unasked)))
    return tuple(views)


def _unasked(papers: tuple[PaperView, ...]) -> RequirementView:
    """Papers that nobody may ask for (R-3.1): kept, shown, and needed for nothing."""
    return RequirementView(
        id="unasked",
        name="其他已收资料",
        kinds={},
        state=DocumentState.VERIFIED,
        state_name="不作要求",
        is_key=False,
        due_at=Checkpoint.INTAKE,
        due_text="",
        clause="R-3.1, 四(二)3",
        note="",
        papers=papers,
    )


def missing_count(ticket: Ticket, definition: WorkflowDefinition, on: date) -> int:
    """How many requirements are asked for by now and have nothing that counts."""
    return sum(
        satisfying(each, ticket, on) is None and _is_asked_for(each, ticket, definition)
        for each in requirements(definition, ticket)
    )


def _is_asked_for(
    requirement: DocumentRequirement, ticket: Ticket, definition: WorkflowDefinition
) -> bool:
    """Papers of the application from the start, a later one from the stage that ends with it."""
    if requirement.due_at is Checkpoint.INTAKE:
        return True
    stage = definition.state_by_id[ticket.state].stage
    return any(
        each.checkpoint is requirement.due_at and definition.state_by_id[each.source].stage == stage
        for each in definition.transitions
    )


def _requirement(
    requirement: DocumentRequirement,
    ticket: Ticket,
    definition: WorkflowDefinition,
    names: Mapping[str, str],
    on: date,
) -> RequirementView:
    papers = tuple(
        _paper(record, definition, names, on)
        for record in ticket.documents
        if record.kind in requirement.any_of
    )
    counted = satisfying(requirement, ticket, on)
    if counted is not None:
        state = _paper_state(counted, on)
    elif requirement.id in ticket.deferred and not papers:
        state = DocumentState.DEFERRED
    elif papers:
        state = papers[-1].state
    elif _is_asked_for(requirement, ticket, definition):
        state = DocumentState.MISSING
    else:
        state = DocumentState.NOT_YET
    due = due_checkpoint(requirement, definition, ticket)
    return RequirementView(
        id=requirement.id,
        name=requirement.name,
        kinds={kind: definition.document_names[kind] for kind in requirement.any_of},
        state=state,
        state_name=STATE_NAMES[state],
        is_key=requirement.key,
        due_at=due,
        due_text=CHECKPOINTS[due],
        clause=requirement.clause,
        note=papers[-1].note if papers and counted is None else "",
        papers=papers,
    )


def _paper(
    record: DocumentRecord, definition: WorkflowDefinition, names: Mapping[str, str], on: date
) -> PaperView:
    state = _paper_state(record, on)
    has_expired = record.expires_on is not None and record.expires_on < on
    return PaperView(
        number=record.number,
        kind=record.kind,
        kind_name=document_name(record.kind, definition),
        state=state,
        state_name=STATE_NAMES[state],
        source_name=SOURCE_NAMES[record.source],
        received_at=record.received_at,
        received_by=names.get(record.received_by, record.received_by),
        expires_on=record.expires_on,
        note=record.note,
        file_name=record.file.name if record.file else "",
        file_size=record.file.size if record.file else 0,
        may_be_verified=record.status is not DocumentStatus.VERIFIED and not has_expired,
        may_be_rejected=record.status is not DocumentStatus.REJECTED,
    )


def _paper_state(record: DocumentRecord, on: date) -> DocumentState:
    if record.status is DocumentStatus.REJECTED:
        return DocumentState.REJECTED
    if record.expires_on is not None and record.expires_on < on:
        return DocumentState.EXPIRED
    if record.status is DocumentStatus.VERIFIED:
        return DocumentState.VERIFIED
    return DocumentState.PENDING
