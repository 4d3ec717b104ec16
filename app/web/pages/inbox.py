"""The own inbox (收件箱): what was sent to the one who is signed in."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web.access import Staff
from app.web.forms import Form
from app.web.rendering import page, see_other
from app.web.serving import application_of

router = APIRouter()


@router.get("/inbox")
def inbox(request: Request, who: Staff, done: int = -1) -> Response:
    """The newest messages, unread ones marked."""
    entries = application_of(request).inbox.listing(actor=who.actor)
    told = f"已将 {done} 条标为已读。" if done >= 0 else ""
    return page(request, "inbox.html", entries=entries, done=told)


@router.post("/inbox/read")
def read(request: Request, who: Staff, form: Form) -> Response:
    """Mark one message as read, or all if none is named."""
    message_id = form.fields.get("message_id") or None
    count = application_of(request).inbox.read(message_id, actor=who.actor)
    return see_other(f"/inbox?done={count}")
