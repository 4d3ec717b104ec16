"""Check digits of the numbers that identify an applicant: a mistyped number is caught at the desk.

Whether the number was ever issued is the e-certificate platform's business (R-3.7), not ours.
No message repeats the number: it is personal data.
"""

from __future__ import annotations

import re
from datetime import date

from engine.application import IdKind

RESIDENT_ID = re.compile(r"[0-9]{17}[0-9X]")
RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS = "10X98765432"
OLDEST_BIRTH_YEAR = 1900

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC = re.compile(f"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}")


def resident_check(body: str) -> str:
    """The 18th character of a resident id number for its first 17 digits (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(body, RESIDENT_WEIGHTS, strict=True))
    return RESIDENT_CHECKS[total % 11]


def uscc_check(body: str) -> str:
    """The 18th character of a unified social credit code for its first 17 (GB 32100)."""
    total = sum(
        USCC_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body)
    )
    return USCC_ALPHABET[-total % 31]


def id_number_problem(kind: IdKind, number: str) -> str:
    """What is wrong with the number, in Chinese; empty if nothing is. Letters are upper case."""
    match kind:
        case IdKind.RESIDENT_ID:
            return _resident_problem(number)
        case IdKind.USCC:
            return _uscc_problem(number)


def _resident_problem(number: str) -> str:
    if not RESIDENT_ID.fullmatch(number):
        return "居民身份证号应为18位：前17位为数字，末位为数字或X"
    if not _is_birthday(number[6:14]):
        return "居民身份证号第7至14位不是有效的出生日期"
    if number[17] != resident_check(number[:17]):
        return "居民身份证号校验位不符，可能有某一位录错"
    return ""


def _uscc_problem(code: str) -> str:
    if USCC.fullmatch(code) and code[17] == uscc_check(code[:17]):
        return ""
    if RESIDENT_ID.fullmatch(code) and _is_birthday(code[6:14]):
        return "填写的像是居民身份证号，此处应为统一社会信用代码"
    if not USCC.fullmatch(code):
        return (
            "统一社会信用代码应为18位：数字和大写字母（不含I、O、S、V、Z），第3至8位为行政区划数字"
        )
    return "统一社会信用代码校验位不符，可能有某一位录错"


def _is_birthday(digits: str) -> bool:
    try:
        return date.fromisoformat(digits).year >= OLDEST_BIRTH_YEAR
    except ValueError:
        return False
