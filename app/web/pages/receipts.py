"""Where providers report what became of a message, and what people wrote back.

Each provider has an address with a secret of its own; a gateway that takes the address from us has
one a message, with a token that only we can compute (R-6.4). A report is stored as it came and
answered at once; nothing is done with it here.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response

from app.web.access import Machine
from app.web.serving import application_of
from engine.errors import NotFoundError
from notifications.channels.base import NOT_GENUINE, ReceiptRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifications.channels.base import Answer

logger = logging.getLogger(__name__)

router = APIRouter()

MAX_BODY = 1024 * 1024
"""Some thousand reports at once."""
FORM = "application/x-www-form-urlencoded"
ANY_GATEWAY = "sms"
"""The address that gateways were given before there were several of them."""


@router.get("/receipts/{provider}/{secret}")
@router.post("/receipts/{provider}/{secret}")
async def report(request: Request, provider: str, secret: str, _who: Machine) -> Response:
    """Take a report at the address of a provider."""
    receiving = application_of(request).receiving
    query, body = dict(request.query_params), await _body(request)
    if body is None:
        return PlainTextResponse("too large\n", status_code=413)
    return await _answered(lambda: receiving.take(provider, secret, query, body))


@router.get("/receipts/{provider}/{message_id}/{token}")
@router.post("/receipts/{provider}/{message_id}/{token}")
async def gateway_report(
    request: Request, provider: str, message_id: str, token: str, _who: Machine
) -> Response:
    """Take a report of one message; GET and POST alike, parameters in the address or in a form."""
    receiving = application_of(request).receiving
    query, body = dict(request.query_params), await _body(request)
    if body is None:
        return PlainTextResponse("too large\n", status_code=413)
    if request.headers.get("content-type", "").startswith(FORM):
        query |= dict(parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True))
    query |= {"message_id": message_id, "token": token}
    name = receiving.gateway if provider == ANY_GATEWAY else provider
    return await _answered(lambda: receiving.take_signed(name, query))


async def _answered(take: Callable[[], Answer]) -> Response:
    """What the provider is told; strangers learn nothing."""
    try:
        answer = await run_in_threadpool(take)
    except NotFoundError:
        return PlainTextResponse("not found\n", status_code=404)
    except ReceiptRefusedError as refusal:
        code = refusal.reasons[0].code
        logger.warning("receipt refused: %s", code)
        return PlainTextResponse("refused\n", status_code=403 if code == NOT_GENUINE else 400)
    return Response(answer.body, media_type=answer.content_type)


async def _body(request: Request) -> bytes | None:
    """What was posted; None if it is too much."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return None
    return body
