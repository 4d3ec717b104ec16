"""Definitions for tests of the engine, shaped like the shipped ones but written in code.

The stage limits, documents and borders are those of the plan's annex and of 四(二)3-4; a test that
needs another shape changes one of these with `a_definition`.
"""

from __future__ import annotations

from typing import Any

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
from engine.ticket import PauseCause, Role

EXTERNAL_LINE, CUSTOMER_WORKS = PauseCause.EXTERNAL_LINE, PauseCause.CUSTOMER_WORKS
DESK = (Role.OPERATOR, Role.ACCOUNT_MANAGER)
ACCOUNT, PROJECT = (Role.ACCOUNT_MANAGER,), (Role.PROJECT_MANAGER,)

LADDER = (
    ReminderRung(id="half_left", timing=RungTiming.HALF_LEFT),
    ReminderRung(id="last_day", timing=RungTiming.LAST_DAY),
    ReminderRung(id="before_close", timing=RungTiming.BEFORE_CLOSE, hours=2),
    ReminderRung(id="overdue", timing=RungTiming.OVERDUE),
    ReminderRung(id="overdue_daily", timing=RungTiming.OVERDUE_DAILY),
)
NAMES = {
    "identity": "有效身份证件",
    "business_licence": "营业执照",
    "organization_code": "组织机构代码证",
    "property_proof": "用电地址物权证件",
    "project_approval": "用电工程项目批准文件",
    "completion_report": "工程竣工报告（含竣工图纸）",
}


def document(*any_of: str, due_at: Checkpoint = Checkpoint.INTAKE, **more: Any) -> Any:
    """A requirement named after its first kind."""
    return DocumentRequirement(
        id=more.pop("id", any_of[0]),
        name=NAMES[any_of[0]],
        any_of=any_of,
        due_at=due_at,
        clause="R-3.1, 四(二)3",
        **more,
    )


RESIDENT_KEY = document("identity", applies_to=Applicants.RESIDENT, key=True)
BUSINESS_KEY = document(
    "business_licence",
    "organization_code",
    id="business_identity",
    applies_to=Applicants.ORGANISATION,
    key=True,
)
PROPERTY_PROOF = document("property_proof", deferrable=True)
PROJECT_APPROVAL = document("project_approval", deferrable=True)
COMPLETION_REPORT = document("completion_report", due_at=Checkpoint.COMPLETION)


def move(
    trigger: str, source: str, target: str, roles: tuple[Role, ...], **more: Any
) -> Transition:
    """A transition called in Chinese like its trigger."""
    return Transition(
        trigger=trigger, name=f"办理{trigger}", source=source, target=target, roles=roles, **more
    )


def aborts(states: tuple[State, ...]) -> tuple[Transition, ...]:
    """From every state that is not final a ticket may be aborted, with a reason."""
    return tuple(
        move("abort", state.id, "aborted", DESK, reason_required=True)
        for state in states
        if not state.is_final
    )


def stage(stage_id: str, days: int | None) -> Stage:
    """A stage with its limit in working days."""
    return Stage(id=stage_id, name=f"环节{stage_id}", limit=TimeLimit(days=days, clause="附件"))


def state(state_id: str, stage_id: str, **more: Any) -> State:
    """A state called in Chinese like its id."""
    return State(id=state_id, name=f"状态{state_id}", stage=stage_id, **more)


def connection(
    definition_id: str,
    stages: tuple[Stage, ...],
    states: tuple[State, ...],
    transitions: tuple[Transition, ...],
    **more: Any,
) -> WorkflowDefinition:
    """A definition of connection applications: handling limit = sum of the stages (X1)."""
    last = stages[-1].id
    every = (
        *states,
        state("energized", last, ending=Ending.COMPLETED),
        state("aborted", last, ending=Ending.ABORTED),
    )
    whole = more.pop("end_to_end", None)
    return WorkflowDefinition(
        id=definition_id,
        version=1,
        name=f"流程{definition_id}",
        basis="云保电股发〔2021〕113号",
        stages=stages,
        states=every,
        initial="submitted",
        transitions=(*transitions, *aborts(every)),
        document_names=NAMES,
        handling_limit=TimeLimit(days=sum(each.limit.days or 0 for each in stages)),
        end_to_end_limit=TimeLimit(days=whole),
        deferral_clause="R-3.2, 四(二)4",
        reminders=LADDER,
        **more,
    )


COMPLETE_INTAKE = move(
    "complete_intake",
    "submitted",
    "site_visit",
    DESK,
    guards=("managers_named",),
    checkpoint=Checkpoint.INTAKE,
)
SUBMITTED = state("submitted", "intake", until_received="key")


