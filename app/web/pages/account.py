"""The own account: password and open sessions."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.people.passwords import MAX_LENGTH, MIN_LENGTH
from app.people.sessions import SignedIn
from app.web.access import Staff
from app.web.errors import status_of
from app.web.forms import Form
from app.web.pages.sign_in import keep_session
from app.web.rendering import page, see_other
from app.web.serving import application_of
from engine.errors import MalformedError, Reason, RefusedError

router = APIRouter()

DONE = {"password": "密码已更新，其他设备上的登录已全部退出。", "session": "该设备已退出登录。"}


@router.get("/account")
def account(request: Request, who: Staff, first: bool = False, done: str = "") -> Response:
    """Password form and sessions."""
    return _account_page(request, who, first=first, done=DONE.get(done, ""))


@router.post("/account/password")
def set_password(request: Request, who: Staff, form: Form) -> Response:
    """Set or change the password; every other session ends."""
    new, again = form.fields.get("new", ""), form.fields.get("again", "")
    try:
        _refuse_different(new, again)
        signed_in = application_of(request).accounts.sessions.set_password(
            who, old=form.fields.get("old", ""), new=new
        )
    except (MalformedError, RefusedError) as error:
        return _account_page(request, who, reasons=error.reasons, status=status_of(error))
    response = see_other("/account?done=password")
    keep_session(request, response, signed_in)
    return response


@router.post("/account/sessions/{session_id}/end")
def end_session(request: Request, session_id: str, who: Staff, _form: Form) -> Response:
    """End one of the own sessions."""
    application_of(request).accounts.sessions.end(session_id, who)
    return see_other("/account?done=session")


def _refuse_different(new: str, again: str) -> None:
    if new != again:
        raise MalformedError(
            Reason(code="not_repeated", field="again", message="两次输入的新密码不一致")
        )


def _account_page(
    request: Request,
    who: SignedIn,
    *,
    first: bool = False,
    done: str = "",
    reasons: tuple[Reason, ...] = (),
    status: int = 200,
) -> Response:
    return page(
        request,
        "account.html",
        status=status,
        first=first and not who.has_password,
        done=done,
        reasons=reasons,
        sessions=application_of(request).accounts.sessions.listing(who),
        min_length=MIN_LENGTH,
        max_length=MAX_LENGTH,
    )
