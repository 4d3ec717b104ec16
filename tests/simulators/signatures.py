"""The signatures of the two clouds, computed anew from what came over the wire.

Written from the clouds' descriptions, not from their SDKs, so that an SDK and a simulator agree
only if both are right.
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from app.clock import system_clock

if TYPE_CHECKING:
    from tests.simulators.serving import Call

ACS3, TC3 = "ACS3-HMAC-SHA256", "TC3-HMAC-SHA256"
ACS_SKEW, TC_SKEW = timedelta(minutes=15), timedelta(minutes=5)


def acs3_problem(call: Call, secrets: dict[str, str]) -> str:
    """The code with which Aliyun refuses a call that is not properly signed; empty if it is."""
    parts = re.fullmatch(
        rf"{ACS3} Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]+)",
        call.headers.get("authorization", ""),
    )
    if parts is None:
        return "IncompleteSignature"
    key_id, signed, signature = parts.groups()
    secret = secrets.get(key_id)
    if secret is None:
        return "InvalidAccessKeyId.NotFound"
    sent_at = datetime.fromisoformat(call.headers["x-acs-date"])
    if abs(system_clock() - sent_at) > ACS_SKEW:
        return "InvalidTimeStamp.Expired"
    if call.headers["x-acs-content-sha256"] != sha256(call.body).hexdigest():
        return "SignatureDoesNotMatch"
    query = sorted(parse_qsl(call.raw_query, keep_blank_values=True))
    canonical = "\n".join(
        [
            call.method,
            call.path,
            "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in query),
            "".join(f"{name}:{call.headers[name].strip()}\n" for name in signed.split(";")),
            signed,
            sha256(call.body).hexdigest(),
        ]
    )
    to_sign = f"{ACS3}\n{sha256(canonical.encode()).hexdigest()}"
    expected = hmac.new(secret.encode(), to_sign.encode(), sha256).hexdigest()
    return "" if hmac.compare_digest(expected, signature) else "SignatureDoesNotMatch"


def tc3_problem(call: Call, secrets: dict[str, str]) -> str:
    """The code with which Tencent refuses a call that is not properly signed; empty if it is."""
    parts = re.fullmatch(
        rf"{TC3} Credential=([^/]+)/([^/]+)/(\w+)/tc3_request, "
        r"SignedHeaders=([^,]+), Signature=([0-9a-f]+)",
        call.headers.get("authorization", ""),
    )
    if parts is None:
        return "AuthFailure.SignatureFailure"
    key_id, day, service, signed, signature = parts.groups()
    secret = secrets.get(key_id)
    if secret is None:
        return "AuthFailure.SecretIdNotFound"
    stamp = call.headers["x-tc-timestamp"]
    sent_at = datetime.fromtimestamp(int(stamp), UTC)
    if abs(system_clock() - sent_at) > TC_SKEW:
        return "AuthFailure.SignatureExpire"
    canonical = "\n".join(
        [
            call.method,
            "/",
            call.raw_query,
            "".join(f"{name}:{call.headers[name]}\n" for name in signed.split(";")),
            signed,
            sha256(call.body).hexdigest(),
        ]
    )
    scope = f"{day}/{service}/tc3_request"
    to_sign = f"{TC3}\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    key = f"TC3{secret}".encode()
    for part in (f"{sent_at:%Y-%m-%d}", "sms", "tc3_request"):
        key = hmac.new(key, part.encode(), sha256).digest()
    expected = hmac.new(key, to_sign.encode(), sha256).hexdigest()
    return "" if hmac.compare_digest(expected, signature) else "AuthFailure.SignatureFailure"


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
