"""Documents and conditional acceptance (容缺受理): what is there, what is missing, what may wait.

R-3.1 to R-3.4, 四(二)3 and 四(二)4. A requirement is met by any of its kinds. A document counts
from its receipt unless it was rejected or has expired; verification never moves a clock (R-1.2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.application import ConnectionApplication, InvestmentBoundary
from engine.calendar import local_date
from engine.definition import Checkpoint
from engine.errors import MalformedError, Reason, RefusedError, not_found
from engine.events import DocumentRejected, DocumentSupplied, DocumentVerified, Outcome
from engine.ticket import DocumentRecord, DocumentSource, DocumentStatus

if TYPE_CHECKING:
    from datetime import date

    from engine.definition import DocumentRequirement, WorkflowDefinition
    from engine.ticket import Act, StoredFile, Ticket

KEY = "key"
"""In `State.until_received`: whatever key document applies to this applicant."""

PLAN_DOCUMENTS = {
    "identity": "有效身份证件",
    "business_licence": "营业执照",
    "organization_code": "组织机构代码证",
    "property_proof": "用电地址物权证件",
    "project_approval": "用电工程项目批准文件",
    "completion_report": "工程竣工报告（含竣工图纸）",
}
"""Every paper that the plan lets be asked for (R-3.1), by kind."""
SOURCE_NAMES = {
    DocumentSource.COUNTER: "营业厅",
    DocumentSource.ONLINE: "线上",
    DocumentSource.ON_SITE: "上门收集",
    DocumentSource.E_CERTIFICATE: "电子证照",
}


def requirements(definition: WorkflowDefinition, ticket: Ticket) -> tuple[DocumentRequirement, ...]:
    """What may be asked of this applicant, and no more (R-3.1)."""
    request = ticket.request
    if isinstance(request, ConnectionApplication) and request.applicant_kind.is_organisation:
        return definition.asked_of_organisations
    return definition.asked_of_others


def satisfying(requirement: DocumentRequirement, ticket: Ticket, on: date) -> DocumentRecord | None:
    """The record that meets the requirement on that day, if there is one."""
    for record in reversed(ticket.documents):
        if record.kind in requirement.any_of and _counts(record, on):
            return record
    return None


def _counts(record: DocumentRecord, on: date) -> bool:
    expired = record.expires_on is not None and record.expires_on < on
    return record.status is not DocumentStatus.REJECTED and not expired


def due_checkpoint(
    requirement: DocumentRequirement, definition: WorkflowDefinition, ticket: Ticket
) -> Checkpoint:
    """The border this ticket cannot pass without the document (R-3.2, 四(二)4)."""
    if not requirement.deferrable:
        return requirement.due_at
    if ticket.boundary is InvestmentBoundary.EXTENDED:
        return definition.deferral_extended
    return definition.deferral_standard


def missing_at(
    checkpoint: Checkpoint, definition: WorkflowDefinition, ticket: Ticket, on: date
) -> tuple[DocumentRequirement, ...]:
    """Every requirement that is due at or before `checkpoint` and not met on that day."""
    return tuple(
        each
        for each in requirements(definition, ticket)
        if due_checkpoint(each, definition, ticket).rank <= checkpoint.rank
        and satisfying(each, ticket, on) is None
    )


def missing_key_documents(
    definition: WorkflowDefinition, ticket: Ticket, on: date
) -> tuple[DocumentRequirement, ...]:
    """The key document without which no clock runs and nobody may accept (R-1.2, R-3.2)."""
    return tuple(
        each
        for each in requirements(definition, ticket)
        if each.key and satisfying(each, ticket, on) is None
    )


def outstanding_deferrals(
    definition: WorkflowDefinition, ticket: Ticket, on: date
) -> tuple[DocumentRequirement, ...]:
    """What may come after intake and is not there: deferred, rejected since, or newly asked for.

    Newly asked for is what a corrected capacity adds, such as the approval at high voltage.
    """
    if Checkpoint.INTAKE not in ticket.passed_checkpoints:
        return ()
    return tuple(
        each
        for each in requirements(definition, ticket)
        if each.deferrable and satisfying(each, ticket, on) is None
    )


def reason_missing(
    requirement: DocumentRequirement, definition: WorkflowDefinition, ticket: Ticket, on: date
) -> Reason:
    """Why the requirement is not met and what to do, in words its reader can act on (R-3.4)."""
    latest = next((r for r in reversed(ticket.documents) if r.kind in requirement.any_of), None)
    kinds = "或".join(definition.document_names[kind] for kind in requirement.any_of)
    if latest is None:
        code, problem = "document_missing", f"缺少{requirement.name}"
    elif latest.status is DocumentStatus.REJECTED:
        code, problem = "document_rejected", f"{requirement.name}审核不合格：{latest.note}"
    else:
        code, problem = (
            "document_expired",
            f"{requirement.name}已于 {latest.expires_on:%Y-%m-%d} 过期（今日 {on:%Y-%m-%d}）",
        )
    return Reason(
        code=code,
        message=problem,
        clause=requirement.clause,
        remedy=f"请补交{kinds}，可交到营业厅或由客户经理上门收集",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as it is handed in; `expires_on` is printed on it."""

    kind: str
    source: DocumentSource
    file: StoredFile | None = None
    expires_on: date | None = None


