"""The outbox (发件箱): what was told to whom, and what became of it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.labels import MESSAGE_STATES
from app.web.access import Reader
from app.web.rendering import page
from app.web.serving import application_of
from notifications.message import MessageState

router = APIRouter()


@router.get("/outbox")
def outbox(request: Request, who: Reader, state: str = "") -> Response:
    """The newest messages, or those in one state."""
    chosen = MessageState(state) if state in set(MessageState) else None
    return page(
        request,
        "outbox.html",
        messages=application_of(request).queries.messages(actor=who.actor, state=chosen),
        states=MESSAGE_STATES,
        chosen=chosen,
    )
