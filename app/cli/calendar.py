"""`huodian calendar`: due dates, their explanation, years, imports, single days."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.session import ActingAs, AsJson, acting, opened, show

if TYPE_CHECKING:
    from app.rules.calendar_preview import CalendarImpact

commands = typer.Typer(no_args_is_help=True)

Day = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day, YYYY-MM-DD.")]


@commands.command()
def due(
    start: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Day of the event; it is not counted."),
    ],
    days: Annotated[int, typer.Option(min=1, max=1000, help="Limit in working days.")],
    explain: Annotated[bool, typer.Option("--explain", help="Say of each day why.")] = False,
    as_json: AsJson = False,
) -> None:
    """The last day of a limit.

    Example: huodian calendar due --from 2021-09-17 --days 2 --explain
    """
    from engine.clocks import Clock, ClockKind  # noqa: PLC0415
    from engine.clocks import explain as steps_of  # noqa: PLC0415

    calendar = opened().calendars.calendar()
    first = start.date()
    due_on = calendar.add_working_days(first, days)
    provisional = calendar.is_provisional(first, due_on)
    result: dict[str, object] = {
        "from": first,
        "days": days,
        "due_on": due_on,
        "provisional": provisional,
    }
    lines = [f"{first} 起 {days} 个工作日：{due_on} 24:00 前{'（暂定）' if provisional else ''}"]
    if explain:
        clock = Clock(kind=ClockKind.STAGE, stage_id="", limit_days=days, started_on=first)
        steps = list(steps_of(clock, calendar))
        result["steps"] = [{"date": s.on, "counted": s.counted, "why": s.why} for s in steps]
        lines += [f"  {s.on} {'计入' if s.counted else '不计'} {s.why}" for s in steps]
    show(result, "\n".join(lines), as_json=as_json)


@commands.command()
def year(
    number: Annotated[int, typer.Argument(metavar="YEAR", min=1900, max=2999)],
    as_json: AsJson = False,
) -> None:
    """What is known of a year: official, imported or provisional; days off and make-up days.

    Example: huodian calendar year 2026 --json
    """
    summary = opened().calendars.calendar().year(number)
    result = {
        "year": summary.year,
        "status": summary.status,
        "working_days": len(summary.working_days),
        "off_days": summary.off_days,
        "make_up_days": summary.make_up_days,
    }
    status = YEAR_STATUS_NAMES[summary.status]
    text = (
        f"{number} 年（{status}）：工作日 {len(summary.working_days)} 天，"
        f"休息日 {len(summary.off_days)} 天，调休上班："
        f"{'、'.join(f'{day:%m-%d}' for day in summary.make_up_days) or '无'}"
    )
    show(result, text, as_json=as_json)


YEAR_STATUS_NAMES = {"official": "国务院通知", "imported": "管理员导入", "provisional": "暂定"}


@commands.command(name="import")
def import_year(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV: date,kind,note.")],
    number: Annotated[int | None, typer.Option("--year", help="Refuse any other year.")] = None,
    incomplete: Annotated[
        str,
        typer.Option(help="Why statutory holidays are missing; it goes into the ledger."),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Take in a year's notice; open tickets' dates are derived again by the daemon.

    Example: huodian calendar import cn-2027.csv --year 2027
    """
    application = opened()
    result = application.calendars.import_year(
        file.read_bytes(),
        actor=acting(application, user),
        year=number,
        incomplete=incomplete,
        dry_run=dry_run,
    )
    lines = [f"{result.summary.year} 年：工作日 {len(result.summary.working_days)} 天"]
    lines += [f"注意：法定节假日 {day} 在文件中不是休息日" for day in result.missing_holidays]
    lines += _impact_lines(result.impact)
    lines.append("仅检查，未导入" if dry_run else "已导入；在途工单的时限将由守护进程重新计算")
    show(
        {
            "year": result.summary.year,
            "working_days": result.summary.working_days,
            "missing_holidays": result.missing_holidays,
            "imported": not dry_run,
            "impact": _impact(result.impact),
        },
        "\n".join(lines),
        as_json=as_json,
    )


@commands.command()
def override(
    on: Day,
    working: Annotated[bool, typer.Option("--working/--off", help="Worked, or a day off.")],
    note: Annotated[str, typer.Option(help="Why; shown in explanations.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show whose dates move only.")] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Make one day worked or off, whatever the notice says.

    Example: huodian calendar override --on 2027-02-22 --off --note 抗震救灾临时放假
    """
    from engine.calendar import DayOverride  # noqa: PLC0415

    application = opened()
    day = DayOverride(on=on.date(), is_working=working, note=note)
    impact = application.calendars.override(day, actor=acting(application, user), dry_run=dry_run)
    kind = "工作日" if working else "休息日"
    last = "仅检查，未设置" if dry_run else f"{day.on} 已设为{kind}（{note}）"
    result = {
        "on": day.on,
        "is_working": working,
        "note": note,
        "set": not dry_run,
        "impact": _impact(impact),
    }
    show(result, "\n".join([*_impact_lines(impact), last]), as_json=as_json)


MOST_LINES = 50
"""So many moved dates are printed; `--json` gives all of them."""


def _impact(impact: CalendarImpact) -> dict[str, object]:
    return {
        "examined": impact.examined,
        "tickets": impact.tickets,
        "become_overdue": impact.overdue,
        "customers_told": impact.told,
        "moves": [asdict(each) for each in impact.moves],
    }


def _impact_lines(impact: CalendarImpact) -> list[str]:
    head = (
        f"在途工单 {impact.examined} 张：{impact.tickets} 张的到期日会变动，"
        f"其中 {len(impact.overdue)} 张因此超时，{len(impact.told)} 位客户将收到变更告知"
    )
    lines = [
        f"  {each.ticket_no}  {each.clock_name}  {each.before} → {each.after}"
        f"{'  ⚑ 因此超时' if each.becomes_overdue else ''}"
        for each in impact.moves[:MOST_LINES]
    ]
    more = len(impact.moves) - MOST_LINES
    return [head, *lines, *([f"  …… 另有 {more} 项，见 --json"] if more > 0 else [])]
