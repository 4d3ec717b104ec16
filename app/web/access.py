"""Who may open which address. Every route declares it; the application refuses to start otherwise.

    @router.get("/queue")
    def queue(request: Request, who: Reader) -> Response: ...

A declaration is a dependency: `Anybody`, `Staff`, or an `Action` of `app.authorization` such as
`Reader`. Finer rules (this ticket, this move, this branch) are the use cases' business.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.routing import APIRoute

from app.authorization import Action, authorize
from app.sessions import SignedIn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import APIRouter
    from fastapi.dependencies.models import Dependant

    from app.bootstrap import Application


class Access(StrEnum):
    """Addresses that need no particular role."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    MACHINE = "machine"
    """A program that proves itself by a secret of its own; no session, no form token."""


class SignInNeededError(Exception):
    """Nobody is signed in, or the session has ended."""


class UndeclaredRouteError(Exception):
    """A route says not who may use it: a mistake of ours, found at start-up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who is looking at the page. `form_token` guards forms against foreign sites."""

    signed_in: SignedIn | None
    form_token: str
    is_new_form_token: bool = False


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


@dataclass(frozen=True, slots=True)
class Requires:
    """The declaration of a route, and its check."""

    access: Access | Action

    def __call__(self, request: Request) -> SignedIn | None:
        """Let the visitor in, or raise.

        Raises:
            SignInNeededError: nobody is signed in.
            RefusedError: the roles of the one who is do not allow it.
        """
        if self.access is Access.MACHINE:
            return None
        visit = visit_of(request)
        request.state.visit = visit
        if self.access is Access.PUBLIC:
            return visit.signed_in
        if visit.signed_in is None:
            raise SignInNeededError
        if isinstance(self.access, Action):
            authorize(visit.signed_in.actor, self.access)
        return visit.signed_in


Anybody = Annotated[SignedIn | None, Depends(Requires(Access.PUBLIC))]
Machine = Annotated[None, Depends(Requires(Access.MACHINE))]
Staff = Annotated[SignedIn, Depends(Requires(Access.SIGNED_IN))]
Reader = Annotated[SignedIn, Depends(Requires(Action.READ))]
Submitter = Annotated[SignedIn, Depends(Requires(Action.SUBMIT))]
Administrator = Annotated[SignedIn, Depends(Requires(Action.MANAGE_ACCOUNTS))]


def visit_of(request: Request) -> Visit:
    """The visitor as the cookies tell."""
    application: Application = request.app.state.application
    cookies: Cookies = request.app.state.cookies
    token = request.cookies.get(cookies.session, "")
    signed_in = application.accounts.sessions.find(token) if token else None
    if signed_in is not None:
        return Visit(signed_in=signed_in, form_token=signed_in.csrf_token)
    known = request.cookies.get(cookies.form, "")
    form_token = known or secrets.token_urlsafe(32)
    return Visit(signed_in=None, form_token=form_token, is_new_form_token=not known)


def refuse_undeclared(routers: Iterable[APIRouter]) -> None:
    """See that every route of the routers says who may use it.

    Raises:
        UndeclaredRouteError: naming all that do not.
    """
    undeclared = [
        getattr(route, "path", repr(route))
        for router in routers
        for route in router.routes
        if not (isinstance(route, APIRoute) and len(_declared(route.dependant)) == 1)
    ]
    if undeclared:
        msg = f"routes without exactly one access declaration: {', '.join(undeclared)}"
        raise UndeclaredRouteError(msg)


def _declared(dependant: Dependant) -> set[Requires]:
    """The declarations among the dependencies, and among what those depend on."""
    own = {dependant.call} if isinstance(dependant.call, Requires) else set()
    return own.union(*(_declared(each) for each in dependant.dependencies))
