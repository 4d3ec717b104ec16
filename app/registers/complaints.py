"""Complaints by residential community, so that the ones that complain often are found (M4c).

三(四): 老旧小区 whose people complain often are looked after first. A complaint names a community
and a subject, not a person.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.fields import FieldReader, foreign_fields
from app.forms.moments import parsed_day
from app.registers.entries import SOURCES, Source, keep, refuse_closed, stated
from engine.calendar import local_date, start_of_day
from engine.errors import MalformedError, Reason, not_found
from engine.ticket import Act

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from app.clock import Clock
    from app.ports.registers import Community, Complaint, RegisterDatabase
    from engine.ticket import Actor
    from workflows.readiness import ReadinessPolicy

WHAT = "投诉"
ONE_DAY = timedelta(days=1)
COMMUNITY_FIELDS = {"id": "小区编号", "name": "小区名称", "branch": "单位", "old": "老旧小区"}
COMPLAINT_FIELDS = {"community": "小区", "source": "来源", "subject": "事由", "note": "情况说明"}
ID_LENGTH, NAME_LENGTH, NOTE_LENGTH = 64, 100, 500


class Subject(StrEnum):
    """What a complaint is about."""

    OUTAGES = "outages"
    VOLTAGE = "voltage"
    METERING = "metering"
    CONNECTION = "connection"
    SERVICE = "service"
    OTHER = "other"


SUBJECTS = {
    Subject.OUTAGES: "频繁停电",
    Subject.VOLTAGE: "低电压",
    Subject.METERING: "计量抄表",
    Subject.CONNECTION: "用电报装",
    Subject.SERVICE: "服务质量",
    Subject.OTHER: "其他",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintView:
    """A complaint as it is shown."""

    number: int
    community: str
    community_name: str
    branch: str
    is_old: bool
    source_name: str
    subject: str
    subject_name: str
    note: str
    opened_at: datetime
    closed_at: datetime | None
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityRank:
    """A community with how often it complained in a period, and about what."""

    community: str
    name: str
    branch: str
    is_old: bool
    complaints: int
    open_complaints: int
    is_frequent: bool
    subjects: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintRegister:
    """What people enter and close, and who complains most."""

    database: RegisterDatabase
    clock: Clock
    policy: Callable[[], ReadinessPolicy]

    def set_community(self, fields: Mapping[str, str], *, actor: Actor) -> None:
        """Add a community or change it; raw text by `COMMUNITY_FIELDS`.

        Raises:
            MalformedError: everything that is wrong with the fields.
        """
        authorize(actor, Action.KEEP_REGISTERS)
        act = Act(actor=actor, at=self.clock())
        read = FieldReader(fields, COMMUNITY_FIELDS)
        read.reasons += foreign_fields(fields, COMMUNITY_FIELDS)
        community_id = read.code("id", limit=ID_LENGTH)
        name = read.text("name", limit=NAME_LENGTH)
        is_old = read.truth("old")
        branch = read.raw("branch") or actor.branch
        with self.database.writing() as work:
            branches = {each.id: each.name for each in work.grid.branches()}
            if branch not in branches:
                read.not_among("branch", branches)
            read.refuse_if_any()
            authorize(actor, Action.KEEP_REGISTERS, branch=branch)
            before = work.registers.find_community(community_id)
            if before is not None:
                authorize(actor, Action.KEEP_REGISTERS, branch=before.branch)
            work.registers.set_community(community_id, branch=branch, name=name, is_old=is_old)
            facts = {"branch": branch, "name": name, "is_old": is_old}
            keep(work, act, "set_community", community_id, facts)

    def communities(self, *, actor: Actor, branch: str = "") -> tuple[Community, ...]:
        """Every community the actor may see."""
        authorize(actor, Action.READ)
        wanted = actor.branch or branch
        with self.database.reading() as work:
            found = work.registers.communities()
        return tuple(each for each in found if wanted in {"", each.branch})

    def open(self, fields: Mapping[str, str], *, actor: Actor) -> int:
        """Enter a complaint, raw text by `COMPLAINT_FIELDS`; returns its number.

        Raises:
            MalformedError: everything that is wrong with the fields.
        """
        authorize(actor, Action.KEEP_REGISTERS)
        act = Act(actor=actor, at=self.clock())
        read = FieldReader(fields, COMPLAINT_FIELDS)
        read.reasons += foreign_fields(fields, COMPLAINT_FIELDS)
        source = read.choice("source", SOURCES)
        subject = read.choice("subject", SUBJECTS)
        note = read.text("note", limit=NOTE_LENGTH)
        community_id = read.code("community", limit=ID_LENGTH)
        with self.database.writing() as work:
            community = work.registers.find_community(community_id) if community_id else None
            if community_id and community is None:
                message = f"小区“{community_id}”未登记"
                remedy = "请先登记小区（huodian register community set）"
                read.problem("community", "unknown_community", message, remedy)
            read.refuse_if_any()
            if community is not None:
                authorize(actor, Action.KEEP_REGISTERS, branch=community.branch)
            number = work.registers.open_complaint(
                community_id=community_id,
                source=source,
                subject=subject,
                note=note,
                at=act.at,
                by=actor.user_id,
            )
            facts = {"community": community_id, "source": source, "subject": subject, "note": note}
            keep(work, act, "open_complaint", str(number), facts)
        return number

    def close(self, number: int, *, result: str, actor: Actor) -> None:
        """Close a complaint with what was done.

        Raises:
            NotFoundError: no such complaint, or another branch's.
            ConflictError: it is closed already.
        """
        authorize(actor, Action.KEEP_REGISTERS)
        act = Act(actor=actor, at=self.clock())
        told = stated(result, "result", "处理结果")
        with self.database.writing() as work:
            complaint = work.registers.complaint(number)
            community = work.registers.community(complaint.community_id)
            if actor.branch and community.branch != actor.branch:
                raise not_found(WHAT, str(number))
            if not work.registers.close_complaint(number, by=actor.user_id, at=act.at, result=told):
                refuse_closed(WHAT, number)
            facts = {"community": community.id, "result": told}
            keep(work, act, "close_complaint", str(number), facts)

    def listing(
        self, *, actor: Actor, branch: str = "", community: str = "", everything: bool = False
    ) -> tuple[ComplaintView, ...]:
        """The open complaints, with `everything` the closed ones too; the newest first."""
        authorize(actor, Action.READ)
        wanted = actor.branch or branch
        with self.database.reading() as work:
            known = {each.id: each for each in work.registers.communities()}
            found = work.registers.complaints(open_only=not everything)
        return tuple(
            _view(each, known[each.community_id])
            for each in found
            if wanted in {"", known[each.community_id].branch}
            and community in {"", each.community_id}
        )

    def ranking(
        self, *, actor: Actor, first_day: str, last_day: str, branch: str = ""
    ) -> tuple[CommunityRank, ...]:
        """Communities by complaints registered from one day to another, both included.

        The most complaints first; of equals an old community first.

        Raises:
            MalformedError: no such days, or the last before the first.
        """
        authorize(actor, Action.READ)
        since, until = self._span(first_day, last_day)
        wanted = actor.branch or branch
        with self.database.reading() as work:
            known = [each for each in work.registers.communities() if wanted in {"", each.branch}]
            found = work.registers.complaints(
                since=start_of_day(since), until=start_of_day(until + ONE_DAY)
            )
        frequent = self.policy().complaints.frequent_from
        ranks = [
            _rank(each, [c for c in found if c.community_id == each.id], frequent) for each in known
        ]
        complained = [each for each in ranks if each.complaints]
        return tuple(
            sorted(complained, key=lambda each: (-each.complaints, not each.is_old, each.community))
        )

    def _span(self, first_day: str, last_day: str) -> tuple[date, date]:
        """The days; without a last one today, without a first one a year before."""
        reasons = []
        until = parsed_day(last_day) if last_day else local_date(self.clock())
        since = parsed_day(first_day) if first_day else (until and until - timedelta(days=365))
        for name, given, day in (("from", first_day, since), ("to", last_day, until)):
            if given and day is None:
                message, remedy = f"“{given}”不是日期", "请按 2026-11-25 的格式填写"
                reasons.append(Reason(code="not_a_day", field=name, message=message, remedy=remedy))
        if since is None or until is None:
            raise MalformedError(reasons)
        if until < since:
            message = f"截止日期 {until} 早于起始日期 {since}"
            raise MalformedError(Reason(code="turned_round", field="to", message=message))
        return since, until


def _view(complaint: Complaint, community: Community) -> ComplaintView:
    return ComplaintView(
        number=complaint.number,
        community=community.id,
        community_name=community.name,
        branch=community.branch,
        is_old=community.is_old,
        source_name=SOURCES[Source(complaint.source)],
        subject=complaint.subject,
        subject_name=SUBJECTS[Subject(complaint.subject)],
        note=complaint.note,
        opened_at=complaint.opened_at,
        closed_at=complaint.closed_at,
        result=complaint.result,
    )


def _rank(community: Community, complaints: list[Complaint], frequent_from: int) -> CommunityRank:
    subjects = Counter(SUBJECTS[Subject(each.subject)] for each in complaints)
    return CommunityRank(
        community=community.id,
        name=community.name,
        branch=community.branch,
        is_old=community.is_old,
        complaints=len(complaints),
        open_complaints=sum(each.closed_at is None for each in complaints),
        is_frequent=len(complaints) >= frequent_from,
        subjects=dict(subjects.most_common()),
    )
