"""`huodian register`: undervoltage areas, communities, complaints."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.session import ActingAs, AsJson, acting, opened, pairs, show, table
from app.cli.text import local

commands = typer.Typer(no_args_is_help=True)
undervoltage = typer.Typer(no_args_is_help=True)
complaint = typer.Typer(no_args_is_help=True)
community = typer.Typer(no_args_is_help=True)
commands.add_typer(undervoltage, name="undervoltage", help="Areas with too low a voltage.")
commands.add_typer(complaint, name="complaint", help="Complaints by community.")
commands.add_typer(community, name="community", help="Residential communities.")

Fields = Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...")]
Branch = Annotated[str, typer.Option(help="Branch id.")]
Everything = Annotated[bool, typer.Option("--all", help="Closed ones too.")]
Number = Annotated[int, typer.Argument(min=1, help="Number of the entry.")]
Result = Annotated[str, typer.Option(help="What was done, and with what result.")]


@undervoltage.command(name="open")
def open_undervoltage(fields: Fields, user: ActingAs = "", as_json: AsJson = False) -> None:
    """Enter an area: area, source, note, and lowest_v (volts) if measured.

    Sources: monitoring, patrol, hotline, regulator, counter, online, other.

    Example: huodian register undervoltage open area=TC-T06 source=patrol lowest_v=187
    note=末端用户晚高峰电压低
    """
    application = opened()
    number = application.registers.undervoltage.open(pairs(fields), actor=acting(application, user))
    show({"number": number}, f"已登记，编号 {number}", as_json=as_json)


@undervoltage.command(name="close")
def close_undervoltage(
    number: Number, result: Result = "", user: ActingAs = "", as_json: AsJson = False
) -> None:
    """Close an entry with what was done.

    Example: huodian register undervoltage close 1 --result 更换导线后实测215伏
    """
    application = opened()
    application.registers.undervoltage.close(number, result=result, actor=acting(application, user))
    show({"number": number, "closed": True}, f"编号 {number} 已销号", as_json=as_json)


@undervoltage.command(name="list")
def list_undervoltage(
    branch: Branch = "",
    everything: Everything = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Areas with too low a voltage, the newest first.

    Example: huodian register undervoltage list --all
    """
    application = opened()
    found = application.registers.undervoltage.listing(
        branch=branch, everything=everything, actor=acting(application, user)
    )
    rows = [
        (
            f"{each.number}",
            each.area_id,
            each.area_name,
            each.feeder,
            each.source_name,
            "-" if each.lowest_v is None else f"{each.lowest_v}",
            local(each.opened_at),
            "-" if each.closed_at is None else local(each.closed_at),
            each.result or each.note,
        )
        for each in found
    ]
    heads = ("编号", "台区", "名称", "线路", "来源", "最低电压", "登记", "销号", "情况")
    show(found, table(rows, heads) if rows else "没有低电压台区", as_json=as_json)


@community.command(name="set")
def set_community(fields: Fields, user: ActingAs = "", as_json: AsJson = False) -> None:
    """Add a community or change it: id, name, branch, old=yes for 老旧小区.

    Example: huodian register community set id=tc-c01 name=示例花园 branch=tengchong old=yes
    """
    application = opened()
    given = pairs(fields)
    application.registers.complaints.set_community(given, actor=acting(application, user))
    show({"id": given["id"]}, f"小区 {given['id']} 已保存", as_json=as_json)


@community.command(name="list")
def list_communities(branch: Branch = "", user: ActingAs = "", as_json: AsJson = False) -> None:
    """Every community.

    Example: huodian register community list --branch tengchong
    """
    application = opened()
    found = application.registers.complaints.communities(
        branch=branch, actor=acting(application, user)
    )
    rows = [(each.id, each.branch, each.name, "是" if each.is_old else "否") for each in found]
    text = table(rows, ("小区", "单位", "名称", "老旧小区")) if rows else "没有登记小区"
    show(found, text, as_json=as_json)


@complaint.command(name="open")
def open_complaint(fields: Fields, user: ActingAs = "", as_json: AsJson = False) -> None:
    """Enter a complaint: community, source, subject, note. Name no person in the note.

    Sources: monitoring, patrol, hotline, regulator, counter, online, other.
    Subjects: outages, voltage, metering, connection, service, other.

    Example: huodian register complaint open community=tc-c01 source=regulator subject=outages
    note=一周内停电三次
    """
    application = opened()
    number = application.registers.complaints.open(pairs(fields), actor=acting(application, user))
    show({"number": number}, f"已登记，编号 {number}", as_json=as_json)


@complaint.command(name="close")
def close_complaint(
    number: Number, result: Result = "", user: ActingAs = "", as_json: AsJson = False
) -> None:
    """Close a complaint with what was done.

    Example: huodian register complaint close 1 --result 更换配变，已回访
    """
    application = opened()
    application.registers.complaints.close(number, result=result, actor=acting(application, user))
    show({"number": number, "closed": True}, f"编号 {number} 已销号", as_json=as_json)


@complaint.command(name="list")
def list_complaints(
    branch: Branch = "",
    of_community: Annotated[str, typer.Option("--community", help="Only of this one.")] = "",
    everything: Everything = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Complaints, the newest first.

    Example: huodian register complaint list --community tc-c01 --all
    """
    application = opened()
    found = application.registers.complaints.listing(
        branch=branch,
        community=of_community,
        everything=everything,
        actor=acting(application, user),
    )
    rows = [
        (
            f"{each.number}",
            each.community_name + ("（老旧）" if each.is_old else ""),
            each.source_name,
            each.subject_name,
            local(each.opened_at),
            "-" if each.closed_at is None else local(each.closed_at),
            each.result or each.note,
        )
        for each in found
    ]
    heads = ("编号", "小区", "来源", "事由", "登记", "销号", "情况")
    show(found, table(rows, heads) if rows else "没有投诉", as_json=as_json)


@complaint.command()
def ranking(
    first: Annotated[str, typer.Option("--from", help="Day; a year back.")] = "",
    last: Annotated[str, typer.Option("--to", help="Day; today.")] = "",
    branch: Branch = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Communities by how often they complained in a period, the most first.

    Example: huodian register complaint ranking --from 2026-01-01 --json
    """
    application = opened()
    found = application.registers.complaints.ranking(
        first_day=first, last_day=last, branch=branch, actor=acting(application, user)
    )
    rows = [
        (
            each.community,
            each.name,
            "是" if each.is_old else "否",
            f"{each.complaints}",
            f"{each.open_complaints}",
            "频繁" if each.is_frequent else "",
            "、".join(f"{name} {count}" for name, count in each.subjects.items()),
        )
        for each in found
    ]
    heads = ("小区", "名称", "老旧小区", "投诉", "未办结", "标记", "事由")
    show(found, table(rows, heads) if rows else "期间没有投诉", as_json=as_json)
