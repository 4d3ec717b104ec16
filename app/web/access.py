"""Who may open which address. Every route declares it; the application refuses to start otherwise.

    @router.get("/queue")
    def queue(request: Request, who: Reader) -> Response: ...

A declaration is a dependency: `Anybody`, `Staff`, or an `Action` of `app.authorization` such as
`Reader`. Finer rules (this ticket, this move, this branch) are the use cases' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.routing import APIRoute

from app.authorization import Action, authorize
from app.people.sessions import SignedIn
from app.web.forms import submitted
from app.web.visit import visit_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fastapi import APIRouter
    from fastapi.dependencies.models import Dependant


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


def refuse_undeclared(routers: Iterable[APIRouter]) -> None:
    """See that every route says who may use it, and that every post of a person is checked.

    Raises:
        UndeclaredRouteError: naming all that do not.
    """
    careless = [
        getattr(route, "path", repr(route))
        for router in routers
        for route in router.routes
        if not (isinstance(route, APIRoute) and _is_guarded(route))
    ]
    if careless:
        msg = f"routes without one access declaration, or posts unchecked: {', '.join(careless)}"
        raise UndeclaredRouteError(msg)


def _is_guarded(route: APIRoute) -> bool:
    calls = set(_calls(route.dependant))
    declared = [each for each in calls if isinstance(each, Requires)]
    if len(declared) != 1:
        return False
    by_machine = declared[0].access is Access.MACHINE
    return by_machine or route.methods == {"GET"} or submitted in calls


def _calls(dependant: Dependant) -> Iterator[object]:
    """What the dependencies call, and what those depend on."""
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)
