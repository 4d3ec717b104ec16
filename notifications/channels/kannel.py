"""The settings with which the HTTP gateway channel speaks to Kannel.

Kannel answers 403 both to a wrong password and to a number it will not route, so the sentence
decides. An answer of 202 holds no message id; the receipt's address carries ours.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from notifications.channels.base import ErrorClass
from notifications.channels.http_sms import HttpSmsSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

QUERY = (
    "/cgi-bin/sendsms?username={{ username | urlencode }}&password={{ password | urlencode }}"
    "&from={{ sender | urlencode }}&to={{ to | urlencode }}&charset=UTF-8&coding=2"
    "&text={{ text | urlencode }}"
    "{% if receipt_url %}&dlr-mask=31&dlr-url={{ receipt_url | urlencode }}{% endif %}"
)
"""`coding=2` is UCS-2, which Chinese needs; `dlr-mask=31` asks for every kind of receipt."""

ACCEPTED = r"^(0: Accepted|3: Queued)"
"""Queued means that the centre is down and Kannel keeps the message."""

ERRORS: Mapping[str, ErrorClass] = MappingProxyType(
    {
        "Authorization failed": ErrorClass.AUTH,
        "Not routable": ErrorClass.RECIPIENT,
        "Missing receiver": ErrorClass.RECIPIENT,
        "Temporal failure": ErrorClass.PROVIDER,
    }
)


def kannel_settings(
    base_url: str,
    *,
    sender: str,
    secrets: Mapping[str, str],
    receipt_base: str = "",
    receipt_key: str = "",
) -> HttpSmsSettings:
    """Settings for one Kannel.

    Args:
        base_url: address of its smsbox, without a path.
        sender: the number that messages come from.
        secrets: `username` and `password` of a sendsms-user.
        receipt_base: address under which our receipts are taken, without a final slash; empty for
            no receipts. Kannel fills in `%d` and `%A`.
        receipt_key: secret that proves receipts.
    """
    receipt_url = f"{receipt_base}/{{{{ message_id }}}}/{{{{ token }}}}?status=%d&text=%A"
    return HttpSmsSettings(
        url=base_url + QUERY,
        sender=sender,
        secrets=secrets,
        success=ACCEPTED,
        errors=ERRORS,
        receipt_url=receipt_url if receipt_base else "",
        receipt_key=receipt_key,
    )
