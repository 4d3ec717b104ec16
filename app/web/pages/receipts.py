"""Where SMS gateways report what became of a message.

A gateway proves itself by the token in the address, which only we can compute (R-6.4). The report
is stored as it came and answered at once; a report that is refused is stored with the reason.
"""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse

from app.web.access import Machine
from app.web.serving import application_of
from notifications.channels.base import ReceiptRefusedError
from notifications.message import Channel

logger = logging.getLogger(__name__)

router = APIRouter()


@router.get("/receipts/sms/{message_id}/{token}")
@router.post("/receipts/sms/{message_id}/{token}")
async def sms_receipt(
    request: Request, message_id: str, token: str, _who: Machine
) -> PlainTextResponse:
    """Take a report; GET and POST alike, parameters in the address or in a form."""
    fields = dict(request.query_params)
    if request.method == "POST":
        form = await request.form()
        fields.update({key: value for key, value in form.items() if isinstance(value, str)})
    raw = urlencode({"message_id": message_id, **fields})
    sending = application_of(request).sending
    given = {**fields, "message_id": message_id, "token": token}
    try:
        await run_in_threadpool(sending.take_receipt, Channel.SMS, given, raw)
    except ReceiptRefusedError as refusal:
        logger.warning("receipt refused: %s", refusal.reasons[0].code)
        return PlainTextResponse("refused\n", status_code=403)
    return PlainTextResponse("ok\n")
