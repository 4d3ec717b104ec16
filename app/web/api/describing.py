"""What the document of the API says of every call, and of bodies that a route reads by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.web.problems import API, MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from pydantic import BaseModel

VERSION = "1"
ROOT = f"{API}/v{VERSION}"
SCHEMA = "#/components/schemas/{model}"


def _told(description: str) -> dict[str, Any]:
    schema = {"$ref": SCHEMA.format(model=Problem.__name__)}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: _told(
        "No token, or one that is unknown, expired, revoked, or of a disabled account. "
        "`WWW-Authenticate` says so too."
    ),
    403: _told(
        "The token lacks the scope, its person the role, or something belongs to another branch."
    ),
    413: _told("More bytes than a call may send."),
    422: _told("No JSON, not of this shape, or wrong in what it says; nothing was kept."),
    500: _told("A fault of ours."),
    503: _told("The database is away; `Retry-After` says when to try again."),
}
"""Status -> how any call may fail."""


def json_body(shape: type[BaseModel], example: object) -> dict[str, Any]:
    """A body that the route reads by itself, so that FastAPI does not know of it."""
    schema = {"$ref": SCHEMA.format(model=shape.__name__)}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}
