"""Who is looking at a page: the session, and the token that guards forms, from the cookies."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import Request

    from app.bootstrap import Application
    from app.people.sessions import SignedIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who is looking at the page. `form_token` guards forms against foreign sites.

    `unread` is how many messages in the own inbox are unread.
    """

    signed_in: SignedIn | None
    form_token: str
    is_new_form_token: bool = False
    unread: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """Names and attributes; `__Host-` and Secure need HTTPS (settings: behind_https)."""

    secure: bool

    @property
    def session(self) -> str:
        """Holds the session's token."""
        return "__Host-hd_s" if self.secure else "hd_s"

    @property
    def form(self) -> str:
        """Holds the form token of somebody who is not signed in."""
        return "__Host-hd_f" if self.secure else "hd_f"


def visit_of(request: Request) -> Visit:
    """The visitor as the cookies tell."""
    application: Application = request.app.state.application
    cookies: Cookies = request.app.state.cookies
    token = request.cookies.get(cookies.session, "")
    signed_in = application.accounts.sessions.find(token) if token else None
    if signed_in is not None:
        unread = application.inbox.unread(actor=signed_in.actor)
        return Visit(signed_in=signed_in, form_token=signed_in.csrf_token, unread=unread)
    known = request.cookies.get(cookies.form, "")
    form_token = known or secrets.token_urlsafe(32)
    return Visit(signed_in=None, form_token=form_token, is_new_form_token=not known)
