"""What Aliyun's answers and reports say, read into what is certain of a message. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifications.channels.base import (
    ErrorClass,
    Receipt,
    Result,
    Verdict,
    refused,
    unknown,
)
from notifications.channels.codes import code_table
from notifications.message import MessageState
from notifications.provider_requests import national
from notifications.wire.sdk_failures import never_left

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notifications.message import Message

NAME = "aliyun"
DONE = "OK"
SENT, FAILED_TO_SEND = 3, 2
"""SendStatus of QuerySendDetails; 1 waits for the carrier."""


def judged(body: Any) -> Result:  # noqa: ANN401  (the SDK's)
    """What an answer says of all that it is about."""
    if body.code == DONE:
        known = getattr(body, "biz_id", None) or ""
        return Result(message_id="", verdict=Verdict.ACCEPTED, provider_id=known)
    meaning = code_table(NAME).meaning(body.code or "")
    return refused("", meaning.error_class, body.code or "", meaning.text)


def failure(message_id: str, fault: Exception) -> Result:
    """What is certain of a message after the SDK has raised."""
    code, status = str(getattr(fault, "code", "") or ""), getattr(fault, "status_code", None)
    if status is None:
        if never_left(fault):
            text = "无法连接服务商"
            return refused(message_id, ErrorClass.PROVIDER, type(fault).__name__, text)
        return unknown(message_id, type(fault).__name__)
    meaning = code_table(NAME).find(code)
    if meaning is None and status >= 500:  # noqa: PLR2004  (a status of HTTP)
        return unknown(message_id, f"{status} {code}".strip())
    meaning = meaning or code_table(NAME).meaning(code)
    return refused(message_id, meaning.error_class, code, meaning.text)


def found(message: Message, listed: Any) -> Result:  # noqa: ANN401  (the SDK's)
    """What an entry of QuerySendDetails says of a message."""
    code = listed.err_code or ""
    if listed.send_status == SENT:
        return Result(message_id=message.id, verdict=Verdict.DELIVERED, code=code)
    if listed.send_status == FAILED_TO_SEND:
        return refused(message.id, ErrorClass.RECIPIENT, code, "运营商回执：未送达")
    return Result(message_id=message.id, verdict=Verdict.ACCEPTED)


def receipt_of(report: Mapping[str, Any]) -> Receipt:
    """What a report (SmsReport) says of the message that it is about."""
    reference = str(report.get("out_id") or "")
    is_one = reference and not reference.startswith("many-")
    return Receipt(
        state=MessageState.DELIVERED if report["success"] is True else MessageState.FAILED,
        message_id=reference if is_one else "",
        provider_id=str(report.get("biz_id") or ""),
        address=national(str(report.get("phone_number") or "")),
        code=str(report.get("err_code") or ""),
        text="" if report["success"] is True else str(report.get("err_msg") or ""),
    )
