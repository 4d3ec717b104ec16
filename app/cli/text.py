"""Query results as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.session import table
from engine.calendar import SHANGHAI

if TYPE_CHECKING:
    from datetime import date, datetime

    from app.reading.clock_view import ClockView
    from app.reading.history import HistoryLine
    from app.reading.message_view import MessageView
    from app.reading.ticket_page import TicketPage
    from app.reading.worklist import WorklistPage


def worklist_text(page: WorklistPage) -> str:
    """One line a ticket, the least time left first."""
    if not page.rows:
        return "没有待办工单"
    rows = [
        (
            row.urgent.remaining_text + ("（暂定）" if row.urgent.provisional else ""),
            row.ticket_no,
            row.title,
            row.definition_name,
            f"{row.stage_name}/{row.state_name}",
            str(row.missing_documents or ""),
            "/".join(row.managers),
        )
        for row in page.rows
    ]
    text = table(rows, ("剩余", "工单", "户名", "类型", "环节/状态", "缺件", "双经理"))
    return text if page.after is None else f"{text}\n…… 后面还有，请缩小范围"


def ticket_text(page: TicketPage) -> str:
    """The ticket's page for a terminal."""
    timetable = [
        (
            entry.name,
            "-" if entry.limit_days is None else f"{entry.limit_days} 个工作日",
            _due(entry.due_on, provisional=entry.provisional),
            "-" if entry.done_on is None else str(entry.done_on),
        )
        for entry in page.timetable
    ]
    documents = [(each.name, each.state_name, each.due_text, each.note) for each in page.documents]
    parts = [
        f"{page.ticket_no}  {page.title}  {page.phone}  {page.branch_name}",
        f"{page.definition_name}（{page.definition_ref}）",
        f"{page.stage_name} / {page.state_name}  第 {page.revision} 次变更",
        *(f"⚑ {flag}" for flag in page.flags),
        table([_clock(clock) for clock in page.clocks], ("计时", "已用/时限", "到期", "情况")),
        table(timetable, ("环节", "时限", "最迟", "办结")),
    ]
    if documents:
        parts.append(table(documents, ("资料", "情况", "补齐期限", "说明")))
    for action in page.actions:
        mark = "可办" if action.is_allowed else "不可办"
        parts.append(f"{mark}  {action.key}  {action.name} → {action.target_name}")
        parts += [f"      ✕ {reason}" for reason in action.reasons]
    return "\n".join(parts)


def history_text(lines: tuple[HistoryLine, ...]) -> str:
    """One line an entry, then its sentences."""
    told = []
    for line in lines:
        told.append(f"{line.seq:>4}  {local(line.at)}  {line.actor_name}  {line.action_name}")
        told += [f"      {sentence}" for sentence in line.sentences]
    return "\n".join(told)


def messages_text(messages: tuple[MessageView, ...]) -> str:
    """One line a message, then its text."""
    told = []
    for each in messages:
        told.append(
            f"{local(each.created_at)}  {each.state_name}  {each.channel_name}  "
            f"{each.audience_name}{each.recipient} {each.address}  {each.ticket_no}  {each.problem}"
        )
        told.append(f"      {each.id}  {each.text}")
    return "\n".join(told) or "没有消息"


def local(at: datetime) -> str:
    """An instant in local time, to the minute."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _clock(clock: ClockView) -> tuple[str, str, str, str]:
    limit = "-" if clock.limit_days is None else str(clock.limit_days)
    due = _due(clock.due_on, provisional=clock.provisional)
    return clock.name, f"{clock.elapsed_days}/{limit}", due, clock.remaining_text


def _due(on: date | None, *, provisional: bool) -> str:
    if on is None:
        return "-"
    return f"{on}（暂定）" if provisional else str(on)
