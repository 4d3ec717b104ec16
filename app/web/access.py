"""Who may open which address. Every route declares it; the application refuses to start otherwise.

    @router.get("/queue")
    def queue(request: Request, who: Reader) -> Response: ...

A declaration is a dependency: `Anybody`, `Staff`, an `Action` of `app.authorization` such as
`Reader`, or for a call of the API a `Scope` such as `LoadWriter`. Finer rules (this ticket, this
move, this branch) are the use cases' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase

from app.authorization import SCOPE_NAMES, Action, Scope, authorize
from app.people.api_tokens import Bearer
from app.people.sessions import SignedIn
from app.web.forms import submitted
from app.web.problems import API
from app.web.serving import application_of
from app.web.visit import visit_of
from engine.errors import Reason

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


class TokenRefusedError(Exception):
    """No token, one that lets nobody in, or one that was not given for this.

    `challenge` is what the answer's `WWW-Authenticate` says (RFC 6750).
    """

    def __init__(self, status: HTTPStatus, challenge: str, reason: Reason) -> None:
        self.status = status
        self.challenge = f'Bearer realm="huodian"{challenge}'
        self.reason = reason
        super().__init__(reason.code)


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


class RequiresToken(SecurityBase):
    """The declaration of a call of the API, and its check; the document of the API shows it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.scheme_name = "token"
        self.model = HTTPBearer(
            bearerFormat="hd_…", description="Issued by an administrator: `huodian token issue`."
        )

    def __call__(self, request: Request) -> Bearer:
        """Let the program in, or raise. Cookies count for nothing here.

        Raises:
            TokenRefusedError: it shows no token, or none that counts for this.
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise _no_token()
        bearer = application_of(request).api_tokens.find(token.strip())
        if bearer is None:
            raise _not_valid()
        if self.scope not in bearer.scopes:
            raise _not_for_this(self.scope)
        return bearer


def _by_token(scope: Scope) -> Any:  # noqa: ANN401  (as FastAPI types it)
    return Security(RequiresToken(scope), scopes=[scope.value])


def _no_token() -> TokenRefusedError:
    reason = Reason(
        code="token_missing",
        message="请求没有携带令牌",
        remedy="请在请求头写 Authorization: Bearer 和令牌（以 hd_ 开头，由管理员签发）",
    )
    return TokenRefusedError(HTTPStatus.UNAUTHORIZED, "", reason)


def _not_valid() -> TokenRefusedError:
    """The same for every token that lets nobody in: whoever guesses learns nothing."""
    reason = Reason(
        code="token_invalid",
        message="令牌无效：可能写错、已过期、已吊销，或其账号已停用",
        remedy="请核对，或联系管理员重新签发",
    )
    return TokenRefusedError(HTTPStatus.UNAUTHORIZED, ', error="invalid_token"', reason)


def _not_for_this(scope: Scope) -> TokenRefusedError:
    reason = Reason(
        code="scope_missing",
        message=f"令牌没有“{SCOPE_NAMES[scope]}”（{scope}）的权限范围",
        remedy="请联系管理员签发有此权限范围的令牌",
    )
    challenge = f', error="insufficient_scope", scope="{scope}"'
    return TokenRefusedError(HTTPStatus.FORBIDDEN, challenge, reason)


Anybody = Annotated[SignedIn | None, Depends(Requires(Access.PUBLIC))]
Machine = Annotated[None, Depends(Requires(Access.MACHINE))]
Staff = Annotated[SignedIn, Depends(Requires(Access.SIGNED_IN))]
Reader = Annotated[SignedIn, Depends(Requires(Action.READ))]
Submitter = Annotated[SignedIn, Depends(Requires(Action.SUBMIT))]
Administrator = Annotated[SignedIn, Depends(Requires(Action.MANAGE_ACCOUNTS))]
LoadWriter = Annotated[Bearer, _by_token(Scope.LOADS_WRITE)]


def refuse_undeclared(routers: Iterable[APIRouter]) -> None:
    """See that every route says who may use it, and that every post of a person is checked.

    Tokens let in below `/api`, and only there; a session never does, because browsers send cookies
    by themselves.

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
    declared = [each for each in calls if isinstance(each, Requires | RequiresToken)]
    if len(declared) != 1:
        return False
    is_call = route.path.startswith(f"{API}/")
    declaration = declared[0]
    if isinstance(declaration, RequiresToken):
        return is_call
    if is_call:
        return declaration.access is Access.PUBLIC and route.methods == {"GET"}
    by_machine = declaration.access is Access.MACHINE
    return by_machine or route.methods == {"GET"} or submitted in calls


def _calls(dependant: Dependant) -> Iterator[object]:
    """What the dependencies call, and what those depend on."""
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)
