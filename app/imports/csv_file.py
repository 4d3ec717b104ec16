"""Reads a CSV file that somebody made: its encoding, its header, its rows with their line numbers.

What cannot be read as a table of the expected kind is one refusal of the whole file; what is wrong
with single columns or rows is remembered beside the rows that can be read.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, NoReturn

from app.forms.fields import foreign_fields, shown
from app.imports.report import RefusedRow
from engine.errors import MalformedError, Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

MOST_BYTES = 32 * 1024 * 1024
WORKBOOK_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .xls files begin."""
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRow:
    """A row by column; `line` is the physical line where it begins, the header being line 1."""

    line: int
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """The rows that can be read, and what is wrong with the header and with the others."""

    rows: tuple[CsvRow, ...]
    header_problems: tuple[RefusedRow, ...]
    row_problems: tuple[RefusedRow, ...]

    @property
    def problems(self) -> tuple[RefusedRow, ...]:
        """Header first, then the rows in their order."""
        return (*self.header_problems, *self.row_problems)


def read_table(content: bytes, known: Collection[str], required: Collection[str]) -> CsvTable:
    """Read a CSV file in UTF-8 or GB18030 with a header.

    Columns that are not `known` are problems of the header, a claimed time among them (R-5.1).

    Raises:
        MalformedError: too large, no CSV, empty, or without the `required` columns.
    """
    records = _records(_text(content))
    line, header = next(records, (1, []))
    columns = _column_names(header)
    _refuse_header(columns, known, required)
    foreign = [
        RefusedRow(line=line, reason=each) for each in foreign_fields(columns, known, what="列")
    ]
    rows, problems = [], []
    for number, record in records:
        if len(record) != len(columns):
            problems.append(_uneven(number, len(record), len(columns)))
            continue
        fields = dict(zip(columns, record, strict=True))
        rows.append(CsvRow(line=number, fields={k: v for k, v in fields.items() if k in known}))
    if not rows and not problems:
        _refuse("file_empty", "文件只有表头，没有内容", "请核对文件")
    return CsvTable(rows=tuple(rows), header_problems=tuple(foreign), row_problems=tuple(problems))


def _column_names(header: Sequence[str]) -> list[str]:
    """Names without blanks around them; a column without a name is called after its place."""
    return [name.strip() or f"第{place}列" for place, name in enumerate(header, 1)]


def _text(content: bytes) -> str:
    if not content.strip():
        _refuse("file_empty", "文件是空的", "请核对文件")
    if len(content) > MOST_BYTES:
        size, most = len(content) // 1024 // 1024, MOST_BYTES // 1024 // 1024
        _refuse("file_too_large", f"文件约 {size} MB，超过上限 {most} MB", "请拆分后分次导入")
    if content.startswith(WORKBOOK_MAGIC):
        _refuse("not_csv", "这是工作簿或压缩文件，不是CSV", "请另存为“CSV UTF-8”后再导入")
    if content.startswith(UTF16_MARKS):
        _refuse("encoding", "文件编码为UTF-16", "请另存为“CSV UTF-8”后再导入")
    text = _decoded(content)
    if text is None:
        _refuse("encoding", "文件编码既不是UTF-8也不是GB18030", "请另存为“CSV UTF-8”后再导入")
    return text


def _decoded(content: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _records(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Every record with the line where it begins; blank lines are passed over."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                yield begins, record
            begins = reader.line_num + 1
    except csv.Error:
        message = f"第{begins}行不符合CSV格式（引号不成对，或单元格过长）"
        _refuse("not_csv", message, "请核对该行的双引号，或重新导出文件")


def _refuse_header(columns: list[str], known: Collection[str], required: Collection[str]) -> None:
    reasons = [
        Reason(
            code="missing_column",
            field=name,
            message=f"缺少列“{name}”",
            remedy="表头须在第1行，列名用英文、以逗号分隔",
        )
        for name in required
        if name not in columns
    ]
    if reasons and not set(columns) & set(known):
        listed = "、".join(known)
        _refuse(
            "wrong_header",
            f"第1行不是所需的表头（读到“{shown(','.join(columns))}”）",
            f"表头应为以逗号分隔的列名：{listed}",
        )
    twice = sorted({name for name in columns if columns.count(name) > 1})
    reasons += [
        Reason(
            code="column_twice",
            field=shown(name),
            message=f"列“{shown(name)}”出现多次",
            remedy="请删除多余的列",
        )
        for name in twice
    ]
    if reasons:
        raise MalformedError(reasons)


def _uneven(line: int, found: int, expected: int) -> RefusedRow:
    message = f"本行有{found}列，应为{expected}列"
    reason = Reason(code="uneven_row", message=message, remedy="请核对逗号和引号")
    return RefusedRow(line=line, reason=reason)


def _refuse(code: str, message: str, remedy: str) -> NoReturn:
    raise MalformedError(Reason(code=code, field="file", message=message, remedy=remedy))
