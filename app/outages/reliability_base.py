"""Figures of the years before the introduction, from a file, once (R-5.1c).

They are what somebody claims; the report marks them as not verified. A figure that is there is not
entered again, and no figure is taken of a year that the system has records of itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from app.authorization import Action, authorize_company_wide
from app.forms.fields import FieldReader
from app.imports.csv_file import read_table
from app.imports.report import ImportReport, RefusedRow
from app.streams import ADMINISTRATION
from engine.application import AREA_CLASSES, AreaClass
from engine.calendar import local_date
from engine.errors import Reason
from engine.ledger import LedgerDraft
from engine.reliability import ClaimedFigure, Period

if TYPE_CHECKING:
    from datetime import datetime

    from app.clock import Clock
    from app.imports.csv_file import CsvRow
    from app.ports.reliability import ReliabilityDatabase, ReliabilityWork
    from engine.ticket import Actor

FREQUENT_FEEDERS = "frequent_outage_feeders"
AVERAGE_HOURS = "average_outage_hours"
FIGURES = {FREQUENT_FEEDERS: "频繁停电线路条数", AVERAGE_HOURS: "用户平均停电小时数"}
BASE_FIELDS = {
    "year": "年份",
    "figure": "指标",
    "area_class": "区域类别",
    "value": "数值",
    "source": "数据来源",
}
REQUIRED_BASE_FIELDS = ("year", "figure", "value", "source")
FIRST_YEAR = 2000
SOURCE_LENGTH = 200
MOST = Decimal(1_000_000)
CLAUSE = "R-5.1c, R-7.4"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBase:
    """Takes in the figures of earlier years."""

    database: ReliabilityDatabase
    clock: Clock

    def enter(self, content: bytes, *, actor: Actor, dry_run: bool = False) -> ImportReport:
        """Enter a file of figures, all or none.

        Raises:
            MalformedError: the file is no table of figures.
            RefusedError: the actor may not import for the whole company.
        """
        authorize_company_wide(actor, Action.IMPORT)
        table = read_table(content, BASE_FIELDS, REQUIRED_BASE_FIELDS)
        at = self.clock()
        with self.database.writing() as work:
            refused: list[RefusedRow] = list(table.problems)
            lines: dict[tuple[int, str, str], int] = {}
            figures = []
            for row in table.rows:
                figure, reasons = _read(row, actor, at)
                first = lines.setdefault(_subject(figure), row.line)
                reasons += _known(work, figure, at) if first == row.line else [_twice(first)]
                refused += [RefusedRow(line=row.line, reason=reason) for reason in reasons]
                figures.append(figure)
            if not refused and not dry_run:
                # Somebody else may have entered one since it was looked for.
                late = work.reliability.add_base(figures)
                refused += [
                    RefusedRow(line=lines[_subject(each)], reason=_entered()) for each in late
                ]
            if refused:
                return ImportReport(refused=tuple(sorted(refused, key=lambda each: each.line)))
            if not dry_run:
                work.ledger.append(ADMINISTRATION, _entry(content, len(figures)), actor, at)
                work.commit()
        return ImportReport(accepted=len(figures))


def _read(row: CsvRow, actor: Actor, at: datetime) -> tuple[ClaimedFigure, list[Reason]]:
    read = FieldReader(row.fields, BASE_FIELDS)
    this_year = local_date(at).year
    year = read.whole("year", least=FIRST_YEAR, most=this_year - 1, default=0)
    if not read.raw("year"):
        read.problem("year", "required", "年份不能为空", f"请填{FIRST_YEAR}至{this_year - 1}")
    figure = read.raw("figure")
    if figure not in FIGURES:
        read.not_among("figure", FIGURES)
    subject = ""
    if figure == AVERAGE_HOURS:
        subject = read.choice("area_class", {each: AREA_CLASSES[each] for each in AreaClass})
    elif read.raw("area_class"):
        read.problem("area_class", "not_allowed", "该指标不分区域类别", "请留空")
    value = read.decimal("value", most=MOST, zero=True)
    if figure == FREQUENT_FEEDERS:
        if value != value.to_integral_value():
            read.problem("value", "not_whole", "条数应为整数", "请核对数值")
        value = value.to_integral_value()  # 40.00 lines are 40 lines
    claimed = ClaimedFigure(
        year=year,
        figure=figure,
        subject=str(subject),
        value=str(value),
        source=read.text("source", limit=SOURCE_LENGTH),
        entered_by=actor.user_id,
        entered_at=at,
    )
    return claimed, read.reasons


def _known(work: ReliabilityWork, figure: ClaimedFigure, at: datetime) -> list[Reason]:
    """Why a figure may not be entered any more."""
    key = (figure.figure, figure.subject)
    if any((each.figure, each.subject) == key for each in work.reliability.base(figure.year)):
        return [_entered()]
    if not figure.year:
        return []
    period = Period.year(figure.year, at)
    if work.reliability.feeder_outages(period.since, period.until):
        message, remedy = "系统已有该年的停电记录，指标由记录计算", "请删除此行"
        return [_reason("recorded_here", message, remedy)]
    return []


def _subject(figure: ClaimedFigure) -> tuple[int, str, str]:
    """Of what a figure is: there is one of each."""
    return figure.year, figure.figure, figure.subject


def _twice(first: int) -> Reason:
    message = f"与第{first}行是同一年的同一指标"
    return _reason("twice", message, "每项指标只保留一行")


def _entered() -> Reason:
    message, remedy = "该年的这一指标已经录入，不能再次录入或更改", "请删除此行"
    return _reason("entered_already", message, remedy)


def _reason(code: str, message: str, remedy: str) -> Reason:
    return Reason(code=code, field="year", message=message, remedy=remedy, clause=CLAUSE)


def _entry(content: bytes, count: int) -> LedgerDraft:
    details = {"file_sha256": hashlib.sha256(content).hexdigest(), "accepted": count}
    return LedgerDraft(
        action="import_reliability_base", source_state="", target_state="", details=details
    )
