"""Outages as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.session import show, table
from app.cli.text import local
from app.labels import MESSAGE_STATES
from app.outages.views import NEWS, PHASES
from notifications.message import MessageState

if TYPE_CHECKING:
    from datetime import datetime

    from app.outages.results import NearbyOutage, OutageResult
    from app.outages.views import OutageLine, OutagePage, UnreachableList


def show_result(result: OutageResult, *, as_json: bool) -> None:
    """Print what was done about an outage."""
    outage = result.outage
    shown = {
        "ticket_no": outage.ticket_no,
        "revision": result.revision,
        "kind": outage.kind,
        "phase": outage.phase,
        "service_points": result.service_points,
        "told": result.told,
        "important": result.important,
        "late": result.late,
        "nearby": result.nearby,
        "outage": outage,
    }
    told = "未发通知" if result.told is None else f"已通知：{NEWS[result.told]}"
    where = f"{outage.line}（{outage.area}）"
    if result.service_points:
        where += f"  接入点 {result.service_points}"
    lines = [f"{outage.ticket_no}  {PHASES[outage.phase]}  {where}  {told}"]
    if result.late:
        lines.append(f"⚑ 未按规定时间公告：{outage.late_reason}")
    if result.important:
        lines.append(f"重要用户 {result.important} 户，已通知其客户经理")
    show(shown, "\n".join([*lines, *nearby_lines(result.nearby)]), as_json=as_json)


def counts_text(service_points: int, phones: int, important: int, without_phone: int) -> str:
    """Whom an outage concerns."""
    return (
        f"接入点 {service_points}，去重号码 {phones}，重要用户 {important}，无号码 {without_phone}"
    )


def nearby_lines(found: tuple[NearbyOutage, ...]) -> list[str]:
    """One line for each other outage of the same customers."""
    lines = []
    for each in found:
        advice = "；可合并为一次停电" if each.may_be_merged else ""
        lines.append(
            f"重复停电：{each.ticket_no}（{each.kind_name}，{local(each.begins_at)}）"
            f"有 {each.service_points} 个相同接入点{advice}"
        )
    return lines


def listing_text(found: tuple[OutageLine, ...]) -> str:
    """One line an outage."""
    rows = [
        (
            each.ticket_no,
            f"{each.kind_name} ⚑" if each.late_reason else each.kind_name,
            each.phase_name,
            local(each.begins_at),
            _maybe(each.ends_at),
            _maybe(each.estimated_at),
            f"{each.out}/{each.service_points}",
            f"{each.line} {each.area}",
        )
        for each in found
    ]
    heads = ("工单", "类别", "状态", "停电", "送电", "预计送电", "停电户/全部", "线路和区域")
    if not rows:
        return "没有停电"
    flagged = "\n⚑ 未按规定时间公告" if any(each.late_reason for each in found) else ""
    return table(rows, heads) + flagged


def serving_text(found: tuple[OutageLine, ...]) -> str:
    """The outages that a connection's works use; empty if there are none."""
    return "\n".join(
        f"配合停电  {each.ticket_no}  {each.kind_name}  {each.phase_name}  "
        f"{local(each.begins_at)} 至 {_maybe(each.ends_at)}  {each.line} {each.area}"
        for each in found
    )


def _maybe(at: datetime | None) -> str:
    return "—" if at is None else local(at)


def page_text(page: OutagePage) -> str:
    """One outage with what was told of it."""
    line = page.line
    source = f"（{page.begins_source}）" if page.begins_source else ""
    lines = [
        f"{line.ticket_no}  {line.kind_name}  {line.phase_name}  {page.branch_name}",
        f"  线路 {line.line}；区域 {line.area}；原因 {line.cause or '未查明'}",
        f"  停电 {local(line.begins_at)}{source}，送电 {_maybe(line.ends_at)}",
        f"  预计送电 {_maybe(line.estimated_at)}",
        f"  接入点 {line.service_points}，停电中 {line.out}，已送电 {page.restored}",
        f"  重要用户 {page.important}",
        f"  节点 {'、'.join(f'{each.name}（{each.node_id}）' for each in page.nodes)}",
    ]
    if line.late_reason:
        lines.append(f"  ⚑ 未按规定时间公告：{line.late_reason}")
    if page.restored_nodes:
        named = "、".join(f"{each.name}（{each.node_id}）" for each in page.restored_nodes)
        lines.append(f"  已送电节点 {named}")
    if page.serves:
        lines.append(f"  配合用电申请 {'、'.join(page.serves)}")
    for each in page.told:
        states = "，".join(
            f"{MESSAGE_STATES[MessageState(state)]} {n}" for state, n in each.states.items()
        )
        lines += [f"  {local(each.created_at)}  {each.news_name}  {states or '尚未生成'}"]
        lines += [f"      {each.text}"]
    return "\n".join([*lines, *nearby_lines(page.nearby)])


def unreachable_text(found: UnreachableList) -> str:
    """Whom to visit, and whom to ring up."""
    visits = [
        (each.area_name, each.node_name, each.node_id, each.customer_no, each.customer_name)
        for each in found.without_address
    ]
    calls = [
        (each.recipient, each.address, each.template_key, each.problem)
        for each in found.undelivered
    ]
    parts = [
        f"无联系方式 {len(visits)} 户（须上门或张贴告示），未送达 {len(calls)} 条（须电话告知）"
    ]
    if visits:
        parts.append(table(visits, ("台区", "接入点", "编号", "户号", "户名")))
    if calls:
        parts.append(table(calls, ("客户", "号码", "内容", "原因")))
    return "\n".join(parts)
