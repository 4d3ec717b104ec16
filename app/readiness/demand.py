"""Demand by grid cell and month, for those who plan the grid (N1, R-9.1a, 四(四)1).

The sum over the cells of a month is the sum of its tickets, aborted ones included but apart.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from engine.calendar import local_date, start_of_day
from engine.definition import Ending
from engine.errors import MalformedError, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.clock import Clock
    from app.ports.readiness import DemandRow, GridDatabase, GridWork
    from engine.ticket import Actor

COLUMNS = (
    "branch",
    "cell",
    "cell_name",
    "month",
    "tickets",
    "requested_kw",
    "open_kw",
    "connected_kw",
    "aborted_kw",
)
NO_CELL = "未划入网格"
FIRST_YEAR, LAST_YEAR = 2000, 2999


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDemand:
    """What was asked for in a cell in a month; kW, and how they stand now."""

    branch: str
    cell: str
    cell_name: str
    month: str
    tickets: int
    requested_kw: Decimal
    open_kw: Decimal
    connected_kw: Decimal
    aborted_kw: Decimal


@dataclass(slots=True)
class _Sum:
    """The tickets of a cell and month counted so far, and their kW by ending."""

    tickets: int = 0
    kw: dict[str | None, Decimal] = field(default_factory=dict)

    def add(self, row: DemandRow) -> None:
        self.tickets += 1
        self.kw[row.ending] = self.kw.get(row.ending, Decimal(0)) + row.requested_kw

    def of(self, branch: str, cell: str, cell_name: str, month: str) -> CellDemand:
        return CellDemand(
            branch=branch,
            cell=cell,
            cell_name=cell_name,
            month=month,
            tickets=self.tickets,
            requested_kw=sum(self.kw.values(), Decimal(0)),
            open_kw=self.kw.get(None, Decimal(0)),
            connected_kw=self.kw.get(Ending.COMPLETED, Decimal(0)),
            aborted_kw=self.kw.get(Ending.ABORTED, Decimal(0)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandQueries:
    """The export."""

    database: GridDatabase
    clock: Clock

    def by_cell(self, first_month: str, last_month: str, *, actor: Actor) -> tuple[CellDemand, ...]:
        """By branch, cell and month of application; months as `2021-09`, both included.

        Without a last month up to the present one, without a first one a year back from the last.

        Raises:
            MalformedError: no such months, or the last before the first.
        """
        authorize(actor, Action.READ)
        since, until = _span(first_month, last_month or f"{local_date(self.clock()):%Y-%m}")
        with self.database.reading() as work:
            cells = _Cells(work)
            found: dict[tuple[str, str, str, str], _Sum] = {}
            for row in work.demand.rows(start_of_day(since), start_of_day(until)):
                if actor.branch in {"", row.branch}:
                    cell, name = cells.of(row.node_id, row.branch)
                    month = f"{local_date(row.submitted_at):%Y-%m}"
                    found.setdefault((row.branch, cell, name, month), _Sum()).add(row)
        return tuple(found[key].of(*key) for key in sorted(found))


def as_csv(rows: Iterable[CellDemand]) -> str:
    """The export as CSV with a header; no cell of it starts a formula."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_harmless(str(getattr(row, column))) for column in COLUMNS])
    return text.getvalue()


class _Cells:
    """Which cell a ticket lies in: as its managers are preset, so the branch's default counts."""

    def __init__(self, work: GridWork) -> None:
        grids = work.grid.grids()
        self._names = {each.id: each.name for each in grids}
        self._defaults = {each.branch: each.id for each in grids if each.is_default}
        self._branches = {each.id: each.branch for each in grids}
        self._cells = {each.id: each.cell for each in work.grid_areas.areas()}
        self._work = work

    def of(self, node_id: str, branch: str) -> tuple[str, str]:
        """The cell's id and name."""
        cell = self._cell_above(node_id) if node_id else ""
        if self._branches.get(cell) != branch:
            cell = self._defaults.get(branch, "")
        return cell, self._names.get(cell, NO_CELL)

    def _cell_above(self, node_id: str) -> str:
        if node_id not in self._cells:
            self._cells[node_id] = self._work.grid_areas.cell_of(node_id)
        return self._cells[node_id]


def _span(first_month: str, last_month: str) -> tuple[date, date]:
    """The first day of the first month, and the one after the last month.

    Without a first month it is a year before the last one.
    """
    last = _month(last_month, "to")
    if not first_month and isinstance(last, date):
        first_month = f"{max(last.year - 1, FIRST_YEAR)}-{last:%m}"
    first = _month(first_month, "from") if first_month else None
    reasons = [each for each in (first, last) if isinstance(each, Reason)]
    if isinstance(first, date) and isinstance(last, date):
        if first <= last:
            years, month = divmod(last.month, 12)
            return first, date(last.year + years, month + 1, 1)
        message = f"截止月份 {last_month} 早于起始月份 {first_month}"
        reasons = [Reason(code="turned_round", field="to", message=message, remedy="请对调")]
    raise MalformedError(reasons)


def _month(text: str, name: str) -> date | Reason:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        remedy = "请按 2021-09 的格式填写"
        return Reason(code="not_a_month", field=name, message=f"“{text}”不是月份", remedy=remedy)
    if FIRST_YEAR <= found.year <= LAST_YEAR:
        return found
    message, remedy = f"“{text}”超出范围", f"请填 {FIRST_YEAR}-01 至 {LAST_YEAR}-12"
    return Reason(code="out_of_range", field=name, message=message, remedy=remedy)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell
