"""How one raw field becomes a value, with every problem remembered instead of the first one raised.

Forms, commands and imports read their fields through a `FieldReader`, so the same text is judged
the same everywhere. A method that finds a problem notes it and returns a stand-in; nothing may be
made of the values before `refuse_if_any`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from engine.calendar import SHANGHAI
from engine.errors import MalformedError, Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from enum import StrEnum

    Choice = TypeVar("Choice", bound=StrEnum)

SHOWN_LENGTH = 30
REMARK_LENGTH = 500
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control, formatting (also text direction), lone surrogates, line and paragraph separators."""
TIME_SUFFIXES = ("_at", "_on", "_time", "_date", "_datetime", "时间", "日期", "时刻")
TIME_NAMES = frozenset({"at", "on", "date", "time", "datetime", "timestamp", "when", "now"})
PLAIN_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
DECIMAL_PLACES = 2
PHONE_CHARACTERS = re.compile(r"[0-9+() -]+")
OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
TRUTHS = {"yes": True, "是": True, "no": False, "否": False}


def folded(raw: str) -> str:
    """Full-width characters made half-width, blanks around it gone: for numbers and codes only."""
    return unicodedata.normalize("NFKC", raw).strip()


def shown(raw: str) -> str:
    """A value as a message may repeat it: short, without characters that nobody sees."""
    visible = "".join(c if unicodedata.category(c) not in HIDDEN_CATEGORIES else "�" for c in raw)
    return visible if len(visible) <= SHOWN_LENGTH else f"{visible[:SHOWN_LENGTH]}…"


def remark(raw: str, field: str) -> str:
    """A reason or an evidence in one line; several lines become one.

    Raises:
        MalformedError: too long, or with characters that nobody sees.
    """
    text = " ".join(raw.split())
    problem = ""
    if len(text) > REMARK_LENGTH:
        problem = f"超过 {REMARK_LENGTH} 个字"
    elif any(unicodedata.category(char) in HIDDEN_CATEGORIES for char in text):
        problem = "含有看不见的控制字符"
    if problem:
        raise MalformedError(
            Reason(code="bad_remark", field=field, message=problem, remedy="请删减或重新输入")
        )
    return text


def past_instant(raw: str, field: str, at: datetime) -> datetime:
    """The instant that somebody wants to look back to; local time without an offset.

    Raises:
        MalformedError: it is no instant, or not past yet.
    """
    try:
        found = datetime.fromisoformat(folded(raw))
    except ValueError:
        problem, remedy = "不是时间", "请按 2021-09-01 08:00 的格式填写（北京时间）"
        raise _malformed_instant(field, raw, problem, remedy) from None
    instant = found if found.tzinfo is not None else found.replace(tzinfo=SHANGHAI)
    if instant > at:
        raise _malformed_instant(field, raw, "在今后", "只能查看过去或现在的情况")
    return instant


def _malformed_instant(field: str, raw: str, problem: str, remedy: str) -> MalformedError:
    message = f"“{shown(raw)}”{problem}"
    return MalformedError(Reason(code="bad_instant", field=field, message=message, remedy=remedy))


def foreign_fields(
    names: Iterable[str], known: Collection[str], *, what: str = "字段"
) -> list[Reason]:
    """Why names that are not `known` are refused; a claimed time says so (R-5.1)."""
    return [_foreign(name, known, what) for name in names if name not in known]


def time_claims(names: Iterable[str], *, what: str = "字段") -> list[Reason]:
    """Why names that claim the time of an event are refused (R-5.1)."""
    return [
        Reason(
            code="time_claimed",
            field=shown(name),
            message=f"不接受{what}“{shown(name)}”：时间一律以系统记录为准，不得录入或倒填",
            clause="R-5.1, 四(一)1",
            remedy=f"请删除该{what}",
        )
        for name in names
        if (label := folded(name).lower()) in TIME_NAMES or label.endswith(TIME_SUFFIXES)
    ]


def _foreign(name: str, known: Collection[str], what: str) -> Reason:
    for claim in time_claims([name], what=what):
        return claim
    label = folded(name).lower()
    near = difflib.get_close_matches(label, known, n=1)
    remedy = f"是否应为“{near[0]}”" if near else f"可用的{what}：{'、'.join(known)}"
    return Reason(
        code="unknown_field",
        field=shown(name),
        message=f"未知的{what}“{shown(name)}”",
        remedy=remedy,
    )


