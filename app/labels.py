"""Chinese names of the values that screens show; stages and documents are named by definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.authorization import SCOPE_NAMES, Scope
from engine.application import (
    APPLICANT_KINDS,
    AREA_CLASSES,
    ApplicantKind,
    AreaClass,
    CustomerType,
    IdKind,
    IntakeChannel,
    InvestmentBoundary,
    ServiceScheme,
)
from engine.calendar_year import YearStatus
from engine.clocks import CAUSE_NAMES
from engine.definition import Checkpoint
from engine.documents import SOURCE_NAMES
from engine.guards import ROLE_NAMES
from engine.ticket import DocumentSource, FlagCode, PauseCause, Role
from notifications.message import Audience, Channel, MessageKind, MessageState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

CHANNELS = {
    IntakeChannel.COUNTER: "营业厅",
    IntakeChannel.ONLINE: "线上",
    IntakeChannel.VISIT: "预约上门",
}
ID_KINDS = {IdKind.RESIDENT_ID: "居民身份证号", IdKind.USCC: "统一社会信用代码"}
CUSTOMER_TYPES = {
    CustomerType.LV_RESIDENT: "低压居民",
    CustomerType.LV_BUSINESS: "低压非居民",
    CustomerType.HV_SINGLE_SUPPLY: "高压单电源",
    CustomerType.HV_DUAL_SUPPLY: "高压双电源",
}
SCHEMES = {
    ServiceScheme.THREE_ZERO: "“三零”服务",
    ServiceScheme.THREE_SAVING: "“三省”服务",
    ServiceScheme.STANDARD: "常规服务",
}
BOUNDARIES = {
    InvestmentBoundary.EXTENDED: "已延伸至用户红线（含计量装置）",
    InvestmentBoundary.STANDARD: "未延伸",
}
CHECKPOINTS = {
    Checkpoint.INTAKE: "业务受理办结前",
    Checkpoint.PLAN_CONFIRMATION: "供电方案确定前",
    Checkpoint.COMPLETION: "竣工报验时",
    Checkpoint.ENERGIZATION: "装表接电前",
}
FLAGS = {
    FlagCode.RESTARTED: "疑似重走流程",
    FlagCode.UNUSUALLY_FAST: "办电超短用时",
    FlagCode.BOUNDARY_NOT_EXTENDED: "疑似该延不延",
}
RECORDED_TOPICS = {
    "restricted_supply": "电网受限，两步供电",
    "restricted_supply_whole": "满负荷供电已实现",
    "restricted_supply_withdrawn": "不再两步供电",
    "matching_works": "配套工程倒排",
    "milestone_begun": "配套工程开工",
    "milestone_finished": "配套工程完成",
    "connection_points": "接入点勘查",
    "connection_point_chosen": "选定接入点",
}
"""What a ticket's ledger calls decisions that are not part of its course."""

RECORDED_FACTS = {
    "first_kw": "先行供电（千瓦）",
    "first_by": "先行供电日期",
    "outstanding_kw": "待补足（千瓦）",
    "full_by": "满负荷供电日期",
    "milestones": "工序",
    "milestone": "工序",
    "expected_energization_on": "期望送电日期",
    "points": "候选接入点",
    "node_id": "接入点",
    "proposed": "就近推荐",
}
MESSAGE_STATES = {
    MessageState.PENDING: "待发送",
    MessageState.SENDING: "发送中",
    MessageState.IN_DOUBT: "发送结果不明",
    MessageState.ACCEPTED: "已提交，待回执",
    MessageState.FAILED: "发送失败",
    MessageState.DELIVERED: "已送达",
    MessageState.UNREACHABLE: "无法送达，须电话告知",
    MessageState.SUPERSEDED: "已被新消息取代",
    MessageState.EXPIRED: "已过期未发",
    MessageState.SUPPRESSED: "客户已退订",
    MessageState.CANCELLED: "已取消发送",
}
MESSAGE_CHANNELS = {
    Channel.SMS: "短信",
    Channel.WECHAT: "微信",
    Channel.WECOM: "企业微信",
    Channel.WECOM_ROBOT: "企业微信群",
    Channel.APP: "手机应用",
    Channel.EMAIL: "邮件",
}
MESSAGE_KINDS = {
    MessageKind.NOTICE: "通知",
    MessageKind.REMINDER: "提醒",
    MessageKind.ESCALATION: "督办",
    MessageKind.OUTAGE: "停电",
}
AUDIENCES = {Audience.CUSTOMER: "客户", Audience.STAFF: "工作人员"}
YEAR_STATUSES = {
    YearStatus.OFFICIAL: "国务院办公厅通知",
    YearStatus.IMPORTED: "管理员导入",
    YearStatus.PROVISIONAL: "暂定（尚无通知）",
}
SWEEPS = {
    "calendar": "日历重算",
    "reclassification": "规则复核",
    "reminders": "时限提醒",
    "readiness": "电网承载力监测",
    "outages": "停电处理",
    "summaries": "逾期日报",
    "dispatch": "消息发送",
    "receipts": "回执处理",
    "inquiries": "结果查询",
    "loose_ends": "消息善后",
    "providers": "服务商调配",
    "cluster": "节点守护",
    "housekeeping": "作业清理",
    "old_receipts": "回执清理",
}
SERVICE_HOTLINE = "95598"
SUPERVISION_HOTLINE = "12398"

NAMES: dict[type[StrEnum], Mapping[Any, str]] = {
    ApplicantKind: APPLICANT_KINDS,
    AreaClass: AREA_CLASSES,
    DocumentSource: SOURCE_NAMES,
    MessageState: MESSAGE_STATES,
    PauseCause: CAUSE_NAMES,
    Role: {Role(role): name for role, name in ROLE_NAMES.items()},
    Scope: SCOPE_NAMES,
}
"""The names of every closed set that commands take a word of."""
