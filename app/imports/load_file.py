"""Load readings (负载数据) as somebody wrote them: which area, when, how much.

A reading is a measurement and no event of a ticket, so it carries its own time.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from app.forms.fields import FieldReader, shown
from app.forms.moments import read_moment
from app.imports.report import RefusedRow, RowNote
from engine.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from app.imports.csv_file import CsvRow
    from app.ports.readiness import Area

LOAD_FIELDS = {
    "node_id": "台区",
    "measured_at": "测量时间",
    "peak_kva": "最高负载（千伏安）",
    "peak_kw": "最高负载（千瓦）",
}
REQUIRED_LOAD_FIELDS = ("node_id", "measured_at")
ID_LENGTH = 64
MOST = Decimal(1_000_000)
CLAUSE = "R-9.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReading:
    """The peak of an area at an instant, in kVA or in kW: exactly one of the two."""

    node_id: str
    measured_at: datetime
    peak_kva: Decimal | None
    peak_kw: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """What readings are held against: the areas by id, now, and the branch they must be of."""

    areas: Mapping[str, Area]
    at: datetime
    branch: str = ""


def read_loads(
    rows: Iterable[CsvRow], against: Measuring
) -> tuple[list[LoadReading], list[RefusedRow]]:
    """The readings of a file and everything that is wrong with its rows."""
    lines: dict[tuple[str, datetime], int] = {}
    readings: list[LoadReading] = []
    refused: list[RefusedRow] = []
    for row in rows:
        reading, reasons = _read(row, against)
        if not reasons:
            first = lines.setdefault((reading.node_id, reading.measured_at), row.line)
            reasons = [_twice(first)] if first != row.line else []
        readings.append(reading)
        refused += [RefusedRow(line=row.line, reason=reason) for reason in reasons]
    return readings, refused


def notes_on(
    rows: Iterable[CsvRow], readings: Iterable[LoadReading], areas: Mapping[str, Area]
) -> tuple[RowNote, ...]:
    """What the readings cannot be used for yet, at the first row of each area."""
    seen: set[str] = set()
    notes = []
    for row, reading in zip(rows, readings, strict=True):
        if reading.node_id in seen:
            continue
        seen.add(reading.node_id)
        area = areas[reading.node_id]
        if not area.rated_kva:
            text = f"台区“{area.id}”没有额定容量，暂不能计算负载率；请在电网拓扑中补充"
            notes.append(RowNote(line=row.line, note=text))
        if not area.cell:
            text = f"台区“{area.id}”未划入任何网格，不能自动立项；请用 huodian grid set 划入网格"
            notes.append(RowNote(line=row.line, note=text))
    return tuple(notes)


def _read(row: CsvRow, against: Measuring) -> tuple[LoadReading, list[Reason]]:
    read = FieldReader(row.fields, LOAD_FIELDS)
    reading = LoadReading(
        node_id=_area(read, against),
        measured_at=_measured_at(read, against.at),
        peak_kva=_peak(read, "peak_kva"),
        peak_kw=_peak(read, "peak_kw"),
    )
    given = [field for field in ("peak_kva", "peak_kw") if read.raw(field)]
    if len(given) != 1:
        message = "最高负载不能为空" if not given else "最高负载只能填一种单位"
        remedy = "请在 peak_kva（千伏安）和 peak_kw（千瓦）中填写一项"
        read.problem("peak_kva", "one_of_two", message, remedy)
    return reading, read.reasons


def _area(read: FieldReader, against: Measuring) -> str:
    node_id = read.code("node_id", limit=ID_LENGTH)
    area = against.areas.get(node_id)
    if node_id and area is None:
        message = f"“{shown(node_id)}”不是电网拓扑中的台区"
        read.problem("node_id", "unknown_area", message, "请核对台区编号，或先导入电网拓扑", CLAUSE)
    elif area is not None and against.branch and area.branch not in {"", against.branch}:
        message = f"台区“{shown(node_id)}”属于其他单位"
        read.problem("node_id", "other_branch", message, "请由该单位导入")
    return node_id


def _measured_at(read: FieldReader, at: datetime) -> datetime:
    moment = read_moment(read, "measured_at")
    if moment > at:
        message = f"测量时间“{shown(read.raw('measured_at'))}”晚于现在"
        read.problem("measured_at", "not_yet", message, "请核对测量时间")
    return moment


def _peak(read: FieldReader, field: str) -> Decimal | None:
    return read.decimal(field, most=MOST, zero=True) if read.raw(field) else None


def _twice(line: int) -> Reason:
    message = f"与第{line}行的台区和时间重复"
    remedy = "同一台区同一时间只保留一行"
    return Reason(code="twice", field="measured_at", message=message, remedy=remedy)
