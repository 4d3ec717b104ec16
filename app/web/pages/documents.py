"""The papers of a ticket: hand in, check, send back, download."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web.access import Reader
from app.web.forms import Submitted
from app.web.pages.ticket_changes import Sent
from app.web.serving import application_of
from engine.errors import MalformedError, Reason
from engine.ticket import DocumentSource

router = APIRouter(prefix="/tickets/{ticket_no}")


@router.post("/documents")
def supply(sent: Sent) -> Response:
    """Register a paper, with its file or seen on paper only."""
    return sent.attempt(
        lambda: sent.application.documents.supply(
            sent.ticket_no,
            sent.form.text("kind"),
            _source(sent.form),
            actor=sent.actor,
            upload=sent.form.upload,
            expires_on=_expires_on(sent.form),
            expected_revision=sent.form.revision,
        ),
        "document",
    )


@router.post("/documents/{number}/verify")
def verify(number: int, sent: Sent) -> Response:
    """Record that it is good."""
    return sent.attempt(
        lambda: sent.application.documents.verify(
            sent.ticket_no, number, actor=sent.actor, expected_revision=sent.form.revision
        ),
        "verified",
    )


@router.post("/documents/{number}/reject")
def reject(number: int, sent: Sent) -> Response:
    """Record that it is not, and why."""
    return sent.attempt(
        lambda: sent.application.documents.reject(
            sent.ticket_no,
            number,
            sent.form.text("reason"),
            actor=sent.actor,
            expected_revision=sent.form.revision,
        ),
        "rejected",
    )


@router.get("/documents/{number}/file")
def download(request: Request, ticket_no: str, number: int, who: Reader) -> Response:
    """The file, to be saved and never to be run or shown inline (R-3.6)."""
    stored, content = application_of(request).documents.read_file(
        ticket_no, number, actor=who.actor
    )
    return Response(
        content,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(stored.name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _source(form: Submitted) -> DocumentSource:
    try:
        return DocumentSource(form.text("source"))
    except ValueError:
        raise MalformedError(
            Reason(code="bad_source", field="source", message="请选择资料来源", clause="R-3.6")
        ) from None


def _expires_on(form: Submitted) -> date | None:
    """The day printed on the paper; no time of an event (R-5.1)."""
    text = form.text("expires_on")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise MalformedError(
            Reason(
                code="bad_date",
                field="expires_on",
                message=f"有效期“{text}”不是日期",
                remedy="请按 2027-01-31 的格式填写，长期有效的留空",
            )
        ) from None
