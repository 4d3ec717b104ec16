"""What is said of an outage: area, line, time, reason and whom to call; never anybody's name (N4).

All whom one piece of news concerns read the same words, so a provider takes them in large batches;
its registered templates allow short parameters only, so each of ours is cut to `LONGEST`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.calendar import SHANGHAI
from engine.outage import (
    OUTAGE_KINDS,
    TELLING_OFF,
    Outage,
    OutageKind,
    OutageNews,
    OutageNotice,
    OutagePhase,
)
from notifications.message import MessageKind, SharedNotice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from notifications.context import PlanContext

LONGEST = 20
"""Characters that a registered template takes in one place."""
STALE_AFTER = timedelta(hours=24)
"""That supply is back is no news after so long."""
AT_YOUR_PLACE = "您的用电地址"
"""Where it is that supply is back for somebody whom an outage does not concern any more."""

URGENT = frozenset({OutageNews.RESTORED})
"""Told at any hour, beside that a fault has occurred."""
BY_LAW = frozenset({OutageNews.ANNOUNCED, OutageNews.CHANGED, OutageNews.CANCELLED})
"""Of what is foreseen everybody must be told (电力供应与使用条例 28, 供电监管办法 13).

Nothing demands that a fault, or how an outage goes on, be told to each customer: that is service.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One piece of news.

    Args:
        outage: as it is now.
        was: as it was before, where it was changed.
        cause: why, in Chinese.
        progress: how far the works are, in Chinese; may be empty.
        restored_at: when supply came back, where it did.
        part: the names of where it did, or of what is not concerned any more; empty for everywhere.
        known_since: see `OutageNotice`.
    """

    kind: OutageNews
    outage: Outage
    cause: str
    was: Outage | None = None
    progress: str = ""
    restored_at: datetime | None = None
    part: tuple[str, ...] = ()
    known_since: datetime | None = None

    @property
    def is_fault(self) -> bool:
        """Whether nobody could foresee the outage."""
        return self.outage.kind is OutageKind.FAULT

    @property
    def is_urgent(self) -> bool:
        """Whether it is told at any hour of the night."""
        kind = self.told_as
        return kind in URGENT or (self.is_fault and kind is OutageNews.ANNOUNCED)

    @property
    def is_by_law(self) -> bool:
        """Whether the law demands it, so that those are told too who asked not to be."""
        return self.told_as in BY_LAW and not self.is_fault

    @property
    def told_as(self) -> OutageNews:
        """In whose words it is told: to those who join or leave by themselves as to all others."""
        is_on = self.outage.phase is OutagePhase.IN_PROGRESS
        match self.kind:
            case OutageNews.JOINED:
                started = is_on and not self.is_fault
                return OutageNews.STARTED if started else OutageNews.ANNOUNCED
            case OutageNews.RELEASED:
                return OutageNews.RESTORED if is_on else OutageNews.CANCELLED
            case _:
                return self.kind

    def is_stale(self, at: datetime) -> bool:
        """Whether it lies back so far that nobody is told any more."""
        ended = self.restored_at if self.told_as is OutageNews.RESTORED else None
        return ended is not None and at - ended >= STALE_AFTER


def as_told(news: News, told: OutageNotice | None) -> News | None:
    """A change, or that it is off, for those whom that notice was the last to reach, if any was.

    To whom nothing was told, or that it is off, a change is an announcement, and the rest is none
    of their business. An older notice does not know which time it told: that which stood before.
    """
    if told is None or told.news in TELLING_OFF:
        is_off = news.kind is OutageNews.CANCELLED
        return None if is_off else replace(news, kind=OutageNews.ANNOUNCED, was=None)
    if told.planned_from is None:
        return news
    if news.kind is OutageNews.CANCELLED:
        return replace(news, outage=_at_told_time(news.outage, told))
    return replace(news, was=_at_told_time(news.was or news.outage, told))


def _at_told_time(outage: Outage, told: OutageNotice) -> Outage:
    return replace(
        outage,
        begins_at=told.planned_from or outage.begins_at,
        planned_until=told.planned_until,
    )


def shared_notice(news: News, notice_id: str, context: PlanContext) -> SharedNotice:
    """The news in words, once for all whom it concerns."""
    template = context.renderer.get(_template(news))
    known = _params(news) | {"branch_phone": context.branch_phone}
    params = {name: known[name] for name in template.params}
    return SharedNotice(
        id=notice_id,
        kind=MessageKind.OUTAGE,
        template_key=template.key,
        template_version=template.version,
        params=params,
        text=context.renderer.render(template.key, params),
        urgent=news.is_urgent,
        expires_at=_expires_at(news, context.at),
        topic=topic(news.outage.ticket_no, news.kind),
        created_at=context.at,
        by_law=news.is_by_law,
    )


def topic(ticket_no: str, news: OutageNews) -> str:
    """What a message is about, so that newer news ends what is still waiting.

    That supply is back, or does not go out after all, is never ended by anything: who was told of
    a part of the outage only hears it once. A new estimate ends older ones and nothing else.
    """
    aspect = {
        OutageNews.ESTIMATE: "/estimate",
        OutageNews.RESTORED: "/restored",
        OutageNews.CANCELLED: "/cancelled",
        OutageNews.RELEASED: "/released",
    }
    return f"outage:{ticket_no}{aspect.get(news, '')}"


def overtaken_topics(ticket_no: str, news: OutageNews) -> tuple[str, ...]:
    """The topics of which nothing older is worth sending once there is this news."""
    estimate, course = (
        topic(ticket_no, each) for each in (OutageNews.ESTIMATE, OutageNews.ANNOUNCED)
    )
    match news:
        case OutageNews.CHANGED | OutageNews.CANCELLED | OutageNews.RESTORED | OutageNews.RELEASED:
            return (course, estimate)
        case OutageNews.ESTIMATE:
            return (estimate,)
        case OutageNews.ANNOUNCED | OutageNews.REMINDER | OutageNews.STARTED | OutageNews.JOINED:
            return ()


def listed_briefly(names: Sequence[str], unit: str) -> str:
    """`和畅台区、知行台区等12个台区`: as many names as fit into a registered template."""
    whole = "、".join(names)
    if len(whole) <= LONGEST:
        return whole
    tail = f"等{len(names)}{unit}"
    shown = names[0]
    for each in names[1:]:
        if len(f"{shown}、{each}{tail}") > LONGEST:
            break
        shown = f"{shown}、{each}"
    return f"{shown[: LONGEST - len(tail)]}{tail}"


def window(begins_at: datetime, ends_at: datetime | None) -> str:
    """`9月8日08:00至18:00`, with the second date where it is another day."""
    if ends_at is None:
        return moment(begins_at)
    begins, ends = begins_at.astimezone(SHANGHAI), ends_at.astimezone(SHANGHAI)
    if begins.date() == ends.date():
        return f"{moment(begins)}至{ends:%H:%M}"
    return f"{moment(begins)}至{moment(ends)}"


def moment(at: datetime) -> str:
    """`9月8日08:00`."""
    local = at.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日{local:%H:%M}"


def _template(news: News) -> str:
    kind = news.told_as
    if news.is_fault and kind is OutageNews.ANNOUNCED:
        return "outage_fault"
    if news.is_fault and kind is OutageNews.CANCELLED:
        return "outage_dismissed"
    return f"outage_{kind}"


def _params(news: News) -> dict[str, str]:
    outage = news.outage
    estimated = outage.estimated_at
    return {
        "kind": "抢修" if news.is_fault else OUTAGE_KINDS[outage.kind],
        "area": listed_briefly(news.part, "处") if news.part else _cut(outage.area),
        "line": _cut(outage.line),
        "cause": _cut(news.cause),
        "window": window(outage.begins_at, outage.planned_until),
        "was": _was(news),
        "began": moment(outage.begins_at),
        "estimate": "" if estimated is None else moment(estimated),
        "progress": _cut(news.progress or ("正在抢修" if news.is_fault else "正在作业")),
        "restored": "" if news.restored_at is None else moment(news.restored_at),
    }


def _was(news: News) -> str:
    """The time that was told before, where it is another one now."""
    before, now = news.was, news.outage
    if before is None:
        return ""
    told = window(before.begins_at, before.planned_until)
    return "" if told == window(now.begins_at, now.planned_until) else told


def _expires_at(news: News, at: datetime) -> datetime | None:
    outage = news.outage
    match news.told_as:
        case OutageNews.ANNOUNCED | OutageNews.CHANGED | OutageNews.REMINDER:
            return None if outage.phase is OutagePhase.IN_PROGRESS else outage.begins_at
        case OutageNews.CANCELLED:
            return outage.planned_until
        case OutageNews.STARTED | OutageNews.ESTIMATE:
            return outage.estimated_at
        case OutageNews.RESTORED:
            return (news.restored_at or at) + STALE_AFTER
        case OutageNews.JOINED | OutageNews.RELEASED:  # told as one of those above
            return None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
