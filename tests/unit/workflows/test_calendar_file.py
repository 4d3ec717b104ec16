"""A year imported from CSV: what is accepted, and all that can be wrong, at once (R-2.2)."""

from __future__ import annotations

from datetime import date

import pytest

from engine.calendar import CalendarDay, CalendarYear, DayKind, YearStatus
from engine.errors import RefusedError
from workflows.calendar_sources import CalendarFileError, parse_year_csv

GOOD = """date,kind,note
2027-02-05,off,春节
2027-02-20,make_up,春节调休
2027/5/1,休,
2027年10月9日,班,
"""
HEADER = "date,kind,note\n"


def problems_of(content: str | bytes, year: int | None = None) -> list[tuple[int, str, str]]:
    with pytest.raises(CalendarFileError) as refusal:
        parse_year_csv(content, year)
    return [(problem.line, problem.field, problem.code) for problem in refusal.value.problems]


def read_days(year: CalendarYear) -> list[tuple[str, DayKind, str]]:
    return [(day.on.isoformat(), day.kind, day.note) for day in year.days]


def test_a_good_file_becomes_an_imported_year() -> None:
    year = parse_year_csv(GOOD, 2027, source="国办发明电〔2026〕1号")
    assert (year.year, year.status) == (2027, YearStatus.IMPORTED)
    assert year.source == "国办发明电〔2026〕1号"
    assert read_days(year) == [
        ("2027-02-05", DayKind.HOLIDAY, "春节"),
        ("2027-02-20", DayKind.MAKE_UP_WORKDAY, "春节调休"),
        ("2027-05-01", DayKind.HOLIDAY, "节假日"),
        ("2027-10-09", DayKind.MAKE_UP_WORKDAY, "调休上班"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        GOOD.encode("utf-8-sig"),
        GOOD.encode("gbk"),
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n").encode("gbk"),
        GOOD.replace("date,kind,note", " Date , KIND,note ").replace("off", "OFF"),
        GOOD.replace("\n", "\n\n,,\n"),
    ],
    ids=["utf-8", "utf-8 bom", "gbk", "text bom", "excel", "spacing and case", "blank rows"],
)
def test_the_same_year_is_read_however_it_was_saved(content: str | bytes) -> None:
    assert parse_year_csv(content) == parse_year_csv(GOOD)


def test_a_note_may_be_left_out_or_quoted() -> None:
    year = parse_year_csv(HEADER + '2027-01-01,off\n2027-10-01,off,"国庆节,中秋节"\n')
    assert [day.note for day in year.days] == ["节假日", "国庆节,中秋节"]


def test_a_holiday_may_be_listed_on_a_weekend() -> None:
    year = parse_year_csv(HEADER + "2027-02-06,off,春节\n")
    assert year.days == (CalendarDay(on=date(2027, 2, 6), kind=DayKind.HOLIDAY, note="春节"),)


def test_every_problem_is_reported_at_once_in_the_order_of_the_lines() -> None:
    rows = [
        "2027-02-30,off,春节",  # 2: no such day
        "2027-02-05,off,春节",
        "2026-12-31,off,元旦",  # 4: another year
        "2027-02-05,off,春节",  # 5: again
        "2027-02-10,make_up,",  # 6: a Wednesday
        "2027-02-13,上班,",  # 7: unknown kind
        "二月五日,,春节",  # 8: neither
        "2027-10-01,off,国庆节,中秋节",  # 9: one cell too many
        "2027-10-02",  # 10: no kind
    ]
    assert problems_of(HEADER + "\n".join(rows)) == [
        (2, "date", "date_malformed"),
        (4, "date", "other_year"),
        (5, "date", "duplicate_day"),
        (6, "kind", "make_up_on_weekday"),
        (7, "kind", "kind_unknown"),
        (8, "date", "date_malformed"),
        (8, "kind", "kind_unknown"),
        (9, "", "too_many_cells"),
        (10, "kind", "kind_unknown"),
    ]


def test_a_problem_says_where_what_and_what_to_do() -> None:
    with pytest.raises(RefusedError) as refusal:
        parse_year_csv(HEADER + "2027-02-05,off,春节\n2027-02-10,班,\n", 2027)
    (reason,) = refusal.value.reasons
    assert reason.code == "make_up_on_weekday"
    assert reason.field == "第3行 kind"
    assert "2027-02-10不是周末" in reason.message
    assert "请核对日期" in reason.remedy
    assert reason.clause == "R-2.2"


def test_the_year_asked_for_beats_the_year_of_the_dates() -> None:
    assert problems_of(GOOD, 2028) == [(line, "date", "other_year") for line in range(2, 6)]


def test_a_repeated_day_names_the_line_of_the_first() -> None:
    with pytest.raises(CalendarFileError, match="2027-01-01与第2行重复"):
        parse_year_csv(HEADER + "2027-01-01,off,\n2027-01-02,off,\n2027-1-1,off,\n")


@pytest.mark.parametrize(
    "text",
    ["", "2027", "2027-2", "2027-13-01", "2027-00-10", "2027-1/5", "27-01-05", "2027-01-05x"],
)
def test_a_text_that_is_no_date_is_refused(text: str) -> None:
    assert problems_of(f"{HEADER}{text},off,元旦\n", 2027) == [(2, "date", "date_malformed")]


@pytest.mark.parametrize(
    "text", ["2027-1-5", "2027/01/05", "2027.1.5", "2027年1月5日", "２０２７-01-05"]
)
def test_a_date_may_be_written_as_people_write_it(text: str) -> None:
    assert parse_year_csv(f"{HEADER}{text},off,元旦\n").days[0].on == date(2027, 1, 5)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", (0, "", "empty")),
        ("\n , \n", (0, "", "empty")),
        (HEADER, (0, "", "empty")),
        ("2027-02-05,off,春节\n", (1, "", "header")),
        ("\n日期,类型,说明\n2027-02-05,休,春节\n", (2, "", "header")),
        ("date,kind\n2027-02-05,off\n", (1, "", "header")),
        ("x" * 200_000, (1, "", "header")),
        (GOOD.encode("utf-16"), (0, "", "encoding")),
    ],
    ids=["nothing", "blanks", "header only", "no header", "chinese", "short", "no csv", "utf-16"],
)
def test_a_file_that_is_no_calendar_is_refused_as_a_whole(
    content: str | bytes, problem: tuple[int, str, str]
) -> None:
    assert problems_of(content) == [problem]


def test_a_wrong_header_is_quoted_but_not_at_length() -> None:
    with pytest.raises(CalendarFileError) as refusal:
        parse_year_csv("x" * 1000)
    assert len(str(refusal.value)) < 200
