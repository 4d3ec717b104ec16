"""Looks whether an installation is fit to run, and says what to do where it is not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.labels import MESSAGE_CHANNELS, SWEEPS
from app.people.duties import duties_left
from app.ports.drafts import DraftKind
from app.sending.service import NAME as DISPATCH
from app.settings import unknown_variables
from engine.calendar import SHANGHAI, YearStatus, local_date
from engine.managers import DUTIES
from engine.ticket import Role
from notifications.message import MessageState

if TYPE_CHECKING:
    from app.bootstrap import Application
    from app.channels import ChannelView
    from engine.errors import Reason, UnavailableError

STUCK_AFTER = timedelta(minutes=30)
"""Messages that are due for so long are stuck."""
MOST_NAMED = 5
"""So many areas are named, the others counted."""
LATE_FACTOR = 5
"""A sweep that has not run for this many of its intervals is late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at; `remark` says what was found and what to do."""

    subject: str
    ok: bool
    remark: str


def examine(application: Application, *, online: bool = False) -> tuple[Finding, ...]:
    """Every finding, the good ones too; `online` asks providers whether they let us in."""
    return (
        _database(application),
        *_variables(),
        *_offers(application),
        *_calendar(application),
        _people(application),
        *_managers(application),
        *_areas(application),
        *_sweeps(application),
        _messages(application),
        *_providers(application),
        *_queue(application),
        *_channels(application, online=online),
    )


def unusable(error: UnavailableError) -> tuple[Finding, ...]:
    """The findings where there is nothing to look at: what is wrong, and what to do about it."""
    return tuple(
        Finding(subject="数据库", ok=False, remark=f"{each.message}；{each.remedy}")
        for each in error.reasons
    )


def _database(application: Application) -> Finding:
    application.database.check()
    count = len(application.rulebook.all_in_force())
    return Finding(subject="数据库与流程定义", ok=count > 0, remark=f"{count} 个流程定义在用")


def _variables() -> tuple[Finding, ...]:
    """A variable that means nothing is a setting that somebody believes is in force."""
    told = [
        f"{name}（是否应为 {meant}）" if meant else name
        for name, meant in unknown_variables(os.environ).items()
    ]
    if not told:
        return ()
    return (Finding(subject="设置", ok=False, remark=f"不认识的环境变量：{'、'.join(told)}"),)


def _offers(application: Application) -> tuple[Finding, ...]:
    """What a new release brought and nobody has decided on yet; nothing to say if there is none."""
    found = [(each.number, each.kind) for each in application.drafts.open_drafts()]
    found += [(each.number, each.kind) for each in application.templates.drafts()]
    numbers = [str(number) for number, kind in found if kind == DraftKind.UPGRADE]
    if not numbers:
        return ()
    remark = f"草稿 {'、'.join(numbers)} 待比较后发布或作废（huodian definition diff）"
    return (Finding(subject="程序升级带来的新内容", ok=False, remark=remark),)


def _calendar(application: Application) -> tuple[Finding, ...]:
    calendar = application.calendars.calendar()
    year = local_date(application.clock()).year
    this_year = calendar.year(year).status
    warning = application.calendars.warning()
    remark = f"{warning}（huodian calendar import）" if warning else "无需处理"
    return (
        Finding(
            subject=f"{year} 年工作日历",
            ok=this_year is not YearStatus.PROVISIONAL,
            remark="已确定" if this_year is not YearStatus.PROVISIONAL else "暂定，请导入放假通知",
        ),
        Finding(subject=f"{year + 1} 年工作日历", ok=not warning, remark=remark),
    )


def _people(application: Application) -> Finding:
    with application.database.reading() as work:
        ready = any(
            Role.ADMINISTRATOR in user.roles and user.active and user.password_hash
            for user in work.accounts.users()
        )
    remark = "管理员已设置密码" if ready else "尚无设置密码的管理员，请用一次性链接登录后设置"
    return Finding(subject="管理员", ok=ready, remark=remark)


def _managers(application: Application) -> tuple[Finding, ...]:
    """Managers whose accounts are disabled and who still look after something (R-6.1)."""
    with application.database.reading() as work:
        gone = [user.id for user in work.accounts.users() if not user.active]
        left = {user_id: duties_left(work, user_id, DUTIES) for user_id in gone}
    told = [
        f"{user_id}（网格 {len(duties.grids)} 个、在办工单 {len(duties.tickets)} 张）"
        for user_id, duties in left.items()
        if duties
    ]
    if not told:
        return ()
    remark = (
        f"账号已停用，仍任经理：{'、'.join(told)}（移交：huodian ticket|grid reassign --all-of）"
    )
    return (Finding(subject="双经理", ok=False, remark=remark),)


def _areas(application: Application) -> tuple[Finding, ...]:
    """Transformer areas in no service grid: no project opens by itself for them (四(一)4)."""
    with application.database.reading() as work:
        bare = [each for each in work.grid_areas.areas() if not each.cell]
    if not bare:
        return ()
    named = "、".join(f"{each.name}（{each.id}）" for each in bare[:MOST_NAMED])
    more = f"等 {len(bare)} 个" if len(bare) > MOST_NAMED else ""
    remark = (
        f"{len(bare)} 个台区不属于任何服务网格，负载超限时不会自动立项：{named}{more}；"
        "请把台区或其上级线路划入网格（huodian grid set --node）"
    )
    return (Finding(subject="台区与网格", ok=False, remark=remark),)


def _sweeps(application: Application) -> tuple[Finding, ...]:
    now = application.clock()
    with application.database.reading() as work:
        beats = {beat.name: beat for beat in work.sweeps.beats()}
    findings = []
    for sweep in application.sweeps.all():
        beat = beats.get(sweep.name)
        finished_at = None if beat is None else beat.finished_at
        allowed = timedelta(seconds=sweep.every_seconds * LATE_FACTOR)
        ok = finished_at is not None and now - finished_at <= allowed
        local = None if finished_at is None else finished_at.astimezone(SHANGHAI)
        since = "从未运行" if local is None else f"上次 {local:%Y-%m-%d %H:%M}"
        remark = since if ok else f"{since}，请检查守护进程（huodian daemon）"
        failed = 0 if beat is None or sweep.name == DISPATCH else beat.counts.get("failed", 0)
        if failed:
            ok, remark = False, f"{remark}；上次有 {failed} 件处理失败，请查看守护进程日志"
        findings.append(
            Finding(subject=f"巡检 {SWEEPS.get(sweep.name, sweep.name)}", ok=ok, remark=remark)
        )
    return tuple(findings)


def _messages(application: Application) -> Finding:
    with application.database.reading() as work:
        waiting = work.outbox.counts_by_state().get(MessageState.PENDING, 0)
        by_hand = work.outbox.unhandled_by_state()
    listed = "、".join(f"{state} {count}" for state, count in sorted(by_hand.items()))
    remark = f"待发 {waiting}"
    if listed:
        remark += f"；须电话告知或人工核实：{listed}（huodian outbox list --unhandled）"
    return Finding(subject="消息", ok=True, remark=remark)


def _providers(application: Application) -> tuple[Finding, ...]:
    """Those that nothing is handed to; nothing to say if there is none."""
    at = application.clock()
    with application.database.reading() as work:
        idle = [each for each in work.providers.all() if not each.is_usable(at)]
    return tuple(
        Finding(
            subject=f"服务商 {each.name}",
            ok=False,
            remark=f"{'已暂停' if each.paused_by else '被停用'}：{each.reason}；"
            f"处理后执行 huodian queue resume {each.name}",
        )
        for each in idle
    )


def _queue(application: Application) -> tuple[Finding, ...]:
    """What is due and does not move; nothing to say as long as it does."""
    at = application.clock()
    with application.database.reading() as work:
        oldest = work.queue.depth(at).oldest_due
        unfinished = [work.notices.get(each) for each in work.notices.unfinished()]
    findings = []
    if oldest is not None and at - oldest > STUCK_AFTER:
        minutes = (at - oldest) // timedelta(minutes=1)
        remark = f"最早的一条已等候 {minutes} 分钟，请查看 huodian queue status 和守护进程日志"
        findings.append(Finding(subject="发送队列", ok=False, remark=remark))
    findings.extend(
        Finding(
            subject=f"群发通知 {each.id}",
            ok=False,
            remark="长时间没有展开完毕，请查看守护进程日志",
        )
        for each in unfinished
        if at - each.created_at > STUCK_AFTER
    )
    return tuple(findings)


def _channels(application: Application, *, online: bool) -> tuple[Finding, ...]:
    """Who carries messages: what they lack, and whether they let us in."""
    checked = application.outlets.check() if online else {}
    return tuple(
        _channel(each, checked.get(each.provider)) for each in application.outlets.listing()
    )


def _channel(view: ChannelView, checked: tuple[Reason, ...] | None) -> Finding:
    remarks = [each.message for each in checked or ()]
    if view.unregistered:
        listed = "、".join(view.unregistered)
        remarks.append(
            f"{len(view.unregistered)} 个模板未登记，其消息不能由此发送：{listed}"
            "（huodian template register）"
        )
    ok = not remarks
    if view.behind:
        remarks.append(f"登记早于现行正文：{'、'.join(view.behind)}")
    if ok and checked is not None:
        remarks.append("凭证有效")
    return Finding(
        subject=f"渠道 {MESSAGE_CHANNELS[view.channel]} / {view.provider}",
        ok=ok,
        remark="；".join(remarks) or "已启用",
    )
