"""Puts the API together: what can be called, and the document that describes it (OpenAPI)."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic.json_schema import models_json_schema

from app.web.access import Anybody
from app.web.api import loads
from app.web.api.describing import ROOT, SCHEMA, VERSION
from app.web.problems import MAX_BODY, Problem

CALLS = (loads.router,)
BODIES = (loads.LoadSubmission,)
"""What routes read by themselves."""

DESCRIPTION = f"""\
The use cases of Huodian (获电) for other programs.

- **Access.** Every call carries `Authorization: Bearer hd_…`. An administrator issues the token
  (`huodian token issue`); it acts as one person of the company, with that person's branch and
  roles, narrowed to its scopes. What is done is recorded in that person's name.
- **JSON** in UTF-8, at most {MAX_BODY // 1024 // 1024} MB a call. Numbers are taken as written,
  digit by digit; they may be sent as text. Unknown fields are refused. No call takes the time of an
  event, which only the server's clock gives.
- **Errors** are problem details (RFC 9457) with everything that is wrong at once. Each answer
  carries `X-Request-Id`; quote it when you ask for help.
- **Again.** After 503 wait as long as `Retry-After` says. After 500, 503 or no answer at all, a
  call may be repeated as it is.
"""


router = APIRouter(prefix=ROOT)
ROUTERS = (*CALLS, router)


@router.get("/openapi.json", include_in_schema=False)
def openapi(_who: Anybody) -> JSONResponse:
    """The document; it holds nothing that is not in the program's source."""
    return JSONResponse(document())


@cache
def document() -> dict[str, Any]:
    """The calls of the API, and nothing of the console."""
    made = get_openapi(
        title="获电 Huodian",
        version=VERSION,
        description=DESCRIPTION,
        routes=[route for calls in CALLS for route in calls.routes],
    )
    _, shapes = models_json_schema(
        [*((body, "validation") for body in BODIES), (Problem, "serialization")],
        ref_template=SCHEMA,
    )
    made["components"]["schemas"] |= shapes["$defs"]
    return made
