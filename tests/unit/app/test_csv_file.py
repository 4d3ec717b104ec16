import pytest

from app.imports.csv_file import MOST_BYTES, CsvTable, read_table
from engine.errors import MalformedError

KNOWN = ("number", "name", "note")
REQUIRED = ("number", "name")
GOOD = "number,name,note\n1,秦润,\n2,吕泽,甲\n"


def table(content: str | bytes) -> CsvTable:
    raw = content if isinstance(content, bytes) else content.encode()
    return read_table(raw, KNOWN, REQUIRED)


def cells(read: CsvTable) -> list[tuple[int, list[str]]]:
    return [(row.line, list(row.fields.values())) for row in read.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_make_no_difference(encoding: str, line_end: str) -> None:
    read = table(GOOD.replace("\n", line_end).encode(encoding))
    assert cells(read) == [(2, ["1", "秦润", ""]), (3, ["2", "吕泽", "甲"])]
    assert read.problems == ()


def test_lines_are_those_of_the_file() -> None:
    read = table('number,name,note\n\n1,"秦\n润",\n,,\n2,"吕""泽",\n')
    assert cells(read) == [(3, ["1", "秦\n润", ""]), (6, ["2", '吕"泽', ""])]


def test_columns_may_come_in_any_order_and_optional_ones_not_at_all() -> None:
    (row,) = table("name , number\n秦润,1\n").rows
    assert row.fields == {"name": "秦润", "number": "1"}


def test_an_uneven_row_is_named_and_the_others_are_read() -> None:
    read = table("number,name\n1,秦润\n2\n3,吕泽,多\n4,孙昌\n")
    assert [row.line for row in read.rows] == [2, 5]
    assert [each.line for each in read.problems] == [3, 4]
    assert "本行有3列，应为2列" in read.problems[1].problem


def test_foreign_columns_are_problems_of_the_header() -> None:
    read = table("number,name,accepted_at,nots\n1,秦润,2026-11-20,x\n")
    assert [(each.line, each.field) for each in read.header_problems] == [
        (1, "accepted_at"),
        (1, "nots"),
    ]
    assert "R-5.1" in read.problems[0].problem
    assert "note" in read.problems[1].problem
    assert cells(read) == [(2, ["1", "秦润"])]


def test_a_zero_byte_is_left_to_the_field_it_stands_in() -> None:
    assert cells(table("number,name\n1,王\0五\n")) == [(2, ["1", "王\0五"])]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "空的"),
        (b"\n \n", "空的"),
        (b"number,name\n", "只有表头"),
        (b"a;b\n1;2\n", "表头"),
        (b"PK\x03\x04rest of a workbook", "CSV"),
        (GOOD.encode("utf-16"), "UTF-16"),
        (b"number,name\n\xff\xff\xff,\x81\n", "编码"),
        (b'number,name\n1,"open\n', "第2行"),
        (b'number,name\n1,x\n2,"a"b\n', "第3行"),
        (b"number,name\n1," + b"x" * 140_000 + b"\n", "第2行"),
        (bytes(100), "表头"),
        (b"number,name,note\n" + b"1,x,\n" * (MOST_BYTES // 5), "32 MB"),
    ],
    ids=[
        "nothing",
        "blank",
        "header only",
        "semicolons",
        "workbook",
        "utf-16",
        "no encoding",
        "open quote",
        "stray quote",
        "endless cell",
        "zeroes",
        "too large",
    ],
)
def test_what_is_no_table_is_one_clear_refusal(content: bytes, said: str) -> None:
    with pytest.raises(MalformedError) as refusal:
        table(content)
    (reason,) = refusal.value.reasons
    assert said in reason.message
    assert reason.remedy
    assert len(str(reason)) < 300


def test_every_missing_and_doubled_column_is_named() -> None:
    with pytest.raises(MalformedError) as refusal:
        table("number,note,note\n1,x,y\n")
    assert [each.field for each in refusal.value.reasons] == ["name", "note"]
