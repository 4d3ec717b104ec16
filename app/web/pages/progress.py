"""The customer's page: no sign-in, a long random token, nothing that others may not see."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.web.access import Anybody
from app.web.rendering import page
from app.web.serving import application_of
from engine.errors import NotFoundError

router = APIRouter()


@router.get("/p/{token}")
def progress(request: Request, token: str, _who: Anybody) -> Response:
    """How far the application has come; the same page, empty, for a token nobody has."""
    try:
        found = application_of(request).queries.progress(token)
    except NotFoundError:
        return page(request, "progress.html", status=404, progress=None)
    return page(request, "progress.html", progress=found)
