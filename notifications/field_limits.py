"""What providers take in the fields of a registered template, and what is wrong with a value.

The kinds of WeChat are those of its subscription messages, whose names say the kind (`thing1`);
a value that breaks one is refused by WeChat with 47003 and the message is lost. Variables of text
messages must not smuggle links in.

Source: developers.weixin.qq.com, 订阅消息参数值内容限制说明; the SMS providers' template rules.
"""

from __future__ import annotations

import re
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class FieldKind(StrEnum):
    """What a provider takes in a field."""

    TEXT = "text"
    LINK = "link"
    THING = "thing"
    NUMBER = "number"
    LETTER = "letter"
    SYMBOL = "symbol"
    CHARACTER_STRING = "character_string"
    TIME = "time"
    DATE = "date"
    AMOUNT = "amount"
    PHONE_NUMBER = "phone_number"
    CAR_NUMBER = "car_number"
    NAME = "name"
    PHRASE = "phrase"


class Limit(NamedTuple):
    """How long a value may be, of what form, and how one says so."""

    longest: int
    form: str
    expected: str


_ANYTHING = r".+"
_DAY = r"\d{4}年\d{1,2}月\d{1,2}日"
_HOUR = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_MOMENT = rf"({_DAY} ?)?{_HOUR}"
_DAY_OR_MOMENT = rf"{_DAY}( ?{_HOUR})?"
_HAN = r"[一-鿿〇]"
NO_LINK = r"(?i)(?!.*(https?:|www\.)).+"

LIMITS: Mapping[FieldKind, Limit] = MappingProxyType(
    {
        FieldKind.TEXT: Limit(500, NO_LINK, "不得含有网址"),
        FieldKind.LINK: Limit(500, r"https?://[!-~]+", "应为以 http:// 或 https:// 开头的网址"),
        FieldKind.THING: Limit(20, _ANYTHING, "任意文字"),
        FieldKind.NUMBER: Limit(32, r"[-+]?\d+(\.\d+)?", "应为数字"),
        FieldKind.LETTER: Limit(32, r"[A-Za-z]+", "应为字母"),
        FieldKind.SYMBOL: Limit(5, r"[^\w\s]+", "应为符号"),
        FieldKind.CHARACTER_STRING: Limit(32, r"[ -~]+", "应为数字、字母或半角符号，不得含有汉字"),
        FieldKind.TIME: Limit(
            64, rf"{_MOMENT}(~{_MOMENT})?", "应为时间，例如 15:01 或 2019年10月1日 15:01"
        ),
        FieldKind.DATE: Limit(
            64, rf"{_DAY_OR_MOMENT}(~{_DAY_OR_MOMENT})?", "应为日期，例如 2019年10月1日"
        ),
        FieldKind.AMOUNT: Limit(
            15, r"[¥￥$€£]?\d{1,10}(\.\d{1,2})?元?", "应为金额，最多 10 位数字，可带“元”"
        ),
        FieldKind.PHONE_NUMBER: Limit(17, r"[-+\d() ]+", "应为电话号码"),
        FieldKind.CAR_NUMBER: Limit(8, rf"{_HAN}?[A-Za-z0-9]+{_HAN}?", "应为车牌号"),
        FieldKind.NAME: Limit(
            20, rf"{_HAN}{{1,10}}|[A-Za-z .·]{{1,20}}", "应为 10 个以内汉字或 20 个以内字母"
        ),
        FieldKind.PHRASE: Limit(5, rf"{_HAN}+", "应为 5 个以内汉字"),
    }
)
"""Kind -> limit."""

_KIND_IN_NAME = re.compile(r"([a-z_]+?)\d+")


def kind_named(name: str) -> FieldKind | None:
    """The kind that the name of a WeChat field says (`thing1`), if it says one."""
    match = _KIND_IN_NAME.fullmatch(name)
    found = match[1] if match else ""
    return FieldKind(found) if found in set(FieldKind) else None


def problem_of(kind: FieldKind, value: str) -> str:
    """What keeps a value from a field of that kind, beyond its length; empty if nothing does."""
    limit = LIMITS[kind]
    return "" if re.fullmatch(limit.form, value) else limit.expected
