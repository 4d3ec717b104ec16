"""An outage as people look at it. Frozen values; personal data is masked already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.outage import OUTAGE_KINDS, Outage, OutageKind, OutageNews, OutagePhase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.outages.results import NearbyOutage

PHASES = {
    OutagePhase.SCHEDULED: "待停电",
    OutagePhase.IN_PROGRESS: "停电中",
    OutagePhase.RESTORED: "已送电",
    OutagePhase.CANCELLED: "已取消",
}
NEWS = {
    OutageNews.ANNOUNCED: "停电通知",
    OutageNews.CHANGED: "变更通知",
    OutageNews.CANCELLED: "取消通知",
    OutageNews.REMINDER: "前一天提醒",
    OutageNews.STARTED: "停电开始",
    OutageNews.ESTIMATE: "预计送电时间",
    OutageNews.RESTORED: "恢复送电",
    OutageNews.JOINED: "新涉及用户通知",
    OutageNews.RELEASED: "不再涉及用户通知",
}
"""Chinese names, as screens show them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageLine:
    """An outage in a list; `late_reason` says why it was not announced in time, if it was not."""

    ticket_no: str
    kind: OutageKind
    kind_name: str
    phase: OutagePhase
    phase_name: str
    branch: str
    area: str
    line: str
    cause: str
    begins_at: datetime
    ends_at: datetime | None
    estimated_at: datetime | None
    service_points: int
    out: int
    late_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedNode:
    """A node by id and name."""

    node_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldView:
    """One notice: what it said, and how many of its messages are in which state."""

    news: OutageNews
    news_name: str
    created_at: datetime
    text: str
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionView:
    """An open connection ticket whose works may use an outage."""

    ticket_no: str
    title: str
    state_name: str
    node_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutagePage:
    """Everything about one outage but its moves and its history, which are its ticket's."""

    line: OutageLine
    branch_name: str
    branch_phone: str
    nodes: tuple[NamedNode, ...]
    announced_at: datetime
    planned_from: datetime | None
    planned_until: datetime | None
    begins_source: str
    ends_source: str
    important: int
    restored: int
    restored_nodes: tuple[NamedNode, ...]
    told: tuple[ToldView, ...]
    serves: tuple[str, ...]
    nearby: tuple[NearbyOutage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """What an outage on some nodes would mean: whom, where, whom twice, and what it could serve."""

    service_points: int
    phones: int
    important: int
    without_phone: int
    area: str
    line: str
    nearby: tuple[NearbyOutage, ...]
    connections: tuple[ConnectionView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreachableView:
    """Somebody to be told by a visit or a poster: nobody knows a number or a WeChat account."""

    node_id: str
    node_name: str
    area_name: str
    customer_no: str
    customer_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeliveredView:
    """Somebody to be told by telephone: the message certainly did not arrive."""

    message_id: str
    recipient: str
    address: str
    template_key: str
    problem: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreachableList:
    """Whom messages did not and will not reach; each list is cut at `limit`."""

    ticket_no: str
    limit: int
    without_address: tuple[UnreachableView, ...]
    undelivered: tuple[UndeliveredView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """What hangs on the board of a community. No names, no numbers of customers."""

    ticket_no: str
    kind_name: str
    phase: OutagePhase
    area: str
    line: str
    cause: str
    window: str
    estimate: str
    restored: str
    branch_name: str
    branch_phone: str
    announced_at: datetime


def outage_line(outage: Outage, service_points: int, out: int) -> OutageLine:
    """The outage in a list."""
    return OutageLine(
        ticket_no=outage.ticket_no,
        kind=outage.kind,
        kind_name=OUTAGE_KINDS[outage.kind],
        phase=outage.phase,
        phase_name=PHASES[outage.phase],
        branch=outage.branch,
        area=outage.area,
        line=outage.line,
        cause=outage.cause,
        begins_at=outage.begins_at,
        ends_at=outage.ends_at,
        estimated_at=outage.estimated_at,
        service_points=service_points,
        out=out,
        late_reason=outage.late_reason,
    )
