"""What stands against an outage's times: lead time, order, what was reported, what is expected.

Pure: the times as they were entered, and why they will not do, all at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from engine.calendar import SHANGHAI
from engine.errors import Reason
from engine.outage import OUTAGE_KINDS, Outage, OutageKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workflows.outage_policy import LeadTime

REPORTED = "R-5.1a"
ANNOUNCED = "R-7.2, 四(四)4"
OFF_TIME = "early_start_reason"
"""The field of why supply went out at another time than was announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The instants among a ticket's details; None where nothing was entered."""

    planned_from: datetime | None
    planned_until: datetime | None
    occurred_at: datetime | None
    estimated_at: datetime | None
    restored_at: datetime | None

    @classmethod
    def of(cls, details: Mapping[str, str]) -> Times:
        """As the fields of a definition hold them."""

        def instant(field: str) -> datetime | None:
            value = details.get(field, "")
            return datetime.fromisoformat(value) if value else None

        return cls(
            planned_from=instant("planned_start_at"),
            planned_until=instant("planned_end_at"),
            occurred_at=instant("occurred_at"),
            estimated_at=instant("estimated_restoration_at"),
            restored_at=instant("restored_at"),
        )


def against_window(times: Times, at: datetime) -> Iterator[Reason]:
    """Why planned times will not do by themselves."""
    begins, ends = times.planned_from, times.planned_until
    if begins is not None and begins <= at:
        yield _reason(
            "begins_in_the_past",
            "planned_start_at",
            f"计划停电时间 {_shown(begins)} 已过",
            "请填写今后的时间；已经停电的，请按故障停电登记",
        )
    if begins is not None and ends is not None and ends <= begins:
        yield _reason(
            "ends_before_it_begins",
            "planned_end_at",
            f"计划送电时间 {_shown(ends)} 不晚于计划停电时间 {_shown(begins)}",
            "请核对两个时间",
        )


def against_lead(
    kind: OutageKind, begins: datetime | None, lead: LeadTime | None, excuse: str, at: datetime
) -> Iterator[Reason]:
    """Why an outage may not be announced as late as this, unless the reason is recorded."""
    if not is_late(begins, lead, at) or excuse or begins is None or lead is None:
        return
    yield Reason(
        code="announced_late",
        field="late_announcement_reason",
        message=f"{OUTAGE_KINDS[kind]}须提前 {lead.hours} 小时公告，"
        f"最迟应于 {_shown(begins - lead.span)} 公告",
        clause=lead.clause,
        remedy="请推迟停电时间；确不能推迟的，请填写“迟于规定时间公告的原因”",
    )


def is_late(begins: datetime | None, lead: LeadTime | None, at: datetime) -> bool:
    """Whether less than the lead time is left. Exactly the lead time is in time (Q30)."""
    return begins is not None and lead is not None and begins - at < lead.span


def against_occurrence(
    times: Times, outage: Outage | None, excuse: str, at: datetime
) -> Iterator[Reason]:
    """Why the time that supply is reported to have gone out will not do (R-5.1a)."""
    occurred = times.occurred_at
    if occurred is None:
        return
    if occurred > at:
        yield _in_the_future("occurred_at", occurred, at)
    if outage is None or outage.planned_from is None:
        return
    # Times are reported by the minute.
    if occurred < outage.announced_at.replace(second=0, microsecond=0):
        yield _reason(
            "before_the_announcement",
            "occurred_at",
            f"停电时间 {_shown(occurred)} 早于公告时间 {_shown(outage.announced_at)}",
            "请核对；公告前发生的停电请按故障停电登记",
            REPORTED,
        )
    elif occurred < outage.planned_from and not excuse:
        yield _reason(
            "earlier_than_announced",
            OFF_TIME,
            f"停电时间 {_shown(occurred)} 早于公告的 {_shown(outage.planned_from)}",
            "请按公告时间停电；确已提前的，请填写“未按公告时间停电的原因”",
        )
    elif is_after_all_that_was_announced(occurred, outage) and not excuse:
        yield _reason(
            "later_than_announced",
            OFF_TIME,
            f"公告的停电时间已于 {_shown(outage.planned_until or occurred)} 结束，"
            f"{_shown(occurred)} 的停电没有公告",
            "请先变更公告时间；确已停电的，请填写“未按公告时间停电的原因”",
        )


def is_after_all_that_was_announced(occurred: datetime, outage: Outage) -> bool:
    """Whether supply went out when it was announced to be back: nobody was told of that."""
    return outage.planned_until is not None and occurred >= outage.planned_until


def against_estimate(estimated: datetime | None, at: datetime) -> Iterator[Reason]:
    """Why an estimate will not do."""
    if estimated is not None and estimated <= at:
        yield _reason(
            "estimate_in_the_past",
            "estimated_restoration_at",
            f"预计送电时间 {_shown(estimated)} 已过",
            "请填写今后的时间；已经送电的，请办理送电",
        )


def against_restoration(times: Times, outage: Outage, at: datetime) -> Iterator[Reason]:
    """Why the time that supply is reported to have come back will not do (R-5.1a)."""
    restored = times.restored_at
    if restored is None:
        return
    if restored > at:
        yield _in_the_future("restored_at", restored, at)
    if restored < outage.begins_at:
        yield _reason(
            "restored_before_it_began",
            "restored_at",
            f"送电时间 {_shown(restored)} 早于停电时间 {_shown(outage.begins_at)}",
            "请核对送电时间",
            REPORTED,
        )


def _in_the_future(field: str, reported: datetime, at: datetime) -> Reason:
    return _reason(
        "reported_in_the_future",
        field,
        f"登记的时间 {_shown(reported)} 晚于现在（{_shown(at)}）",
        "只能登记已经发生的时间",
        REPORTED,
    )


def _reason(code: str, field: str, message: str, remedy: str, clause: str = ANNOUNCED) -> Reason:
    return Reason(code=code, field=field, message=message, remedy=remedy, clause=clause)


def _shown(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
