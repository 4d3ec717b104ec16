"""`huodian report`: figures with the records behind them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.session import ActingAs, AsJson, acting, opened, show, table

if TYPE_CHECKING:
    from app.outages.reliability_views import (
        FeederReport,
        FeederView,
        FewerView,
        ReliabilityReport,
    )

commands = typer.Typer(no_args_is_help=True)

MOST_LINES = 20
"""So many lines of each list are printed; `--json` gives all of them."""


@commands.callback()
def _reports() -> None:
    """Only its commands do something."""


@commands.command()
def reliability(
    year: Annotated[
        int | None, typer.Option(min=2000, max=2999, help="The running year without it.")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            "--faults-until", formats=["%Y-%m-%d"], help="Last day of the months of faults."
        ),
    ] = None,
    feeder: Annotated[
        str, typer.Option(help="Print the outages and faults of this line only.")
    ] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Lines with many outages, hours without supply by area class, SAIDI, SAIFI, CAIDI.

    Example: huodian report reliability --year 2026 --json
    """
    from app.outages.reliability_views import plain  # noqa: PLC0415

    application = opened()
    actor, last = acting(application, user), None if day is None else day.date()
    service = application.outages.reliability
    if feeder:
        found = service.feeder(feeder, actor=actor, year=year, day=last)
        show(found, _of_feeder(found), as_json=as_json)
        return
    report = service.report(actor=actor, year=year, day=last)
    show(plain(report), _text(report), as_json=as_json)


def _of_feeder(found: FeederReport) -> str:
    return "\n".join(
        [
            f"{found.feeder_name}（{found.feeder_id}）",
            f"{found.year} 年停电 {len(found.outages)} 次",
            *(f"  {number}" for number in found.outages),
            f"{found.faults_since} 至 {found.faults_until} 故障停电 {len(found.faults)} 次",
            *(f"  {number}" for number in found.faults),
        ]
    )


def _text(report: ReliabilityReport) -> str:
    return "\n\n".join(
        [
            f"{report.year} 年供电可靠性",
            "停电次数（25 次及以上为频繁停电线路）\n" + _feeders(report.feeders),
            f"{report.faults_since} 至 {report.faults_until} 故障停电次数"
            "（15 次及以上须集中整治）\n" + _feeders(report.fault_feeders),
            "停电公告（R-7.2）\n" + _announced(report),
            *_fewer(report),
            _areas(report) + _unclassified(report),
            _indices(report),
        ]
    )


def _feeders(found: tuple[FeederView, ...]) -> str:
    if not found:
        return "无"
    rows = [
        (each.feeder_id, each.feeder_name, str(each.count), "⚑" if each.is_frequent else "")
        for each in found[:MOST_LINES]
    ]
    more = len(found) - MOST_LINES
    rest = f"\n…… 另有 {more} 条线路" if more > 0 else ""
    return table(rows, ("线路", "名称", "次数", "")) + rest


def _announced(report: ReliabilityReport) -> str:
    lines = []
    for each in report.announced:
        lines.append(f"{each.kind_name} {each.count} 次，未按规定时间公告 {len(each.late)} 次")
        lines += [f"  ⚑ {late.ticket_no}  {late.reason}" for late in each.late[:MOST_LINES]]
        more = len(each.late) - MOST_LINES
        if more > 0:
            lines.append(f"  …… 另有 {more} 次")
    return "\n".join(lines)


def _fewer(report: ReliabilityReport) -> list[str]:
    rows = [
        (
            f"较 {each.base_year} 年下降 {each.percent}%",
            str(each.count),
            *_against_base(each),
            "" if each.decides else "另一种理解，仅供对照",
        )
        for each in report.fewer
    ]
    heads = ("频繁停电线路", "本年", "基数", "目标", "", "")
    return [table(rows, heads)] if rows else []


def _against_base(view: FewerView) -> tuple[str, str, str]:
    """The base, the target that follows from it, and the verdict."""
    from app.outages.reliability_views import rounded  # noqa: PLC0415

    if view.base is None:
        missing = f"缺少 {view.base_year} 年基数（huodian import reliability-base）"
        return missing, "—", "无法判断"
    base = f"{view.base}{'' if view.verified else '（未核实）'}"
    return base, f"不超过 {rounded(view.most)}", "达标" if view.is_good else "未达标"


def _areas(report: ReliabilityReport) -> str:
    from app.outages.reliability_views import rounded  # noqa: PLC0415

    rows = [
        (
            each.area_class_name,
            rounded(each.served) or "",
            rounded(each.hours) or "—",
            f"{each.most_hours}",
            (rounded(each.hours_before) or "—") + ("" if each.before_verified else "（未核实）"),
            "—" if each.fell_percent is None else f"{rounded(each.fell_percent)}%",
            "达标" if each.is_good else "未达标",
        )
        for each in report.areas
    ]
    heads = ("区域", "用户数", "平均停电小时", "上限", "上年", "同比下降", "")
    return table(rows, heads)


def _unclassified(report: ReliabilityReport) -> str:
    from app.outages.reliability_views import rounded  # noqa: PLC0415

    found = report.unclassified
    if found is None:
        return ""
    return (
        f"\n⚑ 未划定区域类别的用户 {rounded(found.served)}，停电 {rounded(found.customer_hours)} "
        "户·小时，未计入以上各类（请在电网拓扑中补充 area_class）"
    )


def _indices(report: ReliabilityReport) -> str:
    from app.outages.reliability_views import rounded  # noqa: PLC0415

    found = report.indices
    return (
        f"SAIFI {rounded(found.saifi) or '—'} 次/户，SAIDI {rounded(found.saidi_hours) or '—'} "
        f"小时/户，CAIDI {rounded(found.caidi_hours) or '—'} 小时/次（IEEE 1366，不含5分钟以内）"
    )
