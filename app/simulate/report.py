"""The result of a simulation, as a value for programs and as a report for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.labels import FLAGS, MESSAGE_STATES, SWEEPS
from app.simulate.layout import counted, section, table
from engine.definition import RungTiming

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from app.simulate.figures import PaperFigures, PauseFigures, TypeFigures
    from app.simulate.punctuality import OverdueClock, Punctuality

RUNG_NAMES = {
    RungTiming.HALF_LEFT.value: "时限过半",
    RungTiming.LAST_DAY.value: "最后一个工作日",
    RungTiming.BEFORE_CLOSE.value: "下班前",
    RungTiming.OVERDUE.value: "刚超时",
    RungTiming.OVERDUE_DAILY.value: "超时每日",
}
REFUSAL_NAMES = {
    "document_missing": "缺少资料",
    "document_rejected": "资料被退回未补",
    "document_expired": "资料过期",
    "plan_confirmed": "供电方案已确定",
    "ticket_suspended": "工单暂停计时中",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFigures:
    """The ledger at the end: how many entries, and the first that is broken, if any.

    `digest` covers the head of every stream: equal digests mean the same history.
    """

    entries: int
    ok: bool
    first_broken: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedApplication:
    """One problem of one row of the applications, by its line in the file."""

    line: int
    field: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationResult:
    """What happened. Counts by code: `reminders` by rung, `messages` by state, `flags`, `refusals`.

    `sweeps` adds up what each sweep did; `refused_rows` are applications that never became
    a ticket. Everything but `database` is the same for the same input, days and seed.
    """

    seed: int
    days: int
    starts_on: date
    database: str
    applications: int
    types: tuple[TypeFigures, ...]
    punctuality: tuple[Punctuality, ...]
    overdue: tuple[OverdueClock, ...]
    papers: PaperFigures
    pauses: tuple[PauseFigures, ...]
    ledger: LedgerFigures
    reminders: dict[str, int] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    sweeps: dict[str, dict[str, int]] = field(default_factory=dict)
    refused_rows: tuple[RefusedApplication, ...] = ()
    notes: tuple[str, ...] = ()

    def as_text(self) -> str:
        """The report in Chinese."""
        return "\n\n".join(_sections(self))


def _sections(result: SimulationResult) -> Iterator[str]:
    head = (
        f"模拟 {result.starts_on} 起 {result.days} 天，申请 {result.applications} 件，"
        f"种子 {result.seed}，数据库 {result.database}"
    )
    yield section(head, [f"注意：{note}" for note in result.notes])
    if result.refused_rows:
        lines = [f"第 {row.line} 行  {row.field}  {row.problem}" for row in result.refused_rows]
        yield section(f"未受理的申请（{len(lines)} 项问题）", lines)
    yield section("工单（按类型）", _types(result))
    yield section("按时率（工作日；分母为已办结和超时未办结之和，不含中止）", _rates(result))
    late = len({each.ticket_no for each in result.overdue})
    yield section(f"超时清单（涉及工单 {late} 张）", _overdue(result))
    yield section("资料与暂停计时", _papers_and_pauses(result))
    yield section("提醒与消息", _messages(result))
    yield section("其他", _others(result))
    ledger = result.ledger
    verdict = f"完整，共 {ledger.entries} 条" if ledger.ok else f"已被破坏：{ledger.first_broken}"
    yield section("台账", [verdict, f"摘要 {ledger.digest}"])


def _types(result: SimulationResult) -> list[str]:
    heads = ("类型", "申请", "受理", "送电", "中止", "在办", "待关键资料", "平均全过程", "时限")
    rows = [
        (
            each.name,
            each.submitted,
            each.accepted,
            each.energized,
            each.aborted,
            each.open,
            each.waiting_for_key,
            each.mean_days,
            each.limit_days,
        )
        for each in result.types
    ]
    return table(heads, rows)


def _rates(result: SimulationResult) -> list[str]:
    heads = ("类型", "环节", "时限", "办结", "其中按时", "超时未办结", "按时率")
    rows = [
        (
            each.name,
            each.clock_name,
            each.limit_days,
            each.finished,
            each.on_time,
            each.overdue_open,
            None if each.rate is None else Percentage(each.rate),
        )
        for each in result.punctuality
    ]
    return table(heads, rows)


def _overdue(result: SimulationResult) -> list[str]:
    if not result.overdue:
        return ["无"]
    heads = ("工单", "类型", "环节", "应办结", "超时（工作日）", "现况")
    rows = [
        (late.ticket_no, late.name, late.clock_name, str(late.due_on), late.days, late.outcome)
        for late in result.overdue
    ]
    return table(heads, rows)


def _papers_and_pauses(result: SimulationResult) -> list[str]:
    papers = result.papers
    return [
        f"收到资料 {papers.supplied} 份，退回 {papers.rejected} 份",
        f"容缺 {papers.deferred} 项：已补齐 {papers.completed}，待补 {papers.outstanding}",
        f"容缺未补而工单中止 {papers.lapsed} 项",
        *(
            f"暂停计时（{each.cause_name}）：登记 {each.by_hand} 次，随状态 {each.by_state} 次"
            for each in result.pauses
        ),
    ]


def _messages(result: SimulationResult) -> list[str]:
    states = {state.value: name for state, name in MESSAGE_STATES.items()}
    return [
        f"提醒（条）：{counted(result.reminders, RUNG_NAMES)}",
        f"全部消息：{counted(result.messages, states)}",
    ]


def _others(result: SimulationResult) -> list[str]:
    marked = {code.value: name for code, name in FLAGS.items()}
    sweeps = [
        f"巡检（{SWEEPS.get(name, name)}）：处理 {counts['done']}，失败 {counts['failed']}"
        for name, counts in result.sweeps.items()
    ]
    return [
        f"标记：{counted(result.flags, marked)}",
        f"被规则拒绝的办理：{counted(result.refusals, REFUSAL_NAMES)}",
        *sweeps,
    ]


class Percentage(float):
    """A share that is shown as a percentage."""

    def __str__(self) -> str:
        """With one decimal."""
        return f"{float(self):.1%}"
