"""What WeChat's servers send us, and the proof that it was they.

In plain mode the address carries sha1(token, timestamp, nonce). In safe mode the body is encrypted
besides, and signed as a whole. Both are the same for the official account and the work account.
"""

from __future__ import annotations

import base64
import hmac
from hashlib import sha1
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from notifications.channels.base import MissingExtraError, not_genuine, receipt_refused

if TYPE_CHECKING:
    from collections.abc import Mapping

BLOCK, SALT, LENGTH = 32, 16, 4
"""Bytes of padding block, of the random beginning, and of the length that follows it."""


def refuse_unsigned(query: Mapping[str, str], token: str) -> None:
    """See that a call was made by somebody who knows our token.

    Raises:
        ReceiptRefusedError: it was not.
    """
    signed = (token, query.get("timestamp", ""), query.get("nonce", ""))
    if not token or not _is_signature(query.get("signature", ""), *signed):
        raise not_genuine(problem="签名不正确")


def event_of(
    body: bytes, query: Mapping[str, str], token: str, key: str, app_id: str
) -> ET.Element:
    """The event in a body, decrypted if it came in safe mode.

    Raises:
        ReceiptRefusedError: not genuine, or no XML.
        MissingExtraError: it is encrypted, and what decrypts it is not installed.
    """
    event = _xml(body)
    encrypted = event.findtext("Encrypt", "")
    if query.get("encrypt_type") != "aes" or not encrypted:
        if key:
            raise not_genuine(problem="未加密")
        return event
    signed = (token, query.get("timestamp", ""), query.get("nonce", ""), encrypted)
    if not key or not _is_signature(query.get("msg_signature", ""), *signed):
        raise not_genuine(problem="消息体签名不正确")
    return _xml(decrypted(encrypted, key, app_id))


def decrypted(encrypted: str, key: str, app_id: str) -> bytes:
    """The text of an encrypted body; `key` is the EncodingAESKey, `app_id` whom it must be for.

    Raises:
        ReceiptRefusedError: it was not encrypted with the key, or for another account.
        MissingExtraError: the library is not installed.
    """
    try:
        from cryptography.hazmat.primitives.ciphers import (  # noqa: PLC0415
            Cipher,
            algorithms,
            modes,
        )
    except ModuleNotFoundError as fault:
        raise MissingExtraError.of(extra="wechat") from fault
    secret = base64.b64decode(key + "=")
    cipher = Cipher(algorithms.AES(secret), modes.CBC(secret[:SALT])).decryptor()
    try:
        plain = cipher.update(base64.b64decode(encrypted)) + cipher.finalize()
    except ValueError as fault:
        raise not_genuine(problem="无法解密") from fault
    plain = plain[: -plain[-1]] if plain and 1 <= plain[-1] <= BLOCK else b""
    begins = SALT + LENGTH
    ends = begins + int.from_bytes(plain[SALT:begins], "big")
    if plain[ends:] != app_id.encode():
        raise not_genuine(problem="不是发给本账号的")
    return plain[begins:ends]


def _is_signature(given: str, *signed: str) -> bool:
    expected = sha1("".join(sorted(signed)).encode()).hexdigest()  # noqa: S324  (theirs)
    return hmac.compare_digest(expected.encode(), given.encode())


def _xml(body: bytes) -> ET.Element:
    if b"<!" in body.replace(b"<![CDATA[", b""):
        raise receipt_refused(code="receipt_unreadable", problem="含有不允许的 XML 声明")
    try:
        return ET.fromstring(body)  # noqa: S314  (no entities can be declared)
    except ET.ParseError as fault:
        raise receipt_refused(code="receipt_unreadable", problem="内容不是 XML") from fault
