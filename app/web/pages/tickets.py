"""One ticket: its page and the explanation of its dates. Changes are in `ticket_changes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from app.labels import CHECKPOINTS
from app.reading.move_view import move_views
from app.web.access import Reader
from app.web.errors import status_of
from app.web.forms import for_a_form
from app.web.rendering import page
from app.web.serving import application_of
from engine.calendar import SHANGHAI
from engine.errors import ConflictError, HuodianError, Reason
from engine.outage import DEFINITIONS
from engine.ticket import DocumentSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.people.sessions import SignedIn
    from app.reading.history import HistoryLine
    from engine.application import Contact

router = APIRouter()

DONE = {
    "submitted": "申请已登记，请核对下方资料清单和可办理事项。",
    "opened": "已立单，请核对下方内容和可办理事项。",
    "moved": "已办理，状态已更新。",
    "document": "资料已登记。",
    "verified": "资料已记为审核合格。",
    "rejected": "资料已退回，退回原因将告知客户。",
    "suspended": "已暂停计时，客户将收到通知。",
    "resumed": "已恢复计时，客户将收到新的最迟日期。",
    "managers": "双经理已更新，两位经理将收到通知。",
    "boundary": "投资界面延伸的决定已记录。",
    "amended": "更正已保存，更正前后的内容均已记录在案。",
}
SOURCES = {
    DocumentSource.COUNTER: "营业厅收取",
    DocumentSource.ON_SITE: "上门收集",
    DocumentSource.ONLINE: "线上提交",
}


@router.get("/tickets/{ticket_no}")
def ticket(request: Request, ticket_no: str, who: Reader, done: str = "") -> Response:
    """Everything about the ticket, and what may be done next."""
    return ticket_page(request, ticket_no, who, done=DONE.get(done, ""))


@router.get("/tickets/{ticket_no}/clock")
def clock(request: Request, ticket_no: str, who: Reader) -> Response:
    """Day by day why it is due when it is due."""
    queries = application_of(request).queries
    return page(
        request,
        "clock.html",
        ticket=queries.ticket(ticket_no, actor=who.actor),
        explanations=queries.clocks(ticket_no, actor=who.actor),
    )


@router.get("/tickets/{ticket_no}/diagram")
def diagram(request: Request, ticket_no: str, who: Reader) -> Response:
    """The ticket's own definition version as a picture, with the state that it is in."""
    application = application_of(request)
    found = application.diagrams.of_ticket(ticket_no, actor=who.actor)
    return page(
        request,
        "ticket_diagram.html",
        ticket=application.queries.ticket(ticket_no, actor=who.actor),
        definition=found.definition,
        picture=Markup(found.svg()),  # noqa: S704  (made here, every text escaped)
        moves=move_views(found.definition),
        checkpoints=CHECKPOINTS,
    )


def ticket_page(
    request: Request,
    ticket_no: str,
    who: SignedIn,
    *,
    done: str = "",
    error: HuodianError | None = None,
    entered: Mapping[str, str] | None = None,
    contact: Contact | None = None,
) -> Response:
    """The page, if need be with the refusal of what was tried and what was entered."""
    queries = application_of(request).queries
    shown = queries.ticket(ticket_no, actor=who.actor)
    listed = {field.id for action in shown.actions for field in action.fields if field.options}
    history = queries.history(ticket_no, actor=who.actor)
    reasons = for_a_form(_reasons(error, history), listed)
    return page(
        request,
        "ticket.html",
        status=status_of(error) if error else 200,
        ticket=shown,
        is_outage=shown.definition_ref.partition("@")[0] in DEFINITIONS.values(),
        history=history,
        grid=application_of(request).readiness.tickets.of_ticket(ticket_no, actor=who.actor),
        outages=application_of(request).outages.reader.serving(ticket_no, actor=who.actor),
        messages=queries.messages(actor=who.actor, ticket_no=ticket_no),
        managers=queries.managers(shown.branch, actor=who.actor),
        sources=SOURCES,
        done=done,
        reasons=reasons,
        problems={each.field: each for each in reasons if each.field},
        is_conflict=isinstance(error, ConflictError),
        entered=entered or {},
        contact=contact,
    )


def _reasons(error: HuodianError | None, history: tuple[HistoryLine, ...]) -> tuple[Reason, ...]:
    """The refusal; a conflict says who was faster."""
    if not isinstance(error, ConflictError) or not history:
        return error.reasons if error else ()
    last = history[0]
    at = last.at.astimezone(SHANGHAI)
    return (
        Reason(
            code="conflict",
            message=f"工单已由{last.actor_name}于 {at:%m-%d %H:%M} 处理（{last.action_name}），"
            "您刚才的操作没有执行",
            remedy="下面已是最新内容，请核对后重新办理",
        ),
    )