class FieldReader:
    """Reads the fields of one form or row. `labels` maps the known fields to Chinese names."""

    def __init__(self, raw: Mapping[str, str], labels: Mapping[str, str]) -> None:
        self._raw = raw
        self._labels = labels
        self.reasons: list[Reason] = []

    def refuse_if_any(self) -> None:
        """End here if anything was wrong.

        Raises:
            MalformedError: with every problem that was found.
        """
        if self.reasons:
            raise MalformedError(self.reasons)

    def is_refused(self, field: str) -> bool:
        """Whether a problem of the field is noted already."""
        return any(reason.field == field for reason in self.reasons)

    def label(self, field: str) -> str:
        """The Chinese name of the field."""
        return self._labels[field]

    def raw(self, field: str) -> str:
        """The field as it came, without blanks around it; missing is the same as empty."""
        return self._raw.get(field, "").strip()

    def problem(self, field: str, code: str, message: str, remedy: str, clause: str = "") -> None:
        """Note a problem of a field."""
        self.reasons.append(
            Reason(code=code, field=field, message=message, remedy=remedy, clause=clause)
        )

    def text(self, field: str, *, limit: int, required: bool = True) -> str:
        """Free text. It stays as written: `<`, `=` and the like are made harmless where shown."""
        value = self.raw(field)
        label = self._labels[field]
        if not value and required:
            self.problem(field, "required", f"{label}不能为空", f"请填写{label}")
        if len(value) > limit:
            message = f"{label}过长：{len(value)}字，最多{limit}字"
            self.problem(field, "too_long", message, "请删减后重新录入")
        if any(unicodedata.category(c) in HIDDEN_CATEGORIES for c in value):
            message = f"{label}含有换行、控制符等不可见字符"
            self.problem(field, "hidden_characters", message, f"请重新录入{label}，不要直接粘贴")
        return value

    def code(self, field: str, *, limit: int, required: bool = True) -> str:
        """A number or code that is compared letter by letter; full-width counts as half-width."""
        value = folded(self.text(field, limit=limit, required=required))
        if any(c.isspace() for c in value):
            label = self._labels[field]
            self.problem(field, "blank_inside", f"{label}中间不能有空格", "请去掉空格")
        return value

    def choice(
        self, field: str, names: Mapping[Choice, str], default: Choice | None = None
    ) -> Choice:
        """One of a closed set, written as its English code; empty means `default` if given."""
        value = folded(self.raw(field)).lower()
        if not value and default is not None:
            return default
        for each in names:
            if each.value == value:
                return each
        allowed = {each.value: name for each, name in names.items()}
        self.not_among(field, allowed)
        return next(iter(names))

    def not_among(self, field: str, allowed: Mapping[str, str]) -> None:
        """Note that a field holds none of the allowed codes; the message lists them all."""
        value = self.raw(field)
        label = self._labels[field]
        message = f"{label}“{shown(value)}”不在可选范围内" if value else f"{label}不能为空"
        options = tuple(allowed.items())
        self.reasons.append(
            Reason(code="not_allowed", field=field, message=message, options=options)
        )

    def truth(self, field: str, *, default: bool = False) -> bool:
        """yes, no, 是 or 否; empty means `default`."""
        value = folded(self.raw(field)).lower()
        if value and value not in TRUTHS:
            self.not_among(field, {"yes": "是", "no": "否"})
        return TRUTHS.get(value, default)

    def decimal(
        self, field: str, *, most: Decimal, zero: bool = False, default: Decimal | None = None
    ) -> Decimal:
        """A plain decimal number, at most two decimals, above zero (or from zero on)."""
        value = folded(self.raw(field))
        if not value and default is not None:
            return default
        label = self._labels[field]
        least = "不小于0" if zero else "大于0"
        remedy = (
            f"请填{least}、不超过{most:,}的数字，最多{DECIMAL_PLACES}位小数，不带单位和千位分隔符"
        )
        if not value:
            self.problem(field, "required", f"{label}不能为空", remedy)
        elif not PLAIN_DECIMAL.fullmatch(value):
            self.problem(field, "not_a_number", f"{label}“{shown(value)}”不是数字", remedy)
        elif len(value.partition(".")[2]) > DECIMAL_PLACES:
            self.problem(field, "too_precise", f"{label}“{shown(value)}”小数位过多", remedy)
        elif not ((zero and Decimal(value) == 0) or 0 < Decimal(value) <= most):
            self.problem(field, "out_of_range", f"{label}“{shown(value)}”超出允许范围", remedy)
        else:
            return Decimal(value)
        return Decimal(0)

    def whole(self, field: str, *, least: int, most: int, default: int) -> int:
        """A whole number between two borders; empty means `default`."""
        value = folded(self.raw(field))
        if not value:
            return default
        if re.fullmatch(r"[0-9]{1,9}", value) and least <= int(value) <= most:
            return int(value)
        message = f"{self._labels[field]}“{shown(value)}”不正确"
        self.problem(field, "out_of_range", message, f"请填{least}至{most}的整数")
        return default

    def mobile(self, field: str, *, required: bool = True) -> str:
        """A mainland mobile number as 11 digits; +86, blanks and hyphens are taken off.

        A landline is refused: what becomes due is told by SMS (R-6.2). The message does not
        repeat the number.
        """
        value = folded(self.raw(field))
        if not value and not required:
            return ""
        number = _mainland_mobile(value)
        if not number:
            label = self._labels[field]
            message = f"{label}不是有效的中国大陆手机号码" if value else f"{label}不能为空"
            remedy = (
                "请填可接收短信的11位手机号；只有固定电话的，请填代为接收通知的家人或经办人手机号"
            )
            self.problem(field, "not_a_mobile", message, remedy, "R-6.2, 四(一)2")
        return number

    def openid(self, field: str) -> str:
        """A WeChat openid, or nothing."""
        value = folded(self.raw(field))
        if value and not OPENID.fullmatch(value):
            message = f"{self._labels[field]}格式不正确"
            self.problem(field, "malformed", message, "请填微信公众号给出的用户标识，或留空")
        return value


def _mainland_mobile(value: str) -> str:
    """The 11 digits, or nothing if it is no mainland mobile number."""
    import phonenumbers  # noqa: PLC0415  (a large library; only who reads a number pays for it)

    if not PHONE_CHARACTERS.fullmatch(value):
        return ""
    try:
        number = phonenumbers.parse(value, "CN")
    except phonenumbers.NumberParseException:
        return ""
    is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    is_mainland = number.country_code == phonenumbers.country_code_for_region("CN")
    return str(number.national_number) if is_mobile and is_mainland else ""
