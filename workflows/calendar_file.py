"""A year of the working calendar as an administrator brings it: a CSV file (R-2.2).

Such files are typed by hand from the State Council's notice, mostly in Excel, hence GBK, the BOM
and dates such as 2027/2/5. Every problem is reported at once, with its line, so that one correction
is enough.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from engine.calendar import CalendarDay, CalendarYear, DayKind, YearStatus
from engine.errors import Reason, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CLAUSE = "R-2.2"
COLUMNS = ("date", "kind", "note")
KINDS = {
    "off": DayKind.HOLIDAY,
    "休": DayKind.HOLIDAY,
    "make_up": DayKind.MAKE_UP_WORKDAY,
    "班": DayKind.MAKE_UP_WORKDAY,
}
DEFAULT_NOTES = {DayKind.HOLIDAY: "节假日", DayKind.MAKE_UP_WORKDAY: "调休上班"}

_SATURDAY = 5
_SHOWN_CHARACTERS = 40
_DATE = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})年(\d{1,2})月(\d{1,2})日")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFileProblem:
    """One thing wrong in the file.

    Args:
        line: line in the file, the header is 1; 0 when the file as a whole is meant.
        field: the column concerned; empty when the whole line is meant.
        code: stable English identifier.
        message: what was found and what is expected, in Chinese.
        remedy: what to do, in Chinese.
    """

    line: int
    field: str
    code: str
    message: str
    remedy: str

    def as_reason(self) -> Reason:
        """The problem as every other refusal is shown."""
        place = f"第{self.line}行 {self.field}".rstrip() if self.line else "文件"
        return Reason(
            code=self.code,
            field=place,
            message=self.message,
            remedy=self.remedy,
            clause=CLAUSE,
        )


class CalendarFileError(RefusedError):
    """The file is no usable year.

    Attributes:
        problems: all of them, in the order of the lines.
    """

    def __init__(self, problems: Iterable[CalendarFileProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__(problem.as_reason() for problem in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row that was read; None stands for what could not be understood."""

    line: int
    on: date | None
    kind: DayKind | None
    note: str


def parse_year_csv(
    content: str | bytes, year: int | None = None, *, source: str = "管理员导入"
) -> CalendarYear:
    """Read one year from CSV with the header `date,kind,note`.

    `kind` is `off` or 休 for a day off, `make_up` or 班 for a weekend day that is worked; `note`
    may be empty. Days that follow the weekend rule are not listed.

    Args:
        content: the file; UTF-8 or GBK, with or without a BOM.
        year: the year expected; None takes the one that most of the dates have.
        source: who says so, in Chinese, such as the number of the notice.

    Raises:
        CalendarFileError: with every problem of the file.
    """
    rows: list[_Row] = []
    problems: list[CalendarFileProblem] = []
    for line, cells in _body(_decode(content)):
        row, found = _read_row(line, cells)
        rows.append(row)
        problems += found
    dates = [row.on for row in rows if row.on is not None]
    if year is None and dates:
        year = Counter(on.year for on in dates).most_common(1)[0][0]
    problems += _misplaced(rows, year)
    if problems or year is None:
        raise CalendarFileError(problems)
    return CalendarYear(
        year=year,
        status=YearStatus.IMPORTED,
        source=source,
        days=tuple(
            CalendarDay(on=row.on, kind=row.kind, note=row.note or DEFAULT_NOTES[row.kind])
            for row in rows
            if row.on is not None and row.kind is not None
        ),
    )


def _decode(content: str | bytes) -> str:
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    problem = CalendarFileProblem(
        line=0,
        field="",
        code="encoding",
        message="无法识别编码，应为UTF-8或GBK编码的CSV文本",
        remedy="请另存为“CSV UTF-8”格式后重新导入",
    )
    raise CalendarFileError([problem])


def _body(text: str) -> list[tuple[int, list[str]]]:
    """The rows below the header with their lines, blank ones left out."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error:
        lines = [(1, ["非CSV内容"])]
    rows = [(line, cells) for line, cells in lines if any(cells)]
    if rows and not _is_header(rows[0][1]):
        raise CalendarFileError([_header_problem(*rows[0])])
    if len(rows) <= 1:
        problem = CalendarFileProblem(
            line=0,
            field="",
            code="empty",
            message="没有任何日期，应逐行列出全年的放假日和调休上班日",
            remedy="请填写后重新导入",
        )
        raise CalendarFileError([problem])
    return rows[1:]


def _is_header(cells: list[str]) -> bool:
    return tuple(cell.lower() for cell in cells) == COLUMNS


def _header_problem(line: int, cells: list[str]) -> CalendarFileProblem:
    found = ",".join(cells)[:_SHOWN_CHARACTERS]
    return CalendarFileProblem(
        line=line,
        field="",
        code="header",
        message=f"表头应为 {','.join(COLUMNS)}，实际为 {found}",
        remedy="请在首行填写表头，列的名称和顺序不可更改",
    )


def _read_row(line: int, cells: list[str]) -> tuple[_Row, list[CalendarFileProblem]]:
    problems: list[CalendarFileProblem] = []
    if len(cells) > len(COLUMNS):
        problems.append(
            CalendarFileProblem(
                line=line,
                field="",
                code="too_many_cells",
                message=f"应为{len(COLUMNS)}列，实际为{len(cells)}列",
                remedy="说明中如有逗号，请用英文双引号括起整个说明",
            )
        )
    date_text, kind_text, note = [*cells, "", "", ""][: len(COLUMNS)]
    on = _read_date(date_text)
    if on is None:
        problems.append(
            CalendarFileProblem(
                line=line,
                field="date",
                code="date_malformed",
                message=f"“{date_text}”不是有效日期，应形如 2027-02-05",
                remedy="请对照放假通知填写年、月、日",
            )
        )
    kind = KINDS.get(kind_text.lower())
    if kind is None:
        problems.append(
            CalendarFileProblem(
                line=line,
                field="kind",
                code="kind_unknown",
                message=f"“{kind_text}”无法识别，应为 off（或“休”）、make_up（或“班”）",
                remedy="放假填 off，周末调休上班填 make_up",
            )
        )
    return _Row(line=line, on=on, kind=kind, note=note), problems


def _read_date(text: str) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    numbers = [int(group) for group in match.groups() if group and group.isdigit()]
    try:
        return date(*numbers)
    except ValueError:
        return None


def _misplaced(rows: list[_Row], year: int | None) -> Iterator[CalendarFileProblem]:
    """What is wrong with days that are each readable: another year, twice, worked on a weekday."""
    first_lines: dict[date, int] = {}
    for row in rows:
        if row.on is None:
            continue
        first = first_lines.setdefault(row.on, row.line)
        if row.on.year != year:
            yield CalendarFileProblem(
                line=row.line,
                field="date",
                code="other_year",
                message=f"{row.on}不在{year}年，一个文件只能包含同一年的日期",
                remedy="请删除该行；如通知同时调整了相邻年份的某一天，请对该日另设日历例外",
            )
        if first != row.line:
            yield CalendarFileProblem(
                line=row.line,
                field="date",
                code="duplicate_day",
                message=f"{row.on}与第{first}行重复，每天只能出现一次",
                remedy="请核对后只保留一行",
            )
        if row.kind is DayKind.MAKE_UP_WORKDAY and row.on.weekday() < _SATURDAY:
            yield CalendarFileProblem(
                line=row.line,
                field="kind",
                code="make_up_on_weekday",
                message=f"{row.on}不是周末，本来就是工作日，调休上班日应为星期六或星期日",
                remedy="请核对日期；若该日照常上班，请删除该行",
            )
