"""Signing in by password or one-time link, and signing out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.web.access import Anybody, Staff
from app.web.errors import error_page, status_of
from app.web.forms import Form
from app.web.rendering import page, see_other
from app.web.serving import application_of
from app.web.visit import Cookies
from engine.errors import Reason, RefusedError

if TYPE_CHECKING:
    from app.people.sessions import SignedIn

router = APIRouter()


@router.get("/login")
def login_form(
    request: Request,
    who: Anybody,
    next_page: Annotated[str, Query(alias="next")] = "/queue",
    ended: bool = False,
) -> Response:
    """The form; whoever is signed in already goes on."""
    if who is not None:
        return see_other("/queue")
    return _login_page(request, next_page=next_page, ended=ended)


@router.post("/login")
def login(request: Request, who: Anybody, form: Form) -> Response:
    """Sign in by user id and password."""
    address = request.client.host if request.client else ""
    sessions = application_of(request).accounts.sessions
    try:
        signed_in = sessions.sign_in(
            form.text("user_id"), form.fields.get("password", ""), address=address
        )
    except RefusedError as error:
        return _login_page(
            request,
            next_page=form.text("next"),
            user_id=form.text("user_id"),
            reasons=error.reasons,
            status=status_of(error),
        )
    if who is not None:
        sessions.sign_out(who.token)
    return _welcome(request, signed_in, _local(form.text("next")))


@router.get("/sign-in/{token}")
def link_form(request: Request, token: str, _who: Anybody) -> Response:
    """Asks before the link is used up: programs that preview links must not burn it."""
    holder = application_of(request).accounts.sessions.link_holder(token)
    if holder is None:
        return error_page(request, 404, (_INVALID_LINK,))
    return page(request, "sign_in.html", holder=holder, token=token, anonymous_form=True)


@router.post("/sign-in/{token}")
def use_link(request: Request, token: str, who: Anybody, _form: Form) -> Response:
    """Use the link up and sign in."""
    sessions = application_of(request).accounts.sessions
    signed_in = sessions.consume_link(token)
    if who is not None:
        sessions.sign_out(who.token)
    return _welcome(request, signed_in, "/queue" if signed_in.has_password else "/account?first=1")


@router.post("/logout")
def logout(request: Request, who: Staff, _form: Form) -> Response:
    """End the session."""
    application_of(request).accounts.sessions.sign_out(who.token)
    response = see_other("/login")
    cookies: Cookies = request.app.state.cookies
    response.delete_cookie(cookies.session, secure=cookies.secure, httponly=True)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def keep_session(request: Request, response: Response, signed_in: SignedIn) -> None:
    """Give the browser its session; the cookie ends with the browser, the session by itself."""
    cookies: Cookies = request.app.state.cookies
    response.set_cookie(
        cookies.session, signed_in.token, secure=cookies.secure, httponly=True, samesite="lax"
    )


def _login_page(
    request: Request,
    *,
    next_page: str,
    user_id: str = "",
    ended: bool = False,
    reasons: tuple[Reason, ...] = (),
    status: int = 200,
) -> Response:
    return page(
        request,
        "login.html",
        status=status,
        next_page=_local(next_page),
        user_id=user_id,
        ended=ended,
        reasons=reasons,
        anonymous_form=True,
    )


def _welcome(request: Request, signed_in: SignedIn, target: str) -> Response:
    response = see_other(target)
    keep_session(request, response, signed_in)
    return response


def _local(target: str) -> str:
    """An address of this console; anything else would lead elsewhere after signing in."""
    is_local = target.startswith("/") and not target.startswith(("//", "/\\"))
    plain = target.isprintable() and "\\" not in target
    return target if is_local and plain and target != "/login" else "/queue"


_INVALID_LINK = Reason(
    code="link_invalid",
    message="登录链接无效：可能已经使用过，或已超过 24 小时",
    remedy="请联系管理员重新发送",
)
