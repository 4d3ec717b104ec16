"""Whether the process lives, and whether it can work."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from app.web.access import Anybody
from app.web.serving import application_of
from engine.errors import UnavailableError

logger = logging.getLogger(__name__)

router = APIRouter()


@router.get("/healthz")
def live(_who: Anybody) -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def ready(request: Request, _who: Anybody) -> PlainTextResponse:
    """The database answers too."""
    try:
        application_of(request).queries.branches()
    except UnavailableError as error:
        logger.warning("not ready: %s", error)
        return PlainTextResponse("not ready\n", status_code=503)
    except Exception:
        logger.exception("not ready")
        return PlainTextResponse("not ready\n", status_code=503)
    return PlainTextResponse("ready\n")
