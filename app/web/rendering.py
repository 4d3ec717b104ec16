"""Pages from templates. Everything is escaped; nothing on a page is a script or an inline style."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.authorization import Action, is_permitted
from app.labels import MESSAGE_STATES, SERVICE_HOTLINE, SUPERVISION_HOTLINE
from engine.calendar import SHANGHAI
from engine.guards import ROLE_NAMES

if TYPE_CHECKING:
    from fastapi import Request

    from app.people.sessions import SignedIn
    from app.web.visit import Cookies, Visit

HERE = Path(__file__).parent
STATIC = HERE / "static"
WEEKDAYS = "一二三四五六日"
PLAN = "实施方案"
OWN_NUMBER = re.compile(r"R-\d+(\.\d+)?[a-z]?")
"""A requirement's number in the project's own documents, which means nothing to an official."""
OF_THE_PLAN = re.compile(r"[一二三四]\(|附件")
CITED = re.compile(r"（依据 ([^）]+)）")


def page(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Render a template for the visitor of the request."""
    visit: Visit | None = getattr(request.state, "visit", None)
    cookies: Cookies = request.app.state.cookies
    who = visit.signed_in if visit else None
    html = (
        environment()
        .get_template(template)
        .render(
            values,
            who=who,
            unread=visit.unread if visit else 0,
            form_token=visit.form_token if visit else "",
            insecure=not cookies.secure,
            path=request.url.path,
            request_id=getattr(request.state, "request_id", ""),
            may=_permissions(who),
        )
    )
    response = HTMLResponse(html, status_code=status)
    if visit is not None and visit.is_new_form_token and "anonymous_form" in values:
        response.set_cookie(
            cookies.form, visit.form_token, secure=cookies.secure, httponly=True, samesite="strict"
        )
    return response


def see_other(address: str) -> RedirectResponse:
    """After a post: show the page that the post led to (a reload posts nothing again)."""
    return RedirectResponse(address, status_code=303)


@cache
def environment() -> Environment:
    """The templates, compiled once; an undefined name is a fault, not an empty place."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        day=_day, day_of=_day_of, moment=_moment, size=_size, basis=basis, cited=cited
    )
    made.globals.update(
        asset=_asset,
        role_names=ROLE_NAMES,
        message_states={str(state): name for state, name in MESSAGE_STATES.items()},
        hotline=SERVICE_HOTLINE,
        supervision_hotline=SUPERVISION_HOTLINE,
    )
    return made


def basis(clause: str) -> str:
    """Where a rule comes from, as an official cites it; empty where only we have a number for it.

    `R-3.1, 四(二)3` is `实施方案四（二）3`; a law keeps its name.
    """
    parts = [part for each in clause.split(",") if not OWN_NUMBER.fullmatch(part := each.strip())]
    plan = [part for part in parts if OF_THE_PLAN.match(part)]
    laws = [part for part in parts if part not in plan]
    cited_plan = [PLAN + "、".join(plan)] if plan else []
    return "、".join([*cited_plan, *laws]).replace("(", "（").replace(")", "）").replace(" ", "")


def cited(sentence: str) -> str:
    """A sentence that names its clauses, with those an official knows."""
    return CITED.sub(
        lambda found: f"（依据{known}）" if (known := basis(found[1])) else "", sentence
    )


def _permissions(who: SignedIn | None) -> frozenset[str]:
    if who is None:
        return frozenset()
    return frozenset(str(action) for action in Action if is_permitted(who.actor, action))


def _day(on: date | None) -> str:
    if on is None:
        return ""
    text = f"{on:%Y-%m-%d}（周{WEEKDAYS[on.weekday()]}）"
    return Markup('<span class="hd-nowrap">{}</span>').format(text)


def _day_of(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日"


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _size(count: int) -> str:
    return f"{count / 1024:.0f} KB" if count >= 1024 else f"{count} 字节"  # noqa: PLR2004  (KB)


@cache
def _asset(name: str) -> str:
    """The address of a static file, which changes with its content."""
    digest = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
