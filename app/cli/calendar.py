"""`huodian calendar`: due dates, their explanation, years, imports, single days."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.session import ActingAs, AsJson, acting, opened, show

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
        "working_days": summary.working_days,
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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Take in a year's notice; open tickets' dates are derived again by the daemon.

    Example: huodian calendar import cn-2027.csv --year 2027
    """
    application = opened()
    result = application.calendars.import_year(
        file.read_bytes(), actor=acting(application, user), year=number, dry_run=dry_run
    )
    lines = [f"{result.summary.year} 年：工作日 {len(result.summary.working_days)} 天"]
    lines += [f"注意：法定节假日 {day} 在文件中不是休息日" for day in result.missing_holidays]
    lines.append("仅检查，未导入" if dry_run else "已导入；在途工单的时限将由守护进程重新计算")
    show(
        {
            "year": result.summary.year,
            "working_days": result.summary.working_days,
            "missing_holidays": result.missing_holidays,
            "imported": not dry_run,
        },
        "\n".join(lines),
        as_json=as_json,
    )


@commands.command()
def override(
    on: Day,
    working: Annotated[bool, typer.Option("--working/--off", help="Worked, or a day off.")],
    note: Annotated[str, typer.Option(help="Why; shown in explanations.")],
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Make one day worked or off, whatever the notice says.

    Example: huodian calendar override --on 2027-02-22 --off --note 抗震救灾临时放假
    """
    from engine.calendar import DayOverride  # noqa: PLC0415

    application = opened()
    day = DayOverride(on=on.date(), is_working=working, note=note)
    application.calendars.override(day, actor=acting(application, user))
    text = f"{day.on} 已设为{'工作日' if working else '休息日'}（{note}）"
    show(day, text, as_json=as_json)
