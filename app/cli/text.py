"""Query results as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.session import table
from engine.calendar import SHANGHAI

if TYPE_CHECKING:
    from datetime import date, datetime

    from app.readiness.points import PointView
    from app.readiness.ticket_view import TicketGrid
    from app.reading.clock_view import ClockView
    from app.reading.field_view import FieldView
    from app.reading.history import HistoryLine
    from app.reading.message_view import MessageView
    from app.reading.ticket_page import ActionView, TicketPage
    from app.reading.worklist import WorklistPage
    from workflows.matching_works import Schedule


def worklist_text(page: WorklistPage) -> str:
    """One line a ticket, the least time left first."""
    if not page.rows:
        return "没有待办工单"
    rows = [
        (
            row.urgent.remaining_text
            + ("（暂定）" if row.urgent.provisional else "")
            + (f"（目标{row.target.remaining_text}）" if row.target else ""),
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
    parts.append(actions_text(page.actions))
    return "\n".join(parts)


def actions_text(actions: tuple[ActionView, ...]) -> str:
    """One line a move, then what it asks for and what stands against it."""
    lines = []
    for action in actions:
        mark = "可办" if action.is_allowed else "不可办"
        lines.append(f"{mark}  {action.key}  {action.name} → {action.target_name}")
        if action.reason_required:
            lines.append("      须以 --reason 说明原因")
        lines += [f"      {_field(each)}" for each in action.fields]
        lines += [f"      ✕ {reason}" for reason in action.reasons]
    return "\n".join(lines)


def _field(field: FieldView) -> str:
    """How a field is filled in on the command line, and what is known of it."""
    duty = "必填" if field.is_required else "选填"
    listed = "、".join(f"{value} {name}" for value, name in field.options.items())
    expected = f"：{listed}" if listed else ""
    known = f"，现为 {field.value}" if field.value else ""
    from workflows.difference_words import FIELD_KIND_NAMES  # noqa: PLC0415  (not to start with)

    return f"{duty} {field.id}=（{field.name}，{FIELD_KIND_NAMES[field.kind]}{expected}{known}）"


def grid_text(grid: TicketGrid) -> str:
    """What the grid has to say about a ticket; empty if nothing."""
    parts = []
    if grid.forecast is not None:
        project = f"；增容改造项目 {grid.forecast.project_no}" if grid.forecast.project_no else ""
        parts.append(f"配变负载  {grid.forecast.sentence}{project}")
    if grid.restricted is not None:
        entry = grid.restricted
        parts.append(
            f"两步供电  先行 {entry.first_kw} kW（{entry.first_by}），"
            f"其余 {entry.rest_kw} kW（{entry.full_by}），{entry.outcome_name}"
        )
    if grid.works is not None:
        parts.append(works_text(grid.works))
    if grid.points:
        parts.append(points_text(grid.points))
    return "\n".join(parts)


def works_text(works: Schedule) -> str:
    """Matching works as a table with what is wrong with them."""
    rows = [
        (
            f"{number}",
            each.milestone.name,
            f"{each.milestone.days}",
            f"{each.start_by}",
            f"{each.finish_by}",
            f"{each.milestone.started_on or '-'}",
            f"{each.milestone.finished_on or '-'}",
            f"{each.expected_finish_on}",
        )
        for number, each in enumerate(works.milestones, start=1)
    ]
    heads = ("序", "配套工程", "工期", "最迟开工", "最迟完成", "开工", "完成", "预计完成")
    return "\n".join([table(rows, heads), *(f"✕ {warning}" for warning in works.warnings)])


def points_text(points: tuple[PointView, ...]) -> str:
    """Surveyed points as a table; empty if there are none."""
    rows = [
        (
            each.node_id,
            each.name,
            f"{each.distance_m}",
            each.free_kva,
            "公用" if each.is_public else "非公用",
            "推荐" if each.is_proposed else "可行" if each.is_feasible else "容量不足",
            "已选定" if each.is_chosen else "",
            each.reason,
        )
        for each in points
    ]
    heads = ("接入点", "名称", "距离 m", "可用 kVA", "线路", "判断", "选定", "原因")
    return table(rows, heads) if rows else ""


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
