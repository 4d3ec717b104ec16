"""What people enter besides documents (登记项): raw text made a value that is kept, and shown.

A field's value lives in `ServiceRequest.details` as text in one canonical form: a date as
`2026-11-25`, an instant as ISO 8601 in UTC, a number in its shortest digits, `yes` or `no`, the
value of a choice, a text in one line. Everything wrong with what was entered is said at once.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.application import ServiceRequest
from engine.calendar import SHANGHAI
from engine.definition import FieldKind
from engine.errors import Reason
from engine.events import DetailsRecorded
from engine.values import changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from engine.definition import Field, Opening, Transition, WorkflowDefinition
    from engine.ticket import Ticket

LONGEST_TEXT = 500
LONGEST_NUMBER = 20
SHOWN_LENGTH = 30
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control, formatting (also text direction), lone surrogates, line and paragraph separators."""
YES, NO = "yes", "no"
YES_NO_NAMES = {YES: "是", NO: "否"}
_NO_CHOICES: Mapping[str, str] = MappingProxyType({})

_DATE = re.compile(r"2[01]\d\d-\d\d-\d\d")
_INSTANT = re.compile(
    r"(2[01]\d\d-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)\s*(Z|[+-]\d\d:\d\d)?", re.IGNORECASE
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What was entered with a move or an opening, read.

    Args:
        details: every field's value as it is after the move.
        changes: field -> (before, after) of those that are new or other than before.
        missing: why a field that is asked is not there.
        malformed: what cannot be taken as it was entered.
    """

    details: dict[str, str] = field(default_factory=dict)
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    missing: tuple[Reason, ...] = ()
    malformed: tuple[Reason, ...] = ()

    @property
    def events(self) -> tuple[DetailsRecorded, ...]:
        """What the ledger is told; nothing if nothing changed."""
        return (DetailsRecorded(changes=self.changes),) if self.changes else ()

    def kept_in(self, ticket: Ticket) -> Ticket:
        """The ticket with what was entered in its details."""
        request = ticket.request
        if not self.changes or not isinstance(request, ServiceRequest):
            return ticket
        return changed(ticket, request=changed(request, details=self.details))


def entered(
    given: Mapping[str, str],
    asking: Transition | Opening,
    definition: WorkflowDefinition,
    known: Mapping[str, str],
) -> Entered:
    """Read what was given against what is asked and taken; empty text counts as not given.

    `known` are the details before.
    """
    malformed = list(_foreign(given, asking, definition))
    changes: dict[str, tuple[str, str]] = {}
    unread: set[str] = set()
    for field_id in (*asking.asks, *asking.takes):
        raw = given.get(field_id, "").strip()
        if not raw:
            continue
        asked = definition.field_by_id[field_id]
        value, before = _READERS[asked.kind](asked, raw), known.get(field_id, "")
        if isinstance(value, Reason):
            malformed.append(value)
            unread.add(field_id)
        elif value != before:
            changes[field_id] = (before, value)
    details = {**known, **{field_id: after for field_id, (_, after) in changes.items()}}
    missing = tuple(
        missing_field(definition.field_by_id[each])
        for each in asking.asks
        if each not in details and each not in unread
    )
    return Entered(details=details, changes=changes, missing=missing, malformed=tuple(malformed))


def shown(asked: Field, value: str) -> str:
    """A kept value as people read it: the name of a choice, an instant in local time."""
    match asked.kind:
        case FieldKind.CHOICE:
            return asked.choices.get(value, value)
        case FieldKind.YES_NO:
            return YES_NO_NAMES.get(value, value)
        case FieldKind.INSTANT if value:
            return f"{datetime.fromisoformat(value).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        case _:
            return value


def options(asked: Field) -> Mapping[str, str]:
    """Values to choose from with their names; empty where anything may be written."""
    return YES_NO_NAMES if asked.kind is FieldKind.YES_NO else asked.choices


def missing_field(asked: Field) -> Reason:
    """That a field was asked for and nothing was entered."""
    choices = options(asked)
    return Reason(
        code="field_missing",
        field=asked.id,
        message=f"尚未填写“{asked.name}”",
        clause=asked.clause,
        remedy=f"请{'选择' if choices else '填写'}{asked.name}",
        options=tuple(choices.items()),
    )


def _foreign(
    given: Mapping[str, str], asking: Transition | Opening, definition: WorkflowDefinition
) -> Iterator[Reason]:
    """What was given and is neither asked nor taken here."""
    wanted = (*asking.asks, *asking.takes)
    for field_id in given:
        if field_id in wanted:
            continue
        declared = definition.field_by_id.get(field_id)
        yield Reason(
            code="field_unknown" if declared is None else "field_not_taken",
            field=_visible(field_id),
            message=f"没有登记项“{_visible(field_id)}”"
            if declared is None
            else f"此处不登记“{declared.name}”",
            remedy="此处可登记" if wanted else "此处没有登记项，请删去",
            options=tuple((each, definition.field_by_id[each].name) for each in wanted),
        )


def _malformed(
    asked: Field, problem: str, remedy: str, choices: Mapping[str, str] = _NO_CHOICES
) -> Reason:
    return Reason(
        code="field_malformed",
        field=asked.id,
        message=f"{asked.name}{problem}",
        clause=asked.clause,
        remedy=remedy,
        options=tuple(choices.items()),
    )


# --- one reader a kind -------------------------------------------------------------------------


def _text(asked: Field, raw: str) -> str | Reason:
    text = " ".join(raw.split())
    if len(text) > LONGEST_TEXT:
        return _malformed(asked, f"有 {len(text)} 个字，最多 {LONGEST_TEXT} 个字", "请删减")
    if any(unicodedata.category(char) in HIDDEN_CATEGORIES for char in text):
        return _malformed(asked, "含有看不见的控制字符", "请重新输入，不要直接粘贴")
    return text


def _choice(asked: Field, raw: str) -> str | Reason:
    value = _folded(raw).lower()
    if value in asked.choices:
        return value
    problem = f"“{_visible(raw)}”不在可选范围内"
    return _malformed(asked, problem, "可选", asked.choices)


def _yes_no(asked: Field, raw: str) -> str | Reason:
    value = _folded(raw).lower()
    for each, name in YES_NO_NAMES.items():
        if value in {each, name}:
            return each
    return _malformed(asked, f"“{_visible(raw)}”无法识别", "可选", YES_NO_NAMES)


def _date(asked: Field, raw: str) -> str | Reason:
    value = _folded(raw)
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value).isoformat()
    except ValueError:  # such as the 30th of February
        pass
    return _malformed(asked, f"“{_visible(raw)}”不是日期", "请按 2026-11-25 的格式填写")


def _instant(asked: Field, raw: str) -> str | Reason:
    """Without an offset it is local time; to the second, because nobody reports it closer."""
    found = _INSTANT.fullmatch(_folded(raw))
    try:
        if found is not None:
            day, time, offset = found.groups()
            at = datetime.fromisoformat(f"{day}T{time}{offset or ''}".upper())
            at = at if at.tzinfo is not None else at.replace(tzinfo=SHANGHAI)
            return at.astimezone(UTC).isoformat(timespec="seconds")
    except ValueError:
        pass
    problem = f"“{_visible(raw)}”不是时间"
    return _malformed(asked, problem, "请按 2026-11-25 03:00 的格式填写（北京时间）")


def _number(asked: Field, raw: str) -> str | Reason:
    value = _folded(raw)
    if len(value) <= LONGEST_NUMBER and _NUMBER.fullmatch(value):
        return f"{(Decimal(value) + 0).normalize():f}"
    problem = f"“{_visible(raw)}”不是数字"
    return _malformed(asked, problem, "请填阿拉伯数字，可带小数，不带单位和千位分隔符")


_READERS: dict[FieldKind, Callable[[Field, str], str | Reason]] = {
    FieldKind.TEXT: _text,
    FieldKind.CHOICE: _choice,
    FieldKind.DATE: _date,
    FieldKind.INSTANT: _instant,
    FieldKind.NUMBER: _number,
    FieldKind.YES_NO: _yes_no,
}


def _folded(raw: str) -> str:
    """Full-width characters made half-width, blanks around it gone."""
    return unicodedata.normalize("NFKC", raw).strip()


def _visible(raw: str) -> str:
    """A text as a message may repeat it."""
    text = "".join(c if unicodedata.category(c) not in HIDDEN_CATEGORIES else "�" for c in raw)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}…"