def low_voltage(definition_id: str, last_days: int, end_to_end: int | None) -> WorkflowDefinition:
    """Two stages; the plan's confirmation lies inside the second one (Q1)."""
    last = "metering_and_energization"
    causes = (EXTERNAL_LINE, CUSTOMER_WORKS)
    return connection(
        definition_id,
        (stage("intake", 1), stage(last, last_days)),
        (
            SUBMITTED,
            state("site_visit", last),
            state("plan_confirmation", last),
            state("grid_works", last, suspendable=causes),
            state("metering", last),
        ),
        (
            COMPLETE_INTAKE,
            move("finish_site_visit", "site_visit", "plan_confirmation", ACCOUNT),
            move(
                "release_works",
                "plan_confirmation",
                "grid_works",
                PROJECT,
                checkpoint=Checkpoint.PLAN_CONFIRMATION,
            ),
            move("finish_works", "grid_works", "metering", PROJECT),
            move("energize", "metering", "energized", PROJECT, checkpoint=Checkpoint.ENERGIZATION),
        ),
        documents=(RESIDENT_KEY, BUSINESS_KEY, PROPERTY_PROOF),
        end_to_end=end_to_end,
    )


def high_voltage(definition_id: str, reply_days: int, last_days: int) -> WorkflowDefinition:
    """Three stages; the last one starts when the completion report is received (Q10)."""
    reply, last = "supply_plan_reply", "inspection_and_energization"
    return connection(
        definition_id,
        (stage("intake", 1), stage(reply, reply_days), stage(last, last_days)),
        (
            SUBMITTED,
            state("site_visit", reply),
            state("plan_confirmation", reply),
            state(
                "customer_works",
                last,
                held_by_customer=CUSTOMER_WORKS,
                until_received="completion_report",
            ),
            state("inspection", last),
            state("customer_repair", last, held_by_customer=CUSTOMER_WORKS),
            state("metering", last, suspendable=(EXTERNAL_LINE,)),
        ),
        (
            COMPLETE_INTAKE,
            move("finish_site_visit", "site_visit", "plan_confirmation", ACCOUNT),
            move(
                "reply_supply_plan",
                "plan_confirmation",
                "customer_works",
                ACCOUNT,
                checkpoint=Checkpoint.PLAN_CONFIRMATION,
            ),
            move(
                "report_completion",
                "customer_works",
                "inspection",
                DESK,
                checkpoint=Checkpoint.COMPLETION,
            ),
            move("pass_inspection", "inspection", "metering", PROJECT),
            move("fail_inspection", "inspection", "customer_repair", PROJECT, reason_required=True),
            move("request_reinspection", "customer_repair", "inspection", DESK),
            move("energize", "metering", "energized", PROJECT, checkpoint=Checkpoint.ENERGIZATION),
        ),
        documents=(
            RESIDENT_KEY,
            BUSINESS_KEY,
            PROPERTY_PROOF,
            PROJECT_APPROVAL,
            COMPLETION_REPORT,
        ),
    )


def asset_transfer() -> WorkflowDefinition:
    """One clock: 30 working days from the passed (re)assessment to the receipt (R-1.4)."""
    every = (
        state("awaiting_assessment", "assessment"),
        state("metered_first", "assessment"),
        state("rectification", "assessment", held_by_customer=CUSTOMER_WORKS),
        state("reassessment", "assessment"),
        state("receiving", "receipt"),
        state("received", "receipt", ending=Ending.COMPLETED),
        state("aborted", "receipt", ending=Ending.ABORTED),
    )
    return WorkflowDefinition(
        id="asset_transfer",
        version=1,
        name="新建住宅小区供配电设施资产接收",
        basis="云保电股发〔2021〕113号",
        stages=(stage("assessment", None), stage("receipt", None)),
        states=every,
        initial="awaiting_assessment",
        transitions=(
            move("pass_assessment", "awaiting_assessment", "receiving", PROJECT),
            move(
                "fail_assessment",
                "awaiting_assessment",
                "metered_first",
                PROJECT,
                reason_required=True,
            ),
            move("start_rectification", "metered_first", "rectification", PROJECT),
            move("reassess", "rectification", "reassessment", PROJECT),
            move("pass_assessment", "reassessment", "receiving", PROJECT),
            move("fail_assessment", "reassessment", "rectification", PROJECT, reason_required=True),
            move("receive", "receiving", "received", PROJECT),
            *aborts(every),
        ),
        documents=(),
        document_names={},
        handling_limit=TimeLimit(days=None),
        end_to_end_limit=TimeLimit(days=30, clause="三(二)"),
        end_to_end_from="receiving",
        reminders=LADDER,
    )


LV_RESIDENT = low_voltage("lv_resident", last_days=1, end_to_end=2)
LV_THREE_ZERO = low_voltage("lv_business_three_zero", last_days=4, end_to_end=5)
LV_STANDARD = low_voltage("lv_business", last_days=4, end_to_end=None)
HV_SINGLE = high_voltage("hv_single_supply", reply_days=4, last_days=10)
HV_DUAL = high_voltage("hv_dual_supply", reply_days=14, last_days=15)
ASSET_TRANSFER = asset_transfer()
CONNECTIONS = (LV_RESIDENT, LV_THREE_ZERO, LV_STANDARD, HV_SINGLE, HV_DUAL)
EVERY = (*CONNECTIONS, ASSET_TRANSFER)
