"""The words in which a difference is told: parts of a definition, their fields, their values."""

from __future__ import annotations

from enum import StrEnum

from engine.clocks import CAUSE_NAMES
from engine.definition import Applicants, Checkpoint, Ending, FieldKind, RungTiming
from engine.guards import ROLE_NAMES
from engine.ticket import PauseCause, Role


class Subject(StrEnum):
    """A kind of part that a definition consists of."""

    WHOLE = "whole"
    STAGE = "stage"
    LIMIT = "limit"
    STATE = "state"
    TRANSITION = "transition"
    DOCUMENT = "document"
    DOCUMENT_NAME = "document_name"
    DEFERRAL = "deferral"
    REMINDER = "reminder"
    FIELD = "field"
    OPENING = "opening"


SUBJECTS = {
    Subject.WHOLE: "流程总则",
    Subject.STAGE: "环节",
    Subject.LIMIT: "时限",
    Subject.STATE: "状态",
    Subject.TRANSITION: "流转",
    Subject.DOCUMENT: "资料要求",
    Subject.DOCUMENT_NAME: "资料名称",
    Subject.DEFERRAL: "容缺受理的补齐期限",
    Subject.REMINDER: "提醒",
    Subject.FIELD: "登记项",
    Subject.OPENING: "立单",
}

FIELDS: dict[Subject, dict[str, str]] = {
    Subject.WHOLE: {
        "title": "名称",
        "basis": "依据",
        "initial": "起始状态",
        "end_to_end_from": "全过程计时起点",
        "internal": "内部业务",
    },
    Subject.STAGE: {"name": "名称"},
    Subject.LIMIT: {"days": "工作日数", "clause": "依据"},
    Subject.STATE: {
        "name": "名称",
        "stage": "所属环节",
        "held_by_customer": "等待客户的原因",
        "until_received": "直至收到",
        "suspendable": "可暂停计时的原因",
        "ending": "结束方式",
    },
    Subject.TRANSITION: {
        "name": "名称",
        "target": "到达状态",
        "roles": "经办角色",
        "guards": "前置条件",
        "checkpoint": "资料收齐节点",
        "reason_required": "须写明原因",
        "asks": "必填登记项",
        "takes": "选填登记项",
    },
    Subject.DOCUMENT: {
        "name": "名称",
        "any_of": "任一即可",
        "due_at": "应交关口",
        "applies_to": "适用对象",
        "key": "关键资料",
        "deferrable": "可容缺",
        "clause": "依据",
    },
    Subject.DOCUMENT_NAME: {"title": "名称"},
    Subject.DEFERRAL: {"extended": "投资界面延伸", "standard": "其他", "clause": "依据"},
    Subject.REMINDER: {"timing": "时点", "hours": "下班前小时数"},
    Subject.FIELD: {"name": "名称", "kind": "类型", "choices": "可选项", "clause": "依据"},
    Subject.OPENING: {"roles": "经办角色", "asks": "必填登记项", "takes": "选填登记项"},
}
"""Fields of each part with their Chinese names, in the order in which they are told."""

CHECKPOINT_NAMES = {
    Checkpoint.INTAKE: "业务受理",
    Checkpoint.PLAN_CONFIRMATION: "供电方案确定",
    Checkpoint.COMPLETION: "竣工报验",
    Checkpoint.ENERGIZATION: "装表接电",
}
TIMING_NAMES = {
    RungTiming.HALF_LEFT: "剩余一半时限",
    RungTiming.LAST_DAY: "最后一个工作日",
    RungTiming.BEFORE_CLOSE: "到期日下班前",
    RungTiming.OVERDUE: "超时当日",
    RungTiming.OVERDUE_DAILY: "超时后每个工作日",
}
APPLICANT_NAMES = {
    Applicants.ALL: "全部客户",
    Applicants.RESIDENT: "居民",
    Applicants.ORGANISATION: "单位",
}
ENDING_NAMES = {Ending.COMPLETED: "办结", Ending.ABORTED: "中止"}

FIELD_KIND_NAMES = {
    FieldKind.TEXT: "文字",
    FieldKind.CHOICE: "选择",
    FieldKind.DATE: "日期",
    FieldKind.INSTANT: "时间",
    FieldKind.NUMBER: "数字",
    FieldKind.YES_NO: "是否",
}

_WORDS: dict[type, dict[str, str]] = {
    Role: ROLE_NAMES,
    PauseCause: {str(cause): name for cause, name in CAUSE_NAMES.items()},
    Checkpoint: {str(point): name for point, name in CHECKPOINT_NAMES.items()},
    RungTiming: {str(timing): name for timing, name in TIMING_NAMES.items()},
    Applicants: {str(who): name for who, name in APPLICANT_NAMES.items()},
    Ending: {str(ending): name for ending, name in ENDING_NAMES.items()},
    FieldKind: {str(kind): name for kind, name in FIELD_KIND_NAMES.items()},
}
"""By type, because a state may have the same id as a checkpoint."""

LIMITED = "days"


def told(field: str, value: object) -> str:
    """A value in words; empty where there is nothing to tell."""
    if field == LIMITED:
        return "不设时限" if value is None else f"{value} 个工作日"
    if isinstance(value, bool):
        return "是" if value else ""
    if isinstance(value, dict):
        return "、".join(f"{key} {name}" for key, name in value.items())
    if isinstance(value, tuple):
        return "、".join(told("", each) for each in value)
    if value is None or value == 0:
        return ""
    return _WORDS.get(type(value), {}).get(str(value), str(value))
