"""Register of areas with too low a voltage (低电压台区), put right in a concentrated way (N2a).

四(四)2, R-7.4. One open entry an area; it is closed with its result, and opened anew if it recurs.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.fields import FieldReader, foreign_fields
from app.registers.entries import SOURCES, Source, keep, refuse_closed, stated
from engine.errors import Reason, RefusedError, not_found
from engine.ticket import Act

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.clock import Clock
    from app.ports.readiness import Area
    from app.ports.registers import RegisterDatabase, UndervoltageEntry
    from engine.ticket import Actor

WHAT = "低电压台区记录"
FIELDS = {
    "area": "台区",
    "branch": "单位",
    "source": "来源",
    "lowest_v": "最低相电压（伏）",
    "note": "情况说明",
}
ID_LENGTH = 64
NOTE_LENGTH = 500
MOST_V = Decimal(220)
"""What was measured between a phase and neutral; above the nominal voltage nothing is too low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndervoltageView:
    """An entry as it is shown; `lowest_v` volts, None if not measured."""

    number: int
    area_id: str
    area_name: str
    feeder: str
    branch: str
    source: str
    source_name: str
    lowest_v: Decimal | None
    note: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndervoltageRegister:
    """What people enter and close."""

    database: RegisterDatabase
    clock: Clock

    def open(self, fields: Mapping[str, str], *, actor: Actor) -> int:
        """Enter an area, raw text by `FIELDS`; returns the number of the entry.

        `branch` is needed only where no grid covers the area.

        Raises:
            MalformedError: everything that is wrong with the fields.
            RefusedError: the area has an open entry already.
        """
        authorize(actor, Action.KEEP_REGISTERS)
        act = Act(actor=actor, at=self.clock())
        read = FieldReader(fields, FIELDS)
        read.reasons += foreign_fields(fields, FIELDS)
        source = read.choice("source", SOURCES)
        note = read.text("note", limit=NOTE_LENGTH)
        lowest = read.decimal("lowest_v", most=MOST_V) if read.raw("lowest_v") else None
        area_id = read.code("area", limit=ID_LENGTH)
        with self.database.writing() as work:
            area = work.grid_areas.area_at(area_id) if area_id else None
            if area_id and (area is None or area.id != area_id):
                message = f"“{area_id}”不是电网拓扑中的台区"
                read.problem("area", "unknown_area", message, "请核对台区编号")
            branch = area.branch if area is not None and area.branch else read.raw("branch")
            branch = branch or actor.branch
            branches = {each.id: each.name for each in work.grid.branches()}
            if branch not in branches and not read.is_refused("area"):
                read.not_among("branch", branches)
            read.refuse_if_any()
            authorize(actor, Action.KEEP_REGISTERS, branch=branch)
            number = work.registers.open_undervoltage(
                node_id=area_id,
                branch=branch,
                source=source,
                lowest_v=lowest,
                note=note,
                at=act.at,
                by=actor.user_id,
            )
            if number is None:
                raise _is_open(area_id)
            facts = {"area": area_id, "source": source, "lowest_v": lowest, "note": note}
            keep(work, act, "open_undervoltage", str(number), facts)
        return number

    def close(self, number: int, *, result: str, actor: Actor) -> None:
        """Close an entry with what was done and measured.

        Raises:
            NotFoundError: no such entry, or another branch's.
            ConflictError: it is closed already.
        """
        authorize(actor, Action.KEEP_REGISTERS)
        act = Act(actor=actor, at=self.clock())
        told = stated(result, "result", "处理结果")
        with self.database.writing() as work:
            entry = work.registers.undervoltage(number)
            if actor.branch and entry.branch != actor.branch:
                raise not_found(WHAT, str(number))
            if not work.registers.close_undervoltage(
                number, by=actor.user_id, at=act.at, result=told
            ):
                refuse_closed(WHAT, number)
            facts = {"area": entry.node_id, "result": told}
            keep(work, act, "close_undervoltage", str(number), facts)

    def listing(
        self, *, actor: Actor, branch: str = "", everything: bool = False
    ) -> tuple[UndervoltageView, ...]:
        """The open entries, with `everything` the closed ones too; the newest first."""
        authorize(actor, Action.READ)
        wanted = actor.branch or branch
        with self.database.reading() as work:
            areas = {each.id: each for each in work.grid_areas.areas()}
            found = work.registers.undervoltage_entries(open_only=not everything)
        return tuple(
            _view(each, areas.get(each.node_id)) for each in found if wanted in {"", each.branch}
        )


def _view(entry: UndervoltageEntry, area: Area | None) -> UndervoltageView:
    return UndervoltageView(
        number=entry.number,
        area_id=entry.node_id,
        area_name=area.name if area else entry.node_id,
        feeder=area.feeder_name if area else "",
        branch=entry.branch,
        source=entry.source,
        source_name=SOURCES[Source(entry.source)],
        lowest_v=entry.lowest_v,
        note=entry.note,
        opened_at=entry.opened_at,
        opened_by=entry.opened_by,
        closed_at=entry.closed_at,
        result=entry.result,
    )


def _is_open(area_id: str) -> RefusedError:
    return RefusedError(
        Reason(
            code="open_already",
            field="area",
            message=f"台区“{area_id}”已在低电压台账中，尚未销号",
            clause="R-7.4, 四(四)2",
            remedy="请在原记录上处理（huodian register undervoltage list）",
        )
    )
