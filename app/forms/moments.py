"""Days and instants that people write: printed dates, wishes, meter readings.

None of them is the time of an event of a ticket, which only the server's clock gives (R-5.1).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from app.forms.fields import folded, shown
from engine.calendar import SHANGHAI

if TYPE_CHECKING:
    from app.forms.fields import FieldReader

LIKE_DAY = "请按 2026-11-25 的格式填写"
LIKE_MOMENT = "请按 2026-11-25 或 2026-11-25 14:30 的格式填写"


def parsed_day(text: str) -> date | None:
    """A day as ISO 8601 writes it; None if it is none."""
    try:
        return date.fromisoformat(folded(text))
    except ValueError:
        return None


def read_day(read: FieldReader, field: str) -> date:
    """A day that must be there; what is none is noted as a problem of the field."""
    if not read.raw(field):
        read.problem(field, "required", f"{read.label(field)}不能为空", LIKE_DAY)
    return read_day_if_any(read, field) or date.min


def read_day_if_any(read: FieldReader, field: str) -> date | None:
    """A day that may be left empty."""
    raw = read.raw(field)
    day = parsed_day(raw) if raw else None
    if raw and day is None:
        read.problem(field, "not_a_day", f"{read.label(field)}“{shown(raw)}”不是日期", LIKE_DAY)
    return day


def read_moment(read: FieldReader, field: str) -> datetime:
    """A day, or a local time of a day; a day alone means its beginning. An offset is obeyed."""
    raw, label = read.raw(field), read.label(field)
    try:
        moment = datetime.fromisoformat(folded(raw))
    except ValueError:
        message = f"{label}“{shown(raw)}”不是日期或时间" if raw else f"{label}不能为空"
        read.problem(field, "not_a_moment" if raw else "required", message, LIKE_MOMENT)
        return datetime.min.replace(tzinfo=UTC)
    local = moment if moment.utcoffset() is not None else moment.replace(tzinfo=SHANGHAI)
    return local.astimezone(UTC)
