"""A high-voltage ticket moved by the real machine, for tests of what is told about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.application import (
    ApplicantKind,
    AreaClass,
    ConnectionApplication,
    Contact,
    CustomerType,
    IdKind,
    InvestmentBoundary,
    ServiceScheme,
)
from engine.calendar import SHANGHAI, CalendarYear, OfficeHours, WorkCalendar, YearStatus
from engine.clock_keeping import keep_clocks
from engine.definition import (
    Applicants,
    Checkpoint,
    DocumentRequirement,
    Ending,
    ReminderRung,
    RungTiming,
    Stage,
    State,
    TimeLimit,
    Transition,
    WorkflowDefinition,
)
from engine.documents import Paper, supply
from engine.machine import TicketMachine
from engine.ticket import (
    Act,
    Actor,
    Classification,
    DocumentSource,
    ManagerPair,
    PauseCause,
    Role,
    Ticket,
)
from notifications.context import PlanContext
from notifications.planner import plan
from tests.official_calendar import official_calendar_years

if TYPE_CHECKING:
    from engine.events import Outcome
    from notifications.message import Message

ACTOR = Actor(user_id="u-1", name="受理员", roles=frozenset(Role))
PAIR = ManagerPair(project_manager="u-pm", account_manager="u-am")
PEOPLE = {
    "u-pm": Contact(name="李工", phone="13900000001"),
    "u-am": Contact(name="王芳", phone="13900000002"),
    "u-head": Contact(name="科长", phone="13900000003"),
    "u-branch": Contact(name="经理", phone="13900000004"),
    "u-market": Contact(name="市场部", phone="13900000005"),
}
NEXT_YEAR = CalendarYear(
    year=2027, status=YearStatus.PROVISIONAL, source="按法定节假日推算", days=()
)
CALENDAR = WorkCalendar([*official_calendar_years(), NEXT_YEAR])
HOURS = OfficeHours()


def _move(trigger: str, source: str, target: str, **more: Any) -> Transition:
    return Transition(
        trigger=trigger, name=trigger, source=source, target=target, roles=tuple(Role), **more
    )


def _document(requirement: str, name: str, *kinds: str, **more: Any) -> DocumentRequirement:
    more.setdefault("due_at", Checkpoint.INTAKE)
    return DocumentRequirement(id=requirement, name=name, any_of=kinds, clause="四(二)3", **more)


LAST, REPLY = "inspection_and_energization", "supply_plan_reply"
WORKS = PauseCause.CUSTOMER_WORKS
OPEN_STATES = (
    State(id="submitted", name="待受理", stage="intake", until_received="key"),
    State(id="site_visit", name="现场勘查", stage=REPLY),
    State(id="plan_confirmation", name="方案确定", stage=REPLY),
    State(
        id="customer_works",
        name="客户工程施工",
        stage=LAST,
        held_by_customer=WORKS,
        until_received="completion_report",
    ),
    State(id="inspection", name="竣工检验", stage=LAST),
    State(id="customer_repair", name="客户整改", stage=LAST, held_by_customer=WORKS),
    State(id="metering", name="装表", stage=LAST, suspendable=(PauseCause.EXTERNAL_LINE,)),
)
DEFINITION = WorkflowDefinition(
    id="hv_single_supply",
    version=1,
    name="高压单电源用电报装",
    basis="云保电股发〔2021〕113号",
    stages=(
        Stage(id="intake", name="业务受理", limit=TimeLimit(days=1)),
        Stage(id=REPLY, name="供电方案答复", limit=TimeLimit(days=4)),
        Stage(id=LAST, name="竣工检验和装表接电", limit=TimeLimit(days=10)),
    ),
    states=(
        *OPEN_STATES,
        State(id="energized", name="已送电", stage=LAST, ending=Ending.COMPLETED),
        State(id="aborted", name="已中止", stage=LAST, ending=Ending.ABORTED),
    ),
    initial="submitted",
    transitions=(
        _move("complete_intake", "submitted", "site_visit", checkpoint=Checkpoint.INTAKE),
        _move("finish_site_visit", "site_visit", "plan_confirmation"),
        _move(
            "reply_supply_plan",
            "plan_confirmation",
            "customer_works",
            checkpoint=Checkpoint.PLAN_CONFIRMATION,
        ),
        _move(
            "report_completion", "customer_works", "inspection", checkpoint=Checkpoint.COMPLETION
        ),
        _move("pass_inspection", "inspection", "metering"),
        _move("fail_inspection", "inspection", "customer_repair", reason_required=True),
        _move("request_reinspection", "customer_repair", "inspection"),
        _move("energize", "metering", "energized", checkpoint=Checkpoint.ENERGIZATION),
        *(_move("abort", each.id, "aborted", reason_required=True) for each in OPEN_STATES),
    ),
    documents=(
        _document("identity", "有效身份证件", "id_card", applies_to=Applicants.RESIDENT, key=True),
        _document(
            "business_identity",
            "营业执照或组织机构代码证",
            "business_licence",
            "organization_code",
            applies_to=Applicants.ORGANISATION,
            key=True,
        ),
        _document("property_proof", "用电地址物权证件", "property_proof", deferrable=True),
        _document("project_approval", "用电工程项目批准文件", "project_approval", deferrable=True),
        _document(
            "completion_report",
            "工程竣工报告",
            "completion_report",
            due_at=Checkpoint.COMPLETION,
        ),
    ),
    document_names={
        "id_card": "有效身份证件",
        "business_licence": "营业执照",
        "organization_code": "组织机构代码证",
        "property_proof": "用电地址物权证件",
        "project_approval": "用电工程项目批准文件",
        "completion_report": "工程竣工报告",
    },
    handling_limit=TimeLimit(days=15),
    end_to_end_limit=TimeLimit(days=None),
    reminders=(
        ReminderRung(id="half_left", timing=RungTiming.HALF_LEFT),
        ReminderRung(id="last_day", timing=RungTiming.LAST_DAY),
        ReminderRung(id="before_close", timing=RungTiming.BEFORE_CLOSE, hours=2),
        ReminderRung(id="overdue", timing=RungTiming.OVERDUE),
        ReminderRung(id="overdue_daily", timing=RungTiming.OVERDUE_DAILY),
    ),
)
MACHINE = TicketMachine(DEFINITION)


def local(text: str) -> datetime:
    """`2021-09-06 09:00` in Shanghai as a UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def act(at: str, reason: str = "") -> Act:
    return Act(actor=ACTOR, at=local(at), reason=reason)