def document_name(kind: str, definition: WorkflowDefinition) -> str:
    """What a paper is called; also one that was asked for before another definition applied."""
    return definition.document_names.get(kind) or PLAN_DOCUMENTS.get(kind, kind)


def supply(ticket: Ticket, definition: WorkflowDefinition, paper: Paper, act: Act) -> Outcome:
    """Take in a document. The clocks that waited for it are started by `engine.clock_keeping`.

    Raises:
        MalformedError: the definition knows no such kind.
        RefusedError: the ticket has ended, or the paper has expired: it could never count (R-3.4).
    """
    kind, file = paper.kind, paper.file
    if kind not in definition.document_names:
        raise MalformedError(
            Reason(
                code="unknown_document_kind",
                field="kind",
                message=f"未知的资料种类“{kind}”",
                clause="R-3.1, 四(二)3",
                remedy="可用的种类",
                options=tuple(definition.document_names.items()),
            )
        )
    refuse_if_ended(ticket, definition)
    _refuse_expired(definition.document_names[kind], paper, act)
    record = DocumentRecord(
        number=len(ticket.documents) + 1,
        kind=kind,
        source=paper.source,
        received_at=act.at,
        received_by=act.actor.user_id,
        expires_on=paper.expires_on,
        file=file,
    )
    event = DocumentSupplied(
        number=record.number, kind=kind, source=paper.source, sha256=file.sha256 if file else ""
    )
    return Outcome(ticket=replace(ticket, documents=(*ticket.documents, record)), events=(event,))


def _refuse_expired(name: str, paper: Paper, act: Act) -> None:
    on = local_date(act.at)
    if paper.expires_on is None or paper.expires_on >= on:
        return
    until, today = f"{paper.expires_on:%Y-%m-%d}", f"{on:%Y-%m-%d}"
    raise RefusedError(
        Reason(
            code="document_expired",
            field="expires_on",
            message=f"{name}有效期至 {until}，今日（{today}）已经过期，不能登记",
            clause="R-3.4, 四(二)3",
            remedy="请当面告知客户换交在有效期内的；如日期填错，请核对证件后重新填写",
        )
    )


def verify(ticket: Ticket, definition: WorkflowDefinition, number: int, *, on: date) -> Outcome:
    """Record that document `number` was checked and found good; also one that was rejected.

    Raises:
        RefusedError: the ticket has ended, it was found good already, or has expired since.
        NotFoundError: there is no such document.
    """
    record = _named(ticket, definition, number)
    name = document_name(record.kind, definition)
    if record.status is DocumentStatus.VERIFIED:
        raise RefusedError(Reason(code="unchanged", message=f"第 {number} 份{name}已经审核合格"))
    if record.expires_on is not None and record.expires_on < on:
        raise RefusedError(
            Reason(
                code="document_expired",
                message=f"第 {number} 份{name}已于 {record.expires_on:%Y-%m-%d} 过期，不能审核合格",
                clause="R-3.4",
                remedy="请退回，并请客户补交在有效期内的",
            )
        )
    verified = replace(record, status=DocumentStatus.VERIFIED, note="")
    return Outcome(
        ticket=_with_document(ticket, verified),
        events=(DocumentVerified(number=number, kind=record.kind),),
    )


def reject(ticket: Ticket, definition: WorkflowDefinition, number: int, reason: str) -> Outcome:
    """Record that document `number` was found wanting. It counts no more; no clock moves (Q2)."""
    record = _named(ticket, definition, number)
    if not reason.strip():
        raise MalformedError(
            Reason(
                code="reason_missing",
                field="reason",
                message="退回资料必须说明原因",
                clause="R-3.4",
                remedy="请填写客户看得懂的退回原因",
            )
        )
    rejected = replace(record, status=DocumentStatus.REJECTED, note=reason.strip())
    return Outcome(
        ticket=_with_document(ticket, rejected),
        events=(DocumentRejected(number=number, kind=record.kind, reason=reason.strip()),),
    )


def refuse_if_ended(ticket: Ticket, definition: WorkflowDefinition) -> None:
    """A ticket that has ended is not changed any more."""
    if ticket.ended_at is not None:
        name = definition.state_by_id[ticket.state].name
        raise RefusedError(
            Reason(
                code="ticket_ended",
                message=f"工单 {ticket.ticket_no} 已结束（{name}），不能再修改",
                clause="R-5.1, 四(一)1",
                remedy="如客户有新的需求，请另行受理",
            )
        )


def _named(ticket: Ticket, definition: WorkflowDefinition, number: int) -> DocumentRecord:
    refuse_if_ended(ticket, definition)
    record = next((each for each in ticket.documents if each.number == number), None)
    if record is None:
        what = "资料"
        raise not_found(what, f"{ticket.ticket_no} 第 {number} 份")
    return record


def _with_document(ticket: Ticket, changed: DocumentRecord) -> Ticket:
    documents = tuple(
        changed if each.number == changed.number else each for each in ticket.documents
    )
    return replace(ticket, documents=documents)
