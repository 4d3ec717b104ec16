"""`huodian readiness`: what the grid carries, what must be built, where customers connect."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from app.cli import readiness_plans, readiness_points
from app.cli.session import ActingAs, AsJson, acting, opened, show, table

commands = typer.Typer(no_args_is_help=True)
commands.add_typer(
    readiness_plans.restricted, name="restricted", help="Two-step supply of restricted tickets."
)
commands.add_typer(
    readiness_plans.works, name="works", help="Matching works, scheduled back from a date."
)
commands.add_typer(
    readiness_points.commands, name="points", help="Where a customer could be connected."
)

Branch = Annotated[str, typer.Option(help="Branch id.")]


@commands.command()
def areas(
    branch: Branch = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Every transformer area with its peak load and what the rules say of it.

    Example: huodian readiness areas --branch tengchong
    """
    application = opened()
    found = application.readiness.areas.listing(branch=branch, actor=acting(application, user))
    rows = [
        (
            each.area_id,
            each.name,
            each.cell_name or "未划入网格",
            each.rated_kva or "-",
            each.peak_percent or "-",
            each.free_kva or "-",
            each.finding or each.gap,
        )
        for each in found
    ]
    heads = ("台区", "名称", "网格", "额定 kVA", "最高负载率 %", "可开放 kVA", "判断")
    show(found, table(rows, heads), as_json=as_json)


@commands.command(name="list")
def list_duties(
    branch: Branch = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only overdue ones.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what may be opened, and what is settled.")
    ] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Reinforcement that must follow, and how far it is: opened (立项), materials issued (出库).

    Example: huodian readiness list --overdue
    """
    application = opened()
    found = application.readiness.duties.listing(
        branch=branch, overdue=overdue, everything=everything, actor=acting(application, user)
    )
    rows = [
        (
            each.subject_id,
            each.subject_name,
            each.rule_name,
            each.project_no or "未发起",
            "是" if each.is_opened else "否",
            "是" if each.is_issued else "否",
            f"{each.due_on or '-'}{'（超期）' if each.is_overdue else ''}",
            each.message,
        )
        for each in found
    ]
    heads = ("对象", "名称", "要求", "项目工单", "立项", "出库", "最迟", "依据")
    show(found, table(rows, heads) if rows else "没有待办事项", as_json=as_json)


@commands.command(name="open")
def open_project(
    area: Annotated[str, typer.Argument(metavar="AREA", help="Transformer area.")],
    reason: Annotated[str, typer.Option(help="Why; kept on the project.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Open a reinforcement project for an area; what must be opened opens itself.

    Example: huodian readiness open TC-T04 --reason 网格预管控，提前立项
    """
    application = opened()
    ticket_no = application.readiness.projects.open(
        area, reason=reason, actor=acting(application, user)
    )
    show({"ticket_no": ticket_no}, f"{ticket_no} 已发起", as_json=as_json)


@commands.command()
def capacity(
    branch: Branch = "",
    text: Annotated[str, typer.Option(help="Part of the area's or feeder's name.")] = "",
    as_json: AsJson = False,
) -> None:
    """What each area can still take, as the public may see it; nothing personal.

    Example: huodian readiness capacity --json
    """
    from app.readiness.capacity import CLASS_NAMES  # noqa: PLC0415

    found = opened().readiness.capacity.open_capacity(branch=branch, text=text)
    rows = [
        (
            each.area_id,
            each.name,
            each.feeder,
            each.rated_kva or "-",
            each.peak_percent or "-",
            each.open_kva or "-",
            CLASS_NAMES[each.colour],
        )
        for each in found
    ]
    heads = ("台区", "名称", "线路", "额定 kVA", "最高负载率 %", "可开放 kVA", "等级")
    show(found, table(rows, heads), as_json=as_json)


@commands.command()
def demand(
    first: Annotated[str, typer.Option("--from", help="Month, 2026-01; a year back.")] = "",
    last: Annotated[str, typer.Option("--to", help="Month, 2026-11; the present one.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV with a header.")] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """What is asked for by grid cell and month, for planning; the sums are those of the tickets.

    Example: huodian readiness demand --from 2026-01 --csv
    """
    from app.readiness import demand as export  # noqa: PLC0415

    application = opened()
    found = application.readiness.demand.by_cell(first, last, actor=acting(application, user))
    if as_csv and not as_json:
        sys.stdout.write(export.as_csv(found))
        return
    rows = [tuple(str(getattr(each, column)) for column in export.COLUMNS) for each in found]
    heads = ("单位", "网格", "名称", "月份", "工单", "申请 kW", "在办 kW", "已送电 kW", "中止 kW")
    show(found, table(rows, heads) if rows else "没有用电申请", as_json=as_json)