def context(at: str, **more: Any) -> PlanContext:
    more.setdefault("definition", DEFINITION)
    return PlanContext(
        calendar=CALENDAR,
        hours=HOURS,
        at=local(at),
        branch_name="腾冲分公司",
        branch_phone="0875-5551234",
        progress_url="https://hd.example/p/k7",
        people=PEOPLE,
        **more,
    )


def application(**more: Any) -> ConnectionApplication:
    facts: dict[str, Any] = {
        "contact": Contact(name="和顺食品厂", phone="13800138000"),
        "applicant_kind": ApplicantKind.ENTERPRISE,
        "id_kind": IdKind.USCC,
        "id_number": "91530500MA6K0000XX",
        "address": "腾冲市和顺镇",
        "area_class": AreaClass.TOWN,
        "requested_capacity_kw": Decimal(800),
    }
    return ConnectionApplication(**{**facts, **more})


@dataclass
class Journey:
    """One ticket on its way; each step gives the messages it caused."""

    ticket: Ticket

    def submit(self, at: str) -> tuple[Message, ...]:
        outcome = MACHINE.submit(self.ticket, act(at), CALENDAR)
        return self._told(None, outcome, at)

    def supply(self, kind: str, at: str) -> tuple[Message, ...]:
        paper = Paper(kind=kind, source=DocumentSource.COUNTER)
        given = supply(self.ticket, DEFINITION, paper, act(at))
        kept = keep_clocks(given.ticket, DEFINITION, CALENDAR, act(at), moved=False)
        return self.happens(replace(kept, events=(*given.events, *kept.events)), at)

    def fire(self, trigger: str, at: str, reason: str = "") -> tuple[Message, ...]:
        return self.happens(MACHINE.fire(self.ticket, trigger, act(at, reason), CALENDAR), at)

    def happens(self, outcome: Outcome, at: str, **more: Any) -> tuple[Message, ...]:
        return self._told(self.ticket, outcome, at, **more)

    def _told(
        self, before: Ticket | None, outcome: Outcome, at: str, **more: Any
    ) -> tuple[Message, ...]:
        messages = plan(before, outcome, context(at, **more))
        self.ticket = replace(outcome.ticket, revision=self.ticket.revision + 1)
        return messages


def journey(at: str = "2021-09-06 09:00", **more: Any) -> Journey:
    """A new ticket, not submitted yet."""
    when = local(at)
    classification = Classification(
        customer_type=CustomerType.HV_SINGLE_SUPPLY,
        service_scheme=ServiceScheme.THREE_SAVING,
        investment_boundary=InvestmentBoundary.STANDARD,
        definition_id=DEFINITION.id,
        reasons=("高压单电源",),
    )
    ticket = Ticket(
        ticket_no="TC20210906-0001",
        branch="tengchong",
        definition_id=DEFINITION.id,
        definition_version=1,
        request=application(**more),
        state="submitted",
        entered_at=when,
        submitted_at=when,
        classification=classification,
        managers=PAIR,
    )
    return Journey(ticket)


def accepted_journey(**more: Any) -> Journey:
    """Submitted with the licence and accepted on Monday 2021-09-06; the rest deferred."""
    trip = journey(**more)
    trip.submit("2021-09-06 09:00")
    trip.supply("business_licence", "2021-09-06 09:05")
    trip.fire("complete_intake", "2021-09-06 10:00")
    return trip
